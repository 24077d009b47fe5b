#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace teatime {

/// `value / 10^decimals` as decimal text without trailing zeros: (12500000, 6) is `12.5`. Exact.
std::string decimal_text(__int128 value, int decimals);

/// Reads `digits[.digits]` as a whole number of parts of which `parts` make one: `1.5` with
/// parts = 1000 is 1500. False where it is not that, not exact, or beyond 2^63.
bool parse_decimal(std::string_view text, std::uint64_t parts, std::uint64_t& whole);

}  // namespace teatime
