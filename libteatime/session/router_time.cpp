#include <algorithm>

#include "router_impl.h"

namespace teatime::session {
namespace {

using Op = TimeRequest::Op;

}  // namespace

TimeState Router::Impl::time_state() const {
    return {clock_.paused(), clock_.rate(), clock_.paused() ? clock_.at(now_) : announced_,
            last_op_, held_.size()};
}

std::vector<MemberId> Router::Impl::replicas() const {
    std::vector<MemberId> ids;
    for (auto& [id, member] : members_) {
        if (member.synced && member.replica && member.role == Role::participant) ids.push_back(id);
    }
    return ids;
}

// ---- pause, resume, rate, step -----------------------------------------------------------------

void Router::Impl::on(Member& member, TimeRequest& request) {
    if (member.role == Role::viewer && !options_.viewers_control_time) {
        answer(member.connection, request.request, "Viewers may not control time here.");
    } else if (!stepping()) {
        change_time(member, request);
    } else if (time_requests_.size() < options_.time_requests) {
        time_requests_.emplace_back(member.id, request);
    } else {
        answer(member.connection, request.request,
               "Too many time requests wait for a step to end.");
    }
}

void Router::Impl::change_time(Member& member, const TimeRequest& request) {
    bool paused = clock_.paused();
    TimeOp op{request.op, last_op_ + 1, member.id, request.rate, request.by, {}, {}};
    switch (request.op) {
        case Op::pause:
            if (paused)
                answer(member.connection, request.request, {}, last_outcome_);
            else
                obey(op, member, request);
            break;
        case Op::resume:
            if (paused)
                obey(op, member, request);
            else
                answer(member.connection, request.request, {});
            break;
        case Op::rate:
            obey(op, member, request);
            break;
        case Op::step:
            step_time(member, request);
            break;
    }
}

void Router::Impl::step_time(Member& member, const TimeRequest& request) {
    auto refuse_step = [&](const char* sentence) {
        answer(member.connection, request.request, sentence);
    };
    TimeOp op{Op::step, last_op_ + 1, member.id, {}, request.by, {}, {}};
    if (!clock_.paused()) return refuse_step("The session runs; pause it before stepping.");
    switch (request.by) {
        case StepBy::message:
        case StepBy::instant:
            if (info_.kind == Kind::croquet) {
                return refuse_step(
                    "Croquet clients cannot execute one message; step by external or by a time.");
            }
            if (replicas().empty()) return refuse_step("No replica is here that could step.");
            break;
        case StepBy::external: {
            if (held_.empty()) return refuse_step("No external message waits.");
            if (info_.kind == Kind::native) tell_users();
            Waiting one = std::move(held_.front());
            held_.pop_front();
            held_bytes_ -= one.payload.size();
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
    obey(op, member, request);
}

/// Stamps the change, lets it happen, and waits for what replicas report of it.
void Router::Impl::obey(const TimeOp& op, Member& member, const TimeRequest& request) {
    last_op_ = op.id;
    VirtualTime stamped = stamp({}, to_payload(op), {})->stamp.time;
    if (op.op == Op::rate) clock_.set_rate(now_, op.rate);
    if (op.op == Op::resume) clock_.resume(now_);
    if (op.op == Op::pause) clock_.pause(now_);
    // Frozen exactly where replicas stop; going on from the stamp that lets them.
    if (op.op == Op::pause || op.op == Op::resume) clock_.set(now_, stamped);
    TimeState state = time_state();
    state.apply(op, stamped);
    history_.add_time(state);
    record(TimeChanged{here(), state});
    if (op.op == Op::resume) {
        flush_users();
        std::deque<Waiting> batch;
        batch.swap(held_);
        held_bytes_ = 0;
        for (Waiting& one : batch) stamp_send(std::move(one));
    }
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
        stepping_ = Stepping{
            op, {replicas(), now_ + options_.step_deadline}, member.connection, request.request};
        alarm(stepping_->ballot.deadline);
        if (stepping_->ballot.complete()) finish_step();
    } else {
        answer(member.connection, request.request, {});
    }
}

void Router::Impl::on(Member& member, StepReport& report) {
    if (!member.replica || report.mark.time > announced_ + options_.longest_step) return;
    StateAt state{report.mark, report.hash};
    if (stepping_ && report.id == stepping_->op.id) {
        if (!stepping_->ballot.add(member.id, state)) return;
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
    for (auto& group : done.ballot.groups()) {
        outcome->groups.push_back({group.answer.mark, group.answer.hash, group.members});
        std::sort(outcome->groups.back().members.begin(), outcome->groups.back().members.end());
    }
    std::stable_sort(outcome->groups.begin(), outcome->groups.end(),
                     [](const Agreement& a, const Agreement& b) {
                         if (a.members.size() != b.members.size())
                             return a.members.size() > b.members.size();
                         return a.members[0] < b.members[0];
                     });
    VirtualTime reached = clock_.at(now_);
    if (open_end) {
        reached = std::max(reached, outcome->groups[0].mark.time);
    } else if (done.op.op == Op::step) {  // known, whether or not anybody reports
        reached = std::max(reached, done.op.by == StepBy::duration ? done.op.to : announced_);
    }
    clock_.set(now_, reached);
    announced_ = std::max(announced_, reached);
    above_ = reached + Duration(1);
    outcome->state = time_state();
    history_.add_time(outcome->state);
    last_outcome_ = outcome;
    record(last_outcome_);
    broadcast(last_outcome_);
    answer(done.asker, done.request, {}, last_outcome_);
    if (outcome->groups.size() > 1) split(outcome->groups);
    flush_users();
    admit_waiting();
    next_time_request();
}

void Router::Impl::next_time_request() {
    while (!stepping() && !time_requests_.empty()) {
        auto [id, request] = time_requests_.front();
        time_requests_.pop_front();
        if (Member* member = find(id); member && member->synced) change_time(*member, request);
    }
}

void Router::Impl::answer(ConnectionId connection, std::uint64_t request, std::string refused,
                          std::shared_ptr<const StepOutcome> outcome) {
    if (!find(connection)) return;
    out_->push_back(SendTo{
        connection, TimeAnswer{request, std::move(refused), time_state(), std::move(outcome)}});
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
