#pragma once

#include <cstdlib>

namespace teatime::test {

/// Whether what is tried at random shall be tried many more times: TEATIME_THOROUGH, which
/// tests/run.sh --full sets.
inline bool thorough() {
    return std::getenv("TEATIME_THOROUGH") != nullptr;
}

}  // namespace teatime::test
