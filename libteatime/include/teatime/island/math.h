#pragma once

#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <limits>

#include "teatime/island/export.h"

#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || \
    defined(__NO_SIGNED_ZEROS__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ > 0)
#error "An Island cannot be compiled with -ffast-math or a part of it: replicas would disagree."
#endif
static_assert(std::numeric_limits<double>::is_iec559, "an Island needs IEEE 754 doubles");
static_assert(FLT_EVAL_METHOD == 0,
              "an Island needs doubles without excess precision: -mfpmath=sse");

/// Mathematics with the same bits on every compiler, optimisation level and CPU; what an Island
/// uses instead of <cmath>, whose results differ between C libraries.
///
/// Made of additions, multiplications, divisions and square roots only, which IEEE 754 rounds in
/// one way. Needs round-to-nearest, no flushing of subnormals, and -ffp-contract=off
/// (teatime_add_module sets it). Errors are below 1 ulp except where noted; the bound measured
/// for each function stands in tests/island/math_test.cpp. A NaN result is always kNaN. No errno,
/// no exceptions; pure, callable from any thread. 10 to 70 ns each.
namespace teatime::math {

inline constexpr double kPi = 3.14159265358979323846;
inline constexpr double kTau = 6.28318530717958647693;  ///< a full turn
inline constexpr double kHalfPi = 1.57079632679489661923;
inline constexpr double kE = 2.71828182845904523536;
inline constexpr double kLn2 = 0.69314718055994530942;
inline constexpr double kLn10 = 2.30258509299404568402;
inline constexpr double kSqrt2 = 1.41421356237309504880;
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kNaN = std::bit_cast<double>(std::uint64_t{0x7ff8'0000'0000'0000});

/// The value itself, or kNaN for any NaN: x86 and ARM make and propagate different ones.
constexpr double canonical(double x) {
    return x == x ? x : kNaN;
}

/// Radians of any size: reduction by pi/2 is exact, up to the largest double.
TEATIME_ISLAND_API double sin(double x);
TEATIME_ISLAND_API double cos(double x);
TEATIME_ISLAND_API double tan(double x);
TEATIME_ISLAND_API double asin(double x);
TEATIME_ISLAND_API double acos(double x);
TEATIME_ISLAND_API double atan(double x);
/// The angle of (x, y) in [-pi, pi]; signed zeros and infinities as in C.
TEATIME_ISLAND_API double atan2(double y, double x);

TEATIME_ISLAND_API double sinh(double x);
TEATIME_ISLAND_API double cosh(double x);
TEATIME_ISLAND_API double tanh(double x);

TEATIME_ISLAND_API double exp(double x);
TEATIME_ISLAND_API double exp2(double x);
TEATIME_ISLAND_API double expm1(double x);  ///< exp(x) - 1, exact to the last bits near 0
TEATIME_ISLAND_API double log(double x);
TEATIME_ISLAND_API double log2(double x);
TEATIME_ISLAND_API double log10(double x);
TEATIME_ISLAND_API double log1p(double x);  ///< log(1 + x), exact to the last bits near 0
TEATIME_ISLAND_API double pow(double x, double y);

TEATIME_ISLAND_API double cbrt(double x);
/// Without overflow or underflow in between.
TEATIME_ISLAND_API double hypot(double x, double y);
/// The exact remainder with the sign of x.
TEATIME_ISLAND_API double fmod(double x, double y);

// IEEE 754 gives these one result, so the machine's own will do.
inline double sqrt(double x) {
    return canonical(std::sqrt(x));
}
inline double floor(double x) {
    return canonical(std::floor(x));
}
inline double ceil(double x) {
    return canonical(std::ceil(x));
}
inline double trunc(double x) {
    return canonical(std::trunc(x));
}
inline double round(double x) {  ///< halves away from zero
    return canonical(std::round(x));
}
inline double abs(double x) {
    return canonical(std::fabs(x));
}

/// From a at t = 0 to exactly b at t = 1.
TEATIME_ISLAND_API double lerp(double a, double b, double t);

}  // namespace teatime::math
