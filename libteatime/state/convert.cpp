#include <algorithm>

#include "teatime/state/codec.h"
#include "teatime/state/json.h"

namespace teatime::detail {
namespace {
constexpr std::size_t kShownValue = 60;  // characters of a wrong value in a message
constexpr double kTwo63 = 9223372036854775808.0;
}  // namespace

Error mismatch(std::string_view expected, const Value& got) {
    std::string shown = to_json(got);
    if (shown.size() > kShownValue) shown = shown.substr(0, kShownValue) + "...";
    return wrong_usage("expected " + std::string(expected) + ", got " + shown);
}

std::string unit_name(std::intmax_t num, std::intmax_t den) {
    struct Unit {
        std::intmax_t num, den;
        const char* name;
    };
    static constexpr Unit kUnits[] = {
        {1, 1'000'000'000, "ns"}, {1, 1'000'000, "us"}, {1, 1000, "ms"}, {1, 1, "s"},
        {60, 1, "min"},           {3600, 1, "h"},       {86400, 1, "d"}};
    for (const Unit& unit : kUnits) {
        if (unit.num == num && unit.den == den) return unit.name;
    }
    return std::to_string(num) + "/" + std::to_string(den);
}

bool exact_integer(const Value& value, std::int64_t& number) {
    if (const std::int64_t* integer = value.if_int()) {
        number = *integer;
        return true;
    }
    const double* real = value.if_double();
    if (!real || !(*real >= -kTwo63 && *real < kTwo63)) return false;
    number = static_cast<std::int64_t>(*real);
    return static_cast<double>(number) == *real;
}

bool exact_unsigned(const Value& value, std::uint64_t& number) {
    if (const std::uint64_t* large = value.if_uint()) {
        number = *large;
        return true;
    }
    const double* real = value.if_double();
    if (real && *real >= kTwo63 && *real < 2 * kTwo63) {
        number = static_cast<std::uint64_t>(*real);
        return true;
    }
    std::int64_t integer = 0;
    if (!exact_integer(value, integer) || integer < 0) return false;
    number = static_cast<std::uint64_t>(integer);
    return true;
}

bool exact_floating(const Value& value, double& number) {
    if (const double* real = value.if_double()) {
        number = *real;
        return true;
    }
    if (const std::int64_t* integer = value.if_int()) {
        number = static_cast<double>(*integer);
        return number < kTwo63 && static_cast<std::int64_t>(number) == *integer;
    }
    if (const std::uint64_t* large = value.if_uint()) {
        number = static_cast<double>(*large);
        return number < 2 * kTwo63 && static_cast<std::uint64_t>(number) == *large;
    }
    return false;
}

const Value* find_member(const Value& from, std::string_view name, std::size_t index) {
    if (const Value::List* list = from.if_list()) {
        return index < list->size() ? &(*list)[index] : nullptr;
    }
    return from.find(name);
}

result<void> check_members(const Value& from, std::span<const std::string_view> names) {
    if (const Value::List* list = from.if_list()) {
        if (list->size() <= names.size()) return {};
        return mismatch("a list of at most " + std::to_string(names.size()), from);
    }
    const Value::Entries* entries = from.if_entries();
    if (!entries) return mismatch("an object or a list", from);
    for (const auto& [name, value] : *entries) {
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            return mismatch("no member named \"" + name + "\"", from);
        }
    }
    return {};
}

}  // namespace teatime::detail
