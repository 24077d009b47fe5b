#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace teatime::test {

/// The generator of a random test. Prints its seed; TEATIME_SEED=n repeats a run.
inline std::mt19937_64 seeded_random() {
    static const std::uint64_t seed = [] {  // one for the process: the whole run is repeated by it
        const char* given = std::getenv("TEATIME_SEED");
        return given ? std::strtoull(given, nullptr, 0) : std::random_device{}();
    }();
    std::printf("TEATIME_SEED=%llu\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);
    return std::mt19937_64(seed);
}

}  // namespace teatime::test
