#include "math_bits.h"

namespace teatime::math {
namespace {

constexpr double kHalfPiHigh = 1.57079632679489655800e+00;
constexpr double kHalfPiLow = 6.12323399573676603587e-17;
constexpr double kPiLow = 1.22464679914735317720e-16;

/// (asin(x) - x) / x as a function of z = x^2 in [0, 1/4]: fdlibm, e_asin.c, a rational Remez
/// approximation.
double asin_rest(double z) {
    constexpr double kP0 = 1.66666666666666657415e-01, kP1 = -3.25565818622400915405e-01,
                     kP2 = 2.01212532134862925881e-01, kP3 = -4.00555345006794114027e-02,
                     kP4 = 7.91534994289814532176e-04, kP5 = 3.47933107596021167570e-05;
    constexpr double kQ1 = -2.40339491173441421878e+00, kQ2 = 2.02094576023350569471e+00,
                     kQ3 = -6.88283971605453293030e-01, kQ4 = 7.70381505559019352791e-02;
    double p = z * (kP0 + z * (kP1 + z * (kP2 + z * (kP3 + z * (kP4 + z * kP5)))));
    double q = 1.0 + z * (kQ1 + z * (kQ2 + z * (kQ3 + z * kQ4)));
    return p / q;
}

/// An angle as base - rest, |rest| <= 0.45: added to another without rounding twice.
struct Angle {
    double base, rest;
};

/// atan(x + tail) for x >= 0, |tail| <= ulp(x). fdlibm, s_atan.c: reduces to [0, 7/16] by
/// atan(x) = atan(c) + atan((x - c) / (1 + c x)) for c = 1/2, 1, 3/2 or infinity, then an odd
/// polynomial. The tail is ours: atan2 needs it for its quotient.
Angle atan_positive(double x, double tail) {
    constexpr double kA[] = {
        3.33333333333329318027e-01,  -1.99999999998764832476e-01, 1.42857142725034663711e-01,
        -1.11111104054623557880e-01, 9.09088713343650656196e-02,  -7.69187620504482999495e-02,
        6.66107313738753120669e-02,  -5.83357013379057348645e-02, 4.97687799461593236017e-02,
        -3.65315727442169155270e-02, 1.62858201153657823623e-02};
    constexpr double kBaseHigh[] = {0.0, 4.63647609000806093515e-01, 7.85398163397448278999e-01,
                                    9.82793723247329054082e-01, kHalfPiHigh};
    constexpr double kBaseLow[] = {0.0, 2.26987774529616870924e-17, 3.06161699786838301793e-17,
                                   1.39033110312309984516e-17, kHalfPiLow};
    if (x >= 0x1p66) return {kHalfPiHigh, -kHalfPiLow};
    int base = 0;
    double r = x;
    if (x >= 2.4375) {
        base = 4;
        r = -1.0 / x;
    } else if (x >= 1.1875) {
        base = 3;
        r = (x - 1.5) / (1.0 + 1.5 * x);
    } else if (x >= 0.6875) {
        base = 2;
        r = (x - 1.0) / (x + 1.0);
    } else if (x >= 0.4375) {
        base = 1;
        r = (2.0 * x - 1.0) / (2.0 + x);
    } else if (x < 0x1p-27) {
        return {0.0, -x};
    }
    double z = r * r;
    double w = z * z;
    double odd = z * (kA[0] + w * (kA[2] + w * (kA[4] + w * (kA[6] + w * (kA[8] + w * kA[10])))));
    double even = w * (kA[1] + w * (kA[3] + w * (kA[5] + w * (kA[7] + w * kA[9]))));
    double low = kBaseLow[base] + tail / (1.0 + x * x);
    return {kBaseHigh[base], (r * (odd + even) - low) - r};
}

/// What y / x lost by rounding, from the exact product q * x (Dekker 1971; no FMA needed).
/// Zero where a part could leave the range, the quotient then decides nothing.
double quotient_tail(double y, double x, double q) {
    if (!(x > 0x1p-500 && x < 0x1p500 && q > 0x1p-400 && q < 0x1p66)) return 0.0;
    constexpr double kSplit = 0x1p27 + 1.0;
    double q_high = q * kSplit - (q * kSplit - q);
    double x_high = x * kSplit - (x * kSplit - x);
    double q_low = q - q_high;
    double x_low = x - x_high;
    double product = q * x;
    double error = ((q_high * x_high - product) + q_high * x_low + q_low * x_high) + q_low * x_low;
    return ((y - product) - error) / x;
}

}  // namespace

// fdlibm, e_asin.c
double asin(double x) {
    double a = abs(x);
    if (!(a <= 1.0)) return kNaN;
    if (a < 0x1p-27) return x;
    if (a < 0.5) return x + x * asin_rest(x * x);
    double z = (1.0 - a) * 0.5;
    double rest = asin_rest(z);
    double s = std::sqrt(z);
    double answer;
    if (a > 0.975) {
        answer = kHalfPiHigh - (2.0 * (s + s * rest) - kHalfPiLow);
    } else {
        constexpr double kQuarterPi = 0.5 * kHalfPiHigh;
        double s_head = head_of(s);
        double c = (z - s_head * s_head) / (s + s_head);
        double p = 2.0 * s * rest - (kHalfPiLow - 2.0 * c);
        double q = kQuarterPi - 2.0 * s_head;
        answer = kQuarterPi - (p - q);
    }
    return sign_of(x) ? -answer : answer;
}

// fdlibm, e_acos.c
double acos(double x) {
    double a = abs(x);
    if (!(a <= 1.0)) return kNaN;
    if (a < 0x1p-57) return kHalfPiHigh;
    if (a < 0.5) return kHalfPiHigh - (x - (kHalfPiLow - x * asin_rest(x * x)));
    if (a == 1.0) return sign_of(x) ? kPi : 0.0;
    double z = (1.0 - a) * 0.5;
    double s = std::sqrt(z);
    double rest = asin_rest(z);
    if (sign_of(x)) return 2.0 * (kHalfPiHigh - (s + (rest * s - kHalfPiLow)));
    double s_head = head_of(s);
    double c = (z - s_head * s_head) / (s + s_head);
    return 2.0 * (s_head + (rest * s + c));
}

double atan(double x) {
    if (x != x) return kNaN;
    auto [base, rest] = atan_positive(abs(x), 0.0);
    return sign_of(x) ? -(base - rest) : base - rest;
}

// fdlibm, e_atan2.c, with the rounding error of y / x carried along and pi - angle added up in
// parts: its 2 ulp become 1.
double atan2(double y, double x) {
    if (x != x || y != y) return kNaN;
    double a = abs(x);
    double b = abs(y);
    Angle angle;  // of (|x|, |y|), in [0, pi/2]
    if (a == kInfinity && b == kInfinity) {
        angle = atan_positive(1.0, 0.0);
    } else if (b == 0) {
        angle = {0.0, 0.0};
    } else {
        double q = b / a;
        angle = atan_positive(q, quotient_tail(b, a, q));
    }
    double value = angle.base - angle.rest;
    if (sign_of(x)) {
        double base = kPi - angle.base;
        double lost = (kPi - base) - angle.base;
        value = base + (angle.rest + (lost + kPiLow));
    }
    return sign_of(y) ? -value : value;
}

}  // namespace teatime::math
