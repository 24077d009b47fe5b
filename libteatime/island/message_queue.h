#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "teatime/state/hash.h"
#include "teatime/state/ids.h"
#include "teatime/state/state_hash.h"
#include "time_ladder.h"

namespace teatime {

struct FunctionInfo;

/// Encoded arguments; small ones, nearly all, without an allocation. Movable only.
class Arguments {
public:
    Arguments() = default;
    explicit Arguments(std::string_view bytes) : size_(static_cast<std::uint32_t>(bytes.size())) {
        char* to = inline_;
        if (size_ > kInline) to = heap_ = new char[size_];
        if (size_ > 0) std::memcpy(to, bytes.data(), size_);
    }
    Arguments(Arguments&& other) noexcept : size_(std::exchange(other.size_, 0)) {
        std::memcpy(inline_, other.inline_, kInline);
    }
    Arguments& operator=(Arguments&& other) noexcept {
        if (this == &other) return *this;
        if (size_ > kInline) delete[] heap_;
        size_ = std::exchange(other.size_, 0);
        std::memcpy(inline_, other.inline_, kInline);
        return *this;
    }
    ~Arguments() {
        if (size_ > kInline) delete[] heap_;
    }
    std::string_view view() const { return {size_ > kInline ? heap_ : inline_, size_}; }

private:
    static constexpr std::size_t kInline = 24;
    union {
        char inline_[kInline];
        char* heap_;
    };
    std::uint32_t size_ = 0;
};

struct PendingMessage {
    VirtualTime time;
    OrderKey key;
    OrderKey cause;  ///< of the message that sent it
    ObjectId target;
    MemberId sender;
    const FunctionInfo* function = nullptr;  ///< internal only
    std::uint32_t chain = 0;
    bool hashed = false;  ///< the queue's own: counts in its sum
    Arguments arguments;  ///< external: payload
};

/// Pending messages, executed by (time, internal before external, number). The order is kept by
/// small keys (see time_ladder.h) over a pool of messages, which never move.
class MessageQueue {
public:
    bool empty() const { return order_.empty(); }
    std::size_t size() const { return order_.size(); }
    VirtualTime next_time() const { return order_.front().time; }
    bool next_is_external() const { return order_.front().key.is_external(); }
    const PendingMessage& next() const { return pool_[order_.front().slot]; }

    void push(PendingMessage&& message);
    /// Requires: not empty. Now and then has the messages after the next ones come out of memory,
    /// while these are executed.
    PendingMessage pop();

    /// The pop() to come is one of those.
    bool refills() const { return pool_.size() > kAtHand && order_.refills(); }
    /// Calls visit(message) for those that come next, which are at hand, after such a pop().
    template <class Visit>
    [[gnu::always_inline]] void for_each_near(Visit visit) const {
        order_.for_each_near([&](const TimeLadder::Entry& entry)
                                 __attribute__((always_inline)) { visit(pool_[entry.slot]); });
    }

    /// Sum of hashes of the pending internal messages; see state_hash.h. `hash(message)` is called
    /// for each that was pushed since the last call and is still there: one that comes and goes in
    /// between costs nothing.
    template <class HashOf>
    Hash128 sum(HashOf hash) {
        hashes_.resize(pool_.size());
        auto include = [&](std::uint32_t slot) {
            if (pool_[slot].hashed || pool_[slot].key.is_external()) return;
            pool_[slot].hashed = true;
            hashes_[slot] = hash(pool_[slot]);
            sum_.add(hashes_[slot]);
        };
        if (pushed_overflow_) {
            order_.for_each([&](const TimeLadder::Entry& entry) { include(entry.slot); });
        } else {
            for (auto [slot, key] : pushed_) {
                // By now the slot may be free or hold another message.
                if (pool_[slot].key == key) include(slot);
            }
        }
        pushed_.clear();
        pushed_overflow_ = false;
        return sum_.sum();
    }

    /// In no order.
    template <class Visit>
    void for_each(Visit visit) const {
        order_.for_each([&](const TimeLadder::Entry& entry) { visit(pool_[entry.slot]); });
    }

private:
    static constexpr std::size_t kAtHand = 4096;  // messages that the nearest caches hold

    TimeLadder order_;
    std::vector<PendingMessage> pool_;
    std::vector<Hash128> hashes_;  // beside pool_, of those that count in the sum
    std::vector<std::uint32_t> free_;
    std::vector<std::pair<std::uint32_t, OrderKey>> pushed_;  // since the last sum()
    bool pushed_overflow_ = false;
    MessageSum sum_;
};

}  // namespace teatime
