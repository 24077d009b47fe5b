#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

#include "teatime/island/math.h"

/// The functions of teatime::math with the arguments that the tests give them: seeded, the same on
/// every machine without using a library's distributions.
namespace math_cases {

class SplitMix {
public:
    explicit SplitMix(std::uint64_t seed) : state_(seed) {}
    std::uint64_t bits() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    double between(double low, double high) {
        return low + (high - low) * (static_cast<double>(bits() >> 11) * 0x1p-53);
    }

private:
    std::uint64_t state_;
};

inline const double kSpecials[] = {
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    -2.0,
    3.0,
    -3.0,
    0x1p-1074,
    -0x1p-1074,
    0x1p-1022,
    -0x1p-1022,
    0x0.fffffffffffffp-1022,
    0x1.fffffffffffffp1023,
    -0x1.fffffffffffffp1023,
    0x1p53,
    -0x1p53,
    0x1p53 - 1,
    0x1.0000000000001p0,
    0x1.fffffffffffffp-1,
    -0x1.0000000000001p0,
    -0x1.fffffffffffffp-1,
    teatime::math::kPi,
    -teatime::math::kPi,
    teatime::math::kHalfPi,
    0x1.921fb54442d18p-1,
    0x1.6ac5b262ca1ffp849,  // of all doubles the nearest to a multiple of pi/2
    6381956970095103.0 * 0x1p797,
    1e22,
    709.0,
    709.782712893384,
    709.8,
    -745.2,
    -744.5,
    710.4,
    710.5,
    1024.0,
    -1074.0,
    -1075.0,
    22.0,
    0x1p20,
    0x1p-27,
    0x1p-28,
    0x1p-54,
    0x1p1023,
    teatime::math::kInfinity,
    -teatime::math::kInfinity,
    teatime::math::kNaN,
    std::bit_cast<double>(std::uint64_t{0xfff8'0000'0000'0123}),  // NaNs with sign and payload
    std::bit_cast<double>(std::uint64_t{0x7ff0'0000'0000'0001})};

struct Unary {
    std::string_view name;
    double (*ours)(double);
    long double (*exact)(long double);
    double ulp_bound;  ///< measured over 2 * 10^6 arguments, rounded up
    double low, high;  ///< where it is interesting
    std::uint64_t golden;
};

struct Binary {
    std::string_view name;
    double (*ours)(double, double);
    long double (*exact)(long double, long double);
    double ulp_bound;
    double low, high;  ///< of both arguments
    std::uint64_t golden;
};

/// One of: any bit pattern, near zero, uniform in the interesting range.
inline double argument(SplitMix& random, double low, double high) {
    switch (std::uint64_t choice = random.bits(); choice % 4) {
        case 0:
            return std::bit_cast<double>(random.bits());
        case 1:
            return random.between(low, high) *
                   std::bit_cast<double>((1023 - choice / 4 % 60) << 52);
        default:
            return random.between(low, high);
    }
}

const std::vector<Unary>& unary();
const std::vector<Binary>& binary();

}  // namespace math_cases
