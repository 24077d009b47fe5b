#pragma once

#include <cstdlib>

namespace teatime::test {

/// Whether what is tried at random shall be tried many more times: TEATIME_THOROUGH, which
/// tests/run.sh --full sets.
inline bool thorough() {
    return std::getenv("TEATIME_THOROUGH") != nullptr;
}

/// What a limit to CPU time is multiplied with: sanitizers slow all down.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kSlowdown = 4;
#else
constexpr int kSlowdown = 1;
#endif

}  // namespace teatime::test
