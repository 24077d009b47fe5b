#include "teatime/capture/keyframe_policy.h"

#include <algorithm>

namespace teatime::capture {
namespace {

VirtualTime next_multiple(VirtualTime time, Duration interval) {
    Duration since = std::max(time.time_since_epoch(), Duration(0));
    Duration below = since - since % interval;
    if (below > Duration::max() - interval) return VirtualTime::max();
    return VirtualTime(below + interval);
}

}  // namespace

KeyframePolicy::KeyframePolicy(const KeyframeOptions& options)
    : options_(options), interval_(options.grid), floor_(options.grid) {
    while (interval_ < options_.first && interval_ * 2 <= options_.ceiling) interval_ *= 2;
}

VirtualTime KeyframePolicy::next_after(VirtualTime time) const {
    return next_multiple(time, interval_);
}

VirtualTime KeyframePolicy::first_after(VirtualTime time) const {
    return next_multiple(time, options_.grid);
}

void KeyframePolicy::ran(std::chrono::microseconds work) {
    since_ += work;
    if (since_ > options_.work && interval_ > floor_) interval_ /= 2;
}

void KeyframePolicy::made(std::chrono::microseconds cost) {
    while (floor_ * 2 <= options_.ceiling && cost > floor_ * options_.share) floor_ *= 2;
    while (floor_ > options_.grid && cost <= floor_ * options_.share / 4) floor_ /= 2;
    // Twice as far must fit with a margin, or it would go back and forth.
    bool room = since_ * 5 < options_.work * 2;
    if (room && interval_ * 2 <= options_.ceiling) interval_ *= 2;
    interval_ = std::max(interval_, floor_);
    since_ = {};
}

}  // namespace teatime::capture
