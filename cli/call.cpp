#include "call.h"

#include <fmt/format.h>

#include "teatime/state/json.h"
#include "teatime/state/time.h"

namespace teatime::cli {
namespace {

std::string_view trimmed(std::string_view text) {
    std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

result<Call> parse_call(std::string_view text) {
    text = trimmed(text);
    auto wrong = [&](std::string_view why) {
        return wrong_usage(fmt::format(
            "\"{}\" is no message: {}; write target.selector(arguments as JSON), for example "
            "counter.add(2)",
            text, why));
    };
    std::size_t open = text.find('(');
    std::string_view head = trimmed(text.substr(0, open));
    std::size_t dot = head.rfind('.');
    if (dot == head.npos) return wrong("there is no dot between target and selector");
    Call call{
        std::string(trimmed(head.substr(0, dot))), std::string(trimmed(head.substr(dot + 1))), {}};
    if (call.target.empty() || call.selector.empty()) {
        return wrong("target or selector is missing");
    }
    if (open == text.npos) return call;
    if (text.back() != ')') return wrong("the closing parenthesis is missing");
    auto arguments = parse_json(fmt::format("[{}]", text.substr(open + 1, text.size() - open - 2)));
    if (!arguments) return wrong("its arguments are no JSON (" + arguments.error().message + ")");
    call.arguments = *arguments->if_list();
    return call;
}

result<ScriptLine> parse_script_line(std::string_view line) {
    ScriptLine parsed;
    line = trimmed(line);
    if (line.empty() || line.front() == '#') return parsed;
    if (line.starts_with("wait ")) {
        auto wait = parse_duration(trimmed(line.substr(5)));
        if (!wait) return wait.error();
        parsed.what = ScriptLine::What::wait;
        parsed.wait = *wait;
        return parsed;
    }
    auto call = parse_call(line);
    if (!call) return call.error();
    parsed.what = ScriptLine::What::call;
    parsed.call = std::move(*call);
    return parsed;
}

}  // namespace teatime::cli
