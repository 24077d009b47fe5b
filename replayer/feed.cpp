#include "feed.h"

#include <algorithm>

namespace teatime::replayer {

void Feed::restart(Seq seq) {
    given_ = seq;
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

result<VirtualTime> Feed::feed(Session& session, VirtualTime to, std::size_t at_most) {
    std::vector<ExternalMessage> batch;
    VirtualTime bound = to;
    std::optional<Error> error;
    for (;;) {
        if (auto looked = look_ahead(); !looked) {
            error = looked.error();
            break;
        }
        if (!ahead_ || ahead_->stamp.time > to) break;
        if (ahead_->stamp.seq != next(given_)) {
            error =
                unreadable("messages " + std::to_string(next(given_).value) + " to " +
                           std::to_string(ahead_->stamp.seq.value - 1) +
                           " are missing in the recording before " + to_string(ahead_->stamp.time) +
                           "; the state is known again from the next keyframe on");
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
