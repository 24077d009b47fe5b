#pragma once

#include "teatime/net/loop.h"
#include "teatime/session/steady_time.h"

namespace teatime::net {

/// The loop's clock as Router and Controller want it.
inline session::SteadyTime steady_now() {
    return session::SteadyTime(std::chrono::duration_cast<session::SteadyClock::duration>(
        Loop::Clock::now().time_since_epoch()));
}

}  // namespace teatime::net
