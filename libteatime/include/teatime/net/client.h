#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "teatime/net/http.h"
#include "teatime/net/loop.h"
#include "teatime/net/url.h"
#include "teatime/state/result.h"

namespace teatime::net {

struct ClientOptions {
    std::chrono::milliseconds connect{10'000};
    /// Silence of the other side until the connection counts as lost; it is pinged at half.
    std::chrono::milliseconds silence{50'000};
    std::size_t message_bytes = std::size_t{256} << 20;
};

/// What a Client calls, on its loop. on_close is the last call and comes exactly once, also where
/// there never was a connection (code 1006 and a sentence); not after the Client is destroyed.
struct ClientHandler {
    std::function<void()> on_open;
    std::function<void(std::string_view)> on_text;
    std::function<void(std::uint16_t code, std::string_view reason)> on_close;
};

/// One WebSocket connection to a server, from birth to close; to reconnect, make another.
/// Make and destroy it on its loop's thread (or while the loop does not run); the other calls may
/// come from any thread.
class Client {
public:
    /// Starts to connect. `url.scheme` must be ws.
    Client(Loop& loop, const Url& url, ClientHandler handler, ClientOptions options = {});
    /// Cuts the connection if it is still open.
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Before on_open it waits; after the end it is dropped.
    void send(std::string text);
    /// What was sent before leaves first.
    void close(std::uint16_t code = 1000, std::string reason = {});

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

struct FetchOptions {
    std::chrono::milliseconds timeout{30'000};  ///< for the whole exchange
    std::size_t body_bytes = std::size_t{256} << 20;
};

/// For a whole recording.
inline constexpr FetchOptions kFetchRecording{std::chrono::minutes(10), std::size_t{16} << 30};

/// One HTTP exchange on a new connection, `request.target` taken from the URL. `done` is called
/// once, on the loop, with whatever status came, or with the reason why none did.
void fetch(Loop& loop, const Url& url, HttpRequest request,
           std::function<void(result<HttpResponse>)> done, FetchOptions options = {});

}  // namespace teatime::net
