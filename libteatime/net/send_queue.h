#pragma once

#include <boost/asio/append.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "frame_meter.h"
#include "loop_impl.h"
#include "teatime/net/frame.h"
#include "teatime/net/limits.h"

namespace teatime::net {

/// What a SendQueue tells the connection that owns it. Called from reads and flushes only.
class SendQueueOwner {
public:
    virtual std::shared_ptr<void> keep_alive() = 0;
    virtual void on_breach(Breach breach) = 0;
    /// Beast wants to close with this code: the frame to send instead of its own.
    virtual SharedFrame on_farewell(std::uint16_t code) = 0;

protected:
    ~SendQueueOwner() = default;
};

/// The next layer below Beast's WebSocket stream (an AsyncStream over a TCP socket). Reads pass
/// through a FrameMeter; what Beast writes (handshake, pong, close) is copied into the queue as
/// one unit; shared frames are queued beside. All of it leaves at the end of the loop's turn,
/// up to 64 units in one system call, so no unit is ever cut by another.
/// A push costs a pointer copy and, once a turn, an entry in the loop's list.
class SendQueue final : private Flushable {
public:
    using executor_type = asio::ip::tcp::socket::executor_type;

    SendQueue(asio::ip::tcp::socket socket, Loop::Impl& loop, const Limits& limits,
              SendQueueOwner& owner);
    ~SendQueue();

    void push(SharedFrame frame);
    /// The last unit: nothing is queued after it, and sending ends with it. With `drop`, what has
    /// not begun to leave is forgotten.
    void push_last(SharedFrame frame, bool drop = false);
    std::size_t queued_bytes() const { return queued_; }
    bool closing() const { return closing_; }
    bool behind(Loop::Clock::time_point now) const;
    /// Takes that time before `now` off the peer's silence and off the age of what waits for it.
    void forgive(Loop::Clock::duration stalled, Loop::Clock::time_point now);
    Loop::Clock::time_point last_heard() const { return last_heard_; }

    /// Bytes that were read before there was a queue.
    void unread(std::string bytes) { unread_ = std::move(bytes); }
    /// From here on incoming bytes are WebSocket frames.
    void start_metering() { meter_.emplace(limits_); }
    /// Reads and forgets until the peer ends, then calls once.
    void drain(std::function<void()> done);
    void cut();

    executor_type get_executor() { return socket_.get_executor(); }

    template <class Buffers, class Handler>
    auto async_read_some(const Buffers& buffers, Handler&& handler) {
        return asio::async_compose<Handler, void(error_code, std::size_t)>(
            [this, buffers, begun = false](auto& self, error_code error = {},
                                           std::size_t size = 0) mutable {
                if (!begun) {
                    begun = true;
                    if (closing_) {
                        asio::post(get_executor(), asio::append(std::move(self), aborted(), 0u));
                    } else if (!unread_.empty()) {
                        const auto taken = asio::buffer_copy(buffers, asio::buffer(unread_));
                        unread_.erase(0, taken);
                        asio::post(get_executor(),
                                   asio::append(std::move(self), error_code(), taken));
                    } else {
                        socket_.async_read_some(buffers, std::move(self));
                    }
                    return;
                }
                ended_ = error && error != aborted();
                if (!error) error = heard(buffers, size);
                self.complete(error, error ? 0 : size);
            },
            handler, socket_);
    }

    template <class Buffers, class Handler>
    auto async_write_some(const Buffers& buffers, Handler&& handler) {
        return asio::async_initiate<Handler, void(error_code, std::size_t)>(
            [this](auto then, const auto& pieces) {
                std::string unit(asio::buffer_size(pieces), '\0');
                asio::buffer_copy(asio::buffer(unit), pieces);
                const std::size_t size = unit.size();
                push_unit(std::move(unit));
                asio::post(get_executor(), asio::append(std::move(then), error_code(), size));
            },
            handler, buffers);
    }

private:
    struct Entry {
        SharedFrame frame;
        Loop::Clock::time_point queued_at;
    };

    static error_code aborted() { return asio::error::operation_aborted; }
    template <class Buffers>
    error_code heard(const Buffers& buffers, std::size_t size) {
        for (auto at = asio::buffer_sequence_begin(buffers);
             size > 0 && at != asio::buffer_sequence_end(buffers); ++at) {
            const asio::const_buffer piece(*at);
            const std::size_t length = std::min(size, piece.size());
            size -= length;
            if (auto error = heard({static_cast<const char*>(piece.data()), length})) return error;
        }
        return {};
    }
    error_code heard(std::string_view bytes);
    void push_unit(std::string unit);
    void enqueue(SharedFrame frame);
    void flush() override;
    void consume(std::size_t sent);
    void wait_until_writable();

    asio::ip::tcp::socket socket_;
    Loop::Impl& loop_;
    const Limits& limits_;
    SendQueueOwner& owner_;
    std::optional<FrameMeter> meter_;
    std::string unread_;
    Loop::Clock::time_point last_heard_;

    std::vector<Entry> entries_;  ///< those before head_ have left
    std::size_t head_ = 0;
    std::size_t head_sent_ = 0;  ///< bytes of the first entry that have left
    std::size_t queued_ = 0;     ///< bytes that have not left
    Loop::Clock::time_point catch_up_until_{};
    bool dirty_ = false, waiting_ = false, closing_ = false;
    bool ended_ = false;  ///< the peer's side; asio would wait for ever for a second end of stream
};

/// Beast ends a connection through these; the owner's own farewell does the work.
template <class Handler>
void async_teardown(boost::beast::role_type, SendQueue& queue, Handler&& handler) {
    asio::post(queue.get_executor(), asio::append(std::forward<Handler>(handler), error_code()));
}
inline void beast_close_socket(SendQueue& queue) {
    queue.cut();
}

}  // namespace teatime::net
