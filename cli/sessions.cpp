#include <fmt/format.h>

#include <memory>

#include "online.h"
#include "output.h"
#include "teatime/state/json.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct SessionsOptions {
    std::string url;
    bool json = false;
};

std::string text(const Value& session, std::string_view name, std::size_t longest = 60) {
    const Value* value = session.find(name);
    return value && !value->is_null() ? shown(*value, longest) : "-";
}

int run(const SessionsOptions& options) {
    auto url = net::parse_url(options.url);
    if (!url) return fail(url.error());
    auto sessions = list_sessions(*url);
    if (!sessions) return fail(sessions.error());
    if (options.json) {
        print(to_json(*sessions));
        return kFine;
    }
    if (sessions->empty()) {
        print("no sessions");
        return kFine;
    }
    constexpr const char* kLine = "{:<24} {:<12} {:<8} {:>7} {:>12} {:>6}  {:<24} {}";
    print(fmt::format(kLine, "session", "app", "kind", "members", "time", "rate", "name",
                      "recording"));
    for (const Value& session : *sessions) {
        print(fmt::format(kLine, text(session, "id"), text(session, "app"), text(session, "kind"),
                          text(session, "members"), text(session, "time"), text(session, "rate"),
                          text(session, "name"),
                          text(session, "recording", 4096)));  // a path, to be copied
    }
    return kFine;
}

}  // namespace

std::function<int()> add_sessions(Command& command) {
    auto options = std::make_shared<SessionsOptions>();
    command.positional("URL", options->url, kUrlHelp).required();
    command.flag("--json", options->json, "One JSON list");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
