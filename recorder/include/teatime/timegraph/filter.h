#pragma once

#include <cstdint>
#include <string>

#include "teatime/state/expression.h"
#include "teatime/state/result.h"
#include "teatime/timegraph/records.h"
#include "teatime/timegraph/watch.h"

namespace teatime::timegraph {

/// The expression (meta kFilterMeta); null of a recording that was not filtered.
const std::string* filter_of(const Meta& meta);

struct Filtered {
    std::uint64_t kept = 0;
    std::uint64_t messages = 0;  ///< that there were
};

/// Makes `to` a recording of the messages of `from` for which the expression holds, with their
/// stamps, and of the members, clocks, bookmarks and errors; without states, votes and files, since
/// it cannot be replayed. One gap says why messages are missing. Of one that was filtered before
/// both expressions hold. Refuses to overwrite; where it fails, nothing is left. `from` may be in
/// the middle of being recorded. Reads what Reader::search() reads.
result<Filtered> filter(const std::string& from, const std::string& to, const Expression& where,
                        const Watch& watch = {});

}  // namespace teatime::timegraph
