#include "math_bits.h"

namespace teatime::math {

// FreeBSD's s_cbrt.c: a guess to 5 bits by dividing the exponent by three (Kahan), a polynomial
// to 23 bits, rounded so that its square is exact, then one Newton step.
double cbrt(double x) {
    constexpr std::uint32_t kNormalBias = 715094163;     // (1023 - 1023/3 - 0.03306235651) * 2^20
    constexpr std::uint32_t kSubnormalBias = 696219795;  // the same less 54/3 exponents
    constexpr double kP0 = 1.87595182427177009643, kP1 = -1.88497979543377169875,
                     kP2 = 1.621429720105354466140, kP3 = -0.758397934778766047437,
                     kP4 = 0.145996192886612446982;
    if (x != x) return kNaN;
    double a = abs(x);
    if (a == 0 || a == kInfinity) return x;
    std::uint32_t guess =
        a < 0x1p-1022 ? high_word(a * 0x1p54) / 3 + kSubnormalBias : high_word(a) / 3 + kNormalBias;
    double t = with_high_word(0.0, guess);
    double r = (t * t) * (t / a);
    t = t * ((kP0 + r * (kP1 + r * kP2)) + ((r * r) * r) * (kP3 + r * kP4));
    t = from_bits((bits_of(t) + 0x8000'0000) & 0xffff'ffff'c000'0000);
    double quotient = a / (t * t);
    t = t + t * ((quotient - t) / (t + t + quotient));
    return sign_of(x) ? -t : t;
}

// The squares are made exact by Dekker's splitting (Numer. Math. 18, 1971) instead of fdlibm's
// case by case, after a scaling by a power of two.
double hypot(double x, double y) {
    double a = abs(x);
    double b = abs(y);
    if (a == kInfinity || b == kInfinity) return kInfinity;
    if (a != a || b != b) return kNaN;
    if (a < b) {
        double swap = a;
        a = b;
        b = swap;
    }
    if (b == 0 || a > b * 0x1p60) return a + b;
    double scale = 1.0;
    if (a > 0x1p510) {
        scale = 0x1p700;
    } else if (b < 0x1p-450) {
        scale = 0x1p-700;
    }
    a *= 1.0 / scale;
    b *= 1.0 / scale;
    auto tail_of_square = [](double v, double square) {
        constexpr double kSplit = 0x1p27 + 1.0;
        double high = v * kSplit - (v * kSplit - v);
        double low = v - high;
        return ((high * high - square) + 2.0 * high * low) + low * low;
    };
    double aa = a * a;
    double bb = b * b;
    return scale * std::sqrt(tail_of_square(b, bb) + tail_of_square(a, aa) + bb + aa);
}

// The remainder is always representable, so every correct C library has the same bits.
double fmod(double x, double y) {
    return canonical(std::fmod(x, y));
}

// As C++20's std::lerp promises, spelled out: that of the library may be contracted.
double lerp(double a, double b, double t) {
    if (t == 1.0) return canonical(b);
    if ((a <= 0 && b >= 0) || (a >= 0 && b <= 0)) return canonical(t * b + (1.0 - t) * a);
    double value = a + t * (b - a);
    if ((t > 1.0) == (b > a)) {  // monotone near t = 1
        if (value < b) value = b;
    } else if (value > b) {
        value = b;
    }
    return canonical(value);
}

}  // namespace teatime::math
