#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "teatime/state/result.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/watch.h"

namespace teatime::timegraph {

struct Merged {
    /// Where recordings say different things of one message, state or vote, a sentence each; the
    /// first kConflictsKept.
    std::vector<std::string> conflicts;
    std::uint64_t conflict_count = 0;
    Reader::End end;
    static constexpr std::size_t kConflictsKept = 100;
};

/// Makes `to_file` one recording of all that several recordings of one session hold, in the order
/// of stamps. What is in two of them is taken once; where they differ, from the one that begins
/// first, of these the one named first. A gap stays where none of them has the messages, or only at
/// times before those of messages that come earlier. Those of another session, or another run of
/// it, are refused, as are filtered and redacted ones, and fewer than two. Refuses to overwrite;
/// nothing is left after an error. O(sizes); memory: a block and all votes of each.
result<Merged> merge(const std::vector<std::string>& paths, const std::string& to_file,
                     const Watch& watch = {});

}  // namespace teatime::timegraph
