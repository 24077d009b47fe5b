#pragma once

#include <chrono>

#include "teatime/state/time.h"

namespace teatime::session {

/// A steady clock that the driver reads and hands in: microseconds since an arbitrary start. It has
/// no now(), so an engine cannot read it behind the driver's back (and a simulation can own it).
struct SteadyClock {
    using rep = std::int64_t;
    using period = std::micro;
    using duration = std::chrono::microseconds;
    using time_point = std::chrono::time_point<SteadyClock, duration>;
    static constexpr bool is_steady = true;
};
using SteadyTime = SteadyClock::time_point;

}  // namespace teatime::session
