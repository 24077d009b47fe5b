#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "teatime/state/ids.h"
#include "teatime/state/mark.h"
#include "teatime/state/result.h"
#include "teatime/timegraph/watch.h"

namespace teatime::timegraph {

struct Problem {
    std::string table;                ///< empty: the file as a whole
    std::int64_t row = 0;             ///< its id; 0 = the table as a whole
    std::optional<VirtualTime> from;  ///< what part of the session suffers, where that is known
    std::optional<VirtualTime> to;
    std::string what;
    Seq first{}, last{};  ///< of its messages, as its columns say; 0: it has none
};

/// For people: `blocks 17 (12.5s to 13.25s, messages 120 to 240): ...`.
std::string to_string(const Problem& problem);

/// Messages that should be there and cannot be read.
struct Loss {
    Seq first, last;  ///< both included
    VirtualTime from, to;
    std::optional<Stamp> goes_on;  ///< the next message that can be read
    std::optional<Mark> resumes;   ///< the next state that can be read: replay goes on there
};

struct Verification {
    std::vector<Problem> problems;              ///< empty = whole; one for each row
    std::vector<Loss> losses;                   ///< in order
    std::uint64_t blocks = 0, rows = 0;         ///< looked at
    std::uint64_t messages = 0, keyframes = 0;  ///< that can be read
    std::uint64_t written = 0;                  ///< messages, as far as that is known
};

/// Checks a file without executing anything: SQLite's own structure, every row's check, that no row
/// is missing, the chain of blocks, that every message and keyframe decodes, and that stamps go on
/// without a jump that no gap explains. Goes on after a problem. O(size). An error only where the
/// file cannot be opened at all, or the watch is stopped.
result<Verification> verify(const std::string& path, const Watch& watch = {});

}  // namespace teatime::timegraph
