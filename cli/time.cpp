#include <fmt/format.h>

#include <memory>

#include "online.h"
#include "output.h"
#include "teatime/state/json.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct Options {
    std::string url;
    std::string session;
    std::string verb;
    std::string argument;
    bool json = false;
};

result<session::TimeRequest> parse_request(const std::string& verb, const std::string& argument) {
    using Op = session::TimeRequest::Op;
    using session::StepBy;
    session::TimeRequest request;
    if (verb != "rate" && verb != "step" && !argument.empty()) {
        return wrong_usage(fmt::format("{} takes no argument, got \"{}\"", verb, argument));
    }
    if (verb == "pause") {
        request.op = Op::pause;
    } else if (verb == "resume") {
        request.op = Op::resume;
    } else if (verb == "rate") {
        request.op = Op::rate;
        auto rate = session::parse_rate(argument);
        if (!rate) return rate.error();
        request.rate = *rate;
    } else {
        request.op = Op::step;
        if (argument.empty() || argument == "message") return request;
        if (argument == "instant" || argument == "external") {
            request.by = argument == "instant" ? StepBy::instant : StepBy::external;
            return request;
        }
        auto duration = parse_duration(argument);
        if (!duration || *duration <= Duration::zero()) {
            return wrong_usage(
                fmt::format("\"{}\" is no step; write message, instant, external or "
                            "a duration such as 500ms",
                            argument));
        }
        request.by = StepBy::duration;
        request.duration = *duration;
    }
    return request;
}

Value to_value(const session::TimeAnswer& answer) {
    Value::List groups;
    Value::List missing;
    if (answer.outcome) {
        for (const session::Agreement& group : answer.outcome->groups) {
            Value::List members;
            for (MemberId member : group.members) members.push_back(member.value);
            groups.push_back(Value::Entries{{"mark", to_string(group.mark)},
                                            {"hash", to_string(group.hash)},
                                            {"members", members}});
        }
        for (MemberId member : answer.outcome->missing) missing.push_back(member.value);
    }
    return Value::Entries{{"paused", answer.state.paused},
                          {"rate", to_string(answer.state.rate)},
                          {"time", to_string(answer.state.time)},
                          {"waiting", answer.state.held},
                          {"groups", groups},
                          {"missing", missing}};
}

std::string names(const std::vector<MemberId>& members) {
    std::string list;
    for (MemberId member : members) list += fmt::format(" {}", member.value);
    return list;
}

/// 0 where all that reported agree.
int show(const session::TimeAnswer& answer, bool json) {
    bool split = answer.outcome && answer.outcome->groups.size() > 1;
    if (json) {
        print(to_json(to_value(answer)));
        return split ? kDiffers : kFine;
    }
    std::string held =
        answer.state.held == 0 ? "" : fmt::format(", {} messages waiting", answer.state.held);
    print(fmt::format("{} at {}, rate {}{}", answer.state.paused ? "paused" : "running",
                      to_string(answer.state.time), to_string(answer.state.rate), held));
    if (!answer.outcome) return kFine;
    for (const session::Agreement& group : answer.outcome->groups) {
        print(fmt::format("{}  {}  members{}", to_string(group.mark), to_string(group.hash),
                          names(group.members)));
    }
    if (!answer.outcome->missing.empty()) {
        note("no report in time from members" + names(answer.outcome->missing));
    }
    if (split) note("SPLIT: the replicas differ; compare their states");
    return split ? kDiffers : kFine;
}

int run(const Options& options) {
    auto address = parse_address(options.url, options.session);
    if (!address) return fail(address.error());
    auto request = parse_request(options.verb, options.argument);
    if (!request) return fail(request.error());
    Tool tool(*address, session::Role::viewer);
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

std::function<int()> add_time(CLI::App& command) {
    auto options = std::make_shared<Options>();
    command.add_option("URL", options->url, kUrlHelp)->required();
    command.add_option("SESSION", options->session, "Its session id")->required();
    command.add_option("WHAT", options->verb, "pause, resume, rate or step")
        ->required()
        ->check(CLI::IsMember({"pause", "resume", "rate", "step"}));
    command.add_option("ARGUMENT", options->argument,
                       "rate: 1/64 to 64. step: message (default), instant, external, or a "
                       "duration such as 500ms");
    command.add_flag("--json", options->json, "One JSON object");
    command.footer(
        "Pause and step print the Mark and state hash that all replicas reported.\n"
        "Exit code 1: replicas differ, or the session refused.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
