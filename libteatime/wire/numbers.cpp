#include "numbers.h"

#include <charconv>
#include <limits>

namespace teatime::wire {
namespace {

/// `number * 10^shift`, cut to a whole number; the largest 64-bit number where it is larger.
/// Nothing where it is negative or no JSON number.
std::optional<std::uint64_t> parse_shifted(std::string_view number, int shift) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
    if (number.starts_with('-')) return std::nullopt;
    std::size_t mantissa_size = std::min(number.find_first_of("eE"), number.size());
    if (mantissa_size < number.size()) {
        std::string_view exponent = number.substr(mantissa_size + 1);
        if (exponent.starts_with('+')) exponent.remove_prefix(1);
        int value = 0;
        auto [end, error] =
            std::from_chars(exponent.data(), exponent.data() + exponent.size(), value);
        if (error == std::errc::invalid_argument || end != exponent.data() + exponent.size())
            return std::nullopt;
        if (error != std::errc()) value = exponent.starts_with('-') ? -1'000'000 : 1'000'000;
        shift += std::clamp(value, -1'000'000, 1'000'000);
    }
    std::string_view mantissa = number.substr(0, mantissa_size);
    std::size_t whole = std::min(mantissa.find('.'), mantissa.size());
    std::string_view decimals = mantissa.substr(std::min(whole + 1, mantissa.size()));
    // Digits up to where the shifted point stands, then zeros.
    auto wanted = static_cast<std::int64_t>(whole) + shift;
    std::uint64_t result = 0;
    bool any = false;
    auto push = [&](unsigned digit) {
        if (__builtin_mul_overflow(result, 10u, &result) ||
            __builtin_add_overflow(result, digit, &result))
            result = kMost;
        return result != kMost;
    };
    for (std::string_view part : {mantissa.substr(0, whole), decimals}) {
        for (char c : part) {
            if (c < '0' || c > '9') return std::nullopt;
            any = true;
            if (wanted-- > 0 && !push(static_cast<unsigned>(c - '0'))) return kMost;
        }
    }
    if (!any) return std::nullopt;
    while (result != 0 && wanted-- > 0) {
        if (!push(0)) return kMost;
    }
    return result;
}

}  // namespace

Seq seq_near(std::uint32_t wire, Seq near) {
    std::uint32_t low = wire - wire_seq(Seq{0});
    auto distance = static_cast<std::int32_t>(low - static_cast<std::uint32_t>(near.value));
    std::uint64_t seq = near.value + static_cast<std::uint64_t>(std::int64_t{distance});
    return {distance < 0 && seq > near.value ? seq + (std::uint64_t{1} << 32) : seq};
}

std::optional<std::uint64_t> parse_whole(std::string_view number) {
    std::uint64_t value = 0;
    const char* end = number.data() + number.size();
    auto [stop, error] = std::from_chars(number.data(), end, value);
    if (error != std::errc() || stop != end) return std::nullopt;
    return value;
}

std::optional<std::uint32_t> parse_wire_seq(std::string_view number) {
    auto value = parse_whole(number);
    if (!value || *value > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    return static_cast<std::uint32_t>(*value);
}

std::optional<Duration> parse_js_milliseconds(std::string_view number) {
    auto micros = parse_shifted(number, 3);
    if (!micros || *micros > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return std::nullopt;
    return Duration(static_cast<std::int64_t>(*micros));
}

std::optional<session::Rate> parse_js_rate(std::string_view number) {
    auto billionths = parse_shifted(number, 9);
    if (!billionths) return std::nullopt;
    if (*billionths == 0) {
        bool zero =
            number.substr(0, number.find_first_of("eE")).find_first_of("123456789") == number.npos;
        if (zero) return std::nullopt;
        billionths = 1;
    }
    constexpr std::uint64_t kUnit = 1'000'000'000;
    return session::Rate::of(std::min(*billionths, 1'000 * kUnit), kUnit);
}

}  // namespace teatime::wire
