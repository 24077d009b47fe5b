#include <algorithm>

#include "controller_impl.h"

namespace teatime::session {
namespace {

constexpr std::string_view kTimePayload = R"({"what":"time")";

}  // namespace

bool Controller::Impl::run(std::size_t budget, SteadyTime now, ControllerOutputs& out) {
    now_ = std::max(now, now_);
    out_ = &out;
    budget_ = budget;
    if (!built_ || state_ == State::failed) return false;
    while (built_ && !program_.empty()) {
        if (!work(program_.front())) return built_;
        if (!built_) break;
        program_.pop_front();
    }
    pull();
    return false;
}

/// One item of the program; false: the budget is used up (or the replica given up), come again.
/// Everything here may be called again after it was interrupted.
bool Controller::Impl::work(Item& item) {
    if (auto* message = std::get_if<MessagePtr>(&item.what)) {
        if (!obey_message(*message)) return false;
        program_bytes_ -= (*message)->payload.size();
    } else if (auto* tick = std::get_if<Tick>(&item.what)) {
        if (time_.paused) return true;
        VirtualTime time = short_of_until(tick->time);
        if (!vote_before(time) || !run_to(time)) return false;
    } else if (island_) {
        snapshot(std::get<Requ>(item.what));
    }
    return true;
}

bool Controller::Impl::obey_message(const MessagePtr& message) {
    std::optional<TimeOp> op;
    if (!message->sender && message->payload.starts_with(kTimePayload))
        op = parse_time_payload(message->payload);
    const Stamp& stamp = message->stamp;
    bool runs = !time_.paused ||
                (op && (op->op == TimeRequest::Op::resume || op->op == TimeRequest::Op::until));
    // The Mark that a step stops at may be before its stamp.
    if (op && op->op == TimeRequest::Op::step) runs = false;
    if (runs && !vote_before(short_of_until(stamp.time))) return false;
    if (island_ && island_->seq() < stamp.seq) {
        observer_->stamped(message);
        auto queued = island_->enqueue({stamp, message->sender, message->payload});
        if (!queued) {
            std::string why = queued.error().message;
            forget_replica();
            drop_connection(CloseCode::unknown_session,
                            "This replica went astray and starts again: " + why);
            return false;
        }
    }
    if (op) return obey_time(*op, stamp);
    return time_.paused || run_to(short_of_until(stamp.time));
}

// ---- time control --------------------------------------------------------------------------

bool Controller::Impl::obey_time(const TimeOp& op, const Stamp& stamp) {
    Mark mark{{}, stamp.time, Mark::kWholeInstant};
    switch (op.op) {
        case TimeRequest::Op::pause:
            if (!time_.paused && !run_to(stamp.time)) return false;
            break;
        case TimeRequest::Op::rate:
            if (!time_.paused && !run_to(short_of_until(stamp.time))) return false;
            break;
        case TimeRequest::Op::resume:
        case TimeRequest::Op::until:
            if (!run_to(stamp.time)) return false;
            break;
        case TimeRequest::Op::step:
            if (!obey_step(op, stamp, mark)) return false;
            break;
    }
    time_.apply(op, stamp.time);
    if (island_) time_.time = std::max(time_.time, island_->now());
    if (op.op == TimeRequest::Op::pause || op.op == TimeRequest::Op::step) {
        observer_->bound(time_.time);  // nothing is stamped at or below a reported Mark
        report(op, mark);
    }
    observer_->time_changed({time_.time, stamp.seq}, time_);
    say(TimeStateChanged{time_, op});
    return true;
}

bool Controller::Impl::obey_step(const TimeOp& op, const Stamp& stamp, Mark& mark) {
    if (!island_) return true;
    switch (op.by) {
        case StepBy::message:
            if (auto due = island_->next_time()) {
                island_->set_bound(*due);
                execute_one();
            }
            mark = island_->mark();
            break;
        case StepBy::instant:
            // The target must be remembered: interrupted at its very end, the next would be another
            // one.
            if (!instant_) instant_ = island_->next_time();
            if (*instant_ && !run_to(**instant_)) return false;
            mark = *instant_ ? Mark{{}, **instant_, Mark::kWholeInstant} : island_->mark();
            instant_.reset();
            break;
        case StepBy::external:
            // Message by message: a bound is never lowered, so one beyond the message would let
            // the next step run on to there.
            while (auto due = island_->next_time()) {
                if (*due > stamp.time) break;
                island_->set_bound(*due);
                auto done = island_->execute_next();
                observer_->executed(*done);
                if (done->external && done->order == op.external.value) break;
                if (budget_ == 0 || --budget_ == 0) return false;
            }
            mark = island_->mark();
            break;
        case StepBy::duration:
            if (!vote_before(op.to) || !run_to(op.to)) return false;
            mark = {{}, op.to, Mark::kWholeInstant};
            break;
        case StepBy::mark:
            if (!run_to_mark(op.mark, mark)) return false;
            break;
    }
    return true;
}

void Controller::Impl::report(const TimeOp& op, const Mark& mark) {
    if (!island_) return;
    reported_ = StepReport{op.id, mark, island_->hash(), island_->next_time()};
    to_router(*reported_);
}

// ---- running -------------------------------------------------------------------------------

bool Controller::Impl::execute_one() {
    auto done = island_->execute_next();
    if (!done) return false;
    observer_->executed(*done);
    return true;
}

/// Executes all that is due up to and including `time`.
bool Controller::Impl::run_to(VirtualTime time) {
    if (time > bound_) {
        bound_ = time;
        observer_->bound(time);
    }
    if (!island_) return true;
    island_->set_bound(time);
    while (execute_one()) {
        if (budget_ == 0 || --budget_ == 0) return false;
    }
    return true;
}

/// To exactly `goal`, or to the end of its instant where that has fewer messages.
bool Controller::Impl::run_to_mark(const Mark& goal, Mark& reached) {
    if (!vote_before(goal.time)) return false;
    reached = goal;
    if (goal.whole_instant()) return run_to(goal.time);
    if (!run_to(goal.time - Duration(1))) return false;
    for (;;) {
        Mark at = island_->mark();
        if (at.time > goal.time || (at.time == goal.time ? at.n : 0) >= goal.n) return true;
        auto due = island_->next_time();
        if (!due || *due > goal.time) break;
        island_->set_bound(*due);
        if (execute_one() && (budget_ == 0 || --budget_ == 0)) return false;
    }
    reached.n = Mark::kWholeInstant;
    return run_to(goal.time);
}

/// Nothing of a Mark's instant is executed before the router says that it is reached.
VirtualTime Controller::Impl::short_of_until(VirtualTime time) const {
    if (!time_.until || time < time_.until->time) return time;
    return time_.until->time - Duration(1);
}

/// Votes at each point of the grid below `time`: no message stamped there can come any more. Where
/// nothing happened since the last vote, nothing is said.
bool Controller::Impl::vote_before(VirtualTime time) {
    Duration grid = session_.vote_interval;
    if (!island_ || grid <= Duration(0)) return true;
    auto onto_grid = [&](VirtualTime at) {
        Duration since = at.time_since_epoch();
        next_vote_ = std::max(next_vote_, VirtualTime((since + grid - Duration(1)) / grid * grid));
    };
    while (next_vote_ < time) {
        // Steps may have gone beyond a point; a replica that joins here could not vote on it
        // either.
        onto_grid(island_->now());
        if (voted_at_ == island_->executed()) {
            auto due = island_->next_time();
            onto_grid(due && *due < time ? *due : time);
        }
        if (next_vote_ >= time) break;
        if (!run_to(next_vote_)) return false;
        Vote vote{{{}, next_vote_, Mark::kWholeInstant}, island_->hash()};
        voted_at_ = island_->executed();
        next_vote_ += grid;
        observer_->voted(vote);
        to_router(vote);
    }
    return true;
}

void Controller::Impl::snapshot(const Requ& requ) {
    Image image = island_->image();
    Upload upload{requ.request,
                  {{}, std::max(island_->now(), bound_), image.seq, to_string(image.hash)}};
    // Of its bytes: another build's replica with the same state has other ones.
    std::string bytes = encode_image(image);
    std::string name = to_milliseconds_text(upload.info.time) + "_" +
                       std::to_string(image.seq.value) + "-" + to_string(hash_bytes(bytes)) +
                       ".island";
    uploads_.push_back(std::move(upload));
    say(UploadSnapshot{requ.request, std::move(name), std::move(bytes)});
}

// ---- lazy time -----------------------------------------------------------------------------

/// Where it runs next, if there is time.
std::optional<VirtualTime> Controller::Impl::need() const {
    auto next = island_->next_time();
    const auto& wanted = options_.wanted;
    return wanted && *wanted > bound_ && (!next || *wanted < *next) ? wanted : next;
}

/// When this replica, though not the puller, may pull: its need is overdue.
std::optional<SteadyTime> Controller::Impl::overdue_at() const {
    bool lazy = session_.mode == TimeMode::lazy && state_ == State::joined && !time_.paused;
    if (!lazy || !island_ || !program_.empty() || puller_ == member_) return std::nullopt;
    auto need = this->need();
    if (!need || *need <= bound_) return std::nullopt;
    Duration ahead = std::max(*need - heard_, Duration(0));
    if (ahead > std::chrono::hours(24 * 365))
        return std::nullopt;  // and asked again when something is heard
    auto wait = static_cast<__int128>(ahead.count()) * time_.rate.den / time_.rate.num;
    return std::max(pull_not_before_,
                    heard_at_ + Duration(static_cast<std::int64_t>(wait)) + options_.pull_overdue);
}

void Controller::Impl::pull() {
    bool lazy = session_.mode == TimeMode::lazy && state_ == State::joined && !time_.paused;
    if (!lazy || !island_ || !program_.empty()) return;
    auto need = this->need();
    if (!need || *need <= bound_) return;
    if (puller_ == member_) {
        if (pulled_ == *need) return;
    } else {
        auto due = overdue_at();
        if (!due || now_ < *due) return;
        pull_not_before_ = now_ + options_.pull_overdue;
    }
    pulled_ = *need;
    to_router(Pull{*need});
}

}  // namespace teatime::session
