#include <algorithm>

#include "router_impl.h"

namespace teatime::session {
namespace {

constexpr std::size_t kRequestsRemembered = 8;
constexpr std::size_t kRequestEvery = 1'000;  // messages, once the history is long

}  // namespace

void Router::Impl::on(Member& member, Snap& snap) {
    if (state_came(member, snap)) return;
    SnapshotInfo& info = snap.snapshot;
    if (info_.kind == Kind::native) {
        // Its time may be ahead of ours: it may have obeyed a step whose outcome is not known yet.
        // A replica's word is taken only by who was asked: nobody can slip in a world of its own.
        auto asked = asked_.find(snap.request);
        if (asked == asked_.end() || !asked->second.count(member.id)) return;
    } else if (snap.dissident) {
        record(SnapshotTaken{std::move(info), member.id, true});
        return;
    }
    bool newer = history_.covers(info.seq) &&
                 (info_.kind == Kind::native || info.time <= announced_) &&
                 (!snapshot_ || info.seq > snapshot_->seq ||
                  (info.seq == snapshot_->seq && info.time > snapshot_->time));
    if (info.url.empty() || !newer) {
        if (request_ && request_->asked == member.id && request_->id == snap.request) ask_next();
        return;
    }
    history_.cut(info.seq);
    snapshot_ = std::move(info);
    next_requ_ = 0;
    member.unanswered = 0;
    record(SnapshotTaken{*snapshot_, member.id, false});
    if (request_) request_.reset();
    admit_waiting();
}

/// A native joiner would have to execute much.
bool Router::Impl::wants_snapshot() const {
    VirtualTime from = snapshot_ ? snapshot_->time : kSessionStart;
    return history_.size() > options_.join_messages || announced_ - from > options_.join_time;
}

void Router::Impl::request_snapshot() {
    request_ = SnapshotRequest{++last_request_, {}, {}, {}};
    while (asked_.size() >= kRequestsRemembered) asked_.erase(asked_.begin());
    ask_next();
}

void Router::Impl::snapshot_wanted() {
    if (info_.kind == Kind::croquet)
        broadcast(Requ{});
    else if (info_.kind == Kind::native && !request_)
        request_snapshot();
}

/// Asks a member not asked yet, the more reliable first; where there is none, joiners go without.
void Router::Impl::ask_next() {
    if (Member* silent = find(request_->asked)) ++silent->unanswered;
    Member* best = nullptr;
    for (auto& [id, member] : members_) {
        bool can = member.synced && member.replica && member.role == Role::participant;
        if (!can || request_->tried.count(id)) continue;
        if (!best || member.unanswered < best->unanswered) best = &member;
    }
    if (!best || request_->tried.size() >= options_.snapshot_members) {
        request_.reset();
        admit_waiting();
        return;
    }
    // The snapshot is of a Mark: a later stamp at its instant would make that another state.
    above_ = std::max(above_, announced_ + Duration(1));
    request_->asked = best->id;
    request_->tried.insert(best->id);
    request_->deadline = now_ + options_.snapshot_deadline;
    alarm(request_->deadline);
    asked_[request_->id].insert(best->id);
    send(*best, Requ{request_->id});
}

void Router::Impl::snapshot_due() {
    if (!request_) return;
    if (now_ >= request_->deadline)
        ask_next();
    else
        alarm(request_->deadline);
}

/// Asks for a snapshot while there is room for messages still, and ever more often.
void Router::Impl::history_grew() {
    if (history_.size() < options_.history_request && history_.bytes() < options_.history_bytes / 2)
        return;
    bool full =
        history_.size() >= options_.history_limit || history_.bytes() >= options_.history_bytes;
    if (history_.size() < next_requ_ && !(full && now_ - last_requ_ >= options_.snapshot_deadline))
        return;
    next_requ_ = history_.size() + kRequestEvery;
    last_requ_ = now_;
    if (info_.kind == Kind::croquet)
        broadcast(Requ{});
    else if (!request_)
        request_snapshot();
}

}  // namespace teatime::session
