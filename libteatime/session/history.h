#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "teatime/session/frames.h"

namespace teatime::session {

/// The messages since the last snapshot (or the start), and how time stood before the first of
/// them.
class History {
public:
    /// Requires: empty. Goes on after a restored session's snapshot.
    void start(Seq after) { first_ = next(after); }

    void add(const MessagePtr& message) {
        messages_.push_back(message);
        bytes_ += message->payload.size();
    }
    /// The state of time as the last message added left it.
    void add_time(const TimeState& state) { times_.push_back({last(), state}); }
    void set_start_time(const TimeState& state) { at_start_ = state; }

    /// Forgets messages up to and including `seq`. Requires: covers(seq).
    void cut(Seq seq) {
        for (; first_ <= seq; first_ = next(first_)) {
            bytes_ -= messages_.front()->payload.size();
            messages_.pop_front();
        }
        for (; !times_.empty() && times_.front().first <= seq; times_.pop_front()) {
            at_start_ = times_.front().second;
        }
    }

    /// Everything after `seq` is here.
    bool covers(Seq seq) const { return next(seq) >= first_ && seq <= last(); }
    /// Requires: covers(seq).
    std::vector<MessagePtr> after(Seq seq) const {
        return {messages_.begin() + static_cast<std::ptrdiff_t>(next(seq).value - first_.value),
                messages_.end()};
    }

    Seq last() const { return {first_.value + messages_.size() - 1}; }
    Seq before_first() const { return {first_.value - 1}; }
    std::size_t size() const { return messages_.size(); }
    std::size_t bytes() const { return bytes_; }
    const TimeState& at_start() const { return at_start_; }

private:
    std::deque<MessagePtr> messages_;
    std::deque<std::pair<Seq, TimeState>> times_;
    Seq first_{1};
    std::size_t bytes_ = 0;
    TimeState at_start_;
};

}  // namespace teatime::session
