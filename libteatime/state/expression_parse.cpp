#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "expression_node.h"
#include "teatime/state/json.h"

namespace teatime {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_figure(char c) {
    return c >= '0' && c <= '9';
}

/// Levenshtein's distance.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

/// What somebody may have meant by a name that is none here: words of other languages and of our
/// own output, else the nearest name. Empty: nothing comes near.
std::string_view meant_by(std::string_view name) {
    constexpr std::pair<std::string_view, std::string_view> kOthers[] = {
        {"and", "&&"},       {"or", "||"},        {"not", "!"},         {"arguments", "args"},
        {"arg", "args"},     {"from", "sender"},  {"member", "sender"}, {"message", "seq"},
        {"what", "payload"}, {"text", "payload"}, {"True", "true"},     {"False", "false"},
        {"None", "null"},    {"nil", "null"},     {"in", "contains"},   {"like", "contains"}};
    for (const auto& [other, ours] : kOthers) {
        if (name == other) return ours;
    }
    if (name.size() > 20) return {};
    std::string_view nearest;
    std::size_t least = 3;
    auto consider = [&](std::string_view candidate) {
        std::size_t distance = edit_distance(name, candidate);
        if (distance < least && distance < candidate.size() - 1) {
            least = distance;
            nearest = candidate;
        }
    };
    for (std::string_view field : kFields) consider(field);
    for (std::string_view word : {"contains", "true", "false", "null"}) consider(word);
    return nearest;
}

/// What a value can be, as far as the text says.
enum class Sort { any, null, truth, number, text, time, condition };

Sort sort_of(MessageField field) {
    switch (field) {
        case MessageField::time:
            return Sort::time;
        case MessageField::seq:
        case MessageField::sender:
            return Sort::number;
        case MessageField::args:
            return Sort::any;
        default:
            return Sort::text;
    }
}

std::string_view name_of(Sort sort) {
    switch (sort) {
        case Sort::null:
            return "null";
        case Sort::truth:
            return "true or false";
        case Sort::number:
            return "a number";
        case Sort::text:
            return "text";
        case Sort::time:
            return "a time";
        default:
            return "a condition";
    }
}

}  // namespace

/// Recursive descent; every way down goes through parse_not(), which counts the depth.
class Expression::Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}
    std::size_t error_at() const { return error_at_; }

    result<Expression> run() {
        if (text_.size() > kMaxText) {
            return wrong_usage(
                fmt::format("an expression of {} bytes; the limit is {}", text_.size(), kMaxText));
        }
        auto parsed = parse_any();
        if (parsed) {
            skip_blanks();
            if (at_ < text_.size()) parsed = unexpected();
        }
        if (parsed) parsed = as_condition(std::move(*parsed));
        if (!parsed) return parsed.error();
        return Expression(std::make_shared<const Node>(std::move(parsed->node)));
    }

private:
    struct Parsed {
        Node node;
        Sort sort;
        std::size_t begin, end;  ///< of its text
    };
    using What = Node::What;

    Error wrong(std::size_t at, std::string_view sentence) {
        error_at_ = at;
        auto before = text_.substr(0, at);
        auto column = 1 + std::count_if(before.begin(), before.end(), [](char c) {
                          return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
                      });
        return wrong_usage(fmt::format("column {}: {}", column, sentence));
    }
    std::string quoted(const Parsed& part) const {
        std::string_view its = text_.substr(part.begin, part.end - part.begin);
        return fmt::format("`{}{}`", its.substr(0, 40), its.size() > 40 ? "..." : "");
    }
    Error unexpected() {
        skip_blanks();
        if (at_ == text_.size()) {
            return wrong(at_, "the expression ends where a value is expected");
        }
        std::string_view word = word_here();
        if (word == "=") return wrong(at_, "a single = compares nothing; write ==");
        if (word == "&") return wrong(at_, "a single & means nothing; write &&");
        if (word == "|") return wrong(at_, "a single | means nothing; write ||");
        if (word == ")") return wrong(at_, "nothing is open that this ) could close");
        std::string_view meant = meant_by(word);
        if (!meant.empty() && !is_letter(meant.front())) {
            return wrong(at_, fmt::format("`{}` is not expected here; is {} meant?", word, meant));
        }
        return wrong(at_,
                     fmt::format("`{}` is not expected here; && and || join conditions", word));
    }
    /// The name, operator or character that begins here. Requires: not the end.
    std::string_view word_here() const {
        std::string_view rest = text_.substr(at_);
        for (std::string_view two : {"==", "!=", "<=", ">=", "&&", "||"}) {
            if (rest.starts_with(two)) return two;
        }
        std::size_t size = 1;
        auto goes_on = [&](char c) {
            return is_letter(rest.front()) ? is_letter(c) || is_figure(c) : (c & 0xc0) == 0x80;
        };
        while (size < rest.size() && goes_on(rest[size])) ++size;
        return rest.substr(0, size);
    }

    void skip_blanks() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) {
            ++at_;
        }
    }
    bool take(std::string_view token) {
        skip_blanks();
        if (!text_.substr(at_).starts_with(token)) return false;
        at_ += token.size();
        return true;
    }

    result<Parsed> parse_any() {
        return parse_list(What::any, "||", [this] { return parse_all(); });
    }
    result<Parsed> parse_all() {
        return parse_list(What::all, "&&", [this] { return parse_not(); });
    }

    /// One part, or several with the operator between them as one node.
    template <class ParsePart>
    result<Parsed> parse_list(What what, std::string_view token, ParsePart parse_part) {
        auto first = parse_part();
        if (!first || !take(token)) return first;
        auto condition = as_condition(std::move(*first));
        if (!condition) return condition;
        Parsed list{{.what = what}, Sort::condition, condition->begin, 0};
        list.node.parts.push_back(std::move(condition->node));
        do {
            auto part = parse_part();
            if (part) part = as_condition(std::move(*part));
            if (!part) return part;
            list.end = part->end;
            list.node.parts.push_back(std::move(part->node));
        } while (take(token));
        return list;
    }

    result<Parsed> parse_not() {
        skip_blanks();
        std::size_t begin = at_;
        if (++depth_ > kMaxDepth) {
            return wrong(at_, fmt::format("nested deeper than {}", kMaxDepth));
        }
        bool negated =
            at_ < text_.size() && text_[at_] == '!' && !text_.substr(at_).starts_with("!=");
        auto parsed = negated ? parse_negated(begin) : parse_comparison();
        --depth_;
        return parsed;
    }

    result<Parsed> parse_negated(std::size_t begin) {
        ++at_;
        skip_blanks();
        auto part = text_.substr(at_).starts_with('!') ? parse_not() : parse_value();
        if (part) part = as_condition(std::move(*part));
        if (!part) return part;
        std::size_t end = at_;
        skip_blanks();
        if (peek_comparison()) {
            return wrong(begin, "! comes before comparing; write !(a == b) or (a != b)");
        }
        Parsed negation{{.what = What::none}, Sort::condition, begin, end};
        negation.node.parts.push_back(std::move(part->node));
        return negation;
    }

    std::optional<Comparison> peek_comparison() {
        skip_blanks();
        std::string_view rest = text_.substr(at_);
        for (std::size_t i : {0, 1, 3, 5, 2, 4, 6}) {  // <= before <
            if (!rest.starts_with(kComparisons[i])) continue;
            std::size_t size = kComparisons[i].size();
            bool word = is_letter(rest.front()) && size < rest.size() &&
                        (is_letter(rest[size]) || is_figure(rest[size]));
            if (!word) return static_cast<Comparison>(i);
        }
        return std::nullopt;
    }

    result<Parsed> parse_comparison() {
        auto left = parse_value();
        if (!left) return left;
        auto comparison = peek_comparison();
        if (!comparison) return left;
        std::size_t operator_at = at_;
        at_ += kComparisons[static_cast<std::size_t>(*comparison)].size();
        auto right = parse_value();
        if (!right) return right;
        if (auto fits = check(*left, *comparison, *right, operator_at); !fits) return fits.error();
        if (peek_comparison()) {
            return wrong(at_, "comparisons make no chain; write a < b && b < c");
        }
        Parsed parsed{{.what = What::compare, .comparison = *comparison},
                      Sort::condition,
                      left->begin,
                      right->end};
        parsed.node.parts.push_back(std::move(left->node));
        parsed.node.parts.push_back(std::move(right->node));
        return parsed;
    }

    /// Whether these can ever compare as asked.
    result<void> check(const Parsed& left, Comparison comparison, const Parsed& right,
                       std::size_t operator_at) {
        for (const Parsed* side : {&left, &right}) {
            if (side->sort == Sort::condition) {
                return wrong(
                    side->begin,
                    fmt::format("{} is a condition and has no value to compare", quoted(*side)));
            }
        }
        std::string_view name = kComparisons[static_cast<std::size_t>(comparison)];
        if (comparison == Comparison::contains) {
            bool good = (left.sort == Sort::text &&
                         (right.sort == Sort::text || right.sort == Sort::any)) ||
                        (left.sort == Sort::any && right.sort != Sort::time);
            if (good) return {};
            return wrong(operator_at,
                         "contains looks for text in a text or for an element in a list of args");
        }
        bool equality = comparison == Comparison::equal || comparison == Comparison::not_equal;
        for (const Parsed* side : {&left, &right}) {
            bool ordered = side->sort != Sort::null && side->sort != Sort::truth;
            if (equality || ordered) continue;
            return wrong(operator_at, fmt::format("{} is above or below nothing; {} has no answer",
                                                  quoted(*side), name));
        }
        if (left.sort == right.sort) return {};
        bool null = left.sort == Sort::null || right.sort == Sort::null;
        bool time = left.sort == Sort::time || right.sort == Sort::time;
        if (null && !time) return {};
        bool any = left.sort == Sort::any || right.sort == Sort::any;
        if (any && !time) return {};
        if (any) {
            return wrong(operator_at,
                         "a time compares with the field `time` only; durations in args "
                         "are text in seconds, \"0.5s\"");
        }
        const char* hint = time && (left.sort == Sort::number || right.sort == Sort::number)
                               ? "; write times with a unit, 12.5s"
                               : "";
        return wrong(operator_at,
                     fmt::format("{} is {}, {} is {}: they cannot compare{}", quoted(left),
                                 name_of(left.sort), quoted(right), name_of(right.sort), hint));
    }

    result<Parsed> as_condition(Parsed parsed) {
        if (parsed.sort == Sort::condition || parsed.sort == Sort::truth ||
            parsed.sort == Sort::any) {
            return parsed;
        }
        return wrong(parsed.begin, fmt::format("{} is {}, no condition; compare it with something",
                                               quoted(parsed), name_of(parsed.sort)));
    }

    result<Parsed> parse_value() {
        skip_blanks();
        if (at_ == text_.size()) return unexpected();
        std::size_t begin = at_;
        char c = text_[at_];
        if (c == '(') {
            ++at_;
            auto inner = parse_any();
            if (!inner) return inner;
            if (!take(")")) {
                skip_blanks();
                if (at_ < text_.size()) return unexpected();
                return wrong(begin, "this ( is never closed");
            }
            inner->begin = begin;
            inner->end = at_;
            return inner;
        }
        if (c == '"' || c == '\'') {
            auto text = parse_text();
            if (!text) return text.error();
            return literal(Sort::text, std::move(*text), begin);
        }
        if (is_figure(c) || (c == '-' && at_ + 1 < text_.size() && is_figure(text_[at_ + 1]))) {
            return parse_number();
        }
        if (is_letter(c)) return parse_name();
        return unexpected();
    }

    Parsed literal(Sort sort, Value value, std::size_t begin) const {
        Node node{.what = What::literal, .is_time = sort == Sort::time, .value = std::move(value)};
        return {std::move(node), sort, begin, at_};
    }

    /// In single quotes the same as in double ones, but for the quote itself.
    result<std::string> parse_text() {
        std::size_t begin = at_;
        char quote = text_[at_++];
        std::string json = "\"";
        for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
            char c = text_[at_];
            if (c == '\\' && at_ + 1 < text_.size()) {
                char next = text_[++at_];
                if (next != '\'') json += c;
                json += next;
            } else if (c == '"') {
                json += "\\\"";
            } else {
                json += c;
            }
        }
        if (at_ == text_.size()) return wrong(begin, "the text that begins here is never closed");
        ++at_;
        auto value = parse_json(json + '"');
        if (!value) {
            return wrong(
                begin,
                "this text has an escape that JSON has not, a control character or no UTF-8");
        }
        return *value->if_string();
    }

    /// A number, or where a unit or a colon follows, a time.
    result<Parsed> parse_number() {
        std::size_t begin = at_;
        auto in_number = [&](std::size_t i) {
            char c = text_[i];
            bool exponent_sign =
                (c == '+' || c == '-') && i > begin && (text_[i - 1] == 'e' || text_[i - 1] == 'E');
            // A unit may be the sign for micro, which is not ASCII.
            return is_figure(c) || is_letter(c) || c == '.' || c == ':' || exponent_sign ||
                   (i == begin && c == '-') || (c & 0x80) != 0;
        };
        while (at_ < text_.size() && in_number(at_)) ++at_;
        std::string_view token = text_.substr(begin, at_ - begin);
        if (auto number = parse_json(token))
            return literal(Sort::number, std::move(*number), begin);
        bool plain = token.find_first_not_of("0123456789.-+eE") == token.npos;
        auto time = plain ? result<Duration>(wrong_usage("")) : parse_duration(token);
        if (time) return literal(Sort::time, std::int64_t{time->count()}, begin);
        return wrong(begin, fmt::format("`{}` is neither a number nor a time such as 12.5s, 500ms "
                                        "or 1:02:03.25",
                                        token.substr(0, 40)));
    }

    std::string_view take_name() {
        std::size_t begin = at_;
        while (at_ < text_.size() && (is_letter(text_[at_]) || is_figure(text_[at_]))) ++at_;
        return text_.substr(begin, at_ - begin);
    }

    result<Parsed> parse_name() {
        std::size_t begin = at_;
        std::string_view name = take_name();
        if (name == "true" || name == "false") return literal(Sort::truth, name == "true", begin);
        if (name == "null") return literal(Sort::null, Value(), begin);
        auto found = std::find(kFields.begin(), kFields.end(), name);
        if (found == kFields.end()) return unknown(name, begin);
        auto field = static_cast<MessageField>(found - kFields.begin());
        Parsed parsed{{.what = What::field, .field = field}, sort_of(field), begin, at_};
        while (at_ < text_.size() && (text_[at_] == '[' || text_[at_] == '.')) {
            if (field != MessageField::args) {
                return wrong(at_, fmt::format("`{}` has no parts; args has", name));
            }
            auto step = parse_step();
            if (!step) return step.error();
            parsed.node.steps.push_back(std::move(*step));
        }
        parsed.end = at_;
        return parsed;
    }

    Error unknown(std::string_view name, std::size_t begin) {
        std::string shown(name.substr(0, 40));
        std::string_view meant = meant_by(name);
        if (!meant.empty()) {
            return wrong(begin, fmt::format("there is no `{}`; is {} meant?", shown, meant));
        }
        return wrong(begin,
                     fmt::format("there is no `{}`; there are {}; text stands in quotes, \"{}\"",
                                 shown, fmt::join(kFields, ", "), shown));
    }

    /// `[3]`, `["a b"]` or `.x`
    result<Node::Step> parse_step() {
        std::size_t begin = at_;
        if (text_[at_++] == '.') {
            std::string_view name = take_name();
            if (name.empty()) return wrong(begin, "a name is expected behind the point");
            return Node::Step(std::string(name));
        }
        skip_blanks();
        Node::Step step;
        if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
            auto text = parse_text();
            if (!text) return text.error();
            step = std::move(*text);
        } else {
            std::size_t digits = at_;
            while (at_ < text_.size() && is_figure(text_[at_])) ++at_;
            auto number = parse_json(text_.substr(digits, at_ - digits));
            if (!number || !number->if_int()) {
                return wrong(begin, "an index such as [0] or a name such as [\"x\"] is expected");
            }
            step = static_cast<std::uint64_t>(*number->if_int());
        }
        if (!take("]")) return wrong(begin, "this [ is never closed");
        return step;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::size_t error_at_ = 0;
};

result<Expression> Expression::parse(std::string_view text, std::size_t* error_at) {
    Parser parser(text);
    auto parsed = parser.run();
    if (!parsed && error_at) *error_at = parser.error_at();
    return parsed;
}

}  // namespace teatime
