#include "math_bits.h"

namespace teatime::math {
namespace {

struct PowerParts {
    double high, low;
};

/// log2(x) of a normal or subnormal x > 0 with about 30 extra bits; `high` is a head.
/// fdlibm, e_pow.c: x = 2^n * (1 + ...) near 1 or 3/2, log by an atanh series in s = (x-b)/(x+b).
PowerParts log2_in_two_parts(double x) {
    constexpr double kL1 = 5.99999999999994648725e-01, kL2 = 4.28571428578550184252e-01,
                     kL3 = 3.33333329818377432918e-01, kL4 = 2.72728123808534006489e-01,
                     kL5 = 2.30660745775561754067e-01, kL6 = 2.06975017800338417784e-01;
    constexpr double kCp = 9.61796693925975554329e-01;  // 2 / (3 ln 2), and in two parts
    constexpr double kCpHigh = 9.61796700954437255859e-01, kCpLow = -7.02846165095275826516e-09;
    constexpr double kBase[] = {1.0, 1.5};
    constexpr double kBaseLog2High[] = {0.0, 5.84962487220764160156e-01};
    constexpr double kBaseLog2Low[] = {0.0, 1.35003920212974897128e-08};

    int n = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p53;
        n = -53;
    }
    std::uint32_t high_x = high_word(x);
    n += static_cast<int>(high_x >> 20) - 1023;
    std::uint32_t fraction = high_x & 0xfffff;
    high_x = fraction | 0x3ff00000;
    int base = 0;
    if (fraction > 0x3988e) {  // above sqrt(3/2)
        if (fraction < 0xbb67a) {
            base = 1;
        } else {  // above sqrt(3)
            ++n;
            high_x -= 0x00100000;
        }
    }
    x = with_high_word(x, high_x);

    double u = x - kBase[base];
    double v = 1.0 / (x + kBase[base]);
    double s = u * v;
    double s_high = head_of(s);
    // the head of x + base
    double t_high = with_high_word(
        0.0, ((high_x >> 1) | 0x20000000) + 0x00080000 + (static_cast<std::uint32_t>(base) << 18));
    double t_low = x - (t_high - kBase[base]);
    double s_low = v * ((u - s_high * t_high) - s_high * t_low);

    double z = s * s;
    double r = z * z * (kL1 + z * (kL2 + z * (kL3 + z * (kL4 + z * (kL5 + z * kL6)))));
    r += s_low * (s_high + s);
    z = s_high * s_high;
    t_high = head_of(3.0 + z + r);
    t_low = r - ((t_high - 3.0) - z);
    u = s_high * t_high;
    v = s_low * t_high + t_low * s;
    double p_high = head_of(u + v);
    double p_low = v - (p_high - u);
    double z_high = kCpHigh * p_high;
    double z_low = kCpLow * p_high + p_low * kCp + kBaseLog2Low[base];
    double whole = n;
    double sum = head_of(((z_high + z_low) + kBaseLog2High[base]) + whole);
    return {sum, z_low - (((sum - whole) - kBaseLog2High[base]) - z_high)};
}

/// 2^(high + low), overflowing and underflowing where it must.
double exp2_of(double high, double low) {
    constexpr double kP1 = 1.66666666666666019037e-01, kP2 = -2.77777777770155933842e-03,
                     kP3 = 6.61375632143793436117e-05, kP4 = -1.65339022054652515390e-06,
                     kP5 = 4.13813679705723846039e-08;
    constexpr double kLn2Head = 6.93147182464599609375e-01;
    constexpr double kLn2Tail = -1.90465429995776804525e-09;
    constexpr double kOverflowTail =
        8.0085662595372944372e-17;  // log2(2^1024 + half an ulp) - 1024
    double z = high + low;
    if (z >= 1024.0 && (z > 1024.0 || low + kOverflowTail > z - high)) return kInfinity;
    if (z <= -1075.0 && (z < -1075.0 || low <= z - high)) return 0.0;
    int n = static_cast<int>(z + (z < 0 ? -0.5 : 0.5));
    if (abs(z) <= 0.5) n = 0;
    high -= n;
    double t = head_of(low + high);
    double u = t * kLn2Head;
    double v = (low - (t - high)) * kLn2 + t * kLn2Tail;
    z = u + v;
    double w = v - (z - u);
    t = z * z;
    double t1 = z - t * (kP1 + t * (kP2 + t * (kP3 + t * (kP4 + t * kP5))));
    double r = (z * t1) / (t1 - 2.0) - (w + z * w);
    return scaled(1.0 - (r - z), n);
}

enum class Parity { fraction, even, odd };

/// Requires: y finite.
Parity parity_of(double y) {
    double a = abs(y);
    if (a >= 0x1p53) return Parity::even;
    if (a != std::trunc(a)) return Parity::fraction;
    return static_cast<std::uint64_t>(a) % 2 == 0 ? Parity::even : Parity::odd;
}

/// x^y where x is 0 or infinite or y is infinite. Requires: no NaN, y != 0, x != 1.
double special_pow(double x, double y) {
    double a = abs(x);
    if (abs(y) == kInfinity) {
        if (a == 1.0) return 1.0;
        return (a > 1.0) == (y > 0) ? kInfinity : 0.0;
    }
    double magnitude = (a == kInfinity) == (y > 0) ? kInfinity : 0.0;
    return sign_of(x) && parity_of(y) == Parity::odd ? -magnitude : magnitude;
}

}  // namespace

// fdlibm, e_pow.c: 2^(y log2 x) with the product in two parts.
double pow(double x, double y) {
    if (y == 0 || x == 1.0) return 1.0;
    if (x != x || y != y) return kNaN;
    double a = abs(x);
    if (a == 0 || a == kInfinity || abs(y) == kInfinity) return special_pow(x, y);
    double sign = 1.0;
    if (sign_of(x)) {
        Parity parity = parity_of(y);
        if (parity == Parity::fraction) return kNaN;
        if (parity == Parity::odd) sign = -1.0;
    }
    if (a == 1.0) return sign;
    if (abs(y) > 0x1p65) return (a > 1.0) == (y > 0) ? sign * kInfinity : sign * 0.0;
    auto [log_high, log_low] = log2_in_two_parts(a);
    double y_head = head_of(y);
    double low = (y - y_head) * log_high + y * log_low;
    return sign * exp2_of(y_head * log_high, low);
}

}  // namespace teatime::math
