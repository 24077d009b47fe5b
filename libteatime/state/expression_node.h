#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "teatime/state/expression.h"

namespace teatime {

enum class Comparison : std::uint8_t {
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    contains
};
inline constexpr std::array<std::string_view, 7> kComparisons{
    "==", "!=", "<", "<=", ">", ">=", "contains"};
inline constexpr std::array<std::string_view, 8> kFields{"time",   "seq",      "sender", "kind",
                                                         "target", "selector", "args",   "payload"};

/// One operator with its operands, a literal or a field. The parser bounds the depth, so that
/// whatever walks over it may call itself.
struct Expression::Node {
    enum class What : std::uint8_t { any, all, none, compare, literal, field };
    using Step = std::variant<std::uint64_t, std::string>;

    What what = What::literal;
    Comparison comparison{};    ///< of compare
    MessageField field{};       ///< of field
    bool is_time = false;       ///< of literal: microseconds
    Value value{};              ///< of literal
    std::vector<Step> steps{};  ///< of field: from its value on
    std::vector<Node> parts{};  ///< any, all: two or more; none: one; compare: two
    bool operator==(const Node&) const = default;
};

}  // namespace teatime
