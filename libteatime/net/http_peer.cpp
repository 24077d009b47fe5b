#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/status.hpp>

#include "server_core.h"

namespace teatime::net {

namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

constexpr std::size_t kChunk = 64 * 1024;

/// 16 bytes in base64: 22 characters and "==" (Beast takes any text).
bool valid_key(beast::string_view key) {
    const auto base64 = [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '+' || c == '/';
    };
    return key.size() == 24 && key.ends_with("==") &&
           std::all_of(key.begin(), key.begin() + 22, base64);
}

/// One HTTP exchange. The header is read on the accepting thread; from there on the peer, moved
/// with its socket, lives on the thread that the request names. One request a connection: files
/// are few and large, and a second request could belong to another thread.
class HttpPeer final : public Peer {
public:
    HttpPeer(ServerCore& core, Worker& worker, tcp::socket socket, Admission admission)
        : Peer(core),
          worker_(&worker),
          socket_(std::move(socket)),
          admission_(std::move(admission)),
          began_(Loop::Clock::now()) {
        parser_.header_limit(static_cast<std::uint32_t>(limits().header_bytes));
        parser_.body_limit(limits().body_bytes);
    }
    ~HttpPeer() override { core_.body_bytes -= request_.body.size(); }

    void start() { spawn(&HttpPeer::read_header); }
    void respond(HttpResponse response);
    void sweep(Loop::Clock::time_point now, Loop::Clock::duration stalled) override;
    void shut_down() override {
        if (stage_ == Stage::reading) end();  // an answer in the making may yet leave
    }

private:
    class Answer;
    enum class Stage { reading, answering, sending, draining, gone };

    const Limits& limits() const { return core_.options.limits; }
    std::shared_ptr<HttpPeer> self() {
        return std::static_pointer_cast<HttpPeer>(shared_from_this());
    }
    void spawn(asio::awaitable<void> (HttpPeer::*step)(std::shared_ptr<HttpPeer>)) {
        asio::co_spawn(worker_->loop.impl().io, (this->*step)(self()), asio::detached);
    }

    // Each is told to keep its peer alive.
    asio::awaitable<void> read_header(std::shared_ptr<HttpPeer> alive);
    asio::awaitable<void> read_body(std::shared_ptr<HttpPeer> alive);
    asio::awaitable<void> write_response(std::shared_ptr<HttpPeer> alive);

    void move_to(Worker& worker);
    void dispatch();
    void upgrade();
    std::optional<HttpResponse> bad_upgrade();
    void refuse(unsigned status, std::string sentence, Headers headers = {});
    void end();

    Worker* worker_;
    tcp::socket socket_;
    Admission admission_;
    Loop::Clock::time_point began_;
    double moved_bytes_ = 0;  ///< of the body, in or out, since began_
    Stage stage_ = Stage::reading;
    beast::flat_buffer buffer_;
    http::request_parser<http::buffer_body> parser_;
    HttpRequest request_;
    HttpResponse response_;
};

/// What the copies of a reply share: one answer, and one in any case.
class HttpPeer::Answer {
public:
    explicit Answer(const std::shared_ptr<HttpPeer>& peer)
        : peer_(peer), loop_(peer->worker_->loop) {}
    ~Answer() { give({500, "text/plain; charset=utf-8", "no answer was found\n", {}}); }

    void give(HttpResponse response) {
        auto peer = peer_.lock();  // none: the Server, and with it the loop, may be gone
        if (!peer || given_.exchange(true)) return;
        // Handed over whole, so that it cannot end on the thread that answers.
        loop_.post([peer = std::move(peer), response = std::move(response)]() mutable {
            peer->respond(std::move(response));
        });
    }

private:
    const std::weak_ptr<HttpPeer> peer_;
    Loop& loop_;
    std::atomic<bool> given_{false};
};

asio::awaitable<void> HttpPeer::read_header(std::shared_ptr<HttpPeer>) {
    const auto [error, size] = co_await http::async_read_header(socket_, buffer_, parser_, kAwait);
    if (stage_ == Stage::gone) co_return;
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
        co_return refuse(431,
                         fmt::format("the header is longer than {} bytes", limits().header_bytes));
    }
    if (error == http::error::body_limit) {
        co_return refuse(413, fmt::format("the body is longer than {} bytes", limits().body_bytes));
    }
    if (error) {
        const bool gone = error == http::error::end_of_stream ||
                          error.category() == boost::system::system_category();
        if (gone) co_return end();
        co_return refuse(400, "this is no HTTP request: " + error.message());
    }

    const auto& header = parser_.get();
    request_.method = std::string(header.method_string());
    request_.target = std::string(header.target());
    request_.remote_address = admission_.address();
    for (const auto& field : header) {
        request_.headers.emplace_back(field.name_string(), field.value());
    }
    Worker& worker =
        *core_.workers[core_.handler.thread_of(request_.target) % core_.workers.size()];
    if (&worker == worker_) co_return dispatch();
    move_to(worker);
}

void HttpPeer::move_to(Worker& worker) {
    error_code error;
    const auto protocol = socket_.local_endpoint(error).protocol();
    const auto descriptor = socket_.release(error);
    if (error) return end();
    auto alive = self();
    worker_->remove(this);
    worker_ = &worker;
    socket_ = tcp::socket(worker.loop.impl().io, protocol, descriptor);
    worker.loop.post([alive = std::move(alive)] {
        alive->worker_->add(alive);
        if (alive->core_.stopping) return alive->end();
        alive->dispatch();
    });
}

void HttpPeer::dispatch() {
    if (!find_header(request_.headers, "Upgrade").empty()) return upgrade();
    if (request_.method == "OPTIONS") return respond({204, "", "", {}});
    if (request_.method != "GET" && request_.method != "PUT") {
        return refuse(405, "only GET, PUT and OPTIONS have a meaning here",
                      {{"Allow", "GET, PUT, OPTIONS"}});
    }
    began_ = Loop::Clock::now();
    spawn(&HttpPeer::read_body);
}

std::optional<HttpResponse> HttpPeer::bad_upgrade() {
    const auto& header = parser_.get();
    const auto bad = [](unsigned status, std::string sentence, Headers headers = {}) {
        return HttpResponse{status, "text/plain; charset=utf-8", sentence + "\n", headers};
    };
    if (header.method() != http::verb::get || header.version() < 11 ||
        !http::token_list{header[http::field::connection]}.exists("upgrade") ||
        !http::token_list{header[http::field::upgrade]}.exists("websocket")) {
        return bad(400, "an upgrade needs GET, HTTP/1.1, Connection: Upgrade, Upgrade: websocket");
    }
    if (header[http::field::sec_websocket_version] != "13") {
        return bad(426, "this server speaks WebSocket version 13",
                   {{"Sec-WebSocket-Version", "13"}});
    }
    if (!valid_key(header[http::field::sec_websocket_key])) {
        return bad(400, "Sec-WebSocket-Key is not 16 bytes in base64");
    }
    return core_.handler.refuse(request_);
}

void HttpPeer::upgrade() {
    if (auto answer = bad_upgrade()) return respond(std::move(*answer));
    std::string read_ahead(static_cast<const char*>(buffer_.data().data()), buffer_.size());
    stage_ = Stage::gone;
    const auto alive = self();
    worker_->remove(this);
    serve_websocket(core_, *worker_, std::move(socket_), std::move(admission_), std::move(request_),
                    std::move(read_ahead));
    request_.body.clear();
}

asio::awaitable<void> HttpPeer::read_body(std::shared_ptr<HttpPeer> alive) {
    if (beast::iequals(find_header(request_.headers, "Expect"), "100-continue")) {
        static constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
        co_await asio::async_write(socket_, asio::buffer(kGoOn), kAwait);
    }
    // Grows with what arrives, never by what is declared.
    std::string chunk(kChunk, '\0');
    while (!parser_.is_done()) {
        auto& body = parser_.get().body();
        body.data = chunk.data();
        body.size = chunk.size();
        auto [error, size] = co_await http::async_read(socket_, buffer_, parser_, kAwait);
        if (stage_ == Stage::gone) co_return;
        if (error == http::error::need_buffer) error = {};
        if (error == http::error::body_limit) {
            co_return refuse(413,
                             fmt::format("the body is longer than {} bytes", limits().body_bytes));
        }
        if (error) co_return end();
        const std::size_t got = chunk.size() - body.size;
        if ((core_.body_bytes += got) > limits().bodies_together_bytes) {
            core_.body_bytes -= got;
            co_return refuse(503, "too many uploads at once, try again later");
        }
        request_.body.append(chunk, 0, got);
        moved_bytes_ += static_cast<double>(got);
    }
    stage_ = Stage::answering;
    core_.body_bytes -= request_.body.size();  // the handler's from here on
    HttpRequest request = std::move(request_);
    request_.body.clear();
    core_.handler.on_http(std::move(request),
                          [answer = std::make_shared<Answer>(alive)](HttpResponse response) {
                              answer->give(std::move(response));
                          });
}

void HttpPeer::refuse(unsigned status, std::string sentence, Headers headers) {
    respond({status, "text/plain; charset=utf-8", sentence + "\n", std::move(headers)});
}

void HttpPeer::respond(HttpResponse response) {
    if (stage_ != Stage::reading && stage_ != Stage::answering) return;
    stage_ = Stage::sending;
    began_ = Loop::Clock::now();
    moved_bytes_ = 0;
    response_ = std::move(response);
    spawn(&HttpPeer::write_response);
}

asio::awaitable<void> HttpPeer::write_response(std::shared_ptr<HttpPeer>) {
    std::string header = fmt::format(
        "HTTP/1.1 {} {}\r\nServer: teatime\r\nConnection: close\r\n"
        "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: GET, PUT, OPTIONS\r\n"
        "Access-Control-Allow-Headers: *\r\n",
        response_.status,
        std::string_view(http::obsolete_reason(http::int_to_status(response_.status))));
    if (!response_.content_type.empty()) {
        header += fmt::format("Content-Type: {}\r\n", response_.content_type);
    }
    if (response_.status != 204) {
        header += fmt::format("Content-Length: {}\r\n", response_.body.size());
    }
    for (const auto& [name, value] : response_.headers) {
        header += fmt::format("{}: {}\r\n", name, value);
    }
    header += "\r\n";
    std::array<asio::const_buffer, 2> pieces{asio::buffer(header), asio::buffer(response_.body)};
    const auto [failed, sent] = co_await asio::async_write(
        socket_, pieces,
        [this](error_code error, std::size_t so_far) -> std::size_t {
            moved_bytes_ = static_cast<double>(so_far);
            return error ? 0 : kChunk;
        },
        kAwait);
    if (stage_ == Stage::gone) co_return;
    if (failed) co_return end();

    // Closing with bytes unread would send a reset, which can overtake the answer.
    stage_ = Stage::draining;
    began_ = Loop::Clock::now();
    error_code error;
    socket_.shutdown(tcp::socket::shutdown_send, error);
    std::string sink(kChunk, '\0');
    while (!error) {
        std::tie(error, std::ignore) = co_await socket_.async_read_some(asio::buffer(sink), kAwait);
    }
    end();
}

void HttpPeer::sweep(Loop::Clock::time_point now, Loop::Clock::duration stalled) {
    began_ = std::min(began_ + stalled, now);
    if (stage_ == Stage::answering) return;  // the handler's time, not the peer's
    std::chrono::duration<double> allowed = limits().closing;
    if (stage_ != Stage::draining) {
        allowed = limits().handshake;
        allowed +=
            std::chrono::duration<double>(moved_bytes_ / limits().slowest_body_bytes_per_second);
    }
    if (now - began_ >= allowed) end();
}

void HttpPeer::end() {
    if (stage_ == Stage::gone) return;
    stage_ = Stage::gone;
    admission_.confirm();
    error_code ignored;
    socket_.close(ignored);
    worker_->remove(this);
}

}  // namespace

std::string_view find_header(const Headers& headers, std::string_view name) {
    for (const auto& [key, value] : headers) {
        if (beast::iequals(key, name)) return value;
    }
    return {};
}

void serve_http(ServerCore& core, Worker& accepting, tcp::socket socket, Admission admission) {
    const auto peer =
        std::make_shared<HttpPeer>(core, accepting, std::move(socket), std::move(admission));
    accepting.add(peer);
    peer->start();
}

}  // namespace teatime::net
