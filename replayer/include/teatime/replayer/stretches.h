#pragma once

#include <vector>

#include "teatime/replayer/timeline.h"

namespace teatime::replayer {

/// A part of a recording that can be executed without a break.
struct Stretch {
    Mark from;  ///< the begin of the recording, or a keyframe behind missing messages
    Mark to;    ///< the end, or just before the instant in which messages begin to be missing
};

/// All of them, in order; one where nothing is missing. What is behind a gap without a keyframe is
/// in none. Requires: timeline.reader(). O(keyframes) where there are gaps.
result<std::vector<Stretch>> stretches(const Timeline& timeline);

}  // namespace teatime::replayer
