#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "player.h"
#include "time_scale.h"
#include "wall_clock.h"

namespace teatime::inspector {

/// What a recording's facts show on the timeline beside messages, arranged for drawing: made once
/// for each new facts, O(facts).
struct TimelineNotes {
    TimelineNotes() = default;
    explicit TimelineNotes(const RecordingFacts& facts);

    WallClock clock;
    /// All votes at one Mark.
    struct VoteGroup {
        Mark mark;
        std::size_t first = 0, count = 0;  ///< in facts.votes
        bool split = false;                ///< they do not agree
    };
    std::vector<VoteGroup> votes;
    std::vector<VoteGroup> splits;  ///< those of them
    /// In order of where they leave the trunk.
    struct Fork {
        Mark mark;               ///< on the trunk: of a branch's branch where the first one leaves
        std::size_t branch = 0;  ///< in facts.branches
    };
    std::vector<Fork> forks;
    /// Virtual time passed at another rate than 1; 0: step by step, while paused.
    struct Stretch {
        VirtualTime from, to;
        double rate = 1;
    };
    std::vector<Stretch> stretches;

private:
    void find_forks(const std::vector<timegraph::Branch>& branches);
};

/// As people gave it, or its number.
QString branch_name(const timegraph::Branch& branch);
/// What it changes, a line for each of the first few edits.
QStringList edits_of(const timegraph::Branch& branch);

/// Calls visit(x, first, last) for the items in view, once for each pixel that has some: items
/// [first, last) are at pixel x. Items are ordered by time_of(item). O(pixels * log items).
template <class Items, class TimeOf, class Visit>
void visit_by_pixel(const Items& items, const TimeScale& scale, TimeOf time_of, Visit visit) {
    const auto before = [&time_of](const auto& item, VirtualTime time) {
        return time_of(item) < time;
    };
    auto first = std::lower_bound(items.begin(), items.end(), scale.time_at(-1), before);
    while (first != items.end()) {
        const double x = std::floor(scale.x_of(time_of(*first)));
        if (x > scale.width) break;
        auto last = std::lower_bound(first + 1, items.end(), scale.time_at(x + 1), before);
        visit(x, first, last);
        first = last;
    }
}

}  // namespace teatime::inspector
