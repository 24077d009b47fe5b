#include "comparison.h"

namespace teatime::inspector {
namespace {

/// As far as a VirtualTime goes: a playhead may be anywhere.
VirtualTime beside(VirtualTime time, Duration by) {
    std::int64_t sum = 0;
    std::int64_t count = time.time_since_epoch().count();
    bool beyond = __builtin_add_overflow(count, by.count(), &sum);
    if (beyond) return by.count() > 0 ? VirtualTime::max() : VirtualTime::min();
    return VirtualTime(Duration(sum));
}

}  // namespace

Comparison::Comparison(Player& left, Player& right, QObject* parent)
    : QObject(parent), left_(left), right_(right) {
    connect(&left_, &Player::playhead_moved, this, [this] { moved(left_, right_, offset_); });
    connect(&right_, &Player::playhead_moved, this, [this] { moved(right_, left_, -offset_); });
    connect(&left_, &Player::moment_changed, this, &Comparison::compare);
    connect(&right_, &Player::moment_changed, this, &Comparison::compare);
    compare();
}

void Comparison::set_linked(bool linked) {
    if (linked == linked_) return;
    linked_ = linked;
    if (linked_) offset_ = right_.playhead().time - left_.playhead().time;
    emit link_changed();
}

void Comparison::set_offset(Duration offset) {
    offset_ = offset;
    emit link_changed();
    if (linked_) moved(left_, right_, offset_);
}

/// By Mark where there is no offset: two replicas are compared between two messages, too.
void Comparison::moved(Player& from, Player& to, Duration by) {
    if (!linked_ || moving_ || !from.is_open()) return;
    moving_ = true;
    Mark mark = from.playhead();
    if (by != Duration(0)) {
        mark = {BranchId{}, beside(mark.time, by), Mark::kWholeInstant};
    }
    to.seek(mark);
    moving_ = false;
}

bool Comparison::same_hash() const {
    return compared_left_ && compared_right_ && compared_left_->hash &&
           compared_left_->hash == compared_right_->hash;
}

void Comparison::compare() {
    MomentPtr left = left_.moment(), right = right_.moment();
    if (!left || !right || !left->state || !right->state) return;
    auto same = [](const MomentPtr& a, const MomentPtr& b) { return a && a->state == b->state; };
    if (same(asked_left_, left) && same(asked_right_, right)) return;
    asked_left_ = left;
    asked_right_ = right;
    background_.run([this, left, right](const std::stop_token& stop) {
        auto found = std::make_shared<std::vector<Change>>(diff(*left->state, *right->state));
        if (stop.stop_requested()) return;
        QMetaObject::invokeMethod(
            this,
            [this, left, right, found] {
                if (left != asked_left_ || right != asked_right_) return;
                compared_left_ = left;
                compared_right_ = right;
                differences_ = found;
                emit changed();
            },
            Qt::QueuedConnection);
    });
}

}  // namespace teatime::inspector
