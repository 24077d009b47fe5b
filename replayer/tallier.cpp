#include "tallier.h"

#include <limits>
#include <utility>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace teatime::replayer {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

/// In ticks: what one is in nanoseconds is found from the whole run.
std::uint64_t Tallier::now() {
#if defined(__x86_64__)
    return __rdtsc();
#else
    return static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
#endif
}

Tallier::Tallier(const TallyRequest& request, Tally& tally)
    : request_(request),
      tally_(tally),
      known_(kKnown),
      number_(request.executed),
      next_place_((request.executed / request.every + 1) * request.every),
      first_tick_(now()),
      first_time_(Clock::now()) {}

void Tallier::enter_bucket(VirtualTime time) {
    for (std::uint32_t entry : open_) {
        tally_.cells.push_back({bucket_, entry, std::exchange(in_bucket_[entry], 0)});
    }
    open_.clear();
    const std::int64_t width = request_.bucket.count();
    // As far apart as times can be, differences need more than 64 bits.
    __int128 since = static_cast<__int128>(time.time_since_epoch().count()) -
                     request_.origin.time_since_epoch().count();
    __int128 index = since / width - (since % width < 0 ? 1 : 0);
    bucket_ = static_cast<std::int64_t>(index);
    __int128 begin = index * width + request_.origin.time_since_epoch().count();
    auto clamped = [](__int128 us) {
        constexpr __int128 kLeast = std::numeric_limits<std::int64_t>::min();
        constexpr __int128 kMost = std::numeric_limits<std::int64_t>::max();
        return VirtualTime(Duration(static_cast<std::int64_t>(us < kLeast  ? kLeast
                                                              : us > kMost ? kMost
                                                                           : us)));
    };
    bucket_begin_ = clamped(begin);
    bucket_last_ = clamped(begin + width - 1);
}

void Tallier::executed(const Executed& executed) {
    const std::uint64_t tick = now();
    const std::uint32_t index = entry_of(executed);
    if (tick > last_) ticks_[index] += tick - last_;
    TallyEntry& entry = tally_.entries[index];
    ++entry.count;
    if (executed.error) ++entry.errors;
    if (executed.time > bucket_last_ || executed.time < bucket_begin_) enter_bucket(executed.time);
    if (in_bucket_[index]++ == 0) open_.push_back(index);
    if (++number_ == next_place_) {
        next_place_ += request_.every;
        tally_.places.push_back({number_, executed.mark()});
    }
    last_ = now();
}

std::uint32_t Tallier::entry_of(const Executed& executed) {
    // What an external message calls may be a text of its own at an address of many texts.
    if (executed.external) return entry_by_text(executed);
    const char* class_name = executed.class_name.data();
    const char* selector = executed.selector.data();
    auto hash = (reinterpret_cast<std::uintptr_t>(class_name) * 31 +
                 reinterpret_cast<std::uintptr_t>(selector)) *
                0x9e3779b97f4a7c15u;
    Known& known = known_[hash >> 54];
    static_assert(kKnown == 1u << 10);
    if (known.class_name != class_name || known.selector != selector || !selector) {
        known = {class_name, selector, entry_by_text(executed)};
    }
    return known.entry;
}

std::uint32_t Tallier::entry_by_text(const Executed& executed) {
    std::tuple key(std::string(executed.class_name), std::string(executed.selector),
                   executed.external);
    if (auto found = by_text_.find(key); found != by_text_.end()) return found->second;
    bool room = tally_.entries.size() + 1 < Tally::kEntries;
    if (!room) key = {"", Tally::kOthers, true};
    auto [place, fresh] = by_text_.try_emplace(key, tally_.entries.size());
    if (fresh) {
        TallyEntry& entry = tally_.entries.emplace_back();
        std::tie(entry.class_name, entry.selector, entry.external) = std::move(key);
        ticks_.push_back(0);
        in_bucket_.push_back(0);
    }
    return place->second;
}

void Tallier::finish() {
    enter_bucket(bucket_begin_);
    std::uint64_t ticks = now() - first_tick_;
    std::chrono::duration<double, std::nano> passed = Clock::now() - first_time_;
    double ns_per_tick = ticks > 0 ? passed.count() / static_cast<double>(ticks) : 0;
    for (std::size_t i = 0; i < ticks_.size(); ++i) {
        tally_.entries[i].time = std::chrono::nanoseconds(
            static_cast<std::int64_t>(static_cast<double>(ticks_[i]) * ns_per_tick));
    }
}

}  // namespace teatime::replayer
