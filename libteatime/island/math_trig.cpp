#include <bit>

#include "math_bits.h"

namespace teatime::math {
namespace {

/// x = quadrant * pi/2 + high + low, |high| <= pi/4 and a bit, quadrant modulo 4.
struct ReducedAngle {
    int quadrant;
    double high, low;
};

/// fdlibm, e_rem_pio2.c (Cody and Waite): pi/2 in 33-bit parts, whose multiples by up to 20 bits
/// are exact; the later parts are used where the earlier ones cancel.
ReducedAngle reduce_medium(double x) {
    constexpr double kPart1 = 1.57079632673412561417e+00, kRest1 = 6.07710050650619224932e-11;
    constexpr double kPart2 = 6.07710050630396597660e-11, kRest2 = 2.02226624879595063154e-21;
    constexpr double kPart3 = 2.02226624871116645580e-21, kRest3 = 8.47842766036889956997e-32;
    constexpr double kInverse = 6.36619772367581382433e-01;
    int n = static_cast<int>(x * kInverse + 0.5);
    double rest = x - n * kPart1;
    double minus = n * kRest1;
    double high = rest - minus;
    auto exponent = [](double value) { return static_cast<int>(high_word(value) >> 20 & 0x7ff); };
    if (exponent(x) - exponent(high) > 16) {  // good to 118 bits
        double before = rest;
        minus = n * kPart2;
        rest = before - minus;
        minus = n * kRest2 - ((before - rest) - minus);
        high = rest - minus;
        if (exponent(x) - exponent(high) > 49) {  // to 151 bits, enough for every double
            before = rest;
            minus = n * kPart3;
            rest = before - minus;
            minus = n * kRest3 - ((before - rest) - minus);
            high = rest - minus;
        }
    }
    return {n & 3, high, (rest - high) - minus};
}

using Wide = unsigned __int128;
constexpr std::uint64_t top(Wide x) {
    return static_cast<std::uint64_t>(x >> 64);
}
constexpr std::uint64_t bottom(Wide x) {
    return static_cast<std::uint64_t>(x);
}

/// The binary digits of 2/pi after the point, behind one word of zeros.
constexpr std::uint64_t kTwoOverPi[] = {0,
                                        0xa2f9836e4e441529,
                                        0xfc2757d1f534ddc0,
                                        0xdb6295993c439041,
                                        0xfe5163abdebbc561,
                                        0xb7246e3a424dd2e0,
                                        0x06492eea09d1921c,
                                        0xfe1deb1cb129a73e,
                                        0xe88235f52ebb4484,
                                        0xe99c7026b45f7e41,
                                        0x3991d639835339f4,
                                        0x9c845f8bbdf9283b,
                                        0x1ff897ffde05980f,
                                        0xef2f118b5a0a6d1f,
                                        0x6d367ecf27cb09b7,
                                        0x4f463f669e5fea2d,
                                        0x7527bac7ebe5f17b,
                                        0x3d0739f78a5292ea,
                                        0x6bfb5fb11f8d5d08,
                                        0x56033046fc7b6bab,
                                        0xf0cfbc209af4361d};

std::uint64_t two_over_pi_digits(int from) {
    int word = from / 64;
    int shift = from % 64;
    std::uint64_t digits = kTwoOverPi[word] << shift;
    return shift == 0 ? digits : digits | kTwoOverPi[word + 1] >> (64 - shift);
}

/// Payne and Hanek, "Radian reduction for trigonometric functions" (SIGNUM 1983), in integers,
/// where fdlibm's k_rem_pio2.c takes doubles of 24 bits: of the product x * 2/pi only the digits
/// between weight 2 and 2^-190 are made; those above are whole turns, and no double comes nearer
/// to a multiple of pi/2 than 2^-62, so that at least 66 of them are significant.
/// Requires: x finite, >= 2^20.
ReducedAngle reduce_huge(double x) {
    std::uint64_t bits = bits_of(x);
    int exponent = static_cast<int>(bits >> 52) - 1075;  // x = mantissa * 2^exponent
    std::uint64_t mantissa = (bits & 0x000f'ffff'ffff'ffff) | 0x0010'0000'0000'0000;

    int from = exponent - 2 + 64;
    Wide low = Wide{mantissa} * two_over_pi_digits(from + 128);
    Wide middle = Wide{mantissa} * two_over_pi_digits(from + 64) + top(low);
    std::uint64_t p0 = mantissa * two_over_pi_digits(from) + top(middle);
    std::uint64_t p1 = bottom(middle);
    std::uint64_t p2 = bottom(low);

    int quadrant = static_cast<int>(p0 >> 62);
    std::uint64_t f0 = p0 << 2 | p1 >> 62;  // the fraction of a quarter turn
    std::uint64_t f1 = p1 << 2 | p2 >> 62;
    std::uint64_t f2 = p2 << 2;
    bool negative = f0 >> 63 != 0;
    if (negative) {  // nearer to the next quadrant
        ++quadrant;
        f2 = ~f2 + 1;
        f1 = ~f1 + (f2 == 0);
        f0 = ~f0 + (f2 == 0 && f1 == 0);
    }
    int zeros = 0;
    if (f0 == 0) {
        f0 = f1;
        f1 = f2;
        f2 = 0;
        zeros = 64;
    }
    if (int shift = std::countl_zero(f0); shift > 0) {
        f0 = f0 << shift | f1 >> (64 - shift);
        f1 = f1 << shift | f2 >> (64 - shift);
        zeros += shift;
    }

    // Times pi/4 as a fraction of 128 bits; the first two of the cross products are enough.
    constexpr std::uint64_t kQuarterPi0 = 0xc90fdaa22168c234, kQuarterPi1 = 0xc4c6628b80dc1cd1;
    Wide product =
        Wide{f0} * kQuarterPi0 + top(Wide{f0} * kQuarterPi1) + top(Wide{f1} * kQuarterPi0);
    int shift = std::countl_zero(top(product));
    product <<= shift;
    constexpr std::uint64_t k53Bits = (std::uint64_t{1} << 53) - 1;
    double a = static_cast<double>(static_cast<std::uint64_t>(product >> 75)) * 0x1p-53;
    double b = static_cast<double>(static_cast<std::uint64_t>(product >> 22) & k53Bits) * 0x1p-106;
    double scale = power_of_two(1 - zeros - shift);
    if (negative) scale = -scale;
    double high = a + b;
    return {quadrant & 3, high * scale, (b - (high - a)) * scale};
}

/// Requires: x finite.
ReducedAngle reduce(double x) {
    double a = abs(x);
    if (a <= 0.5 * kHalfPi) return {0, x, 0.0};
    ReducedAngle angle = a < 0x1p20 ? reduce_medium(a) : reduce_huge(a);
    return sign_of(x) ? ReducedAngle{-angle.quadrant & 3, -angle.high, -angle.low} : angle;
}

/// fdlibm, k_sin.c: odd Remez polynomial on [0, pi/4].
double sin_of_rest(double x, double low) {
    constexpr double kS1 = -1.66666666666666324348e-01, kS2 = 8.33333333332248946124e-03,
                     kS3 = -1.98412698298579493134e-04, kS4 = 2.75573137070700676789e-06,
                     kS5 = -2.50507602534068634195e-08, kS6 = 1.58969099521155010221e-10;
    if (abs(x) < 0x1p-27) return x;
    double z = x * x;
    double v = z * x;
    double r = kS2 + z * (kS3 + z * (kS4 + z * (kS5 + z * kS6)));
    return x - ((z * (0.5 * low - v * r) - low) - v * kS1);
}

/// fdlibm, k_cos.c in FreeBSD's form: 1 - z/2 is exact in two parts.
double cos_of_rest(double x, double low) {
    constexpr double kC1 = 4.16666666666666019037e-02, kC2 = -1.38888888888741095749e-03,
                     kC3 = 2.48015872894767294178e-05, kC4 = -2.75573143513906633035e-07,
                     kC5 = 2.08757232129817482790e-09, kC6 = -1.13596475577881948265e-11;
    double z = x * x;
    double r = z * (kC1 + z * (kC2 + z * (kC3 + z * (kC4 + z * (kC5 + z * kC6)))));
    double half_z = 0.5 * z;
    double w = 1.0 - half_z;
    return w + (((1.0 - w) - half_z) + (z * r - x * low));
}

/// tan(x + low), or -1/tan of it. fdlibm, k_tan.c; above 0.6744 by tan(pi/4 - x).
double tan_of_rest(double x, double low, bool inverted) {
    constexpr double kT[] = {
        3.33333333333334091986e-01, 1.33333333333201242699e-01, 5.39682539762260521377e-02,
        2.18694882948595424599e-02, 8.86323982359930005737e-03, 3.59207910759131235356e-03,
        1.45620945432529025516e-03, 5.88041240820264096874e-04, 2.46463134818469906812e-04,
        7.81794442939557092300e-05, 7.14072491382608190305e-05, -1.85586374855275456654e-05,
        2.59073051863633712884e-05};
    constexpr double kQuarterPiHigh = 7.85398163397448278999e-01,
                     kQuarterPiLow = 3.06161699786838301793e-17;
    double sign = sign_of(x) ? -1.0 : 1.0;
    bool near_quarter = abs(x) >= 0.6744;
    if (near_quarter) {
        x = (kQuarterPiHigh - sign * x) + (kQuarterPiLow - sign * low);
        low = 0.0;
    }
    double z = x * x;
    double w = z * z;
    double odd = kT[1] + w * (kT[3] + w * (kT[5] + w * (kT[7] + w * (kT[9] + w * kT[11]))));
    double even = z * (kT[2] + w * (kT[4] + w * (kT[6] + w * (kT[8] + w * (kT[10] + w * kT[12])))));
    double cube = z * x;
    double r = low + z * (cube * (odd + even) + low) + kT[0] * cube;
    double tangent = x + r;
    if (near_quarter) {
        double one = inverted ? -1.0 : 1.0;
        return sign * (one - 2.0 * (x - (tangent * tangent / (tangent + one) - r)));
    }
    if (!inverted) return tangent;
    double head = head_of(tangent);  // -1 / (x + r) to the last bit: one Newton step on heads
    double tail = r - (head - x);
    double inverse = -1.0 / tangent;
    double inverse_head = head_of(inverse);
    return inverse_head + inverse * ((1.0 + inverse_head * head) + inverse_head * tail);
}

bool is_finite(double x) {
    return abs(x) < kInfinity;
}

}  // namespace

double sin(double x) {
    if (!is_finite(x)) return kNaN;
    auto [quadrant, high, low] = reduce(x);
    double value = quadrant % 2 == 0 ? sin_of_rest(high, low) : cos_of_rest(high, low);
    return quadrant < 2 ? value : -value;
}

double cos(double x) {
    if (!is_finite(x)) return kNaN;
    auto [quadrant, high, low] = reduce(x);
    double value = quadrant % 2 == 0 ? cos_of_rest(high, low) : sin_of_rest(high, low);
    return quadrant == 1 || quadrant == 2 ? -value : value;
}

double tan(double x) {
    if (!is_finite(x)) return kNaN;
    if (abs(x) < 0x1p-28) return x;
    auto [quadrant, high, low] = reduce(x);
    return tan_of_rest(high, low, quadrant % 2 == 1);
}

}  // namespace teatime::math
