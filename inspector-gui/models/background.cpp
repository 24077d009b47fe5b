#include "background.h"

#include <utility>

namespace teatime::inspector {

Background::Background() : thread_([this] { loop(); }) {}

Background::~Background() {
    {
        std::lock_guard lock(mutex_);
        quit_ = true;
        waiting_ = {};
        under_way_.request_stop();
        changed_.notify_all();
    }
    thread_.join();
}

void Background::run(Task task) {
    std::lock_guard lock(mutex_);
    under_way_.request_stop();
    waiting_ = std::move(task);
    changed_.notify_all();
}

void Background::cancel() {
    run({});
}

void Background::loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return quit_ || waiting_; });
        if (quit_) return;
        Task task = std::exchange(waiting_, {});
        under_way_ = std::stop_source();
        std::stop_token token = under_way_.get_token();
        lock.unlock();
        task(token);
        task = {};
        lock.lock();
    }
}

}  // namespace teatime::inspector
