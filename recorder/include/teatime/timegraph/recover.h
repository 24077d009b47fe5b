#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "teatime/state/result.h"
#include "teatime/timegraph/verify.h"
#include "teatime/timegraph/watch.h"

namespace teatime::timegraph {

struct Recovery {
    std::vector<Problem> lost;  ///< empty = whole; `from` and `to`: what part of the session
    std::uint64_t messages = 0, keyframes = 0;
    std::uint64_t rows = 0;  ///< read in `from`; 0 = there was nothing, and `to` was not made
};

/// Makes `to` a whole recording of all that can still be read in `from`, however that is damaged:
/// rows are known by their checks alone, so that neither SQLite's header nor its trees are needed,
/// and those in a `-wal` beside it are read too. Where messages are lost a gap tells why; keyframes
/// that are deltas to a lost one are dropped; chain, indexes and counts are made anew. Refuses to
/// overwrite, a file that another program has open, and one of a newer format. Requires: not open
/// in this process. Costs about two reads and one write of the file; memory: a few blocks.
result<Recovery> recover(const std::string& from, const std::string& to, const Watch& watch = {});

/// The error's sentence, and where it tells of damage, what to do about that.
std::string with_advice(const Error& error);

}  // namespace teatime::timegraph
