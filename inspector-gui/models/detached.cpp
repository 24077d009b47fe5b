#include "detached.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace teatime::inspector {

struct DetachedThreads::Count {
    std::mutex mutex;
    std::condition_variable changed;
    int threads = 0;
};

DetachedThreads::DetachedThreads() : count_(std::make_shared<Count>()) {}

void DetachedThreads::run(std::function<void()> work) const {
    {
        std::lock_guard lock(count_->mutex);
        ++count_->threads;
    }
    std::thread([work = std::move(work), count = count_]() mutable {
        work();
        work = nullptr;
        std::lock_guard lock(count->mutex);
        --count->threads;
        count->changed.notify_all();
    }).detach();
}

bool DetachedThreads::wait(std::chrono::milliseconds most) const {
    std::unique_lock lock(count_->mutex);
    return count_->changed.wait_for(lock, most, [this] { return count_->threads == 0; });
}

}  // namespace teatime::inspector
