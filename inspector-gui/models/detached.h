#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace teatime::inspector {

/// Threads that nobody joins: a module may keep them for as long as it likes, and no window should
/// wait for that. Copies are one and the same group.
class DetachedThreads {
public:
    DetachedThreads();

    /// `work` and all that it holds are gone when its thread has ended.
    void run(std::function<void()> work) const;
    /// Waits until all have ended, but not for longer: what their owner does last, so that a
    /// program may end. False: some still work.
    bool wait(std::chrono::milliseconds most = std::chrono::milliseconds(2000)) const;

private:
    struct Count;
    std::shared_ptr<Count> count_;
};

}  // namespace teatime::inspector
