#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "teatime/net/frame.h"
#include "teatime/net/http.h"
#include "teatime/net/limits.h"
#include "teatime/net/loop.h"
#include "teatime/net/round_trips.h"
#include "teatime/net/url.h"
#include "teatime/state/result.h"

namespace teatime::net {

/// One WebSocket peer of a Server. Owned by the Server, lives until on_close() returns, and may
/// be used on its own thread only.
class Connection {
public:
    /// Queues the frame; never blocks, never calls back. A peer that does not keep up (see
    /// Limits) is closed later in the turn, and what was queued for it is dropped.
    virtual void send(const SharedFrame& frame) = 0;
    /// What was queued before leaves first. on_close() follows in a later turn.
    virtual void close(std::uint16_t code, std::string_view reason) = 0;
    /// The peer proved itself (joined a session): it no longer counts against its address.
    virtual void confirm() = 0;

    virtual std::uint64_t id() const = 0;  ///< unique in the Server
    virtual const std::string& target() const = 0;
    virtual const std::string& remote_address() const = 0;  ///< without the port
    virtual std::size_t thread_index() const = 0;
    virtual std::size_t queued_bytes() const = 0;
    /// Measures the way there and back, behind what is queued; one at a time.
    virtual void ping() = 0;
    virtual const RoundTrips& round_trips() const = 0;

    void* user = nullptr;  ///< the handler's own

protected:
    ~Connection() = default;
};

/// Answers a request, at once or later, from any thread, once; copies share the one answer.
/// Must not run while its Server is being destroyed; afterwards it does nothing.
using HttpReply = std::function<void(HttpResponse)>;

/// What a Server calls. All calls about one connection come on its thread, in order:
/// on_open, any number of on_text, on_close. Calls on different threads overlap.
struct ServerHandler {
    virtual ~ServerHandler() = default;

    /// Which thread serves this request target, taken modulo the number of threads: equal results
    /// meet on one thread. Any thread may call it.
    virtual std::size_t thread_of(std::string_view target);
    /// An answer refuses the WebSocket (an origin not allowed, a missing token).
    virtual std::optional<HttpResponse> refuse(const HttpRequest& request);
    virtual void on_open(Connection& connection) = 0;
    /// Valid UTF-8, within the limits; the view is valid during the call.
    virtual void on_text(Connection& connection, std::string_view text) = 0;
    /// Closes with 1003 unless overridden.
    virtual void on_binary(Connection& connection, std::string_view bytes);
    /// The last call about it, whoever closed: 1006 if the peer just went away.
    virtual void on_close(Connection& connection, std::uint16_t code, std::string_view reason) = 0;
    /// GET or PUT; OPTIONS and CORS headers are done already. 404 unless overridden.
    virtual void on_http(HttpRequest request, HttpReply reply);
};

struct ServerOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = kDefaultPort;  ///< 0: the system chooses
    std::size_t threads = 0;    ///< 0: one for each core
    Limits limits;
};

/// A WebSocket and HTTP/1.1 server on one port. Each connection is moved to the thread that
/// ServerHandler::thread_of names once its header is read, and stays there. Each thread is one
/// Loop. The handler must outlive the Server.
class Server {
public:
    /// Listens and serves from here on. The error names the port or host and a way out.
    static result<std::unique_ptr<Server>> start(ServerHandler& handler, ServerOptions options);
    ~Server();  ///< stop()

    std::uint16_t port() const;
    std::string address() const;  ///< "127.0.0.1:9090"
    std::size_t threads() const;
    /// For timers and posted functions on that thread.
    Loop& loop(std::size_t thread);

    /// Accepts no more, closes all with 1001, gives them Limits::closing to take what is queued,
    /// calls every on_close, joins the threads. Not from one of those threads.
    void stop();

private:
    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace teatime::net
