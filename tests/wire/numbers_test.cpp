#include "numbers.h"

#include <QTest>

#include "../test_main.h"
#include "random_input.h"

using namespace teatime;
using namespace teatime::wire;

class NumbersTest : public QObject {
    Q_OBJECT

private slots:
    void seqs_start_below_the_wrap_and_wrap_at_the_16th_message() {
        QCOMPARE(wire_seq(Seq{0}), 0xFFFFFFF0u);
        QCOMPARE(wire_seq(Seq{1}), 4294967281u);
        QCOMPARE(wire_seq(Seq{15}), 4294967295u);
        QCOMPARE(wire_seq(Seq{16}), 0u);
        constexpr std::uint64_t kTurn = std::uint64_t{1} << 32;
        QCOMPARE(wire_seq(Seq{kTurn + 15}), 4294967295u);
        QCOMPARE(wire_seq(Seq{kTurn + 16}), 0u);
        QCOMPARE(wire_seq(Seq{kTurn + 1}), 4294967281u);
    }

    void seqs_are_found_again_from_one_nearby() {
        auto random = test::seeded_random();
        constexpr std::uint64_t kTurn = std::uint64_t{1} << 32;
        for (std::uint64_t base : {std::uint64_t{0}, std::uint64_t{16}, kTurn, kTurn + 16,
                                   3 * kTurn + 16, std::uint64_t{1} << 60}) {
            for (int i = 0; i < 10'000; ++i) {
                Seq near{base + random() % 40};
                Seq seq{base + random() % 40};
                QCOMPARE(seq_near(wire_seq(seq), near).value, seq.value);
                Seq far{seq.value + random() % (kTurn / 2)};
                QCOMPARE(seq_near(wire_seq(seq), far).value, seq.value);
            }
        }
        QCOMPARE(seq_near(wire_seq(Seq{3'000'000'000}), Seq{0}).value, 3'000'000'000u);
    }

    void times_are_read_as_javascript_prints_them() {
        auto micros = [](std::string_view text) {
            auto time = parse_js_milliseconds(text);
            return time ? time->count() : -1;
        };
        QCOMPARE(micros("0"), 0);
        QCOMPARE(micros("50"), 50'000);
        QCOMPARE(micros("1250.5"), 1'250'500);
        QCOMPARE(micros("16.666666666666668"), 16'666);
        QCOMPARE(micros("201.00000000000003"), 201'000);
        QCOMPARE(micros("0.0009999"), 0);
        QCOMPARE(micros("5e-7"), 0);
        QCOMPARE(micros("1.25e+3"), 1'250'000);
        QCOMPARE(micros("12e2"), 1'200'000);
        QCOMPARE(micros("1.5E-1"), 150);
        QCOMPARE(micros("0e999999999999"), 0);
        QCOMPARE(micros("1e-999999999999"), 0);
        QCOMPARE(micros("9223372036854775.807"), 9223372036854775807);
        for (const char* wrong : {"9223372036854775.808", "1e21", "1e999999999999", "-1", "-0", "",
                                  "null", "\"1\"", "1e", ".", "[]", "1x"})
            QCOMPARE(micros(wrong), -1);
    }

    void scales_are_clamped_and_nonsense_is_none() {
        using session::Rate;
        auto rate = [](std::string_view text) { return parse_js_rate(text); };
        QCOMPARE(rate("1"), Rate({1, 1}));
        QCOMPARE(rate("0.25"), Rate({1, 4}));
        QCOMPARE(rate("4"), Rate({4, 1}));
        QCOMPARE(rate("1000"), Rate({64, 1}));
        QCOMPARE(rate("1e300"), Rate({64, 1}));
        QCOMPARE(rate("0.001"), Rate({1, 64}));
        QCOMPARE(rate("1e-300"), Rate({1, 64}));
        for (const char* none : {"0", "0.0", "-1", "", "null", "\"2\"", "0e5"}) {
            QVERIFY2(!rate(none), none);
        }
    }
};

TEST_CLASS(NumbersTest)
#include "numbers_test.moc"
