#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "teatime/replayer/timeline.h"

namespace teatime::replayer {

/// What was recorded at a Mark is not what re-execution computes.
struct Difference {
    Mark mark;
    bool keyframe = false;          ///< else votes
    std::vector<MemberId> members;  ///< who voted otherwise
    std::vector<MemberId> agreeing;
    std::string recorded;  ///< hash; of the first of `members`
    std::string computed;
};

struct ReplayReport {
    bool executed = false;
    std::string why_not;    ///< where it was not: a sentence
    bool unusable = false;  ///< it was not, though a module is there: that cannot run it
    Mark from, to;
    std::uint64_t votes = 0, votes_agree = 0;
    std::uint64_t keyframes = 0, keyframes_agree = 0;
    std::uint64_t not_reached = 0;  ///< votes and keyframes in stretches that lack messages
    std::optional<Difference> first_difference;

    bool agrees() const { return !first_difference; }
};

/// Re-executes a recording once, from its begin to its end, and compares the state with every vote
/// and every keyframe on the way, in order: replicas can part and meet again, so none is skipped,
/// and no keyframe serves as a shortcut. Behind missing messages it goes on at the next keyframe.
/// Needs about the time of execution plus a hash per Mark. Moves the timeline. An error where the
/// module crashes or the file is damaged.
result<ReplayReport> verify_replay(Timeline& timeline, const Watch& watch = {});

}  // namespace teatime::replayer
