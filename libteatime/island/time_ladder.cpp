#include "time_ladder.h"

#include <algorithm>
#include <bit>

namespace teatime {
namespace {

constexpr std::size_t kBucket = 32;  // entries of a bucket, where times are spread evenly
constexpr std::size_t kLarge = 256;  // a bucket of more is spread again
constexpr std::size_t kMostBuckets = 1 << 14;

std::uint64_t distance(VirtualTime from, VirtualTime to) {  // of any two: no signed overflow
    return static_cast<std::uint64_t>(to.time_since_epoch().count()) -
           static_cast<std::uint64_t>(from.time_since_epoch().count());
}

VirtualTime after(VirtualTime time, std::uint64_t microseconds) {
    return VirtualTime(Duration(static_cast<std::int64_t>(
        static_cast<std::uint64_t>(time.time_since_epoch().count()) + microseconds)));
}

/// Requires: not empty.
VirtualTime latest(const std::vector<TimeLadder::Entry>& entries) {
    VirtualTime latest = entries[0].time;
    for (const auto& entry : entries) latest = std::max(latest, entry.time);
    return latest;
}

bool at_one_time(const std::vector<TimeLadder::Entry>& entries) {
    return std::all_of(entries.begin(), entries.end(),
                       [&](const auto& entry) { return entry.time == entries[0].time; });
}

}  // namespace

std::size_t TimeLadder::Rung::index(VirtualTime time) const {
    return distance(first, time) >> shift;
}

VirtualTime TimeLadder::Rung::last_of(std::size_t bucket) const {
    const std::uint64_t end = (std::uint64_t{bucket} + 1) << shift;  // 0: 2^64
    return end - 1 < distance(first, last) ? after(first, end - 1) : last;
}

void TimeLadder::push(const Entry& entry) {
    ++size_;
    if (entry.time > near_last_) return push_far(entry);
    push_near(entry);
    if (near_.size() > split_at_) split_near();
}

void TimeLadder::push_far(const Entry& entry) {
    for (std::size_t i = depth_; i-- > 0;) {
        if (entry.time > rungs_[i].last) continue;
        rungs_[i].buckets[rungs_[i].index(entry.time)].push_back(entry);
        return;
    }
    beyond_.push_back(entry);
}

void TimeLadder::push_near(const Entry& entry) {
    near_.emplace_back();
    std::size_t hole = near_.size() - 1;
    while (hole > 0) {
        const std::size_t parent = (hole - 1) / kFan;
        if (!entry.before(near_[parent])) break;
        near_[hole] = near_[parent];
        hole = parent;
    }
    near_[hole] = entry;
}

TimeLadder::Entry TimeLadder::pop() {
    const Entry popped = near_.front();
    const Entry last = near_.back();
    near_.pop_back();
    --size_;
    if (!near_.empty()) {
        sink(0, last);
    } else if (size_ > 0) {
        refill();
    } else {
        near_last_ = VirtualTime::max();
        depth_ = 0;
    }
    return popped;
}

void TimeLadder::sink(std::size_t hole, const Entry& entry) {
    const std::size_t size = near_.size();
    for (;;) {
        std::size_t child = hole * kFan + 1;
        if (child >= size) break;
        std::size_t least = child;
        const std::size_t end = std::min(child + kFan, size);
        for (++child; child < end; ++child) {
            if (near_[child].before(near_[least])) least = child;
        }
        if (!near_[least].before(entry)) break;
        near_[hole] = near_[least];
        hole = least;
    }
    near_[hole] = entry;
}

/// The next bucket that has entries becomes the heap. Requires: near_ is empty, some are left.
void TimeLadder::refill() {
    for (;;) {
        if (depth_ == 0) spread(beyond_, latest(beyond_));
        Rung& rung = rungs_[depth_ - 1];
        while (rung.next < rung.count && rung.buckets[rung.next].empty()) ++rung.next;
        if (rung.next == rung.count) {
            --depth_;
            continue;
        }
        const VirtualTime last = rung.last_of(rung.next);
        Bucket& bucket = rung.buckets[rung.next++];
        if (bucket.size() > kLarge && !at_one_time(bucket)) {
            Bucket large;
            large.swap(bucket);  // spread() may move the rungs
            spread(large, last);
            continue;
        }
        near_.swap(bucket);
        near_last_ = last;
        split_at_ = std::max(kMostNear, 2 * near_.size());
        for (std::size_t i = (near_.size() + kFan - 2) / kFan; i-- > 0;) {
            const Entry entry = near_[i];
            sink(i, entry);
        }
        return;
    }
}

/// Makes a rung of entries up to `last`, and `entries` empty. Requires: not empty.
void TimeLadder::spread(Bucket& entries, VirtualTime last) {
    VirtualTime first = last;
    for (const Entry& entry : entries) first = std::min(first, entry.time);
    const std::uint64_t span = distance(first, last);
    const std::size_t wanted = std::clamp<std::size_t>(entries.size() / kBucket, 1, kMostBuckets);

    if (depth_ == rungs_.size()) rungs_.emplace_back();
    Rung& rung = rungs_[depth_++];
    rung.first = first;
    rung.last = last;
    rung.shift = std::min<int>(std::bit_width(span / wanted), 63);
    rung.next = 0;
    rung.count = (span >> rung.shift) + 1;
    if (rung.buckets.size() < rung.count) rung.buckets.resize(rung.count);
    for (const Entry& entry : entries) rung.buckets[rung.index(entry.time)].push_back(entry);
    entries.clear();
}

void TimeLadder::split_near() {
    if (at_one_time(near_)) {
        split_at_ = 2 * near_.size();
        return;
    }
    spread(near_, depth_ == 0 ? latest(near_) : near_last_);
    refill();
}

}  // namespace teatime
