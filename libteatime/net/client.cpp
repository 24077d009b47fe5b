#include "teatime/net/client.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>

#include "loop_impl.h"

namespace teatime::net {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;

namespace {
constexpr std::chrono::seconds kFarewell{2};
}  // namespace

/// On the loop's thread throughout. The coroutine `run` keeps it alive.
struct Client::Impl : std::enable_shared_from_this<Client::Impl> {
    Impl(Loop& its_loop, Url its_url, ClientHandler its_handler, ClientOptions its_options)
        : loop(its_loop),
          url(std::move(its_url)),
          handler(std::move(its_handler)),
          options(its_options),
          resolver(loop.impl().io),
          stream(loop.impl().io) {}

    asio::awaitable<void> run(std::shared_ptr<Impl> alive);
    asio::awaitable<error_code> connect(std::string& why);
    void write_next();
    void say_farewell();
    void lost(const error_code& error);
    void report(std::uint16_t code, std::string_view reason);
    void cut();

    Loop& loop;
    const Url url;
    const ClientHandler handler;
    const ClientOptions options;
    tcp::resolver resolver;
    websocket::stream<tcp::socket, false> stream;
    Loop::Timer timer;  ///< for connecting, then for the farewell

    std::deque<std::string> outgoing;
    std::optional<websocket::close_reason> farewell;  ///< what close() asked for
    bool open = false, writing = false, leaving = false;
    bool finished = false;  ///< on_close was called, or nobody listens any more
};

asio::awaitable<error_code> Client::Impl::connect(std::string& why) {
    auto [unresolved, found] =
        co_await resolver.async_resolve(url.host, std::to_string(url.port), kAwait);
    if (unresolved) {
        why = fmt::format("the host {} is not known: {}", url.host, unresolved.message());
        co_return unresolved;
    }
    auto [refused, endpoint] = co_await asio::async_connect(stream.next_layer(), found, kAwait);
    if (refused) {
        why = fmt::format("nothing answers at {}: {}", url.authority(), refused.message());
        co_return refused;
    }
    error_code ignored;
    stream.next_layer().set_option(tcp::no_delay(true), ignored);
    // `timer` watches over the handshake and the farewell.
    stream.set_option(
        websocket::stream_base::timeout{websocket::stream_base::none(), options.silence, true});
    stream.auto_fragment(false);
    stream.read_message_max(options.message_bytes);
    websocket::response_type answer;
    auto [declined] = co_await stream.async_handshake(answer, url.authority(), url.target, kAwait);
    if (declined == websocket::error::upgrade_declined) {
        why = fmt::format("{} refuses: it answers {} {}", url.text(), answer.result_int(),
                          std::string_view(answer.reason()));
    } else if (declined) {
        why = fmt::format("{} does not speak WebSocket: {}", url.text(), declined.message());
    }
    co_return declined;
}

asio::awaitable<void> Client::Impl::run(std::shared_ptr<Impl>) {
    bool late = false;
    timer = loop.schedule_after(options.connect, [this, &late] {
        late = true;
        cut();
    });
    std::string why;
    const error_code failed = co_await connect(why);
    loop.cancel(timer);
    if (late) why = fmt::format("{} does not answer", url.text());
    if (failed) co_return report(1006, why);
    if (finished) co_return;
    open = true;
    if (handler.on_open) handler.on_open();
    write_next();

    beast::flat_buffer message;
    for (;;) {
        const auto [error, size] = co_await stream.async_read(message, kAwait);
        if (error) co_return lost(error);
        if (!finished && handler.on_text) {
            handler.on_text({static_cast<const char*>(message.data().data()), message.size()});
        }
        message.consume(message.size());
    }
}

void Client::Impl::write_next() {
    if (!open || writing || leaving || finished) return;
    if (outgoing.empty()) {
        if (farewell) say_farewell();
        return;
    }
    writing = true;
    stream.async_write(asio::buffer(outgoing.front()),
                       [this, alive = shared_from_this()](error_code error, std::size_t) {
                           writing = false;
                           outgoing.pop_front();
                           if (!error) write_next();  // else the read reports it
                       });
}

void Client::Impl::say_farewell() {
    leaving = true;
    timer = loop.schedule_after(kFarewell, [weak = weak_from_this()] {
        if (const auto still = weak.lock()) still->cut();
    });
    stream.async_close(*farewell, [this, alive = shared_from_this()](error_code) {
        loop.cancel(timer);
        report(farewell->code, {farewell->reason.data(), farewell->reason.size()});
    });
}

void Client::Impl::lost(const error_code& error) {
    if (leaving) return;  // async_close reports
    if (error == websocket::error::closed) {
        const auto& reason = stream.reason();
        const std::uint16_t code = reason.code == websocket::close_code::none ? 1005 : reason.code;
        return report(code, {reason.reason.data(), reason.reason.size()});
    }
    const bool silent = error == beast::error::timeout;
    report(1006,
           silent ? fmt::format("nothing heard from {} for {} s", url.text(),
                                static_cast<double>(options.silence.count()) / 1000)
                  : fmt::format("the connection to {} was lost: {}", url.text(), error.message()));
}

void Client::Impl::report(std::uint16_t code, std::string_view reason) {
    if (finished) return;
    finished = true;
    if (handler.on_close) handler.on_close(code, reason);
}

void Client::Impl::cut() {
    resolver.cancel();
    error_code ignored;
    stream.next_layer().close(ignored);
}

Client::Client(Loop& loop, const Url& url, ClientHandler handler, ClientOptions options)
    : impl_(std::make_shared<Impl>(loop, url, std::move(handler), options)) {
    asio::co_spawn(loop.impl().io, impl_->run(impl_), rethrow);
}

Client::~Client() {
    impl_->finished = true;
    impl_->cut();
}

void Client::send(std::string text) {
    impl_->loop.post([impl = impl_, text = std::move(text)]() mutable {
        if (impl->finished || impl->farewell) return;
        impl->outgoing.push_back(std::move(text));
        impl->write_next();
    });
}

void Client::close(std::uint16_t code, std::string reason) {
    impl_->loop.post([impl = impl_, code, reason = std::move(reason)] {
        if (impl->finished || impl->farewell) return;
        constexpr std::size_t kLongestReason = 123;
        impl->farewell.emplace(static_cast<websocket::close_code>(code),
                               beast::string_view(reason).substr(0, kLongestReason));
        impl->write_next();
        if (!impl->open) impl->cut();
    });
}

}  // namespace teatime::net
