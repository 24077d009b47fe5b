#include "message_queue.h"

namespace teatime {

void MessageQueue::push(PendingMessage&& message) {
    std::uint32_t slot;
    if (free_.empty()) {
        slot = static_cast<std::uint32_t>(pool_.size());
        pool_.emplace_back();
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    order_.push({message.time, message.key, slot});
    if (!pushed_overflow_ && !message.key.is_external()) {
        pushed_.emplace_back(slot, message.key);
        // Longer than what can be pending: walking all is cheaper, and the list stays bounded.
        if (pushed_.size() > 2 * order_.size() + 1024) {
            pushed_.clear();
            pushed_overflow_ = true;
        }
    }
    pool_[slot] = std::move(message);
}

PendingMessage MessageQueue::pop() {
    const std::uint32_t slot = order_.pop().slot;
    if (!order_.empty()) {
        // Most likely the next to be popped: it comes out of memory while this one is executed.
        __builtin_prefetch(&pool_[order_.front().slot]);
    }
    PendingMessage& message = pool_[slot];
    if (message.hashed) sum_.remove(hashes_[slot]);
    free_.push_back(slot);
    PendingMessage popped = std::move(message);
    message.key.bits = OrderKey::kNone;
    message.hashed = false;
    return popped;
}

}  // namespace teatime
