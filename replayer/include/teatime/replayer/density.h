#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "teatime/state/time.h"

namespace teatime::replayer {

/// How many of something happened when, in a fixed number of buckets: when time outgrows them,
/// neighbours merge and all are twice as wide. Memory: 8 bytes a bucket, whatever is counted; the
/// cost of drawing depends on columns, not on messages.
class Density {
public:
    static constexpr std::size_t kBuckets = 8192;

    explicit Density(VirtualTime origin = {}) : origin_(origin) {}

    /// What is before the origin counts in the first bucket. O(1), and rarely O(kBuckets).
    void add(VirtualTime time, std::uint64_t count = 1);

    /// Counts in `columns` equal parts of [from, to): a bucket that lies across a border is shared
    /// out in proportion. The sum may miss the truth by what lies in the buckets at both ends.
    /// O(buckets + columns).
    std::vector<double> columns(VirtualTime from, VirtualTime to, std::size_t columns) const;

    std::uint64_t total() const { return total_; }
    Duration width() const { return Duration(std::int64_t{1} << shift_); }  ///< of a bucket

private:
    std::size_t bucket_of(VirtualTime time);

    VirtualTime origin_;
    int shift_ = 10;  ///< of the width in microseconds: 1.024 ms while there is room
    std::uint64_t total_ = 0;
    std::vector<std::uint64_t> counts_;
};

}  // namespace teatime::replayer
