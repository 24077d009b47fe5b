#include "ledger.h"

#include <cstdio>

namespace simulation {
namespace {

using Op = TimeRequest::Op;
using std::chrono::milliseconds;

constexpr std::string_view kStamp = "A stamp";
constexpr std::string_view kBound = "A bound";
constexpr Duration kRounding = milliseconds(1);  // stamps are whole milliseconds

std::string text(VirtualTime time) {
    return to_milliseconds_text(time) + " ms";
}
std::string text(Seq seq) {
    return "message " + std::to_string(seq.value);
}

VirtualTime clock_at(const Incarnation& in, SteadyTime now) {
    if (in.paused) return in.since;
    VirtualTime time = in.since + Duration((now - in.at).count() * in.rate.num / in.rate.den);
    return in.until ? std::min(time, in.until->time) : time;
}

}  // namespace

std::optional<std::pair<Speaker, std::int64_t>> parse_saying(const std::string& payload) {
    long long who = 0, number = 0;
    constexpr const char* kShape = R"("[\"root\",\"say\",%lld,%lld,)";
    if (std::sscanf(payload.c_str(), kShape, &who, &number) != 2) return std::nullopt;
    return std::pair{who, number};
}

// ---- the router's side ---------------------------------------------------------------------

void Ledger::begin(const Started& started, SteadyTime now) {
    auto& in = *incarnations_.emplace_back(std::make_unique<Incarnation>());
    in.session = started.session;
    in.start = started.start;
    in.announced = in.allowed = in.since = started.start ? started.start->time : VirtualTime{};
    in.paused = started.time.paused;
    in.rate = started.time.rate;
    in.at = now;
    current_ = &in;
}

void Ledger::end() {
    if (current_) current_->over = true;
    current_ = nullptr;
}

/// Stamps and bounds are what the clock shows, and never decrease. `above`: where replicas are sent
/// to a Mark, what sends them is stamped after its instant, though the clock stands before.
void Ledger::in_time(std::string_view what, VirtualTime time, SteadyTime now, VirtualTime above) {
    Incarnation& in = *current_;
    now_ = now;
    VirtualTime due = clock_at(in, now);
    auto wrong = [&](const std::string& why) {
        fail(std::string(what) + " at " + text(time) + " " + why + " (clock " + text(due) +
             ", announced " + text(in.announced) + (in.paused ? ", paused)" : ")"));
    };
    if (time < in.announced) wrong("after a later one");
    if (in.stepping) wrong("while replicas step");
    if (time > std::max({due, in.announced, above}) + kRounding) wrong("before its time");
    // Lazy bounds are where a replica asked for, looked at after the clock went by.
    bool asked = what == kBound && in.session.mode == TimeMode::lazy;
    if (!asked && time < due - kRounding - kRounding) wrong("is late");
    in.announced = std::max(in.announced, time);
    in.allowed = std::max(in.allowed, time);
}

void Ledger::reflected(const MessagePtr& message, SteadyTime now) {
    Incarnation& in = *current_;
    ++totals.stamps;
    if (message->stamp.seq != next(in.last()))
        fail(text(message->stamp.seq) + " stamped after " + text(in.last()));
    if (message->stamp.time.time_since_epoch() % milliseconds(1) != Duration(0))
        fail(text(message->stamp.seq) + " is not stamped in whole milliseconds");
    std::optional<TimeOp> op;
    if (!message->sender) op = parse_time_payload(message->payload);
    bool to_mark = op && op->op == Op::step && op->by == StepBy::mark;
    if (to_mark) stop_at_mark(*op, now);
    in_time(kStamp, message->stamp.time, now, to_mark ? op->mark.time + Duration(1) : in.announced);
    in.messages.push_back(message);
    if (message->sender)
        user_message(*message);
    else if (op)
        time_message(*message, *op);
}

/// A running session stops when its clock is there, or was without announcing it.
void Ledger::stop_at_mark(const TimeOp& op, SteadyTime now) {
    Incarnation& in = *current_;
    if (in.paused) return;
    if (in.until && op.mark != *in.until)
        fail("The session stops at another Mark than was asked for");
    if (clock_at(in, now) < op.mark.time - kRounding - kRounding)
        fail("The session stops before it came to " + to_string(op.mark));
    in.until.reset();
    in.paused = true;
    in.since = op.mark.time;
}

/// A speaker's numbers ascend: nothing repeated or overtaken within one life of the session.
void Ledger::user_message(const Message& message) {
    auto saying = parse_saying(message.payload);
    if (!saying) return fail("A payload has changed: " + message.payload);
    auto [who, number] = *saying;
    std::string sentence = "Speaker " + std::to_string(who) + "'s number " + std::to_string(number);
    std::int64_t& last = current_->said[who];
    if (number <= last) fail(sentence + " was stamped after number " + std::to_string(last));
    last = number;
    if (number > last_said_[who]) fail(sentence + " was never said");
    const std::string& meant_for = meant_for_[{who, number}];
    if (!meant_for.empty() && meant_for != current_->session.timeline)
        fail(sentence + " was stamped in another session than it was said in");
    if (refused_[who].count(number)) fail(sentence + " was stamped though it was given up");
    auto [at, fresh] = current_->speakers.emplace(message.sender, who);
    if (at->second != who) fail(sentence + " is under another's name");
    stamped_[who].insert(number);
}

void Ledger::time_message(const Message& message, const TimeOp& op) {
    Incarnation& in = *current_;
    VirtualTime due = clock_at(in, now_);
    in.at = now_;
    in.ops[op.id] = message.stamp.seq;
    if (op.asker && in.session.kind == session::Kind::native && !in.drivers.count(op.asker) &&
        leads_)
        fail("Member " + std::to_string(op.asker.value) + " is obeyed and never led");
    switch (op.op) {
        case Op::pause:
            ++totals.pauses;
            if (in.paused) fail("A paused session was paused");
            in.since = message.stamp.time;
            in.paused = true;
            break;
        case Op::resume:
            if (!in.paused && !in.until) fail("A running session was resumed");
            in.since = message.stamp.time;
            in.paused = false;
            break;
        case Op::rate:
            ++totals.rates;
            in.since = due;
            in.rate = op.rate;
            break;
        case Op::step:
            ++totals.steps;
            if (!in.paused) fail("A running session stepped");
            if (op.by == StepBy::duration) in.allowed = std::max(in.allowed, op.to);
            if (op.by == StepBy::mark) in.allowed = std::max(in.allowed, op.mark.time);
            break;
        case Op::until:
            ++totals.untils;
            in.since = in.paused ? message.stamp.time : due;
            in.paused = false;
            if (op.mark.time <= message.stamp.time)
                fail("Time runs to " + to_string(op.mark) + ", which is over");
            break;
    }
    if (op.op != Op::rate) in.until.reset();
    if (op.op == Op::until) in.until = op.mark;
    if (op.op == Op::pause || op.op == Op::step) in.stepping = op;
}

void Ledger::ticked(const Tick& tick, SteadyTime now) {
    ++totals.ticks;
    if (current_->paused) fail("A bound was announced while paused");
    if (current_->until && tick.time >= current_->until->time)
        fail("A bound at " + text(tick.time) + " is beyond " + to_string(*current_->until));
    in_time(kBound, tick.time, now, current_->announced);
}

void Ledger::sent(const Frame& frame) {
    if (auto* sync = std::get_if<SyncPtr>(&frame)) {
        Incarnation& in = *current_;
        if ((*sync)->time > in.announced || (*sync)->seq != in.last())
            fail("A SYNC tells another state than was broadcast");
        for (const MessagePtr& message : (*sync)->messages) {
            if (message != in.message(message->stamp.seq))
                fail("A SYNC brings another " + text(message->stamp.seq) + " than was broadcast");
        }
    }
}

void Ledger::told(const Frame& frame, SteadyTime now) {
    auto* lease = std::get_if<Lease>(&frame);
    if (!lease) return;
    Incarnation& in = *current_;
    bool expired = in.lease.away && !lease->holder;
    if (expired && now < in.lease_since + in.lease.left) fail("A lease ended before its time");
    totals.leads += lease->holder && lease->holder != in.lease.holder;
    totals.expired += expired;
    in.lease = *lease;
    in.lease_since = now;
    if (lease->holder) in.drivers.insert(lease->holder);
}

void Ledger::leased(const Lease& lease, bool holder_is_here, Duration lasts, SteadyTime now) {
    Incarnation* in = current_;
    if (!in) return;
    leads_ = lasts > Duration(0);
    bool renamed = lease.holder != in->lease.holder && !in->lease.away;
    if (lease.holder && !in->lease.holder) fail("Somebody leads and nobody was told");
    if (renamed) fail("The lead has changed and nobody was told");
    if (lease.holder && holder_is_here == lease.away) fail("A lease is not as its holder is");
    if (lease.away && now > in->lease_since + lasts) fail("A lease has not ended");
}

void Ledger::recorded(const Record& record) {
    if (auto* note = std::get_if<Note>(&record)) {
        ++totals.notes;
        if (note->id != current_->notes.size() + 1) fail("A note is out of order");
        current_->notes.push_back(*note);
    }
    if (auto* split = std::get_if<Split>(&record)) {
        fail("Replicas differ at " + to_string(split->groups.front().mark));
    } else if (auto* one = std::get_if<std::shared_ptr<const StepOutcome>>(&record)) {
        outcome(**one);
    }
}

/// All that report stand at one Mark with one hash, and the clock with them.
void Ledger::outcome(const StepOutcome& outcome) {
    Incarnation& in = *current_;
    if (!in.stepping || in.stepping->id != outcome.op.id) {
        fail("The outcome of a step that nobody made");
        return;
    }
    in.stepping.reset();
    in.since = outcome.state.time;
    in.announced = std::max(in.announced, in.since);
    in.allowed = std::max(in.allowed, in.since);
    if (outcome.groups.empty()) return;
    const Agreement& group = outcome.groups.front();
    totals.agreed += group.members.size() > 1;
    if (outcome.groups.size() > 1) fail("Replicas differ after a step to " + to_string(group.mark));
    bool there = group.mark == outcome.op.mark ||
                 (group.mark.whole_instant() && group.mark.time == outcome.op.mark.time);
    if (outcome.op.by == StepBy::mark && !there)
        fail("Asked for " + to_string(outcome.op.mark) + ", replicas are at " +
             to_string(group.mark));
    if (group.mark.time > in.since)
        fail("The clock is behind the replicas after a step to " + to_string(group.mark));
}

// ---- the replicas' side --------------------------------------------------------------------

Incarnation* Ledger::find(const std::string& timeline) {
    for (auto& one : incarnations_) {
        if (one->session.timeline == timeline) return one.get();
    }
    return nullptr;
}

void Ledger::executed_external(Incarnation& in, Seq seq, const Incarnation::State& state) {
    ++totals.states;
    auto [at, first] = in.after.emplace(seq, state);
    if (first) return;
    ++totals.compared;
    if (!(at->second == state)) {
        fail("After " + text(seq) + " one replica is at " + to_string(at->second.mark) + " with " +
             to_string(at->second.hash) + " and another at " + to_string(state.mark) + " with " +
             to_string(state.hash));
    }
}

void Ledger::voted(Incarnation& in, const Vote& vote) {
    ++totals.votes;
    auto [at, first] = in.votes.emplace(vote.mark, vote.hash);
    if (!first && at->second != vote.hash)
        fail("Replicas vote for different states at " + to_string(vote.mark));
}

void Ledger::reported(Incarnation& in, const StepReport& report) {
    Incarnation::State state{report.mark, report.hash, in.ops[report.id]};
    auto [at, first] = in.reports.emplace(report.id, state);
    if (!first && !(at->second == state)) {
        fail("Step " + std::to_string(report.id) + " took one replica to " +
             to_string(at->second.mark) + " and another to " + to_string(report.mark) +
             (at->second.mark == report.mark ? " with another state" : ""));
    }
}

Ledger::Totals& Ledger::Totals::operator+=(const Totals& other) {
    stamps += other.stamps;
    ticks += other.ticks;
    sent += other.sent;
    refused += other.refused;
    states += other.states;
    compared += other.compared;
    votes += other.votes;
    pauses += other.pauses;
    steps += other.steps;
    agreed += other.agreed;
    rates += other.rates;
    untils += other.untils;
    leads += other.leads;
    expired += other.expired;
    notes += other.notes;
    not_led += other.not_led;
    return *this;
}

// ---- the users' side -----------------------------------------------------------------------

void Ledger::said(Speaker who, std::int64_t number, const std::string& timeline) {
    ++totals.sent;
    last_said_[who] = number;
    meant_for_[{who, number}] = timeline;
}

void Ledger::dropped(Speaker who, std::int64_t number, std::size_t most) {
    std::size_t count = 0;
    for (std::int64_t each = 1; each <= number; ++each) {
        if (!stamped_[who].count(each) && refused_[who].insert(each).second) ++count;
    }
    if (count > most)
        fail("Speaker " + std::to_string(who) + " lost " + std::to_string(count - most) +
             " more than it was told");
}

void Ledger::nothing_lost() {
    for (auto& [who, count] : last_said_) {
        if (mortal_.count(who)) continue;
        totals.refused += refused_[who].size();
        for (std::int64_t number = 1; number <= count; ++number) {
            if (!stamped_[who].count(number) && !refused_[who].count(number))
                fail("Speaker " + std::to_string(who) + "'s number " + std::to_string(number) +
                     " of " + std::to_string(count) + " was lost");
        }
    }
}

// ---- a replica -----------------------------------------------------------------------------

std::string Witness::name() const {
    return "Replica " + std::to_string(controller_->member().value);
}

void Witness::started(const Sync& sync, const std::string*, bool) {
    in_ = ledger_.find(sync.session.timeline);
    if (!in_) return ledger_.fail(name() + " started in a session that never was");
    last_ = sync.snapshot ? sync.snapshot->seq : Seq{};
    bound_ = {};
    time_ = {};
}

void Witness::stamped(const MessagePtr& message) {
    if (!in_) return;
    if (message->stamp.seq != next(last_))
        ledger_.fail(name() + " got " + text(message->stamp.seq) + " after " + text(last_));
    last_ = message->stamp.seq;
    if (last_ > in_->last() || message != in_->message(last_))
        ledger_.fail(name() + " got a " + text(last_) + " that was not broadcast");
    if (message->stamp.time < bound_)
        ledger_.fail(name() + " was let run to " + text(bound_) + ", then got " + text(last_) +
                     " at " + text(message->stamp.time));
}

void Witness::bound(VirtualTime bound) {
    if (!in_) return;
    bound_ = bound;
    if (bound <= in_->allowed) return;
    // Where a step by instant leads is known to the replicas first.
    std::optional<TimeOp> op;
    if (last_ > in_->before_first()) op = parse_time_payload(in_->message(last_)->payload);
    if (!op || op->op != Op::step)
        ledger_.fail(name() + " runs to " + text(bound) + ", announced is " + text(in_->allowed));
}

void Witness::voted(const Vote& vote) {
    if (in_) ledger_.voted(*in_, vote);
}

void Witness::executed(const Executed& executed) {
    if (!in_) return;
    Island& island = *controller_->island();
    if (executed.time < time_) ledger_.fail(name() + " went back to " + text(executed.time));
    time_ = executed.time;
    if (!executed.external) return;
    ledger_.executed_external(*in_, Seq{executed.order},
                              {island.mark(), island.hash(), island.seq()});
}

void Witness::reported(const StepReport& report) {
    if (in_) ledger_.reported(*in_, report);
}

}  // namespace simulation
