#include <algorithm>

#include "router_impl.h"
#include "teatime/state/json.h"

namespace teatime::session {

std::string Router::Impl::random_text() {
    std::uint64_t words[2] = {random_(), random_()};
    return to_hex({reinterpret_cast<const std::uint8_t*>(words), sizeof(words)});
}

// ---- joining -------------------------------------------------------------------------------

void Router::Impl::join(ConnectionId connection, JoinRequest& request) {
    if (!may_join(connection, request)) return;
    if (info_.kind == Kind::undecided && !decide(connection, request)) return;
    empty_since_.reset();
    if (request.kind == Kind::croquet) {
        leave_delay_ = std::clamp(request.croquet.leave_delay.value_or(Duration(0)), Duration(0),
                                  options_.max_leave_delay);
        flags_ = request.croquet.flags;
    }
    admit(add_member(connection, request));
}

bool Router::Impl::may_join(ConnectionId connection, const JoinRequest& request) {
    auto refuse_join = [&](CloseCode code, const std::string& sentence) {
        close(connection, code, sentence);
        return false;
    };
    if (connections_.size() >= options_.members) {
        return refuse_join(
            CloseCode::session_full,
            "This session is full: " + std::to_string(options_.members) + " members.");
    }
    const JoinRequest::Native& native = request.native;
    bool tool = request.kind == Kind::native && native.role == Role::viewer;
    if (info_.kind == Kind::undecided && !options_.start) {
        // A world begins with a replica of it: a mistyped session id must not make a new one.
        if (!tool && (request.kind == Kind::croquet || native.replica)) return true;
        return refuse_join(CloseCode::no_session,
                           "No such session is running here; a participant must join first.");
    }
    if (request.kind == Kind::native && info_.kind == Kind::croquet) {
        // A tool that only watches or controls time may look into any session.
        if (tool && !native.replica) return true;
        return refuse_join(CloseCode::wrong_kind,
                           "This is a session of Croquet clients; it has no native replicas.");
    }
    if (request.kind == Kind::croquet) {
        if (info_.kind == Kind::croquet) return true;
        return refuse_join(CloseCode::wrong_kind,
                           "This is a session of native replicas, not of Croquet clients.");
    }
    if (!native.replica) return true;
    if (shared_) {
        return refuse_join(CloseCode::wrong_kind,
                           "This is a recording, for `teatime-inspector` and `teatime debug`.");
    }
    const std::string& app = info_.kind == Kind::native ? info_.app : options_.start->app;
    const std::string& code = info_.kind == Kind::native ? info_.code_id : options_.start->code_id;
    if (native.app != app) {
        return refuse_join(CloseCode::bad_app, "This session runs " + app.substr(0, 40) + ", not " +
                                                   native.app.substr(0, 40) + ".");
    }
    if (native.code_id != code && !options_.allow_mixed) {
        return refuse_join(CloseCode::wrong_code,
                           "This session runs build " + code.substr(0, 12) + ", yours is " +
                               native.code_id.substr(0, 12) +
                               "; use the same build, or start `teatime serve --allow-mixed`.");
    }
    return true;
}

bool Router::Impl::decide(ConnectionId connection, const JoinRequest& request) {
    if (request.kind == Kind::croquet && !request.croquet.tick) {
        close(connection, CloseCode::malformed, "The first JOIN of a session must have ticks.");
        return false;
    }
    info_.kind = request.kind;
    info_.tick = options_.tick;
    tove_ = request.tove;
    Rate rate = options_.rate;
    if (request.kind == Kind::croquet) {
        info_.tick = std::clamp(*request.croquet.tick, options_.min_tick, options_.max_tick);
        delay_ = std::clamp(request.croquet.delay, Duration(0), info_.tick);
        rate = request.croquet.scale.value_or(rate);
    } else {
        info_.mode = options_.mode;
        info_.app = name_ = request.native.app;
        info_.code_id = request.native.code_id;
    }
    VirtualTime start{};
    if (options_.start) {
        snapshot_ = options_.start->snapshot;
        start = snapshot_->time;
        history_.start(snapshot_->seq);
        above_ = start + Duration(1);  // the saved instant is over
        // The restored world may remember members; there were at most as many as messages.
        last_member_ = {snapshot_->seq.value};
    }
    clock_.start(now_, start, rate, options_.paused);
    announced_ = start;
    last_tick_ = start - delay_;
    started_ = last_frame_ = now_;
    history_.set_start_time(time_state());
    record(Started{info_, request.details_json, time_state(), snapshot_});
    return true;
}

/// The member that shows this token, if it is still remembered. Its old connection goes.
Router::Impl::Member* Router::Impl::returning(ConnectionId connection,
                                              const JoinRequest::Native& request) {
    if (request.token.empty()) return nullptr;
    for (auto& [id, member] : members_) {
        if (member.kind != Kind::native || member.token != request.token) continue;
        if (member.connection) {
            ConnectionId old = member.connection;
            detach(member);
            lease_away(member, false);  // until it has its Sync
            close(old, CloseCode::superseded, "This member came on another connection.");
        }
        member.connection = connection;
        member.leaves_at.reset();
        member.again = true;
        member.known = true;
        return &member;
    }
    return nullptr;
}

Router::Impl::Member& Router::Impl::add_member(ConnectionId connection,
                                               const JoinRequest& request) {
    const JoinRequest::Native& native = request.native;
    Member* member = request.kind == Kind::native ? returning(connection, native) : nullptr;
    if (!member) {
        last_member_ = {last_member_.value + 1};
        member = &members_[last_member_];
        member->id = last_member_;
        member->connection = connection;
        member->kind = request.kind;
        member->user_json = request.croquet.user_json;
        member->name = native.name;
        if (request.kind == Kind::native) {
            member->role = native.role;
            member->token = random_text();
            for (Departed& before : departed_) {
                if (native.token.empty() || before.token != native.token) continue;
                member->sent = before.sent;
                member->known = true;
                member->requests = before.requests;
                rename(before.id, member->id);
                before.id = member->id;  // it may have to come once more with this token
            }
        }
    }
    member->replica = request.kind == Kind::native && native.replica;
    member->timeline = native.timeline;
    member->last_seq = native.last_seq;
    connections_[connection] = member;
    return *member;
}

/// A member that was gone is back, under another number: what waits in its name goes with it.
void Router::Impl::rename(MemberId from, MemberId to) {
    auto change = [&](MemberId& member) {
        if (member == from) member = to;
    };
    for (Waiting& one : held_) change(one.sender);
    for (auto& [asker, request] : time_requests_) change(asker);
    if (stepping_) change(stepping_->asker.member);
    if (until_) change(until_->asker.member);
    for (auto& [number, asked] : states_asked_) change(asked.asker.member);
    change(driver_);
}

bool Router::Impl::resumes(const Member& member) const {
    return member.replica && member.timeline == info_.timeline && history_.covers(member.last_seq);
}

/// Also who comes back without the state that it was given: it could not fetch it, or not use it.
bool Router::Impl::needs_snapshot(const Member& member) const {
    if (!member.replica || resumes(member)) return false;
    return wants_snapshot() || (snapshot_ && member.given == snapshot_->url);
}

/// Answers the join now, or when a snapshot has come or a step has ended.
void Router::Impl::admit(Member& member) {
    bool needs = needs_snapshot(member);
    if (needs && !request_) request_snapshot();
    if (joins_wait() || (needs && request_)) {
        joiners_.push_back(member.id);
    } else {
        sync(member);
    }
}

void Router::Impl::admit_waiting() {
    if (joins_wait()) return;
    std::vector<MemberId> waiting;
    waiting.swap(joiners_);
    for (MemberId id : waiting) {
        Member* member = find(id);
        if (!member || !member->connection || member->synced) continue;
        if (request_ && needs_snapshot(*member)) {
            joiners_.push_back(id);
        } else {
            sync(*member);
        }
    }
}

void Router::Impl::sync(Member& member) {
    bool resumed = resumes(member);
    member.synced = true;
    ++synced_;
    if (member.role == Role::participant && !member.counted) announce_join(member);
    if (info_.kind == Kind::native && info_.mode == TimeMode::lazy && !puller_ && member.replica) {
        puller_ = member.id;
        for (auto& [id, other] : members_) {
            if (other.synced && id != member.id) send(other, Puller{puller_});
        }
    }
    member.recorded = true;
    record(
        MemberJoined{here(), member.id, member.name, member.user_json, member.role, member.again});
    member.given = !resumed && member.replica && snapshot_ ? snapshot_->url : std::string();
    roster_changed(member);
    send(member, make_sync(member, resumed));
    introduce(member);
}

SyncPtr Router::Impl::make_sync(const Member& member, bool resumed) const {
    auto sync = std::make_shared<Sync>();
    sync->session = info_;
    sync->time = announced_;
    sync->seq = history_.last();
    sync->tove = tove_;
    sync->flags = flags_;
    if (resumed) {
        sync->messages = history_.after(member.last_seq);
    } else if (member.kind == Kind::croquet || member.replica) {
        sync->snapshot = snapshot_;
        sync->messages = history_.after(history_.before_first());
    }
    if (member.kind == Kind::native) {
        // A member without a replica gets no messages: time as it is now.
        const TimeState& start = member.replica ? history_.at_start() : time_state();
        std::vector<std::uint64_t> held;
        for (const Waiting& one : held_) {
            if (one.sender == member.id) held.push_back(one.number);
        }
        sync->native = Sync::Native{.member = member.id,
                                    .token = member.token,
                                    .resumed = resumed,
                                    .known = member.known,
                                    .sent = member.sent,
                                    .held = std::move(held),
                                    .puller = puller_,
                                    .clock = clock_.at(now_),
                                    .at_start = start};
    }
    return sync;
}

// ---- who is there --------------------------------------------------------------------------

void Router::Impl::announce_join(Member& member) {
    if (member.kind == Kind::croquet && member.user_json.empty()) return;
    member.counted = true;
    std::string json =
        member.kind == Kind::croquet ? member.user_json : std::to_string(member.id.value);
    auto back = std::find_if(left_.begin(), left_.end(),
                             [&](const Named& one) { return one.json == json; });
    if (back != left_.end()) {
        left_.erase(back);  // the world has not heard that it left
        return;
    }
    joined_.push_back({member.id, std::move(json)});
    // At once, so that the joiner finds itself in its Sync; a crowd of joiners is batched.
    if (!last_users_ || now_ - *last_users_ >= options_.users_batch) {
        flush_users();
    } else if (!users_due_) {
        users_due_ = *last_users_ + options_.users_batch;
        alarm(*users_due_);
    }
}

void Router::Impl::announce_leave(const Member& member) {
    if (!member.counted) return;
    auto unknown = std::find_if(joined_.begin(), joined_.end(),
                                [&](const Named& one) { return one.member == member.id; });
    if (unknown != joined_.end() && !send_waits(member.id)) {
        joined_.erase(unknown);
        return;
    }
    left_.push_back({member.id, member.kind == Kind::croquet ? member.user_json
                                                             : std::to_string(member.id.value)});
    if (!users_due_) {
        users_due_ = std::max(now_, last_users_.value_or(now_) + options_.users_batch);
        alarm(*users_due_);
    }
}

/// Where a native world stands still, it hears from who has left already: of its coming before
/// that, of its leaving after.
bool Router::Impl::send_waits(MemberId sender) const {
    return info_.kind == Kind::native &&
           std::any_of(held_.begin(), held_.end(),
                       [&](const Waiting& one) { return one.sender == sender; });
}

std::size_t Router::Impl::active() const {
    std::size_t count = 0;
    for (auto& [id, member] : members_) count += member.counted;
    return count;
}

void Router::Impl::flush_users() {
    users_due_.reset();
    // A native world that stands still learns of it when it goes on: replicas that report a Mark
    // must not have a message queued that is beyond it.
    if (stepping() || (info_.kind == Kind::native && clock_.paused())) return;
    tell_users();
}

void Router::Impl::tell_users() {
    std::vector<Named> left;
    for (const Named& one : left_) {
        if (!send_waits(one.member)) left.push_back(one);
    }
    if (joined_.empty() && left.empty()) return;
    std::size_t count = active();
    // A Croquet client takes "as many joined as are active" for a new start: nobody joined, nobody
    // there would be one. The next joiner's message tells it too.
    if (count == 0 && info_.kind == Kind::croquet) return;
    std::string number = std::to_string(count);
    std::string payload = "{\"what\":\"users\",\"active\":" + number + ",\"total\":" + number;
    auto list = [&](const char* key, const std::vector<Named>& names) {
        if (names.empty()) return;
        payload += key;
        for (const Named& one : names) payload += one.json + ",";
        payload.back() = ']';
    };
    list(",\"joined\":[", joined_);
    list(",\"left\":[", left);
    if (info_.kind == Kind::croquet) payload += ",\"_size\":" + std::to_string(payload.size() + 1);
    joined_.clear();
    std::erase_if(left_, [&](const Named& one) { return !send_waits(one.member); });
    last_users_ = now_;
    stamp({}, payload + "}", {});
}

// ---- leaving -------------------------------------------------------------------------------

void Router::Impl::gone(ConnectionId connection, bool for_good) {
    if (Member* member = find(connection)) disconnected(*member, for_good);
}

/// The connection is no more; the member may come back unless `for_good`.
void Router::Impl::disconnected(Member& member, bool for_good) {
    MemberId id = member.id;
    Duration wait = member.kind == Kind::croquet ? leave_delay_ : options_.rejoin_window;
    if (member.kind == Kind::native && (for_good || !member.recorded)) wait = Duration(0);
    member.leaves_at = now_ + wait;
    alarm(*member.leaves_at);
    if (!shared_ && connections_.size() <= (member.connection ? 1 : 0)) {
        empty_since_ = now_;
        alarm(now_ + options_.empty_session);
    }
    detach(member);
    lease_away(member, for_good);
    if (wait == Duration(0))
        remove(id);
    else
        roster_changed(member);
}

/// Nothing is expected from its connection any more.
void Router::Impl::detach(Member& member) {
    MemberId id = member.id;
    connections_.erase(member.connection);
    member.connection = {};
    if (member.synced) --synced_;
    member.synced = false;
    if (puller_ == id) new_puller();
    drop_from_votes(id);
    if (request_ && request_->asked == id) ask_next();
    drop_from_states(member);
}

void Router::Impl::remove(MemberId id) {
    Member* member = find(id);
    announce_leave(*member);
    roster_left(*member);
    if (member->recorded) record(MemberLeft{here(), id});
    if (member->kind == Kind::native && member->recorded) {
        departed_.push_back({id, member->token, member->sent, std::move(member->requests)});
        if (departed_.size() > options_.departed) departed_.pop_front();
    }
    members_.erase(id);
}

void Router::Impl::members_due() {
    std::vector<MemberId> leaving;
    for (auto& [id, member] : members_) {
        if (!member.leaves_at) continue;
        if (now_ >= *member.leaves_at)
            leaving.push_back(id);
        else
            alarm(*member.leaves_at);
    }
    for (MemberId id : leaving) remove(id);
}

}  // namespace teatime::session
