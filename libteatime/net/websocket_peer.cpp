#include <fmt/format.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "send_queue.h"
#include "server_core.h"

namespace teatime::net {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

namespace {

const SharedFrame kPing = make_frame(Opcode::ping, {});

/// What we say when Beast gives up on a peer.
std::string_view sentence_for(std::uint16_t code) {
    switch (code) {
        case 1002:
            return "a frame breaks the WebSocket protocol";
        case 1007:
            return "a text message is not UTF-8";
        case 1009:
            return "a message is too long";
        default:
            return "";
    }
}

/// A WebSocket connection: handshake, open, closing (our last frame is queued, the peer's bytes
/// are forgotten), gone. on_close is posted on entering `closing` or `gone` from `open`.
class WebSocketPeer final : public Peer, public Connection, private SendQueueOwner {
public:
    WebSocketPeer(ServerCore& core, Worker& worker, asio::ip::tcp::socket socket,
                  Admission admission, HttpRequest request, std::string read_ahead)
        : Peer(core),
          worker_(worker),
          admission_(std::move(admission)),
          address_(admission_.address()),
          request_(std::move(request)),
          id_(++core.last_id),
          stream_(std::move(socket), worker.loop.impl(), limits(),
                  static_cast<SendQueueOwner&>(*this)),
          deadline_(Loop::Clock::now() + limits().handshake) {
        queue().unread(std::move(read_ahead));
    }

    void start();

    void send(const SharedFrame& frame) override { queue().push(frame); }
    void close(std::uint16_t code, std::string_view reason) override { finish(code, reason); }
    void confirm() override { admission_.confirm(); }
    std::uint64_t id() const override { return id_; }
    const std::string& target() const override { return request_.target; }
    const std::string& remote_address() const override { return address_; }
    std::size_t thread_index() const override { return worker_.index; }
    std::size_t queued_bytes() const override { return stream_.next_layer().queued_bytes(); }
    void ping() override;
    const RoundTrips& round_trips() const override { return round_trips_; }

    void sweep(Loop::Clock::time_point now, Loop::Clock::duration stalled) override;
    void shut_down() override { finish(1001, "the server is shutting down"); }

private:
    enum class State { handshake, open, closing, gone };

    const Limits& limits() const { return core_.options.limits; }
    SendQueue& queue() { return stream_.next_layer(); }
    std::shared_ptr<WebSocketPeer> self() {
        return std::static_pointer_cast<WebSocketPeer>(shared_from_this());
    }
    std::shared_ptr<void> keep_alive() override { return shared_from_this(); }
    void on_breach(Breach breach) override { finish(breach.code, breach.sentence, true); }
    SharedFrame on_farewell(std::uint16_t code) override;

    void on_accepted(error_code error);
    void read();
    void on_message(error_code error);
    void finish(std::uint16_t code, std::string_view reason, bool drop = false);
    void enter_closing(std::uint16_t code, std::string_view reason);
    void on_pong(std::string_view payload);
    void report(std::uint16_t code, std::string_view reason);
    void vanish();

    Worker& worker_;
    Admission admission_;
    const std::string address_;
    const HttpRequest request_;
    const std::uint64_t id_;
    websocket::stream<SendQueue, false> stream_;
    http::request<http::empty_body> upgrade_;
    beast::flat_buffer message_;
    State state_ = State::handshake;
    Loop::Clock::time_point deadline_;  ///< in handshake and closing
    bool pinged_ = false;
    std::uint64_t last_ping_ = 0;  ///< of ping(), its payload
    std::optional<Loop::Clock::time_point> ping_sent_;
    RoundTrips round_trips_;
};

void WebSocketPeer::start() {
    upgrade_.method(http::verb::get);
    upgrade_.target(request_.target);
    upgrade_.version(11);
    for (const auto& [name, value] : request_.headers) upgrade_.insert(name, value);

    // Our own clock does what Beast's timeouts would do, without a timer for each peer.
    const auto never = websocket::stream_base::none();
    stream_.set_option(websocket::stream_base::timeout{never, never, false});
    stream_.read_message_max(limits().message_bytes);
    stream_.control_callback([this](websocket::frame_type type, beast::string_view payload) {
        if (type == websocket::frame_type::pong) return on_pong({payload.data(), payload.size()});
        if (type != websocket::frame_type::close) return;
        const auto code = stream_.reason().code;  // none: a close frame without a code
        const bool wrong = code != websocket::close_code::none && !valid_close_code(code);
        if (wrong) {
            finish(1002, "that close code is not for use");
        } else if (state_ == State::open) {
            const auto& reason = stream_.reason().reason;
            const bool text = valid_utf8({reason.data(), reason.size()});
            // Beast's answer, which repeats the code, is queued next.
            enter_closing(code == websocket::close_code::none ? 1005 : code,
                          text ? std::string_view{reason.data(), reason.size()} : "");
        }
    });
    stream_.async_accept(upgrade_,
                         [alive = self()](error_code error) { alive->on_accepted(error); });
}

void WebSocketPeer::on_accepted(error_code error) {
    if (state_ != State::handshake) return;
    if (error) return vanish();
    queue().start_metering();
    state_ = State::open;
    core_.handler.on_open(*this);
    if (core_.stopping) shut_down();
    read();
}

void WebSocketPeer::read() {
    stream_.async_read(
        message_, [alive = self()](error_code error, std::size_t) { alive->on_message(error); });
}

void WebSocketPeer::on_message(error_code error) {
    if (state_ == State::gone) return;
    if (state_ == State::open && !error) {
        const std::string_view bytes(static_cast<const char*>(message_.data().data()),
                                     message_.size());
        pinged_ = false;
        if (!stream_.got_text()) {
            core_.handler.on_binary(*this, bytes);
        } else if (valid_utf8(bytes)) {
            core_.handler.on_text(*this, bytes);
        } else {
            finish(1007, sentence_for(1007));
        }
        message_.consume(message_.size());
        constexpr std::size_t kKeep = 16 * 1024;
        if (message_.capacity() > kKeep) message_.shrink_to_fit();
    }
    if (!error && state_ == State::open) return read();
    // A peer that is told why it is cut must be able to read it: closing with bytes unread would
    // send a reset. So read on until it ends too, or sweep() loses patience.
    if (state_ == State::closing) return queue().drain([alive = self()] { alive->vanish(); });
    vanish();
}

SharedFrame WebSocketPeer::on_farewell(std::uint16_t code) {
    if (state_ != State::open) return nullptr;  // an answer to the peer's own
    const std::string_view sentence = sentence_for(code);
    enter_closing(code, sentence);
    return make_close_frame(code, sentence);
}

void WebSocketPeer::ping() {
    if (state_ != State::open || ping_sent_) return;
    ping_sent_ = Loop::Clock::now();
    send(make_frame(Opcode::ping, std::to_string(++last_ping_)));
}

void WebSocketPeer::on_pong(std::string_view payload) {
    if (!ping_sent_ || payload != std::to_string(last_ping_)) return;
    round_trips_.add(
        std::chrono::duration_cast<RoundTrips::Microseconds>(Loop::Clock::now() - *ping_sent_));
    ping_sent_.reset();
}

void WebSocketPeer::finish(std::uint16_t code, std::string_view reason, bool drop) {
    if (state_ == State::handshake) return vanish();
    if (state_ != State::open) return;
    enter_closing(code, reason);
    queue().push_last(make_close_frame(code, reason), drop);
}

void WebSocketPeer::enter_closing(std::uint16_t code, std::string_view reason) {
    state_ = State::closing;
    deadline_ = Loop::Clock::now() + limits().closing;
    report(code, reason);
}

void WebSocketPeer::report(std::uint16_t code, std::string_view reason) {
    // Later, because the handler itself may be what closes.
    worker_.loop.post([alive = self(), code, reason = std::string(reason)] {
        alive->core_.handler.on_close(*alive, code, reason);
    });
}

void WebSocketPeer::vanish() {
    if (state_ == State::gone) return;
    if (state_ == State::open) report(1006, "the connection was lost");
    state_ = State::gone;
    admission_.confirm();
    queue().cut();
    worker_.remove(this);
}

void WebSocketPeer::sweep(Loop::Clock::time_point now, Loop::Clock::duration stalled) {
    if (deadline_ <= now) deadline_ += stalled;  // else it is of after the stall, or far away
    queue().forgive(stalled, now);
    if (state_ != State::open) {
        if (now >= deadline_) vanish();
        return;
    }
    if (queue().behind(now)) {
        return on_breach({limits().behind_code,
                          fmt::format("too slow: more than {} s behind",
                                      static_cast<double>(limits().behind.count()) / 1000)});
    }
    const auto silence = now - queue().last_heard();
    if (silence >= limits().cut_after) {
        finish(limits().silent_code,
               fmt::format("nothing heard for {} s",
                           static_cast<double>(limits().cut_after.count()) / 1000));
    } else if (silence < limits().ping_after) {
        pinged_ = false;
    } else if (!pinged_) {
        pinged_ = true;
        send(kPing);
    }
}

}  // namespace

void serve_websocket(ServerCore& core, Worker& worker, asio::ip::tcp::socket socket,
                     Admission admission, HttpRequest request, std::string read_ahead) {
    const auto peer =
        std::make_shared<WebSocketPeer>(core, worker, std::move(socket), std::move(admission),
                                        std::move(request), std::move(read_ahead));
    worker.add(peer);
    peer->start();
}

}  // namespace teatime::net
