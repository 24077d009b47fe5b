#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "teatime/net/loop.h"

namespace teatime::net {

/// Counts what happens; a few ns each.
class RateMeter {
public:
    void add(Loop::Clock::time_point now, std::uint64_t count = 1) {
        std::int64_t second = second_of(now);
        Slot& slot = slots_[static_cast<std::size_t>(second) % slots_.size()];
        if (slot.second != second) slot = {second, 0};
        slot.count += count;
    }
    /// Over the last whole seconds, at most ten.
    double per_second(Loop::Clock::time_point now) const {
        std::int64_t second = second_of(now);
        std::uint64_t sum = 0;
        for (const Slot& slot : slots_) {
            if (slot.second < second && slot.second >= second - kSeconds) sum += slot.count;
        }
        return static_cast<double>(sum) / kSeconds;
    }

private:
    static constexpr std::int64_t kSeconds = 10;
    struct Slot {
        std::int64_t second = -kSeconds - 1;
        std::uint64_t count = 0;
    };
    static std::int64_t second_of(Loop::Clock::time_point now) {
        return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
    }
    std::array<Slot, kSeconds + 2> slots_{};
};

}  // namespace teatime::net
