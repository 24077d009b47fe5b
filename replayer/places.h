#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace teatime::replayer {

/// Where in a history its messages are: what stands after each `every`-th of them. When there are
/// too many, every second one goes and `every` doubles: memory is bounded, and a way that was 1024
/// messages long is 2048.
template <class At>
class Places {
public:
    enum class Kind : std::uint8_t { regular, begins, ends };  ///< of a stretch without a break
    struct Place {
        std::uint64_t number = 0;
        At at{};
        Kind kind = Kind::regular;
    };

    explicit Places(std::uint64_t every) : every_(every) {}

    std::uint64_t every() const { return every_; }
    /// Requires: numbers never decrease.
    void add(const Place& place) {
        all_.push_back(place);
        if (all_.size() < kMost) return;
        every_ *= 2;
        std::erase_if(all_, [&](const Place& each) {
            return each.kind == Kind::regular && each.number % every_ != 0;
        });
    }

    bool empty() const { return all_.empty(); }
    /// The last one of at most that number. Requires: not empty, the first is number 0.
    std::size_t before(std::uint64_t number) const {
        auto after = std::upper_bound(
            all_.begin(), all_.end(), number,
            [](std::uint64_t wanted, const Place& each) { return wanted < each.number; });
        return static_cast<std::size_t>(after - all_.begin()) - 1;
    }
    /// The last one at or before; 0 where all are after.
    std::size_t before(const At& at) const {
        auto after =
            std::upper_bound(all_.begin(), all_.end(), at,
                             [](const At& wanted, const Place& each) { return wanted < each.at; });
        return after == all_.begin() ? 0 : static_cast<std::size_t>(after - all_.begin()) - 1;
    }
    const Place& operator[](std::size_t index) const { return all_[index]; }
    std::size_t size() const { return all_.size(); }

private:
    static constexpr std::size_t kMost = 65'536;

    std::uint64_t every_;
    std::vector<Place> all_;
};

}  // namespace teatime::replayer
