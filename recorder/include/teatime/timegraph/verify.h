#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "teatime/state/ids.h"
#include "teatime/state/result.h"

namespace teatime::timegraph {

struct Problem {
    std::string table;                ///< empty: the file as a whole
    std::int64_t row = 0;             ///< its id; 0 = the table as a whole
    std::optional<VirtualTime> from;  ///< what part of the session suffers, where that is known
    std::optional<VirtualTime> to;
    std::string what;
};

/// For people: `blocks 17 (12.5s to 13.25s): ...`.
std::string to_string(const Problem& problem);

struct Verification {
    std::vector<Problem> problems;  ///< empty = whole
    std::uint64_t blocks = 0, messages = 0, keyframes = 0, rows = 0;
};

/// Checks a file without executing anything: SQLite's own structure, every row's check, that no row
/// is missing, the chain of blocks, that every message and keyframe decodes, and that stamps go on
/// without a jump that no gap explains. Goes on after a problem. O(size). An error only where the
/// file cannot be opened at all.
result<Verification> verify(const std::string& path);

}  // namespace teatime::timegraph
