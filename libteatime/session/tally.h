#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "teatime/session/steady_time.h"
#include "teatime/state/ids.h"

namespace teatime::session {

/// Answers of members to one question, until all awaited have answered or a deadline has come:
/// Croquet's tallies, votes on a Mark, reports of a step.
template <class Answer>
class Ballot {
public:
    struct Group {
        Answer answer;
        std::vector<MemberId> members;
    };

    Ballot() = default;
    /// Requires: `awaited` ascending.
    Ballot(const std::vector<MemberId>& awaited, SteadyTime until)
        : deadline(until), left_(awaited.size()) {
        awaited_.reserve(awaited.size());
        for (MemberId member : awaited) awaited_.push_back({member, false});
    }

    /// False: this member has answered before. Members not awaited may answer too, and those that
    /// were gone and are back. O(log awaited + gone).
    bool add(MemberId member, Answer answer) {
        if (std::erase(gone_, member)) {
            // back on another connection: what it says counts, though nobody waited for it
        } else if (auto* one = find(member)) {
            if (one->second) return false;
            one->second = true;
            --left_;
        } else {
            if (std::find(others_.begin(), others_.end(), member) != others_.end()) return false;
            others_.push_back(member);
        }
        auto same = std::find_if(groups_.begin(), groups_.end(),
                                 [&](const Group& g) { return g.answer == answer; });
        if (same == groups_.end()) same = groups_.insert(groups_.end(), {std::move(answer), {}});
        same->members.push_back(member);
        return true;
    }

    /// It is gone; its answer, if any, stays. True: it was missing still.
    bool drop(MemberId member) {
        auto* one = find(member);
        if (!one || one->second) return false;
        one->second = true;
        --left_;
        gone_.push_back(member);
        return true;
    }

    bool complete() const { return left_ == 0; }
    bool awaits(MemberId member) const {  ///< or did
        return std::binary_search(awaited_.begin(), awaited_.end(), std::pair(member, false),
                                  [](auto& a, auto& b) { return a.first < b.first; });
    }
    std::size_t answered() const {
        std::size_t sum = 0;
        for (const Group& group : groups_) sum += group.members.size();
        return sum;
    }
    /// In the order of first answers.
    const std::vector<Group>& groups() const { return groups_; }
    /// Awaited and never answered, those gone included.
    std::vector<MemberId> missing() const {
        std::vector<MemberId> members = gone_;
        for (auto& [member, answered] : awaited_) {
            if (!answered) members.push_back(member);
        }
        std::sort(members.begin(), members.end());
        return members;
    }

    SteadyTime deadline;

private:
    std::pair<MemberId, bool>* find(MemberId member) {
        auto at = std::lower_bound(awaited_.begin(), awaited_.end(), member,
                                   [](const auto& one, MemberId id) { return one.first < id; });
        return at != awaited_.end() && at->first == member ? &*at : nullptr;
    }

    std::vector<std::pair<MemberId, bool>> awaited_;
    std::vector<MemberId> others_;
    std::vector<MemberId> gone_;
    std::vector<Group> groups_;
    std::size_t left_ = 0;
};

}  // namespace teatime::session
