#pragma once

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <QTest>
#include <atomic>
#include <mutex>
#include <thread>

#include "raw_socket.h"
#include "teatime/net/participant.h"
#include "teatime/net/reflector.h"

/// What tests of whole sessions over real sockets share.
namespace teatime::net::test {

/// Runs the loop until the condition holds; false where that takes too long.
template <class Condition>
bool until(Loop& loop, Condition condition) {
    auto deadline = Loop::Clock::now() + std::chrono::seconds(20);
    std::function<void()> look = [&] {
        if (condition() || Loop::Clock::now() > deadline)
            loop.stop();
        else
            loop.schedule_after(std::chrono::milliseconds(2), look);
    };
    loop.post(look);
    loop.run();
    return condition();
}

inline std::unique_ptr<Reflector> reflect(ReflectorOptions options = {}) {
    options.server.port = 0;
    options.server.threads = 2;
    auto reflector = Reflector::start(std::move(options));
    if (!reflector) qFatal("%s", reflector.error().message.c_str());
    return std::move(*reflector);
}

inline result<HttpResponse> exchange(Loop& loop, const std::string& address, std::string target,
                                     std::string method = "GET", std::string body = {}) {
    std::optional<result<HttpResponse>> got;
    HttpRequest request;
    request.method = std::move(method);
    request.body = std::move(body);
    fetch(loop, parse_url("http://" + address + target).value(), std::move(request),
          [&](result<HttpResponse> response) { got = std::move(response); });
    if (!until(loop, [&] { return got.has_value(); })) return unavailable("no answer");
    return *got;
}

/// Carries bytes between a port of its own and another one, until it cuts all connections.
class Cable {
public:
    explicit Cable(std::uint16_t to);
    ~Cable();
    std::uint16_t port() const { return port_; }
    void cut() { cut_ = true; }
    unsigned cuts() const { return cuts_; }  ///< connections that were cut

private:
    void work();
    int listener_;
    std::uint16_t to_;
    std::uint16_t port_ = 0;
    std::atomic<bool> cut_ = false, end_ = false;
    std::atomic<unsigned> cuts_ = 0;
    std::thread thread_;
};

}  // namespace teatime::net::test
