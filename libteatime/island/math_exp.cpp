#include "math_bits.h"

namespace teatime::math {
namespace {

constexpr double kExpOverflow = 7.09782712893383973096e+02;
constexpr double kExpUnderflow = -7.45133219101941108420e+02;
constexpr double kTiny = 0x1p-28;

/// exp(high - low) - 1 to about 2^-55 absolutely, for |high - low| <= 0.35. fdlibm, e_exp.c: by
/// R(r) = r * (exp(r) + 1) / (exp(r) - 1), which is 2 + a Remez polynomial in r^2.
double exp_of_rest(double high, double low) {
    constexpr double kP1 = 1.66666666666666019037e-01, kP2 = -2.77777777770155933842e-03,
                     kP3 = 6.61375632143793436117e-05, kP4 = -1.65339022054652515390e-06,
                     kP5 = 4.13813679705723846039e-08;
    double r = high - low;
    double z = r * r;
    double c = r - z * (kP1 + z * (kP2 + z * (kP3 + z * (kP4 + z * kP5))));
    return high - (low - (r * c) / (2.0 - c));
}

/// How often ln 2 goes into x, to the nearest; 0 up to half of it.
int nearest_ln2_multiple(double x) {
    return static_cast<int>(kLog2E * x + (sign_of(x) ? -0.5 : 0.5));
}

/// exp(x) * 2^shift without overflow in between.
double scaled_exp(double x, int shift) {
    int k = nearest_ln2_multiple(x);
    return scaled(1.0 + exp_of_rest(x - k * kLn2High, k * kLn2Low), k + shift);
}

/// exp(x) as a sum, good to a third of an ulp of `high`. Requires: |x| < 50.
struct TwoParts {
    double high, low;
};
TwoParts exp_in_two_parts(double x) {
    int k = nearest_ln2_multiple(x);
    double rest = exp_of_rest(x - k * kLn2High, k * kLn2Low);
    double high = 1.0 + rest;
    double scale = power_of_two(k);
    return {high * scale, (rest - (high - 1.0)) * scale};
}

}  // namespace

double exp(double x) {
    if (x != x) return kNaN;
    if (x > kExpOverflow) return kInfinity;
    if (x < kExpUnderflow) return 0.0;
    return abs(x) < kTiny ? 1.0 + x : scaled_exp(x, 0);
}

// Not in fdlibm: x = k + r, then its exp(r ln 2) with the product in two parts.
double exp2(double x) {
    if (x != x) return kNaN;
    if (x >= 1024.0) return kInfinity;
    if (x <= -1075.0) return 0.0;
    int k = static_cast<int>(x + (sign_of(x) ? -0.5 : 0.5));
    double r = x - k;
    if (abs(r) < kTiny) return scaled(1.0 + r * kLn2, k);
    double r_head = head_of(r);
    double low = -((r - r_head) * kLn2 + r_head * kLn2Low);
    return scaled(1.0 + exp_of_rest(r_head * kLn2High, low), k);
}

// fdlibm, s_expm1.c: expm1(r) from the same continued fraction, with the error of r as a
// correction, then 2^k * (expm1(r) + 1) - 1 in the order that loses least.
double expm1(double x) {
    constexpr double kQ1 = -3.33333333333331316428e-02, kQ2 = 1.58730158725481460165e-03,
                     kQ3 = -7.93650757867487942473e-05, kQ4 = 4.00821782732936239552e-06,
                     kQ5 = -2.01099218183624371326e-07;
    if (x != x) return kNaN;
    if (x > kExpOverflow) return kInfinity;
    if (x < -40.0) return -1.0;
    if (abs(x) < 0x1p-54) return x;

    int k = abs(x) > 0.5 * kLn2 ? nearest_ln2_multiple(x) : 0;
    double high = x - k * kLn2High;
    double low = k * kLn2Low;
    double r = high - low;
    double correction = (high - r) - low;

    double half = 0.5 * r;
    double z = r * half;
    double r1 = 1.0 + z * (kQ1 + z * (kQ2 + z * (kQ3 + z * (kQ4 + z * kQ5))));
    double t = 3.0 - r1 * half;
    double e = z * ((r1 - t) / (6.0 - r * t));
    if (k == 0) return r - (r * e - z);
    e = (r * (e - correction) - correction) - z;
    if (k == -1) return 0.5 * (r - e) - 0.5;
    if (k == 1) return r < -0.25 ? -2.0 * (e - (r + 0.5)) : 1.0 + 2.0 * (r - e);
    if (k < -1 || k > 56) return scaled(1.0 - (e - r), k) - 1.0;
    double inverse = power_of_two(-k);
    double sum = k < 20 ? (1.0 - inverse) - (e - r) : (r - (e + inverse)) + 1.0;
    return scaled(sum, k);
}

// The hyperbolic functions are not fdlibm's, whose chains of roundings err by 1.3 to 2 ulp: exp in
// two parts where that cancels little, a series or continued fraction near zero.

double sinh(double x) {
    if (x != x) return kNaN;
    double a = abs(x);
    if (a < kTiny) return x;
    if (a < 1.0) {  // Taylor; the first term left out is below 2^-57
        constexpr double kInverseFactorials[] = {1 / 6.,
                                                 1 / 120.,
                                                 1 / 5040.,
                                                 1 / 362880.,
                                                 1 / 39916800.,
                                                 1 / 6227020800.,
                                                 1 / 1307674368000.,
                                                 1 / 355687428096000.,
                                                 1 / 121645100408832000.};
        double z = x * x;
        double sum = kInverseFactorials[8];
        for (int i = 7; i >= 0; --i) sum = kInverseFactorials[i] + z * sum;
        return x + x * (z * sum);
    }
    double value;
    if (a < 22.0) {
        auto [high, low] = exp_in_two_parts(a);
        value = 0.5 * (high + (low - 1.0 / high));
    } else {
        value = a > 711.0 ? kInfinity : scaled_exp(a, -1);
    }
    return sign_of(x) ? -value : value;
}

double cosh(double x) {
    if (x != x) return kNaN;
    double a = abs(x);
    if (a < kTiny) return 1.0;
    if (a < 0.5 * kLn2) {  // fdlibm, e_cosh.c
        double t = expm1(a);
        double w = 1.0 + t;
        return 1.0 + (t * t) / (w + w);
    }
    if (a < 22.0) {
        auto [high, low] = exp_in_two_parts(a);
        double inverse = 1.0 / high;
        return 0.5 * (high + (inverse + low * (1.0 - inverse * inverse)));
    }
    return a > 711.0 ? kInfinity : scaled_exp(a, -1);
}

double tanh(double x) {
    if (x != x) return kNaN;
    double a = abs(x);
    if (a < kTiny) return x;
    if (a < 0.6) {  // eight terms of Lambert's x / (1 + z / (3 + z / (5 + ...))), less x
        double z = x * x;
        double p = 675675.0 + z * (45045.0 + z * (594.0 + z * 1.0));
        double q = 2027025.0 + z * (945945.0 + z * (51975.0 + z * (630.0 + z * 1.0)));
        return x - x * (z * (p / q));
    }
    double value = 1.0;
    if (a < 22.0) {  // 1 - 2 / (exp(2a) + 1)
        auto [high, low] = exp_in_two_parts(2.0 * a);
        double sum = high + 1.0;
        double lost = (1.0 - (sum - high)) + low;
        double q = 2.0 / sum;
        value = 1.0 - q;
        value += ((1.0 - value) - q) + q * lost / sum;
    }
    return sign_of(x) ? -value : value;
}

}  // namespace teatime::math
