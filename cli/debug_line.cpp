#include "debug_line.h"

#include <fmt/format.h>

#include <map>

#include "time_words.h"

namespace teatime::cli {
namespace {

using What = DebugLine::What;
using Op = session::TimeRequest::Op;

/// The first word; `rest` goes on behind it.
std::string word(std::string_view& rest) {
    auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!rest.empty() && blank(rest.front())) rest.remove_prefix(1);
    while (!rest.empty() && blank(rest.back())) rest.remove_suffix(1);
    std::size_t end = 0;
    while (end < rest.size() && !blank(rest[end])) ++end;
    std::string found(rest.substr(0, end));
    rest.remove_prefix(end);
    while (!rest.empty() && blank(rest.front())) rest.remove_prefix(1);
    return found;
}

result<DebugLine> parse_time(const std::string& verb, std::string_view rest) {
    DebugLine line{What::time, {}, {}, {}};
    auto request = parse_time_request(verb, std::string(rest));
    if (!request) return request.error();
    line.time = *request;
    return line;
}

}  // namespace

result<DebugLine> parse_debug_line(std::string_view text) {
    static const std::map<std::string, What> kWords{
        {"pause", What::time},      {"resume", What::time},     {"rate", What::time},
        {"step", What::time},       {"until", What::time},      {"lead", What::lead},
        {"hand", What::hand},       {"release", What::release}, {"note", What::note},
        {"notes", What::notes},     {"who", What::who},         {"where", What::where},
        {"waiting", What::waiting}, {"state", What::state},     {"point", What::point},
        {"follow", What::follow},   {"go", What::go},           {"back", What::back},
        {"help", What::help},       {"quit", What::quit},       {"", What::nothing}};
    std::string verb = word(text);
    auto known = kWords.find(verb);
    if (known == kWords.end())
        return wrong_usage(fmt::format("there is no command \"{}\"; help lists them", verb));
    if (known->second == What::time) return parse_time(verb, text);
    DebugLine line{known->second, {}, {}, {}};
    if (line.what == What::note && text.starts_with('@')) {
        auto mark = parse_mark(word(text).substr(1));
        if (!mark) return mark.error();
        line.mark = *mark;
    }
    if (line.what == What::back) {
        auto request = parse_time_request("step", std::string(text));
        if (!request) return request.error();
        line.time = *request;
        return line;
    }
    if (line.what == What::go) {
        if (text.empty()) return wrong_usage("go where? to a time or a Mark: 12.5s or 12.5s#3");
        auto mark = parse_mark(text);
        if (!mark) return mark.error();
        line.mark = *mark;
        return line;
    }
    line.text = text;
    bool takes = line.what == What::note || line.what == What::hand || line.what == What::state ||
                 line.what == What::point;
    if (!takes && !text.empty())
        return wrong_usage(fmt::format("{} takes no argument, got \"{}\"", verb, text));
    if (line.what == What::hand && text.empty()) return wrong_usage("hand to whom? who lists all");
    if (line.what == What::note && text.empty()) return wrong_usage("a note needs a text");
    return line;
}

}  // namespace teatime::cli
