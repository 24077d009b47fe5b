#include "teatime/replayer/density.h"

#include <algorithm>

namespace teatime::replayer {
namespace {

/// Never overflows, however far apart.
double microseconds(VirtualTime from, VirtualTime to) {
    return static_cast<double>(to.time_since_epoch().count()) -
           static_cast<double>(from.time_since_epoch().count());
}

}  // namespace

std::size_t Density::bucket_of(VirtualTime time) {
    if (time <= origin_) return 0;
    std::uint64_t since = static_cast<std::uint64_t>(time.time_since_epoch().count()) -
                          static_cast<std::uint64_t>(origin_.time_since_epoch().count());
    while (since >> shift_ >= kBuckets) {
        ++shift_;
        for (std::size_t i = 0; i < counts_.size(); i += 2) {
            counts_[i / 2] = counts_[i] + (i + 1 < counts_.size() ? counts_[i + 1] : 0);
        }
        counts_.resize((counts_.size() + 1) / 2);
    }
    return since >> shift_;
}

void Density::add(VirtualTime time, std::uint64_t count) {
    std::size_t bucket = bucket_of(time);
    if (bucket >= counts_.size()) counts_.resize(bucket + 1);
    counts_[bucket] += count;
    total_ += count;
}

std::vector<double> Density::columns(VirtualTime from, VirtualTime to, std::size_t columns) const {
    std::vector<double> shares(columns);
    const double whole = microseconds(from, to);
    if (columns == 0 || whole <= 0) return shares;
    const double bucket = static_cast<double>(std::uint64_t{1} << shift_);
    const double scale = static_cast<double>(columns) / whole;
    const double start = microseconds(from, origin_);  // of bucket 0, from `from` on
    auto first = static_cast<std::size_t>(std::max(0.0, -start / bucket));
    for (std::size_t i = first; i < counts_.size(); ++i) {
        double begin = (start + static_cast<double>(i) * bucket) * scale;
        double end = begin + bucket * scale;
        if (begin >= static_cast<double>(columns)) break;
        if (counts_[i] == 0) continue;
        const double a_column = static_cast<double>(counts_[i]) / (end - begin);
        begin = std::max(begin, 0.0);
        end = std::min(end, static_cast<double>(columns));
        for (auto column = static_cast<std::size_t>(begin);
             column < columns && static_cast<double>(column) < end; ++column) {
            double left = std::max(begin, static_cast<double>(column));
            double right = std::min(end, static_cast<double>(column + 1));
            if (right > left) shares[column] += a_column * (right - left);
        }
    }
    return shares;
}

}  // namespace teatime::replayer
