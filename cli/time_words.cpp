#include "time_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace teatime::cli {

result<session::TimeRequest> parse_time_request(const std::string& verb,
                                                const std::string& argument) {
    using Op = session::TimeRequest::Op;
    using session::StepBy;
    session::TimeRequest request;
    const std::vector<std::string> verbs{"pause", "resume", "rate", "step", "until"};
    if (std::find(verbs.begin(), verbs.end(), verb) == verbs.end()) {
        return wrong_usage(fmt::format(
            "time does not \"{}\"; write pause, resume, rate 4, step or until 12.5s", verb));
    }
    bool takes = verb == "rate" || verb == "step" || verb == "until";
    if (!takes && !argument.empty()) {
        return wrong_usage(fmt::format("{} takes no argument, got \"{}\"", verb, argument));
    }
    if (verb == "pause") {
        request.op = Op::pause;
    } else if (verb == "resume") {
        request.op = Op::resume;
    } else if (verb == "rate") {
        request.op = Op::rate;
        if (argument.empty()) return wrong_usage("which rate? 0.25, 4 or 1/64; 1/64 to 64");
        auto rate = session::parse_rate(argument);
        if (!rate) return rate.error();
        request.rate = *rate;
    } else if (verb == "until" && argument.empty()) {
        return wrong_usage("until when? a time or a Mark ahead: 12.5s or 12.5s#3");
    } else if (verb == "until" || argument.starts_with("to ")) {
        auto mark = parse_mark(verb == "until" ? argument : argument.substr(3));
        if (!mark) return mark.error();
        request.op = verb == "until" ? Op::until : Op::step;
        request.by = StepBy::mark;
        request.mark = *mark;
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

Value::Entries to_entries(const session::TimeState& state, const session::StepOutcome* outcome) {
    Value::List groups;
    Value::List missing;
    if (outcome) {
        for (const session::Agreement& group : outcome->groups) {
            Value::List members;
            for (MemberId member : group.members) members.push_back(member.value);
            groups.push_back(Value::Entries{{"mark", to_string(group.mark)},
                                            {"hash", to_string(group.hash)},
                                            {"members", members}});
        }
        for (MemberId member : outcome->missing) missing.push_back(member.value);
    }
    return {{"paused", state.paused},
            {"rate", to_string(state.rate)},
            {"time", to_string(state.time)},
            {"waiting", state.held},
            {"groups", groups},
            {"missing", missing}};
}

std::string numbers(const std::vector<MemberId>& members) {
    std::string list;
    for (MemberId member : members) list += fmt::format(" {}", member.value);
    return list;
}

}  // namespace teatime::cli
