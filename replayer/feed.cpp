#include "feed.h"

#include <algorithm>

namespace teatime::replayer {
namespace {

Error missing(Seq first, Stamp before) {
    return unreadable("messages " + std::to_string(first.value) + " to " +
                      std::to_string(before.seq.value - 1) +
                      " are missing in the recording before " + to_string(before.time) +
                      "; the state is known again from the next keyframe on");
}

}  // namespace

void Feed::restart(Seq seq, VirtualTime time) {
    given_ = seq;
    stood_ = time;
    ahead_.reset();
    cursor_.reset();
}

result<void> Feed::look_ahead() {
    if (ahead_ || !reader_) return {};
    if (!cursor_) cursor_ = reader_->messages_after(given_);
    // At the end of a file that is being written, asking again later finds more.
    if (cursor_->next()) {
        ahead_ = cursor_->message().copy();
    } else if (!cursor_->status()) {
        Error error = cursor_->status().error();
        cursor_.reset();
        return error;
    }
    return {};
}

result<std::optional<VirtualTime>> Feed::next_time() {
    if (auto looked = look_ahead(); !looked) return looked.error();
    return ahead_ ? std::optional(ahead_->stamp.time) : std::nullopt;
}

/// What was given is all that was stamped up to `to`: no gap begins before.
result<void> Feed::nothing_missing(VirtualTime to) const {
    if (!reader_) return {};
    auto gaps = reader_->gaps();
    if (!gaps) return gaps.error();
    for (const timegraph::Gap& gap : *gaps) {
        bool next_is_missing = gap.after.seq <= given_ && next(given_) < gap.before.seq;
        if (next_is_missing && to > std::max(gap.after.time, stood_))
            return missing(next(given_), gap.before);
    }
    return {};
}

result<VirtualTime> Feed::past_gap(const timegraph::KeyframeInfo& keyframe) const {
    VirtualTime past = VirtualTime::min();
    if (!reader_) return past;
    auto gaps = reader_->gaps();
    if (!gaps) return gaps.error();
    for (const timegraph::Gap& gap : *gaps) {
        bool held = gap.before.seq <= next(keyframe.seq);
        if (held && gap.before.time > keyframe.mark.time) past = std::max(past, gap.before.time);
    }
    return past;
}

result<VirtualTime> Feed::feed(Session& session, VirtualTime to, std::size_t at_most) {
    std::vector<ExternalMessage> batch;
    VirtualTime bound = to;
    std::optional<Error> error;
    for (;;) {
        if (auto looked = look_ahead(); !looked) {
            error = looked.error();
            break;
        }
        if (!ahead_ || ahead_->stamp.time > to) {
            if (auto whole = nothing_missing(to); !whole) error = whole.error();
            break;
        }
        if (ahead_->stamp.seq != next(given_)) {
            error = missing(next(given_), ahead_->stamp);
            break;
        }
        if (batch.size() >= at_most) {
            bound = std::min(to, ahead_->stamp.time - Duration(1));
            break;
        }
        given_ = ahead_->stamp.seq;
        batch.push_back({ahead_->stamp, ahead_->sender, std::move(ahead_->payload)});
        ahead_.reset();
    }
    if (!batch.empty()) {
        if (auto queued = session.enqueue(std::move(batch)); !queued) return queued.error();
    }
    if (error) return std::move(*error);
    if (auto set = session.set_bound(bound); !set) return set.error();
    return bound;
}

}  // namespace teatime::replayer
