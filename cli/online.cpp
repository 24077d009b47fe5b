#include "online.h"

#include <fmt/format.h>

#include "output.h"
#include "teatime/state/json.h"

namespace teatime::cli {
namespace {
constexpr std::chrono::seconds kPatience{10};  // for a server to let us in
}

result<SessionAddress> parse_address(const std::string& url, const std::string& session,
                                     const std::string& fallback) {
    auto parsed = net::parse_url(url);
    if (!parsed) return parsed.error();
    SessionAddress address{parsed->with_target("/"), session};
    std::string_view path = parsed->target;
    path = path.substr(0, path.find('?'));
    while (path.ends_with('/')) path.remove_suffix(1);
    if (address.session.empty()) address.session = path.substr(path.rfind('/') + 1);
    if (address.session.empty()) address.session = fallback;
    if (address.session.empty()) {
        return wrong_usage(
            fmt::format("which session? {} names none; `teatime sessions {}` lists "
                        "them",
                        url, url));
    }
    return address;
}

Tool::Tool(SessionAddress address, session::Role role)
    : address_(std::move(address)), role_(role) {}

void Tool::end(result<int> outcome) {
    outcome_ = std::move(outcome);
    loop_.stop();
}

void Tool::finish(result<int> exit_code) {
    if (finishing_) return;
    finishing_ = true;
    participant_->leave([this, exit_code] { end(exit_code); });
}

result<int> Tool::run() {
    // A participant's join would start the session.
    auto app = app_of_session(address_.reflector.text(), address_.session);
    if (!app) return app.error();
    session::ControllerOptions options;
    options.session_id = address_.session;
    options.name = "teatime";
    options.role = role_;
    net::ParticipantHandler handler;
    handler.joined = [this](const session::Joined&) {
        if (joined) joined();
    };
    handler.notice = [this](const session::Frame& frame) {
        if (notice) notice(frame);
    };
    handler.progressed = [this] {
        if (progressed) progressed();
    };
    handler.lost = [this](const session::ConnectionLost& lost) {
        // One request is not worth waiting for a server to come back.
        end(unavailable(fmt::format("{}: {}", address_.reflector.text(), lost.why)));
    };
    handler.failed = [this](const Error& error) { end(error); };
    loop_.on_signal([this](int) { end(unavailable("interrupted")); });
    loop_.schedule_after(kPatience, [this] {
        end(unavailable(fmt::format("{} did not answer within {} s", address_.reflector.text(),
                                    kPatience.count())));
    });
    participant_.emplace(loop_, address_.reflector, std::move(options), std::nullopt,
                         std::move(handler));
    loop_.run();
    participant_.reset();
    return outcome_;
}

result<std::string> http(const net::Url& url, const std::string& method, const std::string& body) {
    net::Loop loop;
    result<std::string> answer = std::string();
    net::HttpRequest request;
    request.method = method;
    request.body = body;
    net::fetch(loop, url.with_scheme("http"), std::move(request),
               [&](result<net::HttpResponse> response) {
                   if (!response) {
                       answer = response.error();
                   } else if (response->status / 100 != 2) {
                       answer = unavailable(fmt::format("{} answered {}: {}", url.text(),
                                                        response->status, response->body));
                   } else {
                       answer = std::move(response->body);
                   }
                   loop.stop();
               });
    loop.on_signal([&](int) {
        answer = unavailable("interrupted");
        loop.stop();
    });
    loop.run();
    return answer;
}

result<Value::List> list_sessions(const net::Url& reflector) {
    auto body = http(reflector.with_target("/sessions"), "GET");
    if (!body) return body.error();
    auto parsed = parse_json(*body);
    if (parsed && parsed->if_list()) return *parsed->if_list();
    return unavailable(reflector.text() +
                       " is no Teatime reflector: its list of sessions cannot be read");
}

result<std::string> app_of_session(const std::string& url, const std::string& session) {
    auto address = parse_address(url, session);
    if (!address) return address.error();
    auto sessions = list_sessions(address->reflector);
    if (!sessions) return sessions.error();
    for (const Value& each : *sessions) {
        const Value* id = each.find("id");
        const Value* app = each.find("app");
        if (id && *id == Value(address->session) && app && app->if_string())
            return *app->if_string();
    }
    return unavailable(fmt::format("there is no session {} at {}; `teatime sessions {}` lists them",
                                   address->session, address->reflector.text(),
                                   address->reflector.text()));
}

}  // namespace teatime::cli
