#pragma once

#include <QTemporaryDir>
#include <cstdlib>

#include "world.h"

namespace simulation {

/// A run with its recordings in a folder of its own, which goes with it.
inline World::Result run_seed(std::uint64_t seed, bool log = false) {
    QTemporaryDir folder;
    return World(seed, folder.path().toStdString(), log).run();
}

/// Printed before anything else; TEATIME_SEED overrides.
inline std::uint64_t first_seed() {
    const char* given = std::getenv("TEATIME_SEED");
    std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : 1;
    std::printf("TEATIME_SEED=%llu\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);
    return seed;
}

}  // namespace simulation
