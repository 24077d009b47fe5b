#include "teatime/state/time.h"

#include <QTest>
#include <limits>

#include "../test_main.h"
#include "random_input.h"
#include "teatime/state/mark.h"

using namespace teatime;

namespace {
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

std::int64_t micros(std::string_view text) {
    auto duration = parse_duration(text);
    return duration ? duration->count() : kMin + 1;
}
std::string milliseconds(std::int64_t time) {
    return to_milliseconds_text(VirtualTime(Duration(time)));
}
}  // namespace

class TimeTest : public QObject {
    Q_OBJECT
private slots:
    void times_are_written_in_seconds_without_trailing_zeros() {
        QCOMPARE(to_string(Duration(12'500'000)), std::string("12.5s"));
        QCOMPARE(to_string(Duration(0)), std::string("0s"));
        QCOMPARE(to_string(VirtualTime(Duration(3'723'250'000))), std::string("3723.25s"));
        QCOMPARE(to_string(Duration(1)), std::string("0.000001s"));
        QCOMPARE(to_string(Duration(-1'500'000)), std::string("-1.5s"));
        QCOMPARE(to_string(Duration(kMin)), std::string("-9223372036854.775808s"));
    }
    void all_the_forms_that_people_write_are_read() {
        QCOMPARE(micros("12.5s"), 12'500'000);
        QCOMPARE(micros("500ms"), 500'000);
        QCOMPARE(micros("250us"), 250);
        QCOMPARE(micros("2min"), 120'000'000);
        QCOMPARE(micros("0.5min"), 30'000'000);
        QCOMPARE(micros("1:02:03.25"), 3'723'250'000);
        QCOMPARE(micros("2:03"), 123'000'000);
        QCOMPARE(micros("90:00"), 5'400'000'000);
        QCOMPARE(micros(" 500 ms "), 500'000);
        QCOMPARE(micros(".5s"), 500'000);
        QCOMPARE(micros("1h30min"), 5'400'000'000);
        QCOMPARE(micros("1m 30s"), 90'000'000);
        QCOMPARE(micros("-1.5s"), -1'500'000);
        QCOMPARE(micros("+2s"), 2'000'000);
        QCOMPARE(micros("0"), 0);
        QCOMPARE(micros("1.50000000000s"), 1'500'000);
        QCOMPARE(micros("9223372036854.775807s"), kMax);
        QCOMPARE(micros("-9223372036854.775808s"), kMin);
    }
    void anything_else_is_an_error_that_shows_the_forms() {
        for (const char* text : {"",
                                 " ",
                                 "12",
                                 "s",
                                 "12x",
                                 "1..5s",
                                 "1.s",
                                 "1e3s",
                                 "0.0000001s",
                                 "0.5us",
                                 "1:60",
                                 "1:2:3:4",
                                 "1:",
                                 ":1",
                                 "1.5:00",
                                 "1:-2",
                                 "--1s",
                                 "- 1",
                                 "1s 2s",
                                 "1s1h",
                                 "12.5s#3",
                                 "9223372036854.775808s",
                                 "99999999999999999999s",
                                 "999999999999h",
                                 "0x10s",
                                 "1,5s"}) {
            auto read = parse_duration(text);
            QVERIFY2(!read, text);
            QVERIFY2(read.error().message.find("12.5s, 500ms") != std::string::npos, text);
        }
    }
    void every_duration_survives_its_text() {
        auto random = test::seeded_random();
        for (int i = 0; i < 100'000; ++i) {
            auto count = static_cast<std::int64_t>(random() >> random() % 64);
            for (std::int64_t value : {count, -count}) {
                QCOMPARE(micros(to_string(Duration(value))), value);
            }
            VirtualTime time{Duration(count & kMax)};
            QVERIFY(parse_milliseconds(to_milliseconds_text(time)).value() == time);
        }
    }
    void the_wire_has_milliseconds_with_up_to_three_decimals() {
        QCOMPARE(milliseconds(1'234'500), std::string("1234.5"));
        QCOMPARE(milliseconds(1), std::string("0.001"));
        QCOMPARE(milliseconds(2'000'000), std::string("2000"));
        QVERIFY(parse_milliseconds("1234.5").value() == VirtualTime(Duration(1'234'500)));
        QVERIFY(parse_milliseconds("7.120").value() == VirtualTime(Duration(7'120)));
        for (const char* text : {"", "-1", "+1", "1.", ".5", "1.2345", "1e3", " 1", "1 ", "1:00",
                                 "9223372036854775.808", "99999999999999999999"}) {
            QVERIFY2(!parse_milliseconds(text), text);
        }
    }
    void marks_are_written_as_people_name_them() {
        Mark mark{{}, VirtualTime(Duration(12'500'000)), 3};
        QCOMPARE(to_string(mark), std::string("12.5s#3"));
        mark.n = Mark::kWholeInstant;
        QCOMPARE(to_string(mark), std::string("12.5s"));
        mark.branch = {2};
        QCOMPARE(to_string(mark), std::string("2/12.5s"));
        mark.n = 0;
        QVERIFY(parse_mark("2/12.5s#0").value() == mark);
        QVERIFY(parse_mark("2/0:12.5#0").value() == mark);
    }
    void marks_are_ordered_within_an_instant() {
        auto mark = [](const char* text) { return parse_mark(text).value(); };
        QVERIFY(mark("12.5s#0") < mark("12.5s#1"));
        QVERIFY(mark("12.5s#1") < mark("12.5s"));
        QVERIFY(mark("12.5s") < mark("12.500001s#0"));
    }
    void every_mark_survives_its_text() {
        auto random = test::seeded_random();
        for (int i = 0; i < 10'000; ++i) {
            Mark mark{{random() % 3},
                      VirtualTime(Duration(static_cast<std::int64_t>(random()))),
                      random() % 4 == 0 ? Mark::kWholeInstant : random() >> random() % 64};
            QVERIFY(parse_mark(to_string(mark)).value() == mark);
        }
    }
    void a_wrong_mark_is_refused_with_the_part_that_is_wrong() {
        for (auto [text, part] : {std::pair{"x/1s", "`x`"},
                                  {"1/2/3s", "`2/3s`"},
                                  {"1s#", "``"},
                                  {"1s#-1", "`-1`"},
                                  {"1s#2#3", "`2#3`"},
                                  {"1s#18446744073709551615", "`18446744073709551615`"},
                                  {"#3", "``"},
                                  {"soon", "`soon`"}}) {
            auto read = parse_mark(text);
            QVERIFY2(!read, text);
            QVERIFY2(read.error().message.find(part) != std::string::npos, text);
        }
    }
};

TEST_CLASS(TimeTest)
#include "time_test.moc"
