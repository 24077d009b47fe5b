#include "teatime/net/loop.h"

#include <boost/asio/post.hpp>
#include <csignal>

#include "loop_impl.h"

namespace teatime::net {

namespace {
/// Enough to gather many messages into one write, few enough that the first does not wait long.
constexpr int kHandlersPerTurn = 128;
}  // namespace

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

void Loop::run() {
    Impl& impl = *impl_;
    while (!impl.io.stopped()) {
        if (impl.timers.empty()) {
            impl.io.run_one();
        } else {
            impl.io.run_one_until(impl.timers.begin()->first.deadline);
        }
        impl.now = Clock::now();
        for (int i = 1; i < kHandlersPerTurn && impl.io.poll_one() != 0; ++i) {
        }
        impl.run_due_timers();
        impl.flush_dirty();
    }
    impl.io.restart();
}

void Loop::Impl::run_due_timers() {
    now = Clock::now();
    const Timer last{now, timer_number};  // those scheduled from here on wait for the next turn
    while (!timers.empty() && timers.begin()->first.deadline <= now &&
           timers.begin()->first.number <= last.number) {
        auto node = timers.extract(timers.begin());
        node.mapped()();
    }
}

void Loop::Impl::flush_dirty() {
    // Flushing may find a broken peer, but queues nothing on others.
    for (std::size_t i = 0; i < dirty.size(); ++i) {
        if (dirty[i] != nullptr) dirty[i]->flush();
    }
    dirty.clear();
}

void Loop::stop() {
    // Through the queue, so that a stop() before run() is seen by it.
    post([this] { impl_->io.stop(); });
}

void Loop::post(std::function<void()> function) {
    asio::post(impl_->io, std::move(function));
}

Loop::Timer Loop::schedule(Clock::time_point deadline, std::function<void()> function) {
    const Timer timer{deadline, ++impl_->timer_number};
    impl_->timers.emplace(timer, std::move(function));
    return timer;
}

Loop::Timer Loop::schedule_after(std::chrono::nanoseconds delay, std::function<void()> function) {
    return schedule(Clock::now() + delay, std::move(function));
}

void Loop::cancel(Timer timer) {
    impl_->timers.erase(timer);
}

void Loop::on_signal(std::function<void(int)> function) {
    impl_->signal_function = std::move(function);
    impl_->signals.cancel();
    impl_->signals.clear();
    impl_->signals.add(SIGINT);
    impl_->signals.add(SIGTERM);
    impl_->wait_for_signal();
}

void Loop::Impl::wait_for_signal() {
    signals.async_wait([this](error_code error, int signal) {
        if (error) return;
        signal_function(signal);
        wait_for_signal();
    });
}

}  // namespace teatime::net
