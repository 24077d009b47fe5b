#include "row_loader.h"

#include <algorithm>
#include <utility>

namespace teatime::inspector {

MessageModel::Loader::Loader(Source source, Told told)
    : source_(std::move(source)), told_(std::move(told)), thread_([this] { run(); }) {}

MessageModel::Loader::~Loader() {
    {
        std::lock_guard lock(mutex_);
        stop_.request_stop();
        changed_.notify_all();
    }
    thread_.join();
}

void MessageModel::Loader::want(std::uint64_t block) {
    std::lock_guard lock(mutex_);
    if (under_way_ == block) return;
    std::erase(wanted_, block);
    wanted_.push_front(block);
    if (wanted_.size() > kWaitMost) wanted_.pop_back();
    changed_.notify_all();
}

void MessageModel::Loader::locate(const Mark& mark, std::optional<Seq> seq) {
    std::lock_guard lock(mutex_);
    place_ = Place{mark, seq};
    changed_.notify_all();
}

void MessageModel::Loader::run() {
    std::unique_ptr<MessageRows> rows = source_();
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return stop_.stop_requested() || place_ || !wanted_.empty(); });
        if (stop_.stop_requested()) return;
        if (auto place = std::exchange(place_, std::nullopt)) {
            lock.unlock();
            find(*rows, *place);
        } else {
            under_way_ = wanted_.front();
            wanted_.pop_front();
            std::uint64_t block = *under_way_;
            lock.unlock();
            load(*rows, block);
        }
        lock.lock();
        under_way_.reset();
    }
}

void MessageModel::Loader::load(MessageRows& rows, std::uint64_t block) {
    auto loaded = rows.rows(block * kBlock, kBlock, stop_.get_token());
    if (stop_.stop_requested()) return;
    if (!loaded) told_.failed(loaded.error().message);
    told_.loaded(block, loaded ? std::move(*loaded) : Block());
}

void MessageModel::Loader::find(MessageRows& rows, const Place& place) {
    auto found = rows.row_at(place.mark, place.seq, stop_.get_token());
    if (stop_.stop_requested()) return;
    if (found) {
        told_.located(*found);
    } else {
        told_.failed(found.error().message);
    }
}

}  // namespace teatime::inspector
