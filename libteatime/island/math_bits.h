#pragma once

// What the sources of teatime::math share: access to the bits of a double.
//
// The algorithms and coefficients of math_*.cpp are those of fdlibm 5.3, where nothing else is
// said:
//   Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
//   Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
//   distribute this software is freely granted, provided that this notice is preserved.
// Each function names its fdlibm source and what is different here.

#include <bit>
#include <cstdint>

#include "teatime/island/math.h"

namespace teatime::math {

inline std::uint64_t bits_of(double x) {
    return std::bit_cast<std::uint64_t>(x);
}
inline double from_bits(std::uint64_t bits) {
    return std::bit_cast<double>(bits);
}

/// Sign, exponent and the first 20 bits of the mantissa.
inline std::uint32_t high_word(double x) {
    return static_cast<std::uint32_t>(bits_of(x) >> 32);
}
inline double with_high_word(double x, std::uint32_t high) {
    return from_bits((std::uint64_t{high} << 32) | (bits_of(x) & 0xffff'ffff));
}
/// The first 21 significant bits: products of two such heads are exact.
inline double head_of(double x) {
    return from_bits(bits_of(x) & 0xffff'ffff'0000'0000);
}
inline bool sign_of(double x) {
    return (bits_of(x) >> 63) != 0;
}

/// 2^k. Requires: -1022 <= k <= 1023.
inline double power_of_two(int k) {
    return from_bits(static_cast<std::uint64_t>(k + 1023) << 52);
}

/// x * 2^k, rounded once. Requires: |x| in [2^-60, 2^60], so that no step in between rounds.
inline double scaled(double x, int k) {
    if (k > 1023) {
        return k > 2046 ? x * power_of_two(1023) * power_of_two(1023)
                        : x * power_of_two(1023) * power_of_two(k - 1023);
    }
    if (k < -960) {
        return k < -1900 ? x * power_of_two(-960) * power_of_two(-960)
                         : x * power_of_two(-940) * power_of_two(k + 940);
    }
    return x * power_of_two(k);
}

/// ln 2 in two parts; the first has 33 bits, so that its product with an exponent is exact.
inline constexpr double kLn2High = 6.93147180369123816490e-01;
inline constexpr double kLn2Low = 1.90821492927058770002e-10;
inline constexpr double kLog2E = 1.44269504088896338700e+00;

}  // namespace teatime::math
