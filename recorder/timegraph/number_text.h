#pragma once

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
std::size_t decimal_size(Decimal number);  ///< of that text

}  // namespace teatime::timegraph
