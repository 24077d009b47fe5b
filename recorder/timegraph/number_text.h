#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace teatime::timegraph {

/// A number as its text spells it: mantissa / 10^scale. `1.50` is (150, 2), so text and number say
/// the same, and no double is involved. Not every text has one: exponents, a minus before zero and
/// more than 18 digits have not.
struct Decimal {
    std::int64_t mantissa = 0;
    std::uint8_t scale = 0;
    bool operator==(const Decimal&) const = default;
};

inline constexpr int kMaxScale = 18;

/// Reads the number that `text` begins with, as JSON writes numbers; `size` becomes its length.
/// False where there is none, or it is no Decimal.
bool read_decimal(std::string_view text, Decimal& number, std::size_t& size);

/// Writes the text of a number with 0 <= scale <= kMaxScale, at most kMaxDecimalText bytes; returns
/// where it ends.
inline constexpr std::size_t kMaxDecimalText = 24;
char* write_decimal(char* out, Decimal number);

inline constexpr auto kPowersOfTen = [] {
    std::array<std::uint64_t, 20> powers{1};
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
    return powers;
}();

inline constexpr double kRealPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                              1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                              1e14, 1e15, 1e16, 1e17, 1e18};

/// The double nearest to it. About 2 ns; 10 where the mantissa has more bits than a double's.
double real_of_many_digits(Decimal number);
inline double to_real(Decimal number) {
    constexpr std::int64_t kExact = std::int64_t{1} << 53;
    bool is_exact = number.mantissa <= kExact && number.mantissa >= -kExact;
    if (!is_exact) return real_of_many_digits(number);
    // Both are exact, so the quotient is the nearest there is (Clinger: "How to Read Floating Point
    // Numbers Accurately", 1990).
    return static_cast<double>(number.mantissa) / kRealPowersOfTen[number.scale];
}

/// Of that text.
inline std::size_t decimal_size(Decimal number) {
    bool negative = number.mantissa < 0;
    auto magnitude = static_cast<std::uint64_t>(number.mantissa);
    if (negative) magnitude = -magnitude;
    // log10(2) is a little more than 1233 / 4096.
    auto at_least = static_cast<std::size_t>(std::bit_width(magnitude | 1) * 1233) >> 12;
    // One more where it is not below the power; no branch, since nobody can predict it.
    std::size_t digits = at_least + 1 - ((magnitude - kPowersOfTen[at_least]) >> 63);
    digits = std::max<std::size_t>(digits, 1);
    std::size_t scale = number.scale;
    if (scale > 0) digits = std::max(digits, scale + 1) + 1;  // "0.", or the point
    return digits + (negative ? 1 : 0);
}

}  // namespace teatime::timegraph
