#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>

namespace teatime::replayer {

/// Tells somebody that there is something new, but not more often than anyone looks.
class Notifier {
public:
    explicit Notifier(std::function<void()> changed) : changed_(std::move(changed)) {}

    void soon() {
        auto now = std::chrono::steady_clock::now();
        if (now - last_ >= kBetween) tell(now);
    }
    void now() { tell(std::chrono::steady_clock::now()); }

private:
    static constexpr std::chrono::milliseconds kBetween{100};

    void tell(std::chrono::steady_clock::time_point now) {
        last_ = now;
        if (changed_) changed_();
    }

    std::function<void()> changed_;
    std::chrono::steady_clock::time_point last_{};
};

/// Waits until a file may have grown. False where the work is to end.
inline bool wait_for_more(const std::stop_token& stop) {
    constexpr std::chrono::milliseconds kLook{200};  // a recorder commits every 100 ms
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock(mutex);
    woken.wait_for(lock, stop, kLook, [] { return false; });
    return !stop.stop_requested();
}

}  // namespace teatime::replayer
