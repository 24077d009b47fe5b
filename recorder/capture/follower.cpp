#include "follower.h"

#include <algorithm>

namespace teatime::capture {
namespace {

constexpr std::size_t kBudget = 10'000;  // messages executed in a slice
constexpr std::size_t kErrors = 10'000;
constexpr std::size_t kAheadMessages = 4'096;
constexpr std::size_t kAheadBytes = 4u << 20;

}  // namespace

Follower::Follower(std::unique_ptr<Replica> replica, std::string path, std::string session_id,
                   const KeyframeOptions& options, std::function<session::SteadyTime()> steady)
    : replica_(std::move(replica)),
      path_(std::move(path)),
      session_id_(std::move(session_id)),
      policy_(options),
      steady_(std::move(steady)) {}

void Follower::restart(Image image) {
    std::lock_guard lock(mutex_);
    restart_ = std::move(image);
}

bool Follower::stop() {
    std::unique_lock turning(turning_, std::try_to_lock);
    if (!turning) return false;
    state_ = State::failed;
    cursor_.reset();
    reader_.reset();
    replica_.reset();
    return true;
}

Follower::Found Follower::take() {
    std::lock_guard lock(mutex_);
    return std::exchange(found_, {});
}

bool Follower::finished(Stamp last, VirtualTime bound) const {
    if (state_ == State::failed || state_ == State::lost) return true;
    std::lock_guard lock(mutex_);
    return reached_.seq >= last.seq && reached_.time >= std::max(bound, last.time);
}

void Follower::fail(const Error& error) {
    state_ = State::failed;
    replica_.reset();
    cursor_.reset();
    reader_.reset();
    std::lock_guard lock(mutex_);
    found_.failure = {mark_, given_, "replica failed", error.message};
}

bool Follower::turn() {
    std::lock_guard turning(turning_);
    if (state_ == State::failed || !prepare()) return false;
    {
        std::lock_guard lock(mutex_);
        // The writer first: memory is bounded.
        if (found_.keyframe || found_.errors.size() >= kErrors) return false;
    }
    auto end = reader_->end();
    if (!end) return false;  // comes again
    if (rests_ && *end == seen_ && !goal_) return false;
    seen_ = *end;
    bool all = read_ahead(*end);
    if (state_ == State::failed) return false;
    VirtualTime known = std::max(end->bound, end->last.time);
    if (!all) {
        if (!ahead_.empty())
            known = ahead_.back().stamp.time;
        else if (gap_ahead_)
            known = position_;
    }
    bool more = run_slice(known);
    if (state_ == State::running && !more && gap_ahead_ && ahead_.empty()) state_ = State::lost;
    bool again = more || (!all && state_ == State::running);
    rests_ = !again;
    return again;
}

/// Brings the replica into a state from which the file can be followed.
bool Follower::prepare() {
    std::optional<Image> image;
    {
        std::lock_guard lock(mutex_);
        image.swap(restart_);
    }
    if (!image && state_ == State::running) return true;
    if (!image && state_ == State::lost) return false;
    if (!reader_) {
        auto reader = timegraph::Reader::open(path_);
        if (!reader) {
            fail(reader.error());
            return false;
        }
        reader_.emplace(std::move(*reader));
    }
    auto ready = image ? replica_->restore(*image) : replica_->start(session_id_);
    if (!ready) {
        fail(ready.error());
        return false;
    }
    mark_ = image ? image->mark() : Mark{};
    read_ = given_ = image ? image->seq : Seq{};
    position_ = mark_.time;
    whole_ = image.has_value();
    executed_ = image ? 0 : 1;  // init() has made a state worth keeping
    ahead_.clear();
    ahead_bytes_ = 0;
    gap_ahead_ = false;
    goal_.reset();
    rests_ = false;
    cursor_.emplace(reader_->messages_after(read_));
    state_ = State::running;
    return true;
}

/// Reads up to the recording's end; false: there is more, or a gap.
bool Follower::read_ahead(const timegraph::Reader::End& end) {
    while (read_ < end.last.seq) {
        if (gap_ahead_ || ahead_.size() >= kAheadMessages || ahead_bytes_ >= kAheadBytes)
            return false;
        if (!cursor_->next()) {
            if (!cursor_->status()) fail(cursor_->status().error());
            return false;
        }
        const timegraph::MessageView& message = cursor_->message();
        if (message.stamp.seq != next(read_)) {
            gap_ahead_ = true;
            return false;
        }
        read_ = message.stamp.seq;
        ahead_bytes_ += message.payload.size() + message.extra.size();
        ahead_.push_back(message.copy());
    }
    // The bound may have gone on where messages have not: what comes after a gap must not be run.
    auto gaps = reader_->gaps();
    if (!gaps) return false;
    for (const timegraph::Gap& gap : *gaps)
        gap_ahead_ |= gap.after.seq <= read_ && next(read_) < gap.before.seq;
    return !gap_ahead_;
}

/// Runs towards `known`, not beyond the next keyframe's Mark. That is final when `known` is later:
/// until then a message may still be stamped at its instant.
bool Follower::run_slice(VirtualTime known) {
    if (!goal_) {  // fixed until it is reached: messages up to it are given away
        VirtualTime target =
            hurry_ ? policy_.first_after(position_) : policy_.next_after(position_);
        goal_ = std::min(target, known);
        to_mark_ = target < known;
    }
    VirtualTime goal = *goal_;
    std::vector<timegraph::Message> messages;
    while (!ahead_.empty() && ahead_.front().stamp.time <= goal) {
        given_ = ahead_.front().stamp.seq;
        ahead_bytes_ -= ahead_.front().payload.size() + ahead_.front().extra.size();
        messages.push_back(std::move(ahead_.front()));
        ahead_.pop_front();
    }
    if (messages.empty() && goal <= position_) {
        goal_.reset();
        return false;
    }
    auto before = steady_();
    auto ran = replica_->run(messages, goal, kBudget);
    if (!ran) {
        fail(ran.error());
        return false;
    }
    policy_.ran(steady_() - before);
    mark_ = ran->mark;
    executed_ += ran->executed;
    {
        std::lock_guard lock(mutex_);
        std::move(ran->errors.begin(), ran->errors.end(), std::back_inserter(found_.errors));
        if (!ran->more) reached_ = {goal, given_};
    }
    if (ran->more) return true;
    goal_.reset();
    position_ = std::max(position_, goal);
    if (!to_mark_) return false;
    if (executed_ > 0) {
        make_keyframe();
    } else {
        policy_.made({});
    }
    // On to the interval in which something happens.
    VirtualTime then = known;
    if (ran->next) then = std::min(then, *ran->next);
    if (!ahead_.empty()) then = std::min(then, ahead_.front().stamp.time);
    position_ = std::max(position_, then - Duration(1));
    return state_ == State::running;
}

void Follower::make_keyframe() {
    auto before = steady_();
    auto state = replica_->state();
    if (!state) return fail(state.error());
    policy_.made(steady_() - before);
    executed_ = 0;
    hurry_ = false;
    std::lock_guard lock(mutex_);
    found_.keyframe = std::move(*state);
    found_.whole = std::exchange(whole_, false);
}

}  // namespace teatime::capture
