#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "teatime/island/module.h"
#include "teatime/net/participant.h"
#include "teatime/net/url.h"
#include "teatime/state/result.h"

namespace teatime::cli {

inline constexpr const char* kUrlHelp = "The reflector: ws://host:port (or host:port)";
inline constexpr const char* kSessionUrlHelp =
    "The reflector: ws://host:port (or host:port), or ws://host:port/session";

/// A reflector may be started after those who ask it; so long they try.
inline constexpr std::chrono::seconds kPatience{10};

/// A reflector and a session of it.
struct SessionAddress {
    net::Url reflector;
    std::string session;
};
/// The session is `session`, else the last part of the URL's path, else `fallback`; none is an
/// error.
result<SessionAddress> parse_address(const std::string& url, const std::string& session,
                                     const std::string& fallback = {});

/// A verb's own words then begin one earlier.
bool names_session(const std::string& url);

/// A member for one request to a session that is there: connects, calls `joined`, runs until
/// finish() or an error or a signal. It has a replica only where it is given a module, which must
/// be the session's build.
class Tool : private session::ControllerObserver {
public:
    Tool(SessionAddress address, session::Role role, const Module* module = nullptr);

    bool patient = false;  ///< once joined, waits for its answer as long as it takes
    std::function<void()> joined;
    std::function<void(const session::Frame&)> notice;
    std::function<void()> progressed;
    std::function<void(const Executed&)> on_executed;  ///< in its replica

    net::Participant& participant() { return *participant_; }
    /// Leaves and ends run(), with this outcome.
    void finish(result<int> exit_code);
    result<int> run();

private:
    void executed(const Executed& executed) override {
        if (on_executed) on_executed(executed);
    }
    void end(result<int> outcome);

    SessionAddress address_;
    net::Loop loop_;
    std::optional<net::Participant> participant_;
    session::Role role_;
    const Module* module_;
    result<int> outcome_ = 0;
    bool has_joined_ = false;
    bool finishing_ = false;
};

/// One HTTP exchange; anything but a status of 2xx is an error with what the server said.
result<std::string> http(const net::Url& url, const std::string& method,
                         const std::string& body = {}, net::FetchOptions options = {});

/// What `GET /sessions` lists, as a list of entries.
result<Value::List> list_sessions(const net::Url& reflector, net::FetchOptions options = {});

/// What that list says of a session; an error where it is not there.
struct ListedSession {
    bool native = false;
    std::string app;
    std::string code_id;  ///< native
    std::string file;     ///< of a shared recording: its path at the reflector; else empty
};
result<ListedSession> find_session(const SessionAddress& address);
/// The same, for what needs a replica: an error where nobody here can have one.
result<ListedSession> find_native_session(const SessionAddress& address);

/// The states of members' replicas, all after the same messages, in this order. A member is named
/// by its number or its name.
struct MemberState {
    std::string name;
    Image image;
};
result<std::vector<MemberState>> member_states(const SessionAddress& address,
                                               const std::vector<std::string>& members);

}  // namespace teatime::cli
