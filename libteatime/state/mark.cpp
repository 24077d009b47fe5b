#include "teatime/state/mark.h"

#include <fmt/format.h>

#include <charconv>

namespace teatime {
namespace {

bool parse_number(std::string_view text, std::uint64_t& number) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string to_string(const Mark& mark) {
    std::string text;
    if (mark.branch) text = fmt::format("{}/", mark.branch.value);
    text += to_string(mark.time);
    if (!mark.whole_instant()) text += fmt::format("#{}", mark.n);
    return text;
}

result<Mark> parse_mark(std::string_view text) {
    Mark mark;
    auto refuse = [&](std::string_view part, std::string_view what) {
        return wrong_usage(fmt::format(
            "`{}` is no Mark: `{}` is no {}; write 12.5s (after that whole instant), 12.5s#3 "
            "(after its third message), or 2/12.5s#3 (on branch 2)",
            text, part, what));
    };
    std::string_view rest = text;
    if (std::size_t slash = rest.find('/'); slash != rest.npos) {
        std::string_view part = rest.substr(0, slash);
        if (!parse_number(part, mark.branch.value)) return refuse(part, "branch number");
        rest.remove_prefix(slash + 1);
    }
    if (std::size_t number = rest.find('#'); number != rest.npos) {
        std::string_view part = rest.substr(number + 1);
        if (!parse_number(part, mark.n) || mark.whole_instant()) {
            return refuse(part, "number of messages");
        }
        rest = rest.substr(0, number);
    }
    auto time = parse_duration(rest);
    if (!time) return refuse(rest, "time");
    mark.time = VirtualTime(*time);
    return mark;
}

}  // namespace teatime
