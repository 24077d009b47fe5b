#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "teatime/net/file_store.h"
#include "teatime/net/server.h"
#include "teatime/session/router.h"
#include "teatime/state/ids.h"
#include "teatime/state/result.h"

namespace teatime::net {

/// Gets everything that one session stamps and decides: what a recording needs. Called on the
/// session's thread and must not block it. Destroyed when the session is over.
class SessionSink {
public:
    virtual ~SessionSink() = default;
    /// The outputs of one Router::step(), before they are sent.
    virtual void take(const session::RouterOutputs& outputs) = 0;
    /// Up to which message members may be told. A later one and all that follows it wait, in
    /// order, until this has moved; what waits is bounded by the router's history. Cheap: asked at
    /// each step.
    virtual Seq may_be_told() const { return {UINT64_MAX}; }
    /// Given once, at the start: to be called, from any thread, when may_be_told() has moved.
    virtual void on_more_may_be_told(std::function<void()> /*look_again*/) {}
    /// Where the session is recorded, for lists; empty: nowhere.
    virtual std::string recording() const { return {}; }
};

struct ReflectorOptions {
    ServerOptions server;
    session::RouterOptions router;
    std::size_t sessions = 10'000;
    std::chrono::milliseconds join_deadline{10'000};  ///< from connected to JOIN
    std::string name = "Teatime reflector";           ///< of `GET /`

    /// Changes the options of a session that is about to start, e.g. `start` where it goes on from
    /// a file. May be called on several threads at a time.
    std::function<void(const std::string& session_id, session::RouterOptions&)> configure;
    /// A sink for each session that has started; null is fine. May be called on several threads at
    /// a time. The RouterFeed is for the sink: it gives the session's Router an input, from any
    /// thread and at any later time; a session that is over ignores it.
    using RouterFeed = std::function<void(session::RouterInput)>;
    std::function<std::unique_ptr<SessionSink>(const session::Started&, RouterFeed)> sink;
    /// Sessions that are listed before anybody joins: shared recordings.
    std::vector<std::string> shared;
    /// Serves `PUT` and `GET /files/...`; null: 404.
    std::shared_ptr<FileStore> files;
};

/// The reflector process's inside: a Server whose WebSocket connections meet in sessions, one
/// Router for each last path segment. A session lives on one thread, begins with a JOIN and ends
/// when nobody has been there for a while. `GET /` answers with a line for health checks,
/// `GET /sessions` with a JSON list. Thread-safe.
class Reflector {
public:
    static result<std::unique_ptr<Reflector>> start(ReflectorOptions options);
    ~Reflector();  ///< stop()

    std::uint16_t port() const;
    std::string address() const;  ///< "127.0.0.1:9090"

    /// Closes all connections with 1001, lets sinks finish, joins all threads. Returns within about
    /// Limits::closing and the time that sinks take to be destroyed.
    void stop();

private:
    class Impl;
    explicit Reflector(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace teatime::net
