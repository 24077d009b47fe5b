#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

namespace teatime::net {

/// How long the latest pings of one peer were under way, what was queued before them included.
class RoundTrips {
public:
    using Microseconds = std::chrono::microseconds;

    void add(Microseconds trip) { trips_[count_++ % trips_.size()] = trip; }
    /// Those that count.
    std::size_t count() const { return std::min(count_, trips_.size()); }
    /// `part` of them took no longer, 0 .. 1; nothing before the first.
    std::optional<Microseconds> quantile(double part) const {
        if (count_ == 0) return std::nullopt;
        auto sorted = trips_;
        auto end = sorted.begin() + static_cast<std::ptrdiff_t>(count());
        std::sort(sorted.begin(), end);
        auto last = static_cast<double>(count() - 1);
        return sorted[static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * last + 0.5)];
    }

private:
    std::array<Microseconds, 64> trips_{};
    std::size_t count_ = 0;
};

}  // namespace teatime::net
