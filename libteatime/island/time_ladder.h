#pragma once

#include <cstdint>
#include <vector>

#include "teatime/state/ids.h"

namespace teatime {

/// Internal before external at equal time, then by number: one comparison.
struct OrderKey {
    static constexpr std::uint64_t kExternal = std::uint64_t{1} << 63;
    static constexpr std::uint64_t kNone = ~std::uint64_t{0};
    std::uint64_t bits = 0;
    static OrderKey internal(std::uint64_t number) { return {number}; }
    static OrderKey external(Seq seq) { return {seq.value | kExternal}; }
    bool is_external() const { return (bits & kExternal) != 0; }
    std::uint64_t number() const { return bits & ~kExternal; }
    auto operator<=>(const OrderKey&) const = default;
};

/// Entries by (time, key), total. Only what is next is kept in order, in a heap that fits the
/// nearest cache; the rest waits in buckets by time, and a bucket that is still large when its time
/// has come becomes buckets of its own: the ladder queue of Tang, Goh and Thng (2005), with a heap
/// at its foot, so that many entries at one time cost no more than a heap does. push() and pop()
/// take O(1) on average for times that are spread in any way, O(log n) for equal times.
class TimeLadder {
public:
    struct Entry {
        VirtualTime time;
        OrderKey key;
        std::uint32_t slot;
        bool before(const Entry& other) const {
            return time != other.time ? time < other.time : key < other.key;
        }
    };

    bool empty() const { return near_.empty(); }
    std::size_t size() const { return size_; }
    const Entry& front() const { return near_.front(); }  ///< Requires: not empty
    /// pop() will replace what is kept in order.
    bool refills() const { return near_.size() == 1; }
    /// Calls visit(entry) for some that come next, kSoon at most; right after a refill nearly all
    /// up to the next one. Always inlined, or gcc drops a visit that only prefetches.
    template <class Visit>
    [[gnu::always_inline]] void for_each_near(Visit visit) const {
        for (std::size_t i = 0; i < near_.size() && i < kSoon; ++i) visit(near_[i]);
    }
    /// The same for those that the next refill is about.
    template <class Visit>
    [[gnu::always_inline]] void for_each_soon(Visit visit) const {
        if (depth_ == 0) return;
        const Rung& rung = rungs_[depth_ - 1];
        if (rung.next == rung.count) return;
        const Bucket& bucket = rung.buckets[rung.next];
        for (std::size_t i = 0; i < bucket.size() && i < kSoon; ++i) visit(bucket[i]);
    }

    void push(const Entry& entry);
    Entry pop();  ///< Requires: not empty

    /// In no order.
    template <class Visit>
    void for_each(Visit visit) const {
        for (const Entry& entry : near_) visit(entry);
        for (std::size_t i = 0; i < depth_; ++i) {
            for (const Bucket& bucket : rungs_[i].buckets) {
                for (const Entry& entry : bucket) visit(entry);
            }
        }
        for (const Entry& entry : beyond_) visit(entry);
    }

private:
    using Bucket = std::vector<Entry>;
    struct Rung {
        VirtualTime first, last;  ///< times that belong here; those of buckets before `next` do not
        int shift = 0;            ///< a bucket is 2^shift microseconds wide
        std::size_t next = 0;     ///< buckets before it are empty for good
        std::size_t count = 0;    ///< buckets from here on are not in use, kept for their memory
        std::vector<Bucket> buckets;

        std::size_t index(VirtualTime time) const;
        VirtualTime last_of(std::size_t bucket) const;
    };

    void push_far(const Entry& entry);
    void push_near(const Entry& entry);
    void sink(std::size_t hole, const Entry& entry);
    void refill();
    void spread(Bucket& entries, VirtualTime last);
    void split_near();

    std::vector<Entry> near_;  ///< a heap: all up to near_last_; empty only where all is
    VirtualTime near_last_ = VirtualTime::max();
    std::size_t split_at_ = kMostNear;  ///< more entries in near_ become a rung
    /// The next one covers the bucket before `next` of the one before it. Those from depth_ on are
    /// empty and kept for their memory.
    std::vector<Rung> rungs_;
    std::size_t depth_ = 0;
    Bucket beyond_;  ///< all after rungs_[0], or after near_last_ where there is no rung
    std::size_t size_ = 0;

    static constexpr std::size_t kFan = 4;  // shallower than a binary heap, two cache lines a level
    static constexpr std::size_t kMostNear = 512;
    static constexpr std::size_t kSoon = 128;
};

}  // namespace teatime
