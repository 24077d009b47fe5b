#include <algorithm>

#include "router_impl.h"

namespace teatime::session {
namespace {

using Op = TimeRequest::Op;

}  // namespace

TimeState Router::Impl::time_state() const {
    TimeState state{clock_.paused(), clock_.rate(), clock_.paused() ? clock_.at(now_) : announced_,
                    last_op_, held_.size()};
    if (until_) state.until = until_->mark;
    return state;
}

std::vector<MemberId> Router::Impl::replicas() const {
    std::vector<MemberId> ids;
    for (auto& [id, member] : members_) {
        if (member.synced && member.replica && member.role == Role::participant) ids.push_back(id);
    }
    return ids;
}

// ---- pause, resume, rate, step, until ----------------------------------------------------------

void Router::Impl::on(Member& member, TimeRequest& request) {
    if (repeated(member, request.request)) return;
    Asker asker{member.id, request.request};
    if (shared_) {
        answer(asker, "This is a recording; who leads moves its playhead.");
    } else if (std::string refused = drive(member); !refused.empty()) {
        answer(asker, std::move(refused));
    } else if (!stepping()) {
        change_time(asker, request);
    } else if (time_requests_.size() < options_.time_requests) {
        time_requests_.emplace_back(member.id, request);
    } else {
        answer(asker, "Too many time requests wait for a step to end.");
    }
}

void Router::Impl::change_time(Asker asker, const TimeRequest& request) {
    bool paused = clock_.paused();
    TimeOp op{request.op, last_op_ + 1, asker.member, request.rate, request.by, {}, {}, {}};
    switch (request.op) {
        case Op::pause:
            if (paused) return answer(asker, {}, last_outcome_);
            cancel_until("Paused before it came there.");
            obey(op, asker);
            break;
        case Op::resume:
            if (!paused && !until_) return answer(asker, {});
            cancel_until("Resumed without an end before it came there.");
            obey(op, asker);
            break;
        case Op::rate:
            obey(op, asker);
            break;
        case Op::step:
            step_time(asker, request);
            break;
        case Op::until:
            run_until(asker, request.mark);
            break;
    }
}

void Router::Impl::step_time(Asker asker, const TimeRequest& request) {
    auto refuse_step = [&](std::string sentence) { answer(asker, std::move(sentence)); };
    TimeOp op{Op::step, last_op_ + 1, asker.member, {}, request.by, {}, {}, {}};
    if (!clock_.paused()) return refuse_step("The session runs; pause it before stepping.");
    if (info_.kind == Kind::croquet &&
        (request.by == StepBy::message || request.by == StepBy::mark)) {
        return refuse_step(
            "Croquet clients cannot execute one message; step by instant, external or "
            "a time.");
    }
    switch (request.by) {
        case StepBy::message:
        case StepBy::instant:
        case StepBy::mark:
            if (info_.kind == Kind::croquet) {  // an instant: what the next stamp's time is for
                if (held_.empty()) return refuse_step("No external message waits.");
                let_through();
                break;
            }
            if (request.by == StepBy::mark) {
                if (!ahead(request.mark)) return refuse_step(not_ahead(request.mark));
                op.mark = request.mark;
            } else if (replicas().empty()) {
                return refuse_step("No replica is here that could step.");
            } else if (nothing_due_) {
                return refuse_step(held_.empty()
                                       ? "No message waits."
                                       : "Only external messages wait; step by external.");
            }
            break;
        case StepBy::external: {
            if (held_.empty()) return refuse_step("No external message waits.");
            if (info_.kind == Kind::native) tell_users();
            Waiting one = std::move(held_.front());
            held_.pop_front();
            held_bytes_ -= one.payload.size();
            waiting_changed();
            stamp_send(std::move(one));
            op.external = history_.last();
            break;
        }
        case StepBy::duration:
            if (request.duration <= Duration(0) || request.duration > options_.longest_step) {
                return refuse_step("A step must be more than nothing and at most a year.");
            }
            op.to = clock_.at(now_) + request.duration;
            break;
    }
    obey(op, asker);
}

// ---- running until a Mark ------------------------------------------------------------------

/// Not behind any state that replicas were let run to, or reported.
bool Router::Impl::ahead(const Mark& mark) const {
    VirtualTime here = clock_.paused() ? clock_.at(now_) : announced_;
    if (mark.branch != BranchId{} || mark.time > here + options_.longest_step) return false;
    if (mark.time > here) return true;
    if (mark.time < here || !clock_.paused()) return false;
    bool known = last_outcome_ && !last_outcome_->groups.empty();
    return known ? mark > last_outcome_->groups[0].mark : !last_outcome_;
}

/// Why it is not, and where the session stands.
std::string Router::Impl::not_ahead(const Mark& mark) const {
    Mark here{{}, clock_.paused() ? clock_.at(now_) : announced_, Mark::kWholeInstant};
    bool far = mark.time > here.time + options_.longest_step;
    if (clock_.paused() && last_outcome_ && !last_outcome_->groups.empty()) {
        here = last_outcome_->groups[0].mark;
    }
    return to_string(mark) + " is " + (far ? "more than a year" : "not") +
           " ahead of the session, which stands at " + to_string(here) +
           (far ? "." : "; it runs on, never back.");
}

/// Time runs until the next stamp would be of the Mark's instant or later; then replicas step to
/// exactly the Mark. No bound is announced and nothing stamped at the instant before.
void Router::Impl::run_until(Asker asker, const Mark& mark) {
    if (info_.kind == Kind::croquet)
        return answer(asker, "Croquet clients cannot stop at a Mark; step by a time.");
    if (!ahead(mark)) return answer(asker, not_ahead(mark));
    cancel_until("Another end was set before it came there.");
    if (!is_due(mark)) {
        TimeOp op{Op::until, last_op_ + 1, asker.member, {}, {}, {}, {}, mark};
        obey(op, asker);
    } else {
        until_ = Until{mark, asker};
    }
    until_due();
}

bool Router::Impl::is_due(const Mark& mark) const {
    return clock_.at(now_) >= mark.time || next_stamp() >= mark.time;
}

void Router::Impl::until_due() {
    if (!until_ || stepping() || !is_due(until_->mark)) return;
    Until there = *std::exchange(until_, std::nullopt);
    clock_.pause(now_);
    clock_.set(now_, std::min(clock_.at(now_), there.mark.time));
    above_ = std::max(above_, there.mark.time + Duration(1));
    obey({Op::step, last_op_ + 1, there.asker.member, {}, StepBy::mark, {}, {}, there.mark},
         there.asker);
}

void Router::Impl::cancel_until(const char* why) {
    if (until_) answer(std::exchange(until_, std::nullopt)->asker, why);
}

// ---- how a change happens ------------------------------------------------------------------

/// Stamps the change, lets it happen, and waits for what replicas report of it.
void Router::Impl::obey(const TimeOp& op, Asker asker) {
    last_op_ = op.id;
    bool was_paused = clock_.paused();
    VirtualTime stamped = stamp({}, to_payload(op), {})->stamp.time;
    set_clock(op, stamped);
    if (op.op == Op::until) until_ = Until{op.mark, asker};
    TimeState state = time_state();
    state.apply(op, stamped);
    history_.add_time(state);
    record(TimeChanged{here(), state});
    if (was_paused && !clock_.paused()) let_through();
    if (op.op == Op::pause) {
        for (Waiting& one : delayed_) held_bytes_ += one.payload.size();
        std::move(delayed_.begin(), delayed_.end(), std::back_inserter(held_));
        delayed_.clear();
    }
    if (info_.kind == Kind::croquet && op.op == Op::step) {
        clock_.set(now_, op.by == StepBy::duration ? op.to : announced_);
        tick();
    }
    if (info_.kind == Kind::native && (op.op == Op::pause || op.op == Op::step)) {
        stepping_ = Stepping{op, {replicas(), now_ + options_.step_deadline}, asker, false, false};
        alarm(stepping_->ballot.deadline);
        if (stepping_->ballot.complete()) finish_step();
    } else if (op.op != Op::until) {
        answer(asker, {});
    }
}

/// Frozen exactly where replicas stop; going on from the stamp that lets them.
void Router::Impl::set_clock(const TimeOp& op, VirtualTime stamped) {
    bool was_paused = clock_.paused();
    if (op.op == Op::rate) clock_.set_rate(now_, op.rate);
    if (op.op == Op::pause) clock_.pause(now_);
    if (op.op == Op::resume || op.op == Op::until) clock_.resume(now_);
    if (op.op == Op::pause || (was_paused && !clock_.paused())) clock_.set(now_, stamped);
}

/// What waited, in its order.
void Router::Impl::let_through() {
    flush_users();
    std::deque<Waiting> batch;
    batch.swap(held_);
    held_bytes_ = 0;
    if (!batch.empty()) waiting_changed();
    for (Waiting& one : batch) stamp_send(std::move(one));
    flush_users();  // of those that left while they waited
}

void Router::Impl::on(Member& member, StepReport& report) {
    if (!member.replica || report.mark.time > announced_ + options_.longest_step) return;
    StateAt state{report.mark, report.hash};
    if (stepping_ && report.id == stepping_->op.id) {
        if (!stepping_->ballot.add(member.id, state)) return;
        stepping_->more |= report.next.has_value();
        record(VoteCast{member.id, report.mark, report.hash});
        if (stepping_->ballot.complete()) finish_step();
    } else if (last_outcome_ && report.id == last_outcome_->op.id) {  // late
        record(VoteCast{member.id, report.mark, report.hash});
        auto& groups = last_outcome_->groups;
        if (groups.empty() || StateAt{groups[0].mark, groups[0].hash} == state) return;
        split({groups[0], Agreement{report.mark, report.hash, {member.id}}});
    }
}

/// All have reported, or the deadline has come: moves the clock to where replicas are.
void Router::Impl::finish_step() {
    const TimeOp& op = stepping_->op;
    bool open_end = op.op == Op::step && (op.by == StepBy::message || op.by == StepBy::instant);
    if (open_end && stepping_->ballot.groups().empty()) {
        // Only replicas know where it leads. To go on without would stamp messages in their past.
        stepping_->deserted = true;
        stepping_->ballot.deadline = now_ + options_.step_deadline;
        alarm(stepping_->ballot.deadline);
        admit_waiting();
        return;
    }
    Stepping done = std::move(*stepping_);
    stepping_.reset();
    auto outcome = std::make_shared<StepOutcome>();
    outcome->op = done.op;
    outcome->missing = done.ballot.missing();
    nothing_due_ = !done.more && done.ballot.answered() > 0 && outcome->missing.empty();
    const auto awaited = [&](MemberId member) { return done.ballot.awaits(member); };
    for (auto& group : done.ballot.groups()) {
        std::vector<MemberId> members = group.members;
        // Whom nobody waits for may be in time or not: it is told of only where it differs.
        if (std::any_of(members.begin(), members.end(), awaited))
            std::erase_if(members, [&](MemberId member) { return !awaited(member); });
        std::sort(members.begin(), members.end());
        outcome->groups.push_back({group.answer.mark, group.answer.hash, std::move(members)});
    }
    std::stable_sort(outcome->groups.begin(), outcome->groups.end(),
                     [&](const Agreement& a, const Agreement& b) {
                         if (awaited(a.members[0]) != awaited(b.members[0]))
                             return awaited(a.members[0]);
                         if (a.members.size() != b.members.size())
                             return a.members.size() > b.members.size();
                         return a.members[0] < b.members[0];
                     });
    VirtualTime there = reached(done, *outcome);
    clock_.set(now_, there);
    announced_ = std::max(announced_, there);
    above_ = there + Duration(1);
    outcome->state = time_state();
    history_.add_time(outcome->state);
    last_outcome_ = outcome;
    record(last_outcome_);
    broadcast(last_outcome_);
    answer(done.asker, {}, last_outcome_);
    if (outcome->groups.size() > 1) split(outcome->groups);
    flush_users();
    admit_waiting();
    next_time_request();
}

/// Where the session's clock is after a pause or step.
VirtualTime Router::Impl::reached(const Stepping& done, const StepOutcome& outcome) const {
    VirtualTime now = clock_.at(now_);
    if (done.op.op != Op::step) return now;
    switch (done.op.by) {
        case StepBy::message:
        case StepBy::instant:
            return std::max(now, outcome.groups[0].mark.time);
        // The rest is known, whether or not anybody reports.
        case StepBy::external:
            return std::max(now, announced_);
        case StepBy::duration:
            return std::max(now, done.op.to);
        case StepBy::mark:
            return std::max(now, done.op.mark.time);
    }
    return now;
}

void Router::Impl::next_time_request() {
    while (!stepping() && !time_requests_.empty()) {
        auto [id, request] = time_requests_.front();
        time_requests_.pop_front();
        // Taken is taken: it is obeyed though the connection is lost meanwhile.
        change_time({id, request.request}, request);
    }
}

void Router::Impl::answer(Asker asker, std::string refused,
                          std::shared_ptr<const StepOutcome> outcome) {
    tell_asker(asker,
               TimeAnswer{asker.request, std::move(refused), time_state(), std::move(outcome)});
}

/// Where it is now.
void Router::Impl::tell_asker(Asker asker, Frame frame) {
    if (Member* member = find(asker.member))
        return answer(*member, asker.request, std::move(frame));
    for (Departed& gone : departed_) {
        if (gone.id == asker.member) keep_answer(gone.requests, asker.request, frame);
    }
}

/// Kept too: with its connection the answer may be lost.
void Router::Impl::answer(Member& member, std::uint64_t request, Frame frame) {
    if (member.synced) send(member, frame);
    keep_answer(member.requests, request, std::move(frame));
}

void Router::Impl::keep_answer(Requests& requests, std::uint64_t request, Frame frame) {
    if (!request) return;
    requests.answers.push_back(std::move(frame));
    if (requests.answers.size() > kRequestsUnanswered) requests.answers.pop_front();
}

/// Asked before, on a connection that was lost since: answered again, or its answer still comes.
bool Router::Impl::repeated(Member& member, std::uint64_t request) {
    Requests& before = member.requests;
    if (request == 0) return false;
    if (request > before.last) {
        before.last = request;
        return false;
    }
    for (const Frame& frame : before.answers) {
        auto* time = std::get_if<TimeAnswer>(&frame);
        auto* other = std::get_if<Answer>(&frame);
        auto* states = std::get_if<StateAnswer>(&frame);
        if ((time && time->request == request) || (other && other->request == request) ||
            (states && states->request == request))
            send(member, frame);
    }
    return true;
}

// ---- lazy time -----------------------------------------------------------------------------

void Router::Impl::on(Member& member, Pull& pull) {
    if (info_.mode != TimeMode::lazy || !member.replica || pull.time <= announced_) return;
    if (member.id != puller_) {
        // Half of the time: its own clock has measured the whole, and runs a little beside ours.
        auto due = clock_.when(pull.time);
        if (puller_ && (!due || now_ < *due + options_.pull_overdue / 2)) return;
        elect_puller(member.id);
    }
    pull_ = std::min(pull_.value_or(pull.time), pull.time);
    pull_due();
}

void Router::Impl::pull_due() {
    if (!pull_ || stepping() || clock_.at(now_) < *pull_) return;
    if (until_ && *pull_ >= until_->mark.time) return;
    VirtualTime time = *pull_;
    pull_.reset();
    if (time <= announced_) return;  // a stamp went further
    announced_ = time;
    last_frame_ = now_;
    broadcast(Tick{time, false});
}

void Router::Impl::elect_puller(MemberId member) {
    puller_ = member;
    broadcast(Puller{member});
}

void Router::Impl::new_puller() {
    puller_ = {};
    MemberId best;
    for (auto& [id, member] : members_) {
        if (!member.synced || !member.replica) continue;
        if (member.role == Role::participant) {
            best = id;
            break;
        }
        if (!best) best = id;
    }
    if (best) elect_puller(best);
}

}  // namespace teatime::session
