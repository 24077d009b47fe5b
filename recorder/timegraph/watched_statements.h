#pragma once

#include <functional>
#include <thread>

#include "database.h"
#include "teatime/timegraph/watch.h"

namespace teatime::timegraph {

/// For statements of SQLite that run for long and cannot look at a Watch. While alive, a thread of
/// its own does: it tells how far they are, and once the watch is stopped they fail as interrupted.
class WatchedStatements {
public:
    /// `how_far` is called by that thread, and once in here.
    WatchedStatements(Database& database, const Watch& watch, std::function<double()> how_far);

private:
    void look() const;

    Database& database_;
    const Watch& watch_;
    const std::function<double()> how_far_;
    std::jthread thread_;  ///< last: starts when all else is there, ends before
};

}  // namespace teatime::timegraph
