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
    const bool refilled = refills();
    const std::uint32_t slot = order_.pop().slot;
    if (refilled) {
        order_.for_each_soon([&](const TimeLadder::Entry& entry) __attribute__((always_inline)) {
            const char* message = reinterpret_cast<const char*>(&pool_[entry.slot]);
            __builtin_prefetch(message);
            __builtin_prefetch(message + sizeof(PendingMessage) - 1);
        });
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
