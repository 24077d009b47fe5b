#include "number_column.h"

#include <algorithm>
#include <optional>

#include "varint_writer.h"

namespace teatime::timegraph {
namespace {

constexpr int kStyleShift = 5;

std::int64_t power_of_ten(int scale) {
    return static_cast<std::int64_t>(kPowersOfTen[static_cast<std::size_t>(scale)]);
}

bool ends_with_zero(Decimal number) {
    return number.scale > 0 && number.mantissa % 10 == 0;
}

/// "2.0" and the like.
bool is_whole_real(Decimal number) {
    return number.scale == 1 && number.mantissa % 10 == 0;
}

struct Column {
    NumberStyle style;
    std::uint8_t scale;
};

Column column_of(std::span<const Decimal> numbers) {
    std::uint8_t least = kMaxScale;
    std::uint8_t most = 0;
    for (Decimal number : numbers) {
        least = std::min(least, number.scale);
        most = std::max(most, number.scale);
    }
    if (least == most) return {NumberStyle::fixed, most};
    bool shortest = true;
    bool real = true;
    for (Decimal number : numbers) {
        bool zero = ends_with_zero(number);
        shortest = shortest && !zero;
        real = real && number.scale > 0 && (!zero || is_whole_real(number));
    }
    bool fits = std::all_of(numbers.begin(), numbers.end(), [&](Decimal number) {
        std::int64_t limit = INT64_MAX / power_of_ten(most - number.scale);
        return number.mantissa <= limit && number.mantissa >= -limit;
    });
    if (fits && shortest) return {NumberStyle::shortest, most};
    if (fits && real) return {NumberStyle::real, most};
    return {NumberStyle::each, 0};
}

}  // namespace

void encode_numbers(std::span<const Decimal> numbers, std::string& styles, std::string& scales,
                    std::string& mantissas) {
    Column column = column_of(numbers);
    styles.push_back(
        static_cast<char>((static_cast<unsigned>(column.style) << kStyleShift) + column.scale));
    VarintWriter writer(mantissas);
    std::uint64_t before = 0;
    for (Decimal number : numbers) {
        std::int64_t mantissa = number.mantissa;
        if (column.style == NumberStyle::each) {
            scales.push_back(static_cast<char>(number.scale));
        } else if (number.scale != column.scale) {
            mantissa *= power_of_ten(column.scale - number.scale);
        }
        // Unsigned: the difference of any two fits when it wraps.
        auto bits = static_cast<std::uint64_t>(mantissa);
        writer.add_signed(static_cast<std::int64_t>(bits - before));
        before = bits;
    }
}

bool NumberColumn::set(std::uint8_t style_byte) {
    style = static_cast<NumberStyle>(style_byte >> kStyleShift);
    scale = static_cast<std::uint8_t>(style_byte & ((1 << kStyleShift) - 1));
    return style <= NumberStyle::each && scale <= kMaxScale;
}

/// But for the one that the style keeps.
Decimal NumberColumn::without_zeros(Decimal number) const {
    std::uint8_t least = style == NumberStyle::real ? 1 : 0;
    while (number.scale > least && number.mantissa % 10 == 0) {
        number.mantissa /= 10;
        --number.scale;
    }
    return number;
}

void decode_mantissas(VarintReader& reader, std::size_t count, std::int64_t* mantissas) {
    VarintReader from = reader;  // in registers
    std::uint64_t mantissa = 0;
    auto add = [&](std::int64_t difference) {
        mantissa += static_cast<std::uint64_t>(difference);
        *mantissas++ = static_cast<std::int64_t>(mantissa);
    };
    for (; count >= 8; count -= 8) {
        std::uint64_t bytes = 0;
        if (from.take_eight(bytes)) {  // what hardly changes
            if (bytes == 0) {
                mantissas = std::fill_n(mantissas, 8, static_cast<std::int64_t>(mantissa));
                continue;
            }
            for (int i = 0; i < 8; ++i, bytes >>= 8) add(VarintReader::from_zig_zag(bytes & 0x7f));
        } else {
            for (int i = 0; i < 8; ++i) add(from.next_signed());
        }
    }
    for (; count > 0; --count) add(from.next_signed());
    reader = from;
}

}  // namespace teatime::timegraph
