#include <fmt/format.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/dynamic_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include "loop_impl.h"
#include "teatime/net/client.h"

namespace teatime::net {

namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {


struct Exchange {
    Exchange(asio::io_context& io, Url its_url, HttpRequest its_request, FetchOptions its_options)
        : url(std::move(its_url)),
          request(std::move(its_request)),
          options(its_options),
          resolver(io),
          socket(io) {}

    asio::awaitable<result<HttpResponse>> run();
    Error error(std::string_view what, const error_code& code) const {
        return unavailable(fmt::format("{} {}: {}: {}", request.method, url.text(), what,
                                       late ? "it takes too long" : code.message()));
    }

    const Url url;
    const HttpRequest request;
    const FetchOptions options;
    tcp::resolver resolver;
    tcp::socket socket;
    bool late = false;
};

asio::awaitable<result<HttpResponse>> Exchange::run() {
    auto [unresolved, found] =
        co_await resolver.async_resolve(url.host, std::to_string(url.port), kAwait);
    if (unresolved) co_return error("the host is not known", unresolved);
    auto [refused, endpoint] = co_await asio::async_connect(socket, found, kAwait);
    if (refused) co_return error("nothing answers", refused);

    std::string header = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
                                     request.method, url.target, url.authority());
    for (const auto& [name, value] : request.headers) {
        header += fmt::format("{}: {}\r\n", name, value);
    }
    if (request.method != "GET")
        header += fmt::format("Content-Length: {}\r\n", request.body.size());
    header += "\r\n";
    const std::array<asio::const_buffer, 2> pieces{asio::buffer(header),
                                                   asio::buffer(request.body)};
    // A server may refuse before it has everything: its answer says more than a broken pipe.
    auto [unsent, sent] = co_await asio::async_write(socket, pieces, kAwait);

    http::response_parser<http::dynamic_body> parser;
    parser.body_limit(options.body_bytes);
    beast::flat_buffer buffer;
    auto [unread, size] = co_await http::async_read(socket, buffer, parser, kAwait);
    if (unread == http::error::body_limit) {
        co_return unavailable(fmt::format("{} {}: the answer is longer than {} bytes",
                                          request.method, url.text(), options.body_bytes));
    }
    if (unread) co_return error("no answer", unsent ? unsent : unread);

    HttpResponse response;
    response.status = parser.get().result_int();
    response.content_type = std::string(parser.get()[http::field::content_type]);
    for (const auto& field : parser.get()) {
        response.headers.emplace_back(field.name_string(), field.value());
    }
    response.body = beast::buffers_to_string(parser.get().body().data());
    co_return response;
}

}  // namespace

void fetch(Loop& loop, const Url& url, HttpRequest request,
           std::function<void(result<HttpResponse>)> done, FetchOptions options) {
    auto exchange = std::make_shared<Exchange>(loop.impl().io, url, std::move(request), options);
    const auto timer = loop.schedule_after(options.timeout, [weak = std::weak_ptr(exchange)] {
        if (const auto still = weak.lock()) {
            still->late = true;
            still->resolver.cancel();
            error_code ignored;
            still->socket.close(ignored);
        }
    });
    asio::co_spawn(
        loop.impl().io,
        [exchange = std::move(exchange), timer, &loop,
         done = std::move(done)]() -> asio::awaitable<void> {
            auto outcome = co_await exchange->run();
            loop.cancel(timer);
            done(std::move(outcome));
        },
        rethrow);
}

}  // namespace teatime::net
