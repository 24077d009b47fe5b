#include <fmt/format.h>

#include <memory>
#include <utility>

#include "online.h"
#include "output.h"
#include "teatime/state/json.h"
#include "time_words.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct TimeOptions {
    std::string url;
    std::string session;
    std::string verb;
    std::string argument;
    bool json = false;
};

/// 0 where all that reported agree.
int show(const session::TimeAnswer& answer, bool json) {
    bool split = answer.outcome && answer.outcome->groups.size() > 1;
    if (json) {
        print(to_json(to_entries(answer.state, answer.outcome.get())));
        return split ? kDiffers : kFine;
    }
    std::string held =
        answer.state.held == 0 ? "" : ", " + counted(answer.state.held, "message") + " waiting";
    print(fmt::format("{} at {}, rate {}{}", answer.state.paused ? "paused" : "running",
                      to_string(answer.state.time), to_string(answer.state.rate), held));
    if (!answer.outcome) return kFine;
    for (const session::Agreement& group : answer.outcome->groups) {
        print(fmt::format("{}  {}  members{}", to_string(group.mark), to_string(group.hash),
                          numbers(group.members)));
    }
    if (!answer.outcome->missing.empty()) {
        note("no report in time from members" + numbers(answer.outcome->missing));
    }
    if (split) {
        note("SPLIT: the replicas differ; see `teatime diff URL --of MEMBER --of MEMBER`");
    }
    return split ? kDiffers : kFine;
}

int run(TimeOptions options) {
    if (names_session(options.url)) {
        if (!options.argument.empty()) {
            return fail(wrong_usage(fmt::format("{} is one argument too many: {} names the session",
                                                options.argument, options.url)));
        }
        options.argument = std::exchange(options.verb, std::exchange(options.session, {}));
    }
    auto address = parse_address(options.url, options.session);
    if (!address) return fail(address.error());
    if (options.verb.empty()) {
        return fail(wrong_usage("WHAT is required; see `teatime time --help`"));
    }
    auto request = parse_time_request(options.verb, options.argument);
    if (!request) return fail(request.error());
    Tool tool(*address, session::Role::viewer);
    tool.patient = request->op == session::TimeRequest::Op::until;
    tool.joined = [&] { tool.participant().time_request(*request); };
    tool.notice = [&](const session::Frame& frame) {
        const auto* answer = std::get_if<session::TimeAnswer>(&frame);
        if (!answer) return;
        if (!answer->refused.empty()) return tool.finish(failed(answer->refused));
        tool.finish(show(*answer, options.json));
    };
    auto outcome = tool.run();
    return outcome ? *outcome : fail(outcome.error());
}

}  // namespace

std::function<int()> add_time(Command& command) {
    auto options = std::make_shared<TimeOptions>();
    command.positional("URL", options->url, kSessionUrlHelp).required();
    command.positional("SESSION", options->session, "Session id, where the URL names none");
    command.positional("WHAT", options->verb, "pause, resume, rate, step or until");
    command.positional("ARGUMENT", options->argument,
                       "rate: 1/64 to 64. step: message (default), instant, external, or a "
                       "duration such as 500ms. until: a time or Mark ahead");
    command.flag("--json", options->json, "One JSON object");
    command.footer(
        "Pause and step print the Mark and state hash that all replicas reported; until lets time\n"
        "run to there, waits for it and does the same.\n"
        "Exit code 1: replicas differ, or the session refused.\n"
        "Example: teatime time ws://127.0.0.1:9090 counter step 500ms\n"
        "The same: teatime time ws://127.0.0.1:9090/counter step 500ms");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
