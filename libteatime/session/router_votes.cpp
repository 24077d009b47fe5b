#include <algorithm>

#include "router_impl.h"
#include "teatime/state/json.h"

namespace teatime::session {

// ---- Croquet's tallies (protocol part 6) -----------------------------------------------------

void Router::Impl::on(Member& member, Tutti& tutti) {
    if (member.kind != Kind::croquet || member.user_json.empty()) return;
    if (tutti.send_time < clock_.at(now_) - options_.tally_age) return;
    auto at = tallies_.find(tutti.key_json);
    if (at == tallies_.end()) {
        if (tallies_.size() >= options_.tallies_open) return;
        std::vector<MemberId> voters;
        for (auto& [id, other] : members_) {
            if (other.synced && other.kind == Kind::croquet && other.counted) voters.push_back(id);
        }
        Tally tally{{voters, now_ + options_.tally_deadline}, tutti, 0, false};
        alarm(tally.ballot.deadline);
        at = tallies_.emplace(tutti.key_json, std::move(tally)).first;
        if (tutti.first && room_for_sends(member, 0)) {
            accept({member.id, std::move(*tutti.first), std::move(tutti.first_extra), 0});
        }
    }
    Tally& tally = at->second;
    if (tally.done || tally.bytes + tutti.payload_json.size() > options_.tally_bytes) return;
    tally.bytes += tutti.payload_json.size();
    tally.ballot.add(member.id, std::move(tutti.payload_json));
    if (tally.ballot.complete()) finish_tally(tally);
}

void Router::Impl::finish_tally(Tally& tally) {
    tally.done = true;
    const Tutti& question = tally.question;
    if (question.wants_vote || tally.ballot.groups().size() > 1) {
        std::string payload =
            "{\"what\":\"tally\",\"sendTime\":" + question.send_time_json + ",\"tally\":{";
        for (auto& group : tally.ballot.groups()) {
            payload += group.answer + ":" + std::to_string(group.members.size()) + ",";
        }
        if (payload.back() == ',') payload.pop_back();
        payload += "},\"tallyTarget\":" + question.tally_target_json +
                   ",\"tuttiKey\":" + question.key_json +
                   ",\"missingClients\":" + std::to_string(tally.ballot.missing().size());
        payload += ",\"_size\":" + std::to_string(payload.size() + 1) + "}";
        stamp({}, std::move(payload), {});
    }
    tallies_done_.push_back(question.key_json);
}

// ---- votes on the state ----------------------------------------------------------------------

void Router::Impl::on(Member& member, Vote& vote) {
    const Mark& mark = vote.mark;
    if (!member.replica || info_.vote_interval <= Duration(0)) return;
    bool on_grid = mark.whole_instant() && mark.branch == BranchId{} && mark.time <= announced_ &&
                   mark.time.time_since_epoch() % info_.vote_interval == Duration(0);
    if (!on_grid || mark.time <= member.last_vote) return;
    member.last_vote = mark.time;
    record(VoteCast{member.id, mark, vote.hash});
    auto at = votes_.find(mark);
    if (at == votes_.end()) {
        if (votes_.size() >= options_.vote_marks) {
            if (mark < votes_.begin()->first) return;  // too late to be compared
            auto oldest = votes_.extract(votes_.begin());
            if (!oldest.mapped().done) decide_vote(oldest.key(), oldest.mapped());
        }
        at = votes_.emplace(mark, VoteAt{{replicas(), now_ + options_.vote_deadline}, false}).first;
        alarm(at->second.ballot.deadline);
    }
    at->second.ballot.add(member.id, vote.hash);
    if (at->second.done || at->second.ballot.complete()) decide_vote(mark, at->second);
}

void Router::Impl::decide_vote(const Mark& mark, VoteAt& vote) {
    vote.done = true;
    std::vector<Agreement> groups;
    for (auto& group : vote.ballot.groups()) groups.push_back({mark, group.answer, group.members});
    if (groups.size() > 1) return split(std::move(groups));
    if (is_news(groups)) last_split_.clear();
}

/// Whether somebody agrees or differs otherwise than was told last. Of who has not voted yet, or
/// did not then, nothing is known: viewers vote after those who are waited for.
bool Router::Impl::is_news(const std::vector<Agreement>& groups) const {
    std::map<MemberId, std::size_t> side;
    for (std::size_t i = 0; i < last_split_.size(); ++i) {
        for (MemberId member : last_split_[i].members) side.emplace(member, i);
    }
    std::set<std::size_t> seen;
    for (const Agreement& group : groups) {
        std::set<std::size_t> sides;
        for (MemberId member : group.members) {
            if (auto at = side.find(member); at != side.end()) sides.insert(at->second);
        }
        if (sides.size() != 1 || !seen.insert(*sides.begin()).second) return true;
    }
    return false;
}

namespace {

/// `member 2`, `members 1, 3 and 4`, `members 1, 2, 3, 4, 5, 6, 7, 8 and 92 more`.
std::string listed(const std::vector<MemberId>& members) {
    std::size_t named = std::min<std::size_t>(members.size(), 8);
    std::string text = members.size() == 1 ? "member " : "members ";
    for (std::size_t i = 0; i < named; ++i) {
        if (i > 0) text += i + 1 == members.size() ? " and " : ", ";
        text += std::to_string(members[i].value);
    }
    if (members.size() > named) text += " and " + std::to_string(members.size() - named) + " more";
    return text;
}

}  // namespace

/// Recorded each time; people are told when others differ than last time.
void Router::Impl::split(std::vector<Agreement> groups) {
    for (Agreement& group : groups) std::sort(group.members.begin(), group.members.end());
    std::stable_sort(groups.begin(), groups.end(), [](const Agreement& a, const Agreement& b) {
        if (a.members.size() != b.members.size()) return a.members.size() > b.members.size();
        return a.members[0] < b.members[0];
    });
    record(Split{groups});
    if (is_news(groups)) {
        last_split_ = std::move(groups);
        broadcast(split_told());
    } else {
        for (const Agreement& group : groups) add_to_split(group);
    }
    forget_in_split([this](MemberId id) {
        const Member* member = find(id);
        return !member || !member->synced;
    });
}

/// To the side that some of these are on; of the others nothing was known.
void Router::Impl::add_to_split(const Agreement& group) {
    const auto on_side = [](const Agreement& side, MemberId member) {
        return std::binary_search(side.members.begin(), side.members.end(), member);
    };
    for (Agreement& side : last_split_) {
        std::vector<MemberId> more;
        for (MemberId member : group.members) {
            if (!on_side(side, member)) more.push_back(member);
        }
        if (more.size() == group.members.size()) continue;  // it is not theirs
        side.members.insert(side.members.end(), more.begin(), more.end());
        std::sort(side.members.begin(), side.members.end());
        return;
    }
}

void Router::Impl::forget_in_split(const std::function<bool(MemberId)>& gone) {
    for (Agreement& side : last_split_) std::erase_if(side.members, gone);
    std::erase_if(last_split_, [](const Agreement& side) { return side.members.empty(); });
    if (last_split_.size() == 1) last_split_.clear();
}

Info Router::Impl::split_told() const {
    std::string text = "Replicas differ at " + to_string(last_split_[0].mark) + ":";
    for (const Agreement& group : last_split_) {
        text += " " + to_string(group.hash).substr(0, 12) + " at " + listed(group.members) + ";";
    }
    text.back() = '.';
    return {"SPLIT", std::move(text), "error", 0, last_split_};
}

void Router::Impl::votes_due() {
    for (auto& [key, tally] : tallies_) {
        if (tally.done) continue;
        if (now_ >= tally.ballot.deadline)
            finish_tally(tally);
        else
            alarm(tally.ballot.deadline);
    }
    for (; tallies_done_.size() > options_.tallies_kept; tallies_done_.pop_front()) {
        tallies_.erase(tallies_done_.front());
    }
    for (auto& [mark, vote] : votes_) {
        if (vote.done) continue;
        if (now_ >= vote.ballot.deadline)
            decide_vote(mark, vote);
        else
            alarm(vote.ballot.deadline);
    }
}

/// A member that is gone keeps nobody waiting.
void Router::Impl::drop_from_votes(MemberId member) {
    for (auto& [key, tally] : tallies_) {
        if (!tally.done && tally.ballot.drop(member) && tally.ballot.complete())
            finish_tally(tally);
    }
    for (auto& [mark, vote] : votes_) {
        if (!vote.done && vote.ballot.drop(member) && vote.ballot.complete())
            decide_vote(mark, vote);
    }
    forget_in_split([member](MemberId other) { return other == member; });
    if (stepping_ && stepping_->ballot.drop(member) && stepping_->ballot.complete()) finish_step();
}

}  // namespace teatime::session
