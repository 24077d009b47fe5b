#include "math_bits.h"

namespace teatime::math {
namespace {

/// A positive number as 2^exponent * (1 + fraction), 1 + fraction in [sqrt(1/2), sqrt(2)).
struct Normalised {
    int exponent;
    double fraction;
};

Normalised normalise(double x) {
    int exponent = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        exponent = -54;
    }
    constexpr std::uint32_t kSqrtHalf = 0x3fe6a09e;  // high word
    std::uint32_t high = high_word(x) + (0x3ff00000 - kSqrtHalf);
    exponent += static_cast<int>(high >> 20) - 1023;
    return {exponent, with_high_word(x, (high & 0xfffff) + kSqrtHalf) - 1.0};
}

/// log(1 + f) - f + f^2/2. fdlibm, e_log.c: with s = f / (2 + f), log(1 + f) is 2 atanh(s), whose
/// series in s^2 is a Remez polynomial.
double log1p_tail(double f) {
    constexpr double kLg1 = 6.666666666666735130e-01, kLg2 = 3.999999999940941908e-01,
                     kLg3 = 2.857142874366239149e-01, kLg4 = 2.222219843214978396e-01,
                     kLg5 = 1.818357216161805012e-01, kLg6 = 1.531383769920937332e-01,
                     kLg7 = 1.479819860511658591e-01;
    double s = f / (2.0 + f);
    double z = s * s;
    double w = z * z;
    double even = w * (kLg2 + w * (kLg4 + w * kLg6));
    double odd = z * (kLg1 + w * (kLg3 + w * (kLg5 + w * kLg7)));
    return s * (0.5 * f * f + (even + odd));
}

/// What every logarithm says outside (0, inf); false inside.
bool is_special(double x, double& answer) {
    if (x > 0 && x < kInfinity) return false;
    answer = x == 0 ? -kInfinity : x > 0 ? kInfinity : kNaN;
    return true;
}

/// log(1 + f) with the first part short enough to multiply exactly by a head of 21 bits.
struct LogParts {
    double high, low;
};
LogParts log1p_in_two_parts(double f) {
    double half_square = 0.5 * f * f;
    double high = head_of(f - half_square);
    return {high, (f - high) - half_square + log1p_tail(f)};
}

}  // namespace

// fdlibm, e_log.c
double log(double x) {
    if (double answer; is_special(x, answer)) return answer;
    auto [k, f] = normalise(x);
    return log1p_tail(f) + k * kLn2Low - 0.5 * f * f + f + k * kLn2High;
}

// FreeBSD's e_log2.c and e_log10.c on top of fdlibm's polynomial.
double log2(double x) {
    constexpr double kHigh = 1.44269504072144627571e+00, kLow = 1.67517131648865118353e-10;
    if (double answer; is_special(x, answer)) return answer;
    auto [k, f] = normalise(x);
    auto [high, low] = log1p_in_two_parts(f);
    double product = high * kHigh;
    double sum = k + product;
    return ((k - sum) + product) + ((low + high) * kLow + low * kHigh) + sum;
}

double log10(double x) {
    constexpr double kHigh = 4.34294481878168880939e-01, kLow = 2.50829467116452752298e-11;
    constexpr double kTwoHigh = 3.01029995663611771306e-01, kTwoLow = 3.69423907715893078616e-13;
    if (double answer; is_special(x, answer)) return answer;
    auto [k, f] = normalise(x);
    auto [high, low] = log1p_in_two_parts(f);
    double product = high * kHigh;
    double two = k * kTwoHigh;
    double sum = two + product;
    return ((two - sum) + product) + (k * kTwoLow + (low + high) * kLow + low * kHigh) + sum;
}

// fdlibm, s_log1p.c: log of u = 1 + x, corrected by what that addition lost.
double log1p(double x) {
    if (double answer; is_special(1.0 + x, answer)) return answer;
    if (abs(x) < 0x1p-54) return x;
    int k = 0;
    double f = x;
    double lost = 0;
    if (x >= 0.41422 || x <= -0.2929) {
        double u = 1.0 + x;
        auto normal = normalise(u);
        k = normal.exponent;
        f = normal.fraction;
        if (k < 54) lost = (u >= 2.0 ? 1.0 - (u - x) : x - (u - 1.0)) / u;
    }
    double half_square = 0.5 * f * f;
    return log1p_tail(f) + (k * kLn2Low + lost) - half_square + f + k * kLn2High;
}

}  // namespace teatime::math
