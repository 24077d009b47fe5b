#include <fmt/format.h>

#include <memory>
#include <utility>

#include "online.h"
#include "output.h"
#include "teatime/net/running.h"
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

void print_table(const Value::List& sessions) {
    if (sessions.empty()) return print("no sessions");
    constexpr const char* kLine = "{:<24} {:<12} {:<8} {:>7} {:>12} {:>6}  {:<24} {}";
    print(fmt::format(kLine, "session", "app", "kind", "members", "time", "rate", "name",
                      "recording"));
    for (const Value& session : sessions) {
        print(fmt::format(kLine, text(session, "id"), text(session, "app"), text(session, "kind"),
                          text(session, "members"), text(session, "time"), text(session, "rate"),
                          text(session, "name"),
                          text(session, "recording", 4096)));  // a path, to be copied
    }
}

int list_one(const std::string& url, bool json) {
    auto parsed = net::parse_url(url);
    if (!parsed) return fail(parsed.error());
    auto sessions = list_sessions(*parsed);
    if (!sessions) return fail(sessions.error());
    if (json) {
        print(to_json(*sessions));
    } else {
        print_table(*sessions);
    }
    return kFine;
}

/// What runs on this machine answers at once, or hangs.
constexpr net::FetchOptions kAtOnce{std::chrono::seconds(2), std::size_t{16} << 20};

/// Those of this user, and one that left no note for us but answers: what does not may be anything.
std::vector<net::Url> reflectors_here() {
    std::vector<net::Url> found = net::running_reflectors();
    const auto unnoted = net::unnoted_reflector(found);
    if (unnoted && list_sessions(*unnoted, kAtOnce)) found.push_back(*unnoted);
    return found;
}

/// One that ends meanwhile, or hangs, takes nothing from the others.
int list_all_here(bool json) {
    const std::vector<net::Url> reflectors = reflectors_here();
    Value::List all;
    bool first = true;
    for (const net::Url& reflector : reflectors) {
        auto sessions = list_sessions(reflector, kAtOnce);
        if (!sessions) {
            note(sessions.error().message);
            continue;
        }
        const std::string address = "ws://" + reflector.authority();
        if (json) {
            for (const Value& session : *sessions) {
                Value::Entries entries{{"reflector", address}};
                if (const auto* told = session.if_entries()) {
                    entries.insert(entries.end(), told->begin(), told->end());
                }
                all.push_back(std::move(entries));
            }
            continue;
        }
        if (!std::exchange(first, false)) print("");
        print(address);
        print_table(*sessions);
    }
    if (json) {
        print(to_json(all));
    } else if (reflectors.empty()) {
        print(
            "no reflector of yours runs on this machine; `teatime serve` starts one, and "
            "`teatime sessions URL` asks one elsewhere");
    }
    return kFine;
}

}  // namespace

std::function<int()> add_sessions(Command& command) {
    auto options = std::make_shared<SessionsOptions>();
    command.positional(
        "URL", options->url,
        std::string(kUrlHelp) +
            "; without it all of yours that run on this machine are asked, and what answers as one "
            "at port 9090");
    command.flag("--json", options->json, "One JSON list");
    return [options] {
        return options->url.empty() ? list_all_here(options->json)
                                    : list_one(options->url, options->json);
    };
}

}  // namespace teatime::cli
