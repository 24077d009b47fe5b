#include "time_scale.h"

#include <QFont>
#include <QFontMetricsF>
#include <QGuiApplication>
#include <QTest>
#include <cmath>
#include <random>

#include "../state/random_input.h"
#include "../test_main.h"
#include "times.h"
#include "wall_clock.h"

using namespace teatime;
using namespace teatime::inspector;
using namespace teatime::test;
using namespace std::chrono_literals;
using timegraph::ClockPoint;
using timegraph::WallTime;

namespace {

VirtualTime at(Duration time) {
    return VirtualTime(time);
}

QStringList labels(const std::vector<Tick>& ticks) {
    QStringList all;
    for (const Tick& tick : ticks) {
        if (!tick.label.isEmpty()) all << tick.label;
    }
    return all;
}

}  // namespace

class TimeScaleTest : public QObject {
    Q_OBJECT

    std::mt19937_64 random_ = seeded_random();

    double between(double least, double most) {
        return std::uniform_real_distribution<double>(least, most)(random_);
    }

private slots:
    void a_mark_beside_the_ruler_is_written_as_the_ruler_writes() {
        const auto label = [](const char* mark) { return mark_label(*parse_mark(mark)); };
        QCOMPARE(label("5s"), "5s");
        QCOMPARE(label("0s#0"), "0s#0");
        QCOMPARE(label("517.258s#3"), "8:37.258#3");
        QCOMPARE(label("600s"), "10:00");
        QCOMPARE(label("3725.5s#1"), "1:02:05.5#1");
    }

    void a_time_is_where_it_was_put_and_back_data() {
        QTest::addColumn<qint64>("left");
        QTest::addColumn<double>("us_per_pixel");
        QTest::addColumn<qint64>("time");
        QTest::addColumn<double>("x");
        QTest::newRow("left edge") << qint64(5'000'000) << 1000.0 << qint64(5'000'000) << 0.0;
        QTest::newRow("a millisecond a pixel") << qint64(0) << 1000.0 << qint64(250'000) << 250.0;
        QTest::newRow("before the edge") << qint64(1'000) << 10.0 << qint64(0) << -100.0;
        QTest::newRow("a microsecond over the width")
            << qint64(86'400'000'000) << 1e-3 << qint64(86'400'000'001) << 1000.0;
        QTest::newRow("days") << qint64(0) << 1e9 << qint64(86'400'000'000) << 86.4;
    }
    void a_time_is_where_it_was_put_and_back() {
        QFETCH(qint64, left);
        QFETCH(double, us_per_pixel);
        QFETCH(qint64, time);
        QFETCH(double, x);
        const TimeScale scale = scale_of(at(Duration(left)), us_per_pixel);
        QCOMPARE(scale.x_of(at(Duration(time))), x);
        QCOMPARE(scale.time_at(x), at(Duration(time)));
    }

    void zooming_keeps_the_time_under_the_mouse_at_every_scale() {
        for (int i = 0; i < 2000; ++i) {
            TimeScale scale = scale_of(at(Duration(std::int64_t(between(0, 1e12)))), 1e6, 1600);
            const double x = std::floor(between(0, 1600));
            const VirtualTime under = scale.time_at(x);
            // All the way in, where a pixel is a thousandth of a microsecond, and all the way out.
            while (scale.us_per_pixel > TimeScale::kFinest) scale.zoom(x, between(0.3, 0.95));
            QCOMPARE(scale.time_at(x), under);
            QVERIFY(std::abs(scale.x_of(under) - x) <= 1000);  // half a microsecond there
            while (scale.us_per_pixel < TimeScale::kCoarsest) scale.zoom(x, between(1.05, 3));
            QVERIFY(std::abs(scale.x_of(under) - x) < 0.01);
        }
    }

    void zooming_about_an_exact_time_does_not_move_it_by_a_tenth_of_a_pixel() {
        TimeScale scale = scale_of(at(0us), 1e5, 1600);
        const VirtualTime time = at(80s);
        QCOMPARE(scale.x_of(time), 800.0);
        for (int i = 0; i < 300; ++i) {
            scale.zoom(800, 0.9);
            QVERIFY2(std::abs(scale.x_of(time) - 800) < 0.1, qPrintable(QString::number(i)));
        }
        QCOMPARE(scale.us_per_pixel, TimeScale::kFinest);
    }

    void panning_by_parts_of_a_microsecond_adds_up() {
        TimeScale scale = scale_of(at(1s), 1e-3);
        for (int i = 0; i < 1000; ++i) scale.pan(3);
        QVERIFY(std::abs(scale.x_of(at(1s)) + 3000) < 1e-3);
        for (int i = 0; i < 1000; ++i) scale.pan(-3);
        QVERIFY(std::abs(scale.x_of(at(1s))) < 1e-3);
    }

    void fitting_shows_all_of_it_in_the_middle_data() {
        QTest::addColumn<qint64>("from");
        QTest::addColumn<qint64>("to");
        QTest::newRow("a second") << qint64(0) << qint64(1'000'000);
        QTest::newRow("a microsecond") << qint64(7) << qint64(8);
        QTest::newRow("one point") << qint64(5'000'000) << qint64(5'000'000);
        QTest::newRow("eleven days") << qint64(0) << qint64(950'400'000'000);
        QTest::newRow("before the start") << qint64(-1'000) << qint64(1'000);
    }
    void fitting_shows_all_of_it_in_the_middle() {
        QFETCH(qint64, from);
        QFETCH(qint64, to);
        TimeScale scale = scale_of(at(42s), 17, 1280);
        scale.fit(at(Duration(from)), at(Duration(to)));
        const double left = scale.x_of(at(Duration(from))), right = scale.x_of(at(Duration(to)));
        QVERIFY(left > 0);
        QVERIFY(right < 1280);
        QVERIFY2(std::abs(left + right - 1280) < 0.01, qPrintable(QString::number(left + right)));
        if (to - from > 1) QVERIFY(right - left > 1280 * 0.9);
    }

    void revealing_moves_as_little_as_needed() {
        TimeScale scale = scale_of(at(10s), 1000);  // 10 .. 11 s
        const TimeScale before = scale;
        scale.reveal(at(10'500ms));
        QCOMPARE(scale, before);
        scale.reveal(at(12s));
        QCOMPARE(scale.x_of(at(12s)), 960.0);
        scale.reveal(at(1s));
        QCOMPARE(scale.x_of(at(1s)), 40.0);
        scale.width = 20;
        scale.reveal(at(30s));
        QVERIFY(scale.x_of(at(30s)) >= 0 && scale.x_of(at(30s)) <= 20);
    }

    void the_ends_of_time_are_no_trouble() {
        TimeScale scale = scale_of(VirtualTime::max(), TimeScale::kCoarsest, 4000);
        scale.pan(1e6);
        scale.zoom(0, 0.5);
        QVERIFY(scale.x_of(VirtualTime::min()) < 0);
        QVERIFY(ruler_ticks(scale).size() < 4000);
        scale.left = VirtualTime::min();
        scale.pan(-1e6);
        QVERIFY(scale.x_of(VirtualTime::max()) > 0);
        QVERIFY(ruler_ticks(scale).size() < 4000);
    }

    void labels_stand_at_round_numbers_data() {
        QTest::addColumn<qint64>("left");
        QTest::addColumn<double>("us_per_pixel");
        QTest::addColumn<QStringList>("expected");
        QTest::newRow("microseconds")
            << qint64(1'000'000) << 0.01
            << QStringList{"1.000000s", "1.000001s", "1.000002s", "1.000003s"};
        QTest::newRow("ten milliseconds, over a minute")
            << qint64(59'990'000) << 60.0 << QStringList{"59.99s", "1:00.00", "1:00.01"};
        QTest::newRow("half seconds")
            << qint64(0) << 5000.0 << QStringList{"0.0s", "0.5s", "1.0s", "1.5s"};
        QTest::newRow("15 seconds")
            << qint64(0) << 150'000.0 << QStringList{"0s", "15s", "30s", "45s"};
        QTest::newRow("minutes, over an hour")
            << qint64(3'500'000'000) << 600'000.0
            << QStringList{"59:00", "1:00:00", "1:01:00", "1:02:00"};
        QTest::newRow("two days") << qint64(0) << 1e9
                                  << QStringList{"0s", "2d 00:00:00", "4d 00:00:00"};
    }
    void labels_stand_at_round_numbers() {
        QFETCH(qint64, left);
        QFETCH(double, us_per_pixel);
        QFETCH(QStringList, expected);
        const QStringList got =
            labels(ruler_ticks(scale_of(at(Duration(left)), us_per_pixel, 400)));
        QCOMPARE(got, expected);
    }

    void between_labels_are_marks_that_divide_them_evenly() {
        for (double us_per_pixel = TimeScale::kFinest; us_per_pixel < TimeScale::kCoarsest;
             us_per_pixel *= 1.37) {
            const auto ticks = ruler_ticks(scale_of(at(12'345'678us), us_per_pixel, 1600));
            QVERIFY(ticks.size() < 1600 / 5);
            for (std::size_t i = 2; i < ticks.size(); ++i) {
                QVERIFY(std::abs((ticks[i].x - ticks[i - 1].x) - (ticks[1].x - ticks[0].x)) < 1e-3);
                QVERIFY(ticks[i].x - ticks[i - 1].x >= 6.99);
            }
        }
    }

    void labels_never_overlap() {
        const QFontMetricsF metrics((QFont()));
        const double widest = metrics.horizontalAdvance(QStringLiteral("99d 23:59:59.999999"));
        for (double us_per_pixel = TimeScale::kFinest; us_per_pixel <= TimeScale::kCoarsest;
             us_per_pixel *= 1.17) {
            for (Duration left : {Duration(0), Duration(59'999'990), Duration(3'599'999'000),
                                  Duration(86'399'999'990)}) {
                const TimeScale scale = scale_of(at(left), us_per_pixel, 1600);
                double free_from = -1e9;
                int count = 0;
                for (const Tick& tick : ruler_ticks(scale, int(widest) + 8)) {
                    if (tick.label.isEmpty()) continue;
                    ++count;
                    QVERIFY(tick.x >= free_from);
                    free_from = tick.x + metrics.horizontalAdvance(tick.label);
                }
                if (us_per_pixel > 0.01) QVERIFY(count >= 1);
            }
        }
    }

    void a_time_has_the_digits_that_pixels_need_data() {
        QTest::addColumn<qint64>("time");
        QTest::addColumn<double>("us_per_pixel");
        QTest::addColumn<QString>("label");
        QTest::newRow("exact") << qint64(12'345'678) << 1e-3 << "12.345678s";
        QTest::newRow("milliseconds") << qint64(12'345'678) << 1000.0 << "12.345s";
        QTest::newRow("5 ms") << qint64(12'345'678) << 5000.0 << "12.345s";
        QTest::newRow("seconds") << qint64(12'345'678) << 1e6 << "12s";
        QTest::newRow("never more than is") << qint64(59'999'999) << 1e5 << "59.9s";
        QTest::newRow("minutes") << qint64(125'250'000) << 1e4 << "2:05.25";
        QTest::newRow("hours") << qint64(3'723'250'000) << 1e6 << "1:02:03";
        QTest::newRow("days") << qint64(262'925'000'000) << 1e9 << "3d 01:02:05";
        QTest::newRow("before the start") << qint64(-1'500'000) << 1e5 << "-1.5s";
    }
    void a_time_has_the_digits_that_pixels_need() {
        QFETCH(qint64, time);
        QFETCH(double, us_per_pixel);
        QFETCH(QString, label);
        QCOMPARE(time_label(at(Duration(time)), us_per_pixel), label);
    }

    // A session that starts at 12:00:00 UTC, runs, is paused for a minute at 10 s, runs at double
    // rate from there to 30 s, then at half the rate.
    static WallClock clock_with_everything() {
        const WallTime noon{43'200s};
        return WallClock({{{at(0s), Seq{0}}, noon, 1},
                          {{at(10s), Seq{5}}, noon + 10s, 0},
                          {{at(10s), Seq{6}}, noon + 70s, 2},
                          {{at(30s), Seq{9}}, noon + 80s, 0.5}},
                         at(40s), noon + 100s);
    }

    void wall_time_follows_rates_and_jumps_over_pauses() {
        const WallTime noon{43'200s};
        const WallClock clock = clock_with_everything();
        QCOMPARE(*clock.wall_at(at(5s)), noon + 5s);
        QCOMPARE(*clock.wall_at(at(10s)), noon + 70s);
        QCOMPARE(*clock.wall_at(at(20s)), noon + 75s);
        QCOMPARE(*clock.wall_at(at(31s)), noon + 82s);
        QCOMPARE(clock.breaks().size(), std::size_t(1));
        QCOMPARE(clock.breaks()[0].at, at(10s));
        QVERIFY(clock.breaks()[0].paused);
        QCOMPARE(clock.breaks()[0].to - clock.breaks()[0].from, Duration(60s));
    }

    void the_wall_ruler_is_denser_where_time_ran_slower_and_has_no_paused_minute() {
        const TimeScale scale = scale_of(at(0s), 40'000, 1000);  // 25 px a virtual second
        const auto ticks = wall_ticks(scale, clock_with_everything(), 100);
        const auto x_of = [&](const QString& label) {
            for (const Tick& tick : ticks) {
                if (tick.label == label) return tick.x;
            }
            return -1.0;
        };
        QCOMPARE(x_of("12:00:05"), 125.0);
        QCOMPARE(x_of("12:01:20"), 750.0);  // 30 s
        QCOMPARE(x_of("12:01:30"), 875.0);  // 35 s: ten seconds of wall for five
        for (const Tick& tick : ticks) QVERIFY(!tick.label.startsWith("12:00:3"));
    }

    void steps_while_paused_have_no_wall_time_of_their_own() {
        const WallTime noon{43'200s};
        const WallClock clock({{{at(0s), Seq{0}}, noon, 0}, {{at(5s), Seq{1}}, noon + 90s, 1}},
                              at(10s), noon + 95s);
        QCOMPARE(*clock.wall_at(at(3s)), noon);
        const TimeScale scale = scale_of(at(0s), 10'000, 1000);
        for (const Tick& tick : wall_ticks(scale, clock)) QVERIFY(tick.time >= at(5s));
    }

    /// As of a member that came at 20 s and records what was before it, too.
    void before_the_first_clock_row_there_is_virtual_time_only() {
        const WallTime noon{43'200s};
        const WallClock clock({{{at(20s), Seq{7}}, noon, 1}}, at(40s), noon + 20s);
        QVERIFY(!WallClock().wall_at(at(0s)));
        QVERIFY(!clock.wall_at(at(20s) - Duration(1)));
        QCOMPARE(*clock.wall_at(at(20s)), noon);
        QStringList labels;
        for (const Tick& tick : wall_ticks(scale_of(at(0s), 40'000, 1000), clock, 100)) {
            if (!tick.label.isEmpty()) labels += tick.label;
        }
        QCOMPARE(labels, (QStringList{"0s", "5s", "10s", "15s", "12:00:00", "12:00:05", "12:00:10",
                                      "12:00:15"}));
    }

    void small_corrections_of_the_clock_are_no_breaks() {
        const WallTime noon{43'200s};
        std::vector<ClockPoint> points;
        for (int i = 0; i < 1000; ++i) {
            points.push_back({{at(i * 1s), Seq{std::uint64_t(i)}},
                              noon + i * 1s + Duration(random_() % 20'000),
                              1});
        }
        const WallClock clock(points, at(1000s), noon + 1000s);
        QVERIFY(clock.breaks().empty());
        // Nor do they make a mark twice.
        double last = -1;
        for (const Tick& tick : wall_ticks(scale_of(at(0s), 10'000, 1000), clock)) {
            QVERIFY(tick.x > last);
            last = tick.x;
        }
    }

    void wall_labels_of_midnights_are_dates() {
        const WallTime midnight{24h * 20'000};  // 2024-10-04
        QCOMPARE(wall_label(midnight, 1e6), QString("4 Oct"));
        QCOMPARE(wall_label(midnight + 61s, 60e6), QString("00:01"));
        QCOMPARE(wall_label(midnight + 61s, 1e6), QString("00:01:01"));
        QCOMPARE(wall_label(midnight + 250ms, 1e5), QString("00:00:00.2"));
    }
};

TEST_CLASS(TimeScaleTest)
#include "time_scale_test.moc"
