#include "math_cases.h"

#include <cmath>

namespace math_cases {

namespace math = teatime::math;

const std::vector<Unary>& unary() {
    static const std::vector<Unary> all = {
        {"sin", math::sin, sinl, 0.8, -100, 100, 0x722bafd5a3cdfc23},
        {"cos", math::cos, cosl, 0.8, -100, 100, 0x172aa778f83c28c6},
        {"tan", math::tan, tanl, 0.85, -100, 100, 0x296ca8d5b20becb7},
        {"asin", math::asin, asinl, 0.9, -1, 1, 0xab94675963a305d7},
        {"acos", math::acos, acosl, 0.9, -1, 1, 0x2ceaa422a01fd8f8},
        {"atan", math::atan, atanl, 0.8, -5, 5, 0x6044ef4faf78786c},
        {"sinh", math::sinh, sinhl, 0.95, -25, 25, 0x7a232674107722bb},
        {"cosh", math::cosh, coshl, 0.9, -25, 25, 0x4f0d17b1c6fa74ae},
        {"tanh", math::tanh, tanhl, 0.9, -23, 23, 0xc587a3b372a41dcf},
        {"exp", math::exp, expl, 0.9, -746, 710, 0xf88717d1c0902629},
        {"exp2", math::exp2, exp2l, 0.9, -1076, 1025, 0x6f880c47a2145ed5},
        {"expm1", math::expm1, expm1l, 0.85, -45, 710, 0xff165bb1e9598245},
        {"log", math::log, logl, 0.85, 0, 10, 0x41d8217658443e6b},
        {"log2", math::log2, log2l, 0.85, 0, 10, 0x7290de99a6cc0ef9},
        {"log10", math::log10, log10l, 0.75, 0, 10, 0xce5d9eb8d51bdf4b},
        {"log1p", math::log1p, log1pl, 0.85, -1, 10, 0x4b0c5d707e80cce1},
        {"sqrt", math::sqrt, sqrtl, 0.51, 0, 10, 0xb898be111b76d87c},
        {"cbrt", math::cbrt, cbrtl, 0.67, -10, 10, 0x7ce60676a625fd15},
        {"floor", math::floor, floorl, 0, -1e3, 1e3, 0x49bb59abbe217a1a},
        {"ceil", math::ceil, ceill, 0, -1e3, 1e3, 0x7e385fc2d5cfc59},
        {"trunc", math::trunc, truncl, 0, -1e3, 1e3, 0x6d03471c27f6f1d3},
        {"round", math::round, roundl, 0, -1e3, 1e3, 0xa9465f332214ac58},
    };
    return all;
}

const std::vector<Binary>& binary() {
    static const std::vector<Binary> all = {
        {"pow", math::pow, powl, 0.85, -60, 60, 0x56a362561fca4e6a},
        {"atan2", math::atan2, atan2l, 0.98, -10, 10, 0xfe93f0c999a0ce01},
        {"hypot", math::hypot, hypotl, 1.0, -10, 10, 0xe05a441120fe6da8},
        {"fmod", math::fmod, fmodl, 0, -1e6, 1e6, 0x8d291652fa15eb86},
    };
    return all;
}

}  // namespace math_cases
