#include "online.h"

#include <fmt/format.h>

#include <algorithm>

#include "member.h"
#include "output.h"
#include "teatime/state/json.h"

namespace teatime::cli {
namespace {
// For a server to let us in and answer; a replica has to be built first.
constexpr std::chrono::seconds kReplicaPatience{60};

/// The last part of the path.
std::string session_of(const net::Url& url) {
    std::string_view path = url.target;
    path = path.substr(0, path.find('?'));
    while (path.ends_with('/')) path.remove_suffix(1);
    return std::string(path.substr(path.rfind('/') + 1));
}

/// Among those who have a replica.
result<MemberId> find_member(const session::Company& company, const std::string& name) {
    auto has_replica = [&](MemberId id) { return company.find(id)->replica; };
    std::vector<MemberId> found = company.named(name);
    std::erase_if(found, [&](MemberId id) { return !has_replica(id); });
    if (found.size() == 1) return found[0];
    std::string all;
    for (const session::MemberInfo& member : company.members) {
        bool meant =
            found.empty() || std::find(found.begin(), found.end(), member.id) != found.end();
        if (!member.replica || !meant) continue;
        all += fmt::format("{}{} {}", all.empty() ? "" : ", ", member.id.value,
                           company.name_of(member.id));
    }
    return wrong_usage(found.empty()
                           ? fmt::format("no member \"{}\" has a replica; there are {}", name, all)
                           : fmt::format("\"{}\" may be {}; give the number", name, all));
}
}  // namespace

bool names_session(const std::string& url) {
    auto parsed = net::parse_url(url);
    return parsed && !session_of(*parsed).empty();
}

result<SessionAddress> parse_address(const std::string& url, const std::string& session,
                                     const std::string& fallback) {
    auto parsed = net::parse_url(url);
    if (!parsed) return parsed.error();
    SessionAddress address{parsed->with_target("/"), session};
    if (address.session.empty()) address.session = session_of(*parsed);
    if (address.session.empty()) address.session = fallback;
    if (address.session.empty()) {
        return wrong_usage(
            fmt::format("which session? {} names none; `teatime sessions {}` lists "
                        "them",
                        url, url));
    }
    return address;
}

Tool::Tool(SessionAddress address, session::Role role, const Module* module)
    : address_(std::move(address)), role_(role), module_(module) {}

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
    session::ControllerOptions options;
    options.session_id = address_.session;
    options.name = "teatime";
    options.role = role_;
    net::ParticipantHandler handler;
    handler.joined = [this](const session::Joined&) {
        has_joined_ = true;
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
    handler.failed = [this](const Error& error) {
        end(Error{error.kind, fmt::format("session {} at {}: {}", address_.session,
                                          address_.reflector.text(), error.message)});
    };
    loop_.on_signal([this](int) { end(unavailable("interrupted")); });
    auto patience = module_ ? kReplicaPatience : kPatience;
    loop_.schedule_after(patience, [this, patience] {
        if (patient && has_joined_) return;
        end(unavailable(fmt::format("{} did not answer within {} s", address_.reflector.text(),
                                    patience.count())));
    });
    std::optional<session::IslandFactory> factory;
    if (module_) {
        options.app = module_->app();
        options.code_id = module_->code_id();
        factory = island_factory(*module_);
    }
    session::ControllerObserver* observer = this;
    participant_.emplace(loop_, address_.reflector, std::move(options), std::move(factory),
                         std::move(handler), observer);
    loop_.run();
    participant_.reset();
    return outcome_;
}

result<std::string> http(const net::Url& url, const std::string& method, const std::string& body,
                         net::FetchOptions options) {
    net::Loop loop;
    result<std::string> answer = std::string();
    net::HttpRequest request;
    request.method = method;
    request.body = body;
    net::fetch(
        loop, url.with_scheme("http"), std::move(request),
        [&](result<net::HttpResponse> response) {
            if (!response) {
                answer = response.error();
            } else if (response->status / 100 != 2) {
                answer = unavailable(fmt::format("{} answered {}: {}", url.text(), response->status,
                                                 response->body));
            } else {
                answer = std::move(response->body);
            }
            loop.stop();
        },
        options);
    loop.on_signal([&](int) {
        answer = unavailable("interrupted");
        loop.stop();
    });
    loop.run();
    return answer;
}

result<Value::List> list_sessions(const net::Url& reflector, net::FetchOptions options) {
    auto body = http(reflector.with_target("/sessions"), "GET", {}, options);
    if (!body) return body.error();
    auto parsed = parse_json(*body);
    if (parsed && parsed->if_list()) return *parsed->if_list();
    return unavailable(reflector.text() +
                       " is no Teatime reflector: its list of sessions cannot be read");
}

result<ListedSession> find_session(const SessionAddress& address) {
    auto sessions = list_sessions(address.reflector);
    if (!sessions) return sessions.error();
    for (const Value& each : *sessions) {
        const Value* id = each.find("id");
        if (!id || *id != Value(address.session)) continue;
        auto text = [&](std::string_view name) {
            const Value* value = each.find(name);
            return value && value->if_string() ? *value->if_string() : std::string();
        };
        return ListedSession{text("kind") == "native", text("app"), text("code_id"), text("file")};
    }
    return unavailable(fmt::format("there is no session {} at {}; `teatime sessions {}` lists them",
                                   address.session, address.reflector.text(),
                                   address.reflector.text()));
}

result<ListedSession> find_native_session(const SessionAddress& address) {
    auto session = find_session(address);
    if (!session || session->native) return session;
    return unavailable(fmt::format(
        "session {} at {}: This is a session of Croquet clients; it has no native replicas.",
        address.session, address.reflector.text()));
}

result<std::vector<MemberState>> member_states(const SessionAddress& address,
                                               const std::vector<std::string>& members) {
    auto session = find_native_session(address);  // joining one that is not there would start it
    if (!session) return session.error();
    Tool tool(address, session::Role::viewer);
    std::vector<MemberState> states;
    bool asked = false;
    auto came = [&](result<std::vector<Image>> images) {
        if (!images) return tool.finish(images.error());
        for (std::size_t i = 0; i < images->size(); ++i) states[i].image = std::move((*images)[i]);
        tool.finish(kFine);
    };
    tool.progressed = [&] {
        const session::Company& company = tool.participant().controller().company();
        if (company.members.empty() || std::exchange(asked, true)) return;
        std::vector<MemberId> ids;
        for (const std::string& name : members) {
            auto id = find_member(company, name);
            if (!id) return tool.finish(id.error());
            ids.push_back(*id);
            states.push_back({company.name_of(*id), {}});
        }
        tool.participant().ask_states(std::move(ids), came);
    };
    auto outcome = tool.run();
    if (!outcome) return outcome.error();
    return states;
}

}  // namespace teatime::cli
