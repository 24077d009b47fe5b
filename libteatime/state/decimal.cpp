#include "decimal.h"

#include <algorithm>

namespace teatime {

std::string decimal_text(__int128 value, int decimals) {
    using Unsigned = unsigned __int128;
    Unsigned rest = value < 0 ? Unsigned{} - static_cast<Unsigned>(value) : Unsigned(value);
    std::string text;  // written backwards
    for (int i = 0; i < decimals; ++i, rest /= 10) {
        char digit = static_cast<char>('0' + static_cast<int>(rest % 10));
        if (digit != '0' || !text.empty()) text += digit;
    }
    if (!text.empty()) text += '.';
    do {
        text += static_cast<char>('0' + static_cast<int>(rest % 10));
        rest /= 10;
    } while (rest != 0);
    if (value < 0) text += '-';
    std::reverse(text.begin(), text.end());
    return text;
}

bool parse_decimal(std::string_view text, std::uint64_t parts, std::uint64_t& whole) {
    constexpr std::uint64_t kLargest = std::uint64_t{1} << 63;
    std::size_t point = text.find('.');
    std::string_view digits = text.substr(0, point);
    std::string_view fraction = point == text.npos ? std::string_view{} : text.substr(point + 1);
    if (point != text.npos && fraction.empty()) return false;
    if (digits.empty() && fraction.empty()) return false;
    while (fraction.ends_with('0')) fraction.remove_suffix(1);
    if (fraction.size() > 18) return false;  // no unit of ours divides that far

    std::uint64_t integer = 0;
    for (char c : digits) {
        if (c < '0' || c > '9') return false;
        if (__builtin_mul_overflow(integer, std::uint64_t{10}, &integer)) return false;
        if (__builtin_add_overflow(integer, static_cast<std::uint64_t>(c - '0'), &integer)) {
            return false;
        }
    }
    std::uint64_t numerator = 0, denominator = 1;
    for (char c : fraction) {
        if (c < '0' || c > '9') return false;
        numerator = numerator * 10 + static_cast<std::uint64_t>(c - '0');
        denominator *= 10;
    }
    auto fractional = static_cast<unsigned __int128>(numerator) * parts;
    if (fractional % denominator != 0) return false;
    if (__builtin_mul_overflow(integer, parts, &whole)) return false;
    if (__builtin_add_overflow(whole, static_cast<std::uint64_t>(fractional / denominator),
                               &whole)) {
        return false;
    }
    return whole <= kLargest;
}

}  // namespace teatime
