#include "teatime/state/expression.h"

#include <algorithm>
#include <cmath>
#include <compare>

#include "expression_node.h"
#include "teatime/state/json.h"

namespace teatime {
namespace {

using Node = Expression::Node;

bool is_number(const Value& value) {
    return value.if_int() || value.if_uint() || value.if_double();
}

__int128 whole(const Value& value) {
    if (const std::int64_t* integer = value.if_int()) return *integer;
    return static_cast<__int128>(*value.if_uint());
}

/// Exact: neither of them is rounded to the other's type.
std::partial_ordering compare_whole(__int128 integer, double real) {
    if (std::isnan(real)) return std::partial_ordering::unordered;
    constexpr double kBeyond = 18446744073709551616.0;  // 2^64
    if (real >= kBeyond) return std::partial_ordering::less;
    if (real < -kBeyond) return std::partial_ordering::greater;
    double below = std::floor(real);
    auto floor = static_cast<__int128>(below);
    if (integer != floor) return integer <=> floor;
    return below < real ? std::partial_ordering::less : std::partial_ordering::equivalent;
}

/// Requires: numbers.
std::partial_ordering compare_numbers(const Value& left, const Value& right) {
    const double* left_real = left.if_double();
    const double* right_real = right.if_double();
    if (left_real && right_real) return *left_real <=> *right_real;
    if (right_real) return compare_whole(whole(left), *right_real);
    if (left_real) return 0 <=> compare_whole(whole(right), *left_real);
    return whole(left) <=> whole(right);
}

/// Numbers by their values and objects in any order, which Value's own == tells apart.
bool same(const Value& left, const Value& right) {
    if (is_number(left) && is_number(right)) return compare_numbers(left, right) == 0;
    if (const Value::List* list = left.if_list()) {
        const Value::List* other = right.if_list();
        return other && std::equal(list->begin(), list->end(), other->begin(), other->end(), same);
    }
    if (const Value::Entries* entries = left.if_entries()) {
        const Value::Entries* others = right.if_entries();
        return others && entries->size() == others->size() &&
               std::all_of(entries->begin(), entries->end(), [&](const auto& entry) {
                   const Value* other = right.find(entry.first);
                   return other && same(entry.second, *other);
               });
    }
    return left == right;
}

std::partial_ordering order(const Value& left, const Value& right) {
    if (is_number(left) && is_number(right)) return compare_numbers(left, right);
    if (left.if_string() && right.if_string()) return *left.if_string() <=> *right.if_string();
    return std::partial_ordering::unordered;
}

bool contains(const Value& whole, const Value& part) {
    if (const Value::List* list = whole.if_list()) {
        return std::any_of(list->begin(), list->end(),
                           [&](const Value& element) { return same(element, part); });
    }
    const std::string* text = whole.if_string();
    const std::string* wanted = part.if_string();
    return text && wanted && text->find(*wanted) != text->npos;
}

bool compare(const Value& left, Comparison comparison, const Value& right) {
    switch (comparison) {
        case Comparison::equal:
            return same(left, right);
        case Comparison::not_equal:
            return !same(left, right);
        case Comparison::less:
            return order(left, right) < 0;
        case Comparison::less_equal:
            return order(left, right) <= 0;
        case Comparison::greater:
            return order(left, right) > 0;
        case Comparison::greater_equal:
            return order(left, right) >= 0;
        case Comparison::contains:
            return contains(left, right);
    }
    return false;
}

const Value* step_into(const Value& value, const Node::Step& step) {
    if (const std::string* name = std::get_if<std::string>(&step)) return value.find(*name);
    const Value::List* list = value.if_list();
    std::uint64_t index = std::get<std::uint64_t>(step);
    return list && index < list->size() ? &(*list)[index] : nullptr;
}

/// Of a literal or a field.
const Value& value_of(const Node& node, const MessageFacts& message) {
    static const Value kNull;
    if (node.what == Node::What::literal) return node.value;
    const Value* value = &message[node.field];
    for (const Node::Step& step : node.steps) {
        value = step_into(*value, step);
        if (!value) return kNull;
    }
    return *value;
}

bool is_true(const Value& value) {
    const bool* truth = value.if_bool();
    return truth && *truth;
}

bool evaluate(const Node& node, const MessageFacts& message) {
    auto holds = [&](const Node& part) { return evaluate(part, message); };
    switch (node.what) {
        case Node::What::any:
            return std::any_of(node.parts.begin(), node.parts.end(), holds);
        case Node::What::all:
            return std::all_of(node.parts.begin(), node.parts.end(), holds);
        case Node::What::none:
            return !holds(node.parts[0]);
        case Node::What::compare:
            return compare(value_of(node.parts[0], message), node.comparison,
                           value_of(node.parts[1], message));
        default:
            return is_true(value_of(node, message));
    }
}

/// What can come out for the messages of a group: yes for some, no for some.
struct Possible {
    bool yes = true, no = true;
};

/// Of a field that lies between two values in all of them.
Possible between(const Value& least, const Value& most, Comparison comparison,
                 const Value& literal) {
    switch (comparison) {
        case Comparison::less:
        case Comparison::less_equal:
            return {compare(least, comparison, literal), !compare(most, comparison, literal)};
        case Comparison::greater:
        case Comparison::greater_equal:
            return {compare(most, comparison, literal), !compare(least, comparison, literal)};
        case Comparison::equal:
        case Comparison::not_equal: {
            bool inside = order(least, literal) <= 0 && order(literal, most) <= 0;
            Possible equal{inside, !(same(least, literal) && same(literal, most))};
            if (comparison == Comparison::equal) return equal;
            return {equal.no, equal.yes};
        }
        default:
            return {};
    }
}

Possible among(const std::vector<Value>& values, Comparison comparison, const Value& literal,
               bool literal_first) {
    Possible possible{false, false};
    for (const Value& value : values) {
        bool yes = literal_first ? compare(literal, comparison, value)
                                 : compare(value, comparison, literal);
        (yes ? possible.yes : possible.no) = true;
    }
    return possible;
}

Comparison turned(Comparison comparison) {
    switch (comparison) {
        case Comparison::less:
            return Comparison::greater;
        case Comparison::less_equal:
            return Comparison::greater_equal;
        case Comparison::greater:
            return Comparison::less;
        case Comparison::greater_equal:
            return Comparison::less_equal;
        default:
            return comparison;
    }
}

Value micros_value(VirtualTime time) {
    return std::int64_t{time.time_since_epoch().count()};
}

/// A comparison of a field with a literal, seen with the field on the left; all else is open.
struct Asked {
    const Node* field = nullptr;
    const Node* literal = nullptr;
    bool literal_first = false;

    explicit Asked(const Node& compare) {
        const Node& left = compare.parts[0];
        const Node& right = compare.parts[1];
        literal_first = left.what == Node::What::literal;
        const Node& one = literal_first ? right : left;
        const Node& other = literal_first ? left : right;
        if (one.what != Node::What::field || other.what != Node::What::literal ||
            !one.steps.empty())
            return;
        field = &one;
        literal = &other;
    }
};

Possible possible_comparison(const Node& node, const MessageGroup& group) {
    Asked asked(node);
    if (!asked.field) return {};
    const Value& literal = asked.literal->value;
    Comparison comparison = node.comparison;
    bool contains = comparison == Comparison::contains;
    switch (asked.field->field) {
        case MessageField::time:
        case MessageField::seq: {
            if (asked.literal_first) comparison = turned(comparison);
            bool time = asked.field->field == MessageField::time;
            Value least = time ? micros_value(group.first().time) : Value(group.first().seq.value);
            Value most = time ? micros_value(group.last().time) : Value(group.last().seq.value);
            return between(least, most, comparison, literal);
        }
        case MessageField::args:
        case MessageField::payload:
            return {};
        default:
            break;
    }
    if (const auto* values = group.values(asked.field->field)) {
        return among(*values, comparison, literal, asked.literal_first);
    }
    if (contains || group.may_have(asked.field->field, literal)) return {};
    if (comparison == Comparison::equal) return {false, true};
    if (comparison == Comparison::not_equal) return {true, false};
    return {};
}

/// Conservative: parts are taken as if they did not depend on each other.
Possible possible(const Node& node, const MessageGroup& group) {
    switch (node.what) {
        case Node::What::any:
        case Node::What::all: {
            // For `all`: yes where every part can be, no where one can; for `any` the other way.
            bool all = node.what == Node::What::all;
            Possible sum{all, !all};
            for (const Node& part : node.parts) {
                Possible its = possible(part, group);
                sum.yes = all ? sum.yes && its.yes : sum.yes || its.yes;
                sum.no = all ? sum.no || its.no : sum.no && its.no;
            }
            return sum;
        }
        case Node::What::none: {
            Possible its = possible(node.parts[0], group);
            return {its.no, its.yes};
        }
        case Node::What::compare:
            return possible_comparison(node, group);
        case Node::What::literal:
            return {is_true(node.value), !is_true(node.value)};
        default:
            return {};
    }
}

using Reach = Expression::Reach;

/// What time or seq a comparison leaves, as a range; the whole of it where it says nothing.
Reach reach_of_comparison(const Node& node, bool negated) {
    Asked asked(node);
    Reach reach;
    if (!asked.field) return reach;
    const std::int64_t* literal = asked.literal->value.if_int();
    if (!literal) return reach;
    Comparison comparison = asked.literal_first ? turned(node.comparison) : node.comparison;
    if (negated) {
        constexpr Comparison kOpposite[] = {Comparison::not_equal,     Comparison::equal,
                                            Comparison::greater_equal, Comparison::greater,
                                            Comparison::less_equal,    Comparison::less};
        if (comparison == Comparison::contains) return reach;
        comparison = kOpposite[static_cast<std::size_t>(comparison)];
    }
    // Strict comparisons as if they were not: one message more is read, and nothing overflows.
    bool below = comparison == Comparison::less || comparison == Comparison::less_equal ||
                 comparison == Comparison::equal;
    bool above = comparison == Comparison::greater || comparison == Comparison::greater_equal ||
                 comparison == Comparison::equal;
    if (asked.field->field == MessageField::time) {
        if (below) reach.to = VirtualTime(Duration(*literal));
        if (above) reach.from = VirtualTime(Duration(*literal));
    } else if (asked.field->field == MessageField::seq) {
        auto seq = static_cast<std::uint64_t>(std::max<std::int64_t>(*literal, 0));
        if (below) reach.last = {seq};
        if (above) reach.first = {seq};
    }
    return reach;
}

Reach reach_of(const Node& node, bool negated) {
    switch (node.what) {
        case Node::What::any:
        case Node::What::all: {
            bool intersect = (node.what == Node::What::all) != negated;
            Reach sum = reach_of(node.parts[0], negated);
            for (std::size_t i = 1; i < node.parts.size(); ++i) {
                Reach its = reach_of(node.parts[i], negated);
                sum.from = intersect ? std::max(sum.from, its.from) : std::min(sum.from, its.from);
                sum.to = intersect ? std::min(sum.to, its.to) : std::max(sum.to, its.to);
                sum.first =
                    intersect ? std::max(sum.first, its.first) : std::min(sum.first, its.first);
                sum.last = intersect ? std::min(sum.last, its.last) : std::max(sum.last, its.last);
            }
            return sum;
        }
        case Node::What::none:
            return reach_of(node.parts[0], !negated);
        case Node::What::compare:
            return reach_of_comparison(node, negated);
        default:
            return {};
    }
}

void write(std::string& out, const Node& node) {
    auto write_part = [&](const Node& part, bool in_parentheses) {
        if (in_parentheses) out += '(';
        write(out, part);
        if (in_parentheses) out += ')';
    };
    switch (node.what) {
        case Node::What::any:
        case Node::What::all:
            for (std::size_t i = 0; i < node.parts.size(); ++i) {
                if (i > 0) out += node.what == Node::What::any ? " || " : " && ";
                Node::What inner = node.parts[i].what;
                write_part(node.parts[i],
                           inner == Node::What::any ||
                               (node.what == Node::What::all && inner == Node::What::all));
            }
            return;
        case Node::What::none: {
            Node::What inner = node.parts[0].what;
            out += '!';
            write_part(node.parts[0], inner == Node::What::any || inner == Node::What::all ||
                                          inner == Node::What::compare);
            return;
        }
        case Node::What::compare:
            write(out, node.parts[0]);
            out += ' ';
            out += kComparisons[static_cast<std::size_t>(node.comparison)];
            out += ' ';
            write(out, node.parts[1]);
            return;
        case Node::What::literal:
            out += node.is_time ? to_string(Duration(*node.value.if_int())) : to_json(node.value);
            return;
        case Node::What::field:
            out += kFields[static_cast<std::size_t>(node.field)];
            for (const Node::Step& step : node.steps) {
                out += '[';
                if (const std::string* name = std::get_if<std::string>(&step)) {
                    append_json_string(out, *name);
                } else {
                    out += std::to_string(std::get<std::uint64_t>(step));
                }
                out += ']';
            }
            return;
    }
}

}  // namespace

bool Expression::holds(const MessageFacts& message) const {
    return evaluate(*root_, message);
}

bool Expression::may_hold(const MessageGroup& group) const {
    return possible(*root_, group).yes;
}

Expression::Reach Expression::reach() const {
    return reach_of(*root_, false);
}

std::string Expression::text() const {
    std::string out;
    write(out, *root_);
    return out;
}

bool Expression::operator==(const Expression& other) const {
    return *root_ == *other.root_;
}

}  // namespace teatime
