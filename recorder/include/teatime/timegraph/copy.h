#pragma once

#include <string>

#include "teatime/state/result.h"
#include "teatime/timegraph/watch.h"

namespace teatime::timegraph {

/// Makes `to` a recording of its own with all that `from` holds as of its last commit, without free
/// space; `from` may be in the middle of being recorded, which goes on meanwhile. Refuses to
/// overwrite; where it fails, nothing is left. O(size), on disk when it returns. Until then its
/// recorder cannot begin its -wal anew, which grows by what comes meanwhile.
result<void> copy(const std::string& from, const std::string& to, const Watch& watch = {});

}  // namespace teatime::timegraph
