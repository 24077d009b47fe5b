#include "where.h"

#include <algorithm>
#include <cstdio>

#include "output.h"

namespace teatime::cli {
namespace {

bool begins_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

/// The text around a place, and a caret below the place.
std::string pointed_at(std::string text, std::size_t at) {
    constexpr std::size_t kAround = 60;  // bytes before and behind
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    std::size_t begin = at > kAround ? at - kAround : 0;
    std::size_t end = std::min(text.size(), at + kAround);
    while (begin > 0 && !begins_character(text[begin])) --begin;
    while (end < text.size() && !begins_character(text[end])) ++end;
    std::string before = (begin > 0 ? "..." : "") + text.substr(begin, at - begin);
    std::string behind = text.substr(at, end - at) + (end < text.size() ? "..." : "");
    return "  " + printable(before + behind) + "\n  " + std::string(characters(before), ' ') +
           "^\n";
}

}  // namespace

Option Where::add_to(Command& command, const std::string& help) {
    return command.option("--where", text_, help).value_name("EXPRESSION");
}

std::optional<Expression> Where::read() const {
    std::size_t error_at = 0;
    auto expression = Expression::parse(text_, &error_at);
    if (expression) return *expression;
    fail({expression.error().kind, "--where, " + expression.error().message});
    std::string lines = pointed_at(text_.substr(0, Expression::kMaxText), error_at);
    std::fwrite(lines.data(), 1, lines.size(), stderr);
    return std::nullopt;
}

const char* const kExpressionHelp =
    "EXPRESSION asks each message, for example\n"
    "  --where 'selector == \"click\" && args[0] > 10'\n"
    "  --where 'time > 12.5s && !(sender == 3 || target == \"clock\")'\n"
    "  --where 'kind == \"router\" && payload contains \"joined\"'\n"
    "Fields: time seq sender target selector args[0] args[0].x args[0][\"a b\"] payload (its "
    "text)\n"
    "and kind: \"call\", \"router\" (what it says itself) or \"other\" (as where it is "
    "encrypted).\n"
    "Operators: == != < <= > >= contains && || ! ( ). Values: 5 -2.5 12.5s 500ms 1:02:03 \"text\"\n"
    "'text' true false null. An argument that is not there is null. What is of different kinds is\n"
    "not equal, nor above or below: 5 is not \"5\".";

}  // namespace teatime::cli
