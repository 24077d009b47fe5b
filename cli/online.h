#pragma once

#include <functional>
#include <optional>
#include <string>

#include "teatime/net/participant.h"
#include "teatime/net/url.h"
#include "teatime/state/result.h"

namespace teatime::cli {

inline constexpr const char* kUrlHelp = "The reflector: ws://host:port (or host:port)";

/// A reflector and a session of it.
struct SessionAddress {
    net::Url reflector;
    std::string session;
};
/// The session is `session`, else the last part of the URL's path, else `fallback`; none is an
/// error.
result<SessionAddress> parse_address(const std::string& url, const std::string& session,
                                     const std::string& fallback = {});

/// A member without a replica, for one request to a session that is there: connects, calls
/// `joined`, runs until finish() or an error or a signal.
class Tool {
public:
    Tool(SessionAddress address, session::Role role);

    std::function<void()> joined;
    std::function<void(const session::Frame&)> notice;
    std::function<void()> progressed;

    net::Participant& participant() { return *participant_; }
    /// Leaves and ends run(), with this outcome.
    void finish(result<int> exit_code);
    result<int> run();

private:
    void end(result<int> outcome);

    SessionAddress address_;
    net::Loop loop_;
    std::optional<net::Participant> participant_;
    session::Role role_;
    result<int> outcome_ = 0;
    bool finishing_ = false;
};

/// One HTTP exchange; anything but a status of 2xx is an error with what the server said.
result<std::string> http(const net::Url& url, const std::string& method,
                         const std::string& body = {});

/// What `GET /sessions` lists, as a list of entries.
result<Value::List> list_sessions(const net::Url& reflector);

/// The app of a native session on that reflector.
result<std::string> app_of_session(const std::string& url, const std::string& session);

}  // namespace teatime::cli
