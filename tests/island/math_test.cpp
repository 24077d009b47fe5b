#include <QTest>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "../test_main.h"
#include "math_cases.h"

using namespace math_cases;

namespace {

constexpr int kArguments = 200'000;

std::uint64_t seed() {
    static const std::uint64_t value = [] {
        const char* text = std::getenv("TEATIME_SEED");
        std::uint64_t chosen = text != nullptr ? std::strtoull(text, nullptr, 10) : 20'261'120;
        std::printf("TEATIME_SEED=%llu\n", static_cast<unsigned long long>(chosen));
        return chosen;
    }();
    return value;
}

bool same_bits(double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

/// In units of the last place of the double next to `exact`; 0 where both are NaN (ours then must
/// be the canonical one) or the same infinity.
double error_in_ulp(double ours, long double exact) {
    if (std::isnan(exact)) return same_bits(ours, teatime::math::kNaN) ? 0 : 1e9;
    double rounded = static_cast<double>(exact);
    if (ours == rounded) {
        if (rounded == 0 && std::signbit(ours) != std::signbit(rounded)) return 1e9;
        if (std::isinf(rounded)) return 0;
    }
    if (!std::isfinite(ours)) {  // the largest double may become infinity
        if (std::isinf(ours) && std::fabs(exact) > 0x1.fffffffffffffp1023L &&
            (exact > 0) == (ours > 0)) {
            return 0.5;
        }
        return 1e9;
    }
    if (std::isinf(rounded)) rounded = std::copysign(0x1.fffffffffffffp1023, rounded);
    int exponent = rounded == 0 ? -1074 : std::max(std::ilogb(rounded) - 52, -1074);
    return static_cast<double>(std::fabs(std::ldexp(ours - exact, -exponent)));
}

struct Worst {
    double error = 0;
    char where[80] = "nowhere";
    void offer(double candidate, double x, double y = 0) {
        if (candidate <= error) return;
        error = candidate;
        std::snprintf(where, sizeof where, "%a, %a", x, y);
    }
};

}  // namespace

class MathTest : public QObject {
    Q_OBJECT

private slots:
    void functions_of_one_argument_stay_within_their_bound_data() {
        QTest::addColumn<int>("index");
        for (int i = 0; i < static_cast<int>(unary().size()); ++i)
            QTest::newRow(unary()[i].name.data()) << i;
    }
    void functions_of_one_argument_stay_within_their_bound() {
        QFETCH(int, index);
        const Unary& function = unary()[index];
        Worst worst;
        auto check = [&](double x) {
            worst.offer(error_in_ulp(function.ours(x), function.exact(x)), x);
        };
        for (double x : kSpecials) check(x);
        SplitMix random(seed());
        for (int i = 0; i < kArguments; ++i) check(argument(random, function.low, function.high));
        qInfo("%.4f ulp at %s", worst.error, worst.where);
        QVERIFY2(worst.error <= function.ulp_bound, worst.where);
    }

    void functions_of_two_arguments_stay_within_their_bound_data() {
        QTest::addColumn<int>("index");
        for (int i = 0; i < static_cast<int>(binary().size()); ++i)
            QTest::newRow(binary()[i].name.data()) << i;
    }
    void functions_of_two_arguments_stay_within_their_bound() {
        QFETCH(int, index);
        const Binary& function = binary()[index];
        Worst worst;
        auto check = [&](double x, double y) {
            worst.offer(error_in_ulp(function.ours(x, y), function.exact(x, y)), x, y);
        };
        for (double x : kSpecials) {
            for (double y : kSpecials) check(x, y);
        }
        SplitMix random(seed());
        for (int i = 0; i < kArguments; ++i) {
            double x = argument(random, function.low, function.high);
            check(x, argument(random, function.low, function.high));
        }
        qInfo("%.4f ulp at %s", worst.error, worst.where);
        QVERIFY2(worst.error <= function.ulp_bound, worst.where);
    }

    void powers_near_one_with_huge_exponents_stay_within_a_bit() {
        SplitMix random(seed());
        Worst worst;
        for (int i = 0; i < kArguments; ++i) {
            double x = 1.0 + random.between(-1, 1) * 0x1p-20;
            double y = random.between(-0x1p29, 0x1p29);
            worst.offer(error_in_ulp(teatime::math::pow(x, y), powl(x, y)), x, y);
        }
        QVERIFY2(worst.error <= 1.0, worst.where);
    }

    void lerp_hits_both_ends_exactly() {
        SplitMix random(seed());
        for (int i = 0; i < 10'000; ++i) {
            double a = random.between(-1e9, 1e9);
            double b = random.between(-1e-3, 1e3);
            QVERIFY(same_bits(teatime::math::lerp(a, b, 0), a));
            QVERIFY(same_bits(teatime::math::lerp(a, b, 1), b));
        }
        QCOMPARE(teatime::math::lerp(10, 20, 0.25), 12.5);
    }
};

TEST_CLASS(MathTest)
#include "math_test.moc"
