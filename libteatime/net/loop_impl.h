#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <map>
#include <vector>

#include "teatime/net/loop.h"

namespace teatime::net {

namespace asio = boost::asio;
using boost::system::error_code;
/// To await what yields an error_code first, and throws nothing.
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

/// Ends a coroutine that nobody awaits: what escaped it, escapes Loop::run().
constexpr auto rethrow = [](std::exception_ptr escaped) {
    if (escaped) std::rethrow_exception(escaped);
};

/// Something with work for the end of the turn.
class Flushable {
public:
    virtual void flush() = 0;

protected:
    ~Flushable() = default;
};

struct Loop::Impl {
    /// Handlers that are destroyed with `io` may still touch these: declared before it.
    Clock::time_point now = Clock::now();  ///< of this turn
    std::vector<Flushable*> dirty;
    std::map<Timer, std::function<void()>> timers;
    std::uint64_t timer_number = 0;

    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    asio::signal_set signals{io};
    std::function<void(int)> signal_function;

    void wait_for_signal();
    void run_due_timers();
    void flush_dirty();
};

}  // namespace teatime::net
