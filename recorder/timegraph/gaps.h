#pragma once

#include <map>
#include <utility>

#include "teatime/timegraph/records.h"

namespace teatime::timegraph {

/// The gaps of a recording along its messages, and the one place that says which jumps of seq they
/// explain. A gap may explain many, as that of a filter does, and hold messages that are there.
class Gaps {
public:
    void add(Gap gap) {
        Seq begin = gap.after.seq;
        ahead_.emplace(begin, std::move(gap));
    }

    /// One that holds all that is missing between two messages; null: none does. Valid until the
    /// next call. Requires: `after` is not below that of the call before. O(log n) for each gap,
    /// once.
    const Gap* explains(Seq after, Seq before) {
        for (; !ahead_.empty() && ahead_.begin()->first <= after; ahead_.erase(ahead_.begin())) {
            Gap& gap = ahead_.begin()->second;
            if (gap.before.seq > farthest_.before.seq) farthest_ = std::move(gap);
        }
        return farthest_.before.seq >= before ? &farthest_ : nullptr;
    }

private:
    std::multimap<Seq, Gap> ahead_;  ///< by where they begin
    Gap farthest_;                   ///< of those that begin before what comes
};

}  // namespace teatime::timegraph
