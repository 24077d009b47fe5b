#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "number_text.h"
#include "teatime/state/bytes.h"

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

/// Reads `count` numbers; false where the sections do not hold them. `count` is checked against
/// what is left before anything is allocated; appends to `numbers`.
bool decode_numbers(std::size_t count, ByteReader& styles, ByteReader& scales,
                    ByteReader& mantissas, std::vector<Decimal>& numbers);

}  // namespace teatime::timegraph
