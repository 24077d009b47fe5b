#include "number_text.h"

#include <algorithm>
#include <charconv>

namespace teatime::timegraph {
namespace {

constexpr std::ptrdiff_t kMaxDigits = 18;  // less than 2^63 whatever they are

bool is_digit(char c) {
    return static_cast<unsigned char>(c - '0') < 10;
}

}  // namespace

bool read_decimal(std::string_view text, Decimal& number, std::size_t& size) {
    const char* at = text.data();
    const char* end = at + text.size();
    bool negative = at != end && *at == '-';
    if (negative) ++at;
    const char* digits = at;
    std::int64_t mantissa = 0;
    while (at != end && is_digit(*at) && at - digits < kMaxDigits) {
        mantissa = mantissa * 10 + (*at++ - '0');
    }
    std::ptrdiff_t whole = at - digits;
    if (whole == 0 || (*digits == '0' && whole > 1)) return false;
    std::ptrdiff_t scale = 0;
    if (at != end && *at == '.') {
        const char* fraction = ++at;
        std::ptrdiff_t room = kMaxDigits - (mantissa == 0 ? 0 : whole);
        // Zeros behind "0." are no digits of the mantissa.
        while (at != end && is_digit(*at) && at - fraction < room) {
            mantissa = mantissa * 10 + (*at++ - '0');
        }
        scale = at - fraction;
        if (scale == 0) return false;
    }
    if ((negative && mantissa == 0) || (at != end && is_digit(*at))) return false;
    number.mantissa = negative ? -mantissa : mantissa;
    number.scale = static_cast<std::uint8_t>(scale);
    size = static_cast<std::size_t>(at - text.data());
    return true;
}

char* write_decimal(char* out, Decimal number) {
    std::uint64_t magnitude = static_cast<std::uint64_t>(number.mantissa);
    if (number.mantissa < 0) {
        *out++ = '-';
        magnitude = -magnitude;
    }
    if (number.scale == 0) return std::to_chars(out, out + 20, magnitude).ptr;
    char digits[20];
    std::ptrdiff_t count = std::to_chars(digits, digits + sizeof digits, magnitude).ptr - digits;
    std::ptrdiff_t whole = count - number.scale;  // digits before the point
    if (whole <= 0) *out++ = '0';
    if (whole > 0) out = std::copy_n(digits, whole, out);
    *out++ = '.';
    for (; whole < 0; ++whole) *out++ = '0';
    return std::copy(digits + whole, digits + count, out);
}

}  // namespace teatime::timegraph
