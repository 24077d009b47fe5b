#include "checkpoints.h"

#include <iterator>

namespace teatime::replayer {

std::vector<std::uint64_t> Checkpoints::add(const Mark& mark, const Checkpoint& checkpoint) {
    auto [added, fresh] = by_mark_.emplace(mark, checkpoint);
    if (!fresh) return {checkpoint.id};
    bytes_ += checkpoint.bytes;

    std::vector<std::uint64_t> dropped;
    auto drop = [&](auto at) {
        bytes_ -= at->second.bytes;
        dropped.push_back(at->second.id);
        return by_mark_.erase(at);
    };
    if (by_mark_.size() > kMost) {
        // Every second one, except just before the position; what lies behind it is thinned too.
        auto before = static_cast<std::size_t>(std::distance(by_mark_.begin(), added));
        std::size_t dense_from = before > kDense ? before - kDense : 0;
        std::size_t index = 0;
        for (auto at = by_mark_.begin(); at != by_mark_.end(); ++index) {
            bool dense = index >= dense_from && index <= before;
            at = !dense && index % 2 == 1 ? drop(at) : std::next(at);
        }
    }
    while (bytes_ > most_bytes_ && by_mark_.size() > 1) {
        auto last = std::prev(by_mark_.end());
        drop(last != added ? last : by_mark_.begin());
    }
    return dropped;
}

std::optional<Checkpoints::Found> Checkpoints::last_at_or_before(const Mark& mark) const {
    auto after = by_mark_.upper_bound(mark);
    if (after == by_mark_.begin()) return std::nullopt;
    --after;
    return Found{after->first, after->second.id};
}

void Checkpoints::clear() {
    by_mark_.clear();
    bytes_ = 0;
}

}  // namespace teatime::replayer
