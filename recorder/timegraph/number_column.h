#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "number_text.h"
#include "varint_reader.h"

namespace teatime::timegraph {

/// How the numbers of a column are spelled, as far as the column has to say it: one byte,
/// style * 32 + scale. Mantissas are stored at the column's scale, each as a zig-zag varint of its
/// difference from the one before, the first from 0.
enum class NumberStyle : std::uint8_t {
    fixed,     ///< each has `scale` digits behind the point
    shortest,  ///< as JavaScript prints: no zeros at the end, no point without digits behind it
    real,      ///< as to_json() prints doubles: the same, but at least one digit behind the point
    each       ///< each has its own scale, noted one byte a number; mantissas as they are
};

/// Appends a column to the three sections of a body that hold columns.
void encode_numbers(std::span<const Decimal> numbers, std::string& styles, std::string& scales,
                    std::string& mantissas);

/// A column of a body that is being read. What it looks at must outlive it.
struct NumberColumn {
    NumberStyle style = NumberStyle::fixed;
    std::uint8_t scale = 0;
    const char* scales = nullptr;  ///< of style `each`: of each number
    const std::int64_t* mantissas = nullptr;

    /// False where there is no such style or scale.
    bool set(std::uint8_t style_byte);
    /// As it was spelled.
    Decimal operator[](std::size_t i) const {
        Decimal number{mantissas[i], scale};
        if (style == NumberStyle::fixed) return number;
        if (style == NumberStyle::each) number.scale = static_cast<std::uint8_t>(scales[i]);
        if (style == NumberStyle::each || number.mantissa % 10 != 0) return number;
        return without_zeros(number);
    }
    double real(std::size_t i) const {
        // Zeros at the end of a fraction change nothing.
        bool each = style == NumberStyle::each;
        return to_real({mantissas[i], each ? static_cast<std::uint8_t>(scales[i]) : scale});
    }

private:
    Decimal without_zeros(Decimal number) const;
};

/// Reads the mantissas of `count` numbers; damage shows in the reader.
void decode_mantissas(VarintReader& from, std::size_t count, std::int64_t* mantissas);

}  // namespace teatime::timegraph
