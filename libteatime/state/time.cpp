#include "teatime/state/time.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "decimal.h"

namespace teatime {
namespace {

constexpr std::uint64_t kSecond = 1'000'000;
constexpr std::uint64_t kMinute = 60 * kSecond;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr std::uint64_t kLargest = std::uint64_t{1} << 63;  // magnitude of the smallest int64

struct Unit {
    std::string_view name;
    std::uint64_t micros;
};
constexpr std::array kUnits{Unit{"us", 1},        Unit{"\u00b5s", 1},   Unit{"ms", 1000},
                            Unit{"s", kSecond},   Unit{"sec", kSecond}, Unit{"m", kMinute},
                            Unit{"min", kMinute}, Unit{"h", kHour},     Unit{"d", 24 * kHour}};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

bool add(std::uint64_t& sum, std::uint64_t more) {
    return !__builtin_add_overflow(sum, more, &sum) && sum <= kLargest;
}

/// `1:02:03.25`: hours, minutes and seconds, or minutes and seconds.
bool parse_clock(std::string_view text, std::uint64_t& micros) {
    auto colons = std::count(text.begin(), text.end(), ':');
    if (colons > 2) return false;
    for (auto left = colons; left >= 0; --left) {
        std::size_t end = std::min(text.find(':'), text.size());
        std::string_view part = text.substr(0, end);
        std::uint64_t unit = left == 2 ? kHour : left == 1 ? kMinute : kSecond;
        std::uint64_t value = 0;
        bool whole = std::all_of(part.begin(), part.end(), is_digit);
        if (part.empty() || !is_digit(part.front()) || (left > 0 && !whole)) return false;
        if (!parse_decimal(part, unit, value) || !add(micros, value)) return false;
        if (left < colons && value >= 60 * unit) return false;  // 1:75 is a slip, not 2:15
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return true;
}

/// `12.5s`, `500 ms`, `1h30min`: larger units first.
bool parse_units(std::string_view text, std::uint64_t& micros) {
    if (text.empty()) return false;
    std::uint64_t last_unit = std::numeric_limits<std::uint64_t>::max();
    while (!text.empty()) {
        std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
        std::string_view number = text.substr(0, digits);
        text = trimmed(text.substr(digits));
        std::size_t letters = std::min(text.find_first_of("0123456789. "), text.size());
        std::string_view name = text.substr(0, letters);
        text = trimmed(text.substr(letters));
        auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                 [&](const Unit& candidate) { return candidate.name == name; });
        if (unit == kUnits.end() || unit->micros >= last_unit) return false;
        last_unit = unit->micros;
        std::uint64_t value = 0;
        if (!parse_decimal(number, unit->micros, value) || !add(micros, value)) return false;
    }
    return true;
}

}  // namespace

std::string to_string(Duration duration) {
    return decimal_text(duration.count(), 6) + 's';
}

std::string to_string(VirtualTime time) {
    return to_string(time.time_since_epoch());
}

result<Duration> parse_duration(std::string_view text) {
    std::string_view rest = trimmed(text);
    bool negative = rest.starts_with('-');
    if (negative || rest.starts_with('+')) rest.remove_prefix(1);
    std::uint64_t micros = 0;
    bool clock = rest.find(':') != rest.npos;
    bool good = rest == "0" || (clock ? parse_clock(rest, micros) : parse_units(rest, micros));
    if (!good || (micros == kLargest && !negative)) {
        return wrong_usage(
            fmt::format("`{}` is no time; write 12.5s, 500ms, 250us, 2min, 1h30min or 1:02:03.25 "
                        "(whole microseconds, at most 292,000 years)",
                        text));
    }
    return Duration(static_cast<std::int64_t>(negative ? 0 - micros : micros));
}

std::string to_milliseconds_text(VirtualTime time) {
    return decimal_text(time.time_since_epoch().count(), 3);
}

result<VirtualTime> parse_milliseconds(std::string_view text) {
    std::size_t point = text.find('.');
    bool good = !text.empty() && is_digit(text.front()) &&
                (point == text.npos || text.size() - point - 1 <= 3);
    std::uint64_t micros = 0;
    if (!good || !parse_decimal(text, 1000, micros) || micros == kLargest) {
        return wrong_usage(fmt::format(
            "`{}` is no time in milliseconds; expected digits with at most three decimals", text));
    }
    return VirtualTime(Duration(static_cast<std::int64_t>(micros)));
}

}  // namespace teatime
