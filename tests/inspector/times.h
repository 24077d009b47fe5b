#pragma once

#include "teatime/state/mark.h"
#include "time_scale.h"

namespace teatime::test {

inline Mark mark(Duration time, std::uint64_t n = Mark::kWholeInstant) {
    return {BranchId{}, VirtualTime(time), n};
}

inline inspector::TimeScale scale_of(VirtualTime left, double us_per_pixel, int width = 1000) {
    inspector::TimeScale scale;
    scale.left = left;
    scale.us_per_pixel = us_per_pixel;
    scale.width = width;
    return scale;
}

}  // namespace teatime::test
