#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

namespace teatime::net {

/// An event loop: sockets, timers, signals and functions posted from other threads, all run by
/// the one thread that is in run(). What the functions of one turn send leaves at the turn's end,
/// in one write a connection. Timers cost no system call and fire up to 1 ms late, never early.
class Loop {
public:
    using Clock = std::chrono::steady_clock;
    struct Timer {
        Clock::time_point deadline;
        std::uint64_t number = 0;  ///< 0: no timer
        auto operator<=>(const Timer&) const = default;
    };

    Loop();
    /// Drops what has not run. Everything made on this loop must be gone, or be owned by it.
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Returns after stop(). Exceptions of posted functions come out of it.
    void run();
    /// From any thread or posted function; a stop() before run() counts.
    void stop();
    /// From any thread.
    void post(std::function<void()> function);

    /// The rest: only from the loop's own thread, or before run().
    Timer schedule(Clock::time_point deadline, std::function<void()> function);
    Timer schedule_after(std::chrono::nanoseconds delay, std::function<void()> function);
    /// A timer that has fired, or no timer, is fine.
    void cancel(Timer timer);
    /// SIGINT and SIGTERM go to the function, from now on.
    void on_signal(std::function<void(int)> function);

    struct Impl;
    Impl& impl() { return *impl_; }

private:
    std::unique_ptr<Impl> impl_;
};

/// A Loop with a thread of its own, stopped and joined at the end.
class LoopThread {
public:
    LoopThread() : thread_([this] { loop.run(); }) {}
    ~LoopThread() {
        loop.stop();
        thread_.join();
    }
    Loop loop;

private:
    std::thread thread_;
};

}  // namespace teatime::net
