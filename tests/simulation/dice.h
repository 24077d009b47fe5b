#pragma once

#include <cmath>
#include <cstdint>
#include <random>

#include "teatime/state/time.h"

namespace simulation {

using teatime::Duration;

/// All chance in a simulation comes from one seed. Own arithmetic: std's distributions differ
/// between libraries, and a seed should fail everywhere alike.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : bits_(seed) {}

    std::uint64_t operator()() { return bits_(); }
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(bits_() % n); }
    double uniform() { return static_cast<double>(bits_() >> 11) * 0x1p-53; }
    bool chance(double p) { return uniform() < p; }
    std::int64_t between(std::int64_t least, std::int64_t most) {
        return least + static_cast<std::int64_t>(below(static_cast<std::size_t>(most - least + 1)));
    }
    Duration between(Duration least, Duration most) {
        return Duration(between(least.count(), most.count()));
    }
    /// Spread evenly over orders of magnitude.
    double level(double least, double most) { return least * std::pow(most / least, uniform()); }
    /// To the next of events that come so often.
    Duration wait(double per_second) {
        return Duration(static_cast<std::int64_t>(-std::log(1.0 - uniform()) / per_second * 1e6));
    }
    template <class List>
    auto& pick(List& list) {
        return list[below(list.size())];
    }

private:
    std::mt19937_64 bits_;
};

}  // namespace simulation
