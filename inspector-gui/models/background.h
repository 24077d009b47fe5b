#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace teatime::inspector {

/// A thread for work of which only the newest counts: a new task cancels the one under way and
/// replaces one that waits. The destructor cancels and joins. Tasks look at their token often.
class Background {
public:
    using Task = std::function<void(const std::stop_token&)>;

    Background();
    ~Background();
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    void run(Task task);
    /// What is under way or waits is no longer wanted.
    void cancel();

private:
    void loop();

    std::mutex mutex_;
    std::condition_variable changed_;
    Task waiting_;
    std::stop_source under_way_;
    bool quit_ = false;
    std::thread thread_;
};

}  // namespace teatime::inspector
