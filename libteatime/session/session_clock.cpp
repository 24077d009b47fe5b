#include "session_clock.h"

namespace teatime::session {
namespace {

using Wide = __int128;  // a 63-bit time, 26 bits of a rate's parts and 32 of fraction need 121 bits
constexpr int kFractionBits = 32;

}  // namespace

void SessionClock::start(SteadyTime now, VirtualTime at, Rate rate, bool paused) {
    base_ = now;
    whole_us_ = at.time_since_epoch().count();
    fraction_ = 0;
    rate_ = rate;
    paused_ = paused;
}

VirtualTime SessionClock::at(SteadyTime now) const {
    if (paused_ || now <= base_) return VirtualTime(Duration(whole_us_));
    // At the usual rate no 128-bit division: this is on the path of every message.
    if (rate_.num == rate_.den) return VirtualTime(Duration(whole_us_) + (now - base_));
    Wide passed =
        (static_cast<Wide>((now - base_).count()) * rate_.num << kFractionBits) / rate_.den;
    return VirtualTime(
        Duration(whole_us_ + static_cast<std::int64_t>((passed + fraction_) >> kFractionBits)));
}

void SessionClock::rebase(SteadyTime now) {
    if (!paused_ && now > base_) {
        Wide passed =
            (static_cast<Wide>((now - base_).count()) * rate_.num << kFractionBits) / rate_.den +
            fraction_;
        whole_us_ += static_cast<std::int64_t>(passed >> kFractionBits);
        fraction_ = static_cast<std::uint64_t>(passed & ((Wide{1} << kFractionBits) - 1));
    }
    base_ = now;
}

void SessionClock::set_rate(SteadyTime now, Rate rate) {
    rebase(now);
    rate_ = rate;
}

void SessionClock::pause(SteadyTime now) {
    rebase(now);
    paused_ = true;
}

void SessionClock::resume(SteadyTime now) {
    rebase(now);
    paused_ = false;
}

void SessionClock::set(SteadyTime now, VirtualTime at) {
    base_ = now;
    whole_us_ = at.time_since_epoch().count();
    fraction_ = 0;
}

std::optional<SteadyTime> SessionClock::when(VirtualTime time) const {
    if (paused_) return std::nullopt;
    Wide need = (static_cast<Wide>(time.time_since_epoch().count() - whole_us_) << kFractionBits) -
                fraction_;
    if (need <= 0) return base_;
    Wide per_us = static_cast<Wide>(rate_.num) << kFractionBits;
    Wide steps = (need * rate_.den + per_us - 1) / per_us;
    Wide most = (SteadyTime::max() - base_).count();
    return base_ + SteadyClock::duration(static_cast<std::int64_t>(steps < most ? steps : most));
}

}  // namespace teatime::session
