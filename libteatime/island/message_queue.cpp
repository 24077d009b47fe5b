#include "message_queue.h"

namespace teatime {
namespace {
constexpr std::size_t kFan = 4;  // shallower than a binary heap, one cache line or two a level
}

void MessageQueue::push(PendingMessage&& message) {
    std::uint32_t slot;
    if (free_.empty()) {
        slot = static_cast<std::uint32_t>(pool_.size());
        pool_.emplace_back();
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    Entry entry{message.time, message.key, slot};
    pool_[slot] = std::move(message);
    if (!pushed_overflow_ && !entry.key.is_external()) {
        pushed_.emplace_back(slot, entry.key);
        // Longer than what can be pending: walking the heap is cheaper, and the list stays bounded.
        if (pushed_.size() > 2 * heap_.size() + 1024) {
            pushed_.clear();
            pushed_overflow_ = true;
        }
    }
    heap_.emplace_back();
    std::size_t hole = heap_.size() - 1;
    while (hole > 0) {
        std::size_t parent = (hole - 1) / kFan;
        if (!entry.before(heap_[parent])) break;
        heap_[hole] = heap_[parent];
        hole = parent;
    }
    heap_[hole] = entry;
}

PendingMessage MessageQueue::pop() {
    std::uint32_t slot = heap_.front().slot;
    Entry last = heap_.back();
    heap_.pop_back();
    std::size_t size = heap_.size();
    std::size_t hole = 0;
    while (size > 0) {
        std::size_t child = hole * kFan + 1;
        if (child >= size) break;
        std::size_t least = child;
        std::size_t end = child + kFan < size ? child + kFan : size;
        for (++child; child < end; ++child) {
            if (heap_[child].before(heap_[least])) least = child;
        }
        if (!heap_[least].before(last)) break;
        heap_[hole] = heap_[least];
        hole = least;
    }
    if (size > 0) {
        heap_[hole] = last;
        // Most likely the next to be popped: it comes out of memory while this one is executed.
        __builtin_prefetch(&pool_[heap_.front().slot]);
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
