#include "number_text.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

namespace teatime::timegraph {
namespace {

constexpr std::ptrdiff_t kMaxDigits = 18;  // less than 2^63 whatever they are

bool is_digit(char c) {
    return static_cast<unsigned char>(c - '0') < 10;
}

/// As a quotient of 64 bits: rounded to a double's 53 it is the nearest, but where those 64 look
/// like the middle between two doubles. False there, and where the machine knows no such numbers.
bool divide_in_64_bits(Decimal number, double& value) {
    if constexpr (std::numeric_limits<long double>::digits != 64) {
        return false;
    } else {
        auto power = static_cast<long double>(kPowersOfTen[number.scale]);
        long double quotient = static_cast<long double>(number.mantissa) / power;
        std::uint64_t bits;
        std::memcpy(&bits, &quotient, sizeof bits);
        value = static_cast<double>(quotient);
        return (bits & 0x7ff) != 0x400;
    }
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

double real_of_many_digits(Decimal number) {
    double value = 0;
    if (divide_in_64_bits(number, value)) return value;
    char text[kMaxDecimalText];
    std::from_chars(text, write_decimal(text, number), value);
    return value;
}

}  // namespace teatime::timegraph
