#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <ranges>

namespace teatime::capture::test {

/// How long a process went on, of which such moments are known: where it says nothing for long,
/// it was not let run, and nothing may be asked of it.
template <std::ranges::input_range Moments>
std::chrono::microseconds lived(Moments&& moments) {
    constexpr std::chrono::microseconds kBreath = std::chrono::milliseconds(20);
    std::chrono::microseconds sum{};
    std::optional<std::chrono::microseconds> before;
    for (std::chrono::microseconds at : moments) {
        if (before) sum += std::min(at - *before, kBreath);
        before = at;
    }
    return sum;
}

}  // namespace teatime::capture::test
