#pragma once

#include "teatime/state/mark.h"

namespace teatime::replayer {

/// The last Mark that is before one of a message.
inline Mark just_before(const Mark& mark) {
    if (mark.n > 0) return {mark.branch, mark.time, mark.n - 1};
    return {mark.branch, mark.time - Duration(1), Mark::kWholeInstant};
}

}  // namespace teatime::replayer
