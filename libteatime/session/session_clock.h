#pragma once

#include <cstdint>
#include <optional>

#include "teatime/session/steady_time.h"
#include "teatime/session/time_control.h"

namespace teatime::session {

/// Virtual time as a function of steady time: (now - base) * rate, in integers. At one rate nothing
/// is lost however long it runs; each change of rate loses less than 2^-32 us.
class SessionClock {
public:
    void start(SteadyTime now, VirtualTime at, Rate rate, bool paused);
    void set_rate(SteadyTime now, Rate rate);
    void pause(SteadyTime now);
    void resume(SteadyTime now);
    /// Jumps; goes on from there at the same rate.
    void set(SteadyTime now, VirtualTime at);

    VirtualTime at(SteadyTime now) const;
    /// The first moment at which at() >= time; nothing while paused. May be in the past.
    std::optional<SteadyTime> when(VirtualTime time) const;

    bool paused() const { return paused_; }
    Rate rate() const { return rate_; }

private:
    void rebase(SteadyTime now);

    SteadyTime base_{};
    std::int64_t whole_us_ = 0;   // virtual time at base_
    std::uint64_t fraction_ = 0;  // and its part below 1 us, in 2^-32 us
    Rate rate_;
    bool paused_ = false;
};

/// The router's stamps are whole milliseconds.
constexpr VirtualTime floor_ms(VirtualTime time) {
    return std::chrono::floor<std::chrono::milliseconds>(time);
}
constexpr VirtualTime ceil_ms(VirtualTime time) {
    return std::chrono::ceil<std::chrono::milliseconds>(time);
}

}  // namespace teatime::session
