#include "lanes.h"

#include <QTest>

#include "../test_main.h"
#include "film.h"
#include "plot.h"
#include "time_axis.h"
#include "timeline_notes.h"
#include "times.h"

using namespace teatime;
using namespace teatime::inspector;
using namespace teatime::test;
using namespace std::chrono_literals;

namespace {

PlotTrack::Column column(double first, double last, double min, double max, std::uint64_t changes) {
    return {first, last, min, max, changes, true};
}

}  // namespace

/// The geometry of timeline, film and plots: plain values in, plain values out.
class LanesTest : public QObject {
    Q_OBJECT

    static std::vector<Lane> five_lanes() {
        return {{Lane::Kind::external, "Ann", {1}, 10},
                {Lane::Kind::future, "A.tick", {}, 5},
                {Lane::Kind::external, "Ben", {2}, 30},
                {Lane::Kind::future, "B.tick", {}, 50},
                {Lane::Kind::future, "C.tick", {}, 5}};
    }

private slots:
    void lanes_stand_in_groups_the_busiest_first() {
        LaneLayout layout;
        layout.set_heights(10, 20);
        layout.set_lanes(five_lanes());
        const auto rows = layout.rows(1000);
        QCOMPARE(rows.size(), std::size_t(7));
        QVERIFY(rows[0].group && rows[0].kind == Lane::Kind::external);
        QCOMPARE(rows[0].lane, std::size_t(2));  // it has two
        QCOMPARE(rows[1].lane, std::size_t(2));
        QCOMPARE(rows[2].lane, std::size_t(0));
        QVERIFY(rows[3].group && rows[3].kind == Lane::Kind::future);
        QCOMPARE(rows[4].lane, std::size_t(3));
        QCOMPARE(rows[5].lane, std::size_t(1));
        QCOMPARE(rows[6].y, 10 + 2 * 20 + 10 + 2 * 20);
        QCOMPARE(layout.content_height(), 120);
    }

    void a_collapsed_group_shows_only_its_head_which_stands_for_its_lanes() {
        LaneLayout layout;
        layout.set_heights(10, 20);
        layout.set_lanes(five_lanes());
        layout.set_collapsed(Lane::Kind::external, true);
        QCOMPARE(layout.content_height(), 80);
        const auto row = layout.row_of(2);
        QVERIFY(row && row->group);
        QCOMPARE(row->y, 0);
        QCOMPARE(layout.row_of(3)->y, 20);
        QVERIFY(!layout.row_of(17));
    }

    void scrolling_ends_where_there_is_no_more() {
        LaneLayout layout;
        layout.set_heights(10, 20);
        layout.set_lanes(five_lanes());
        layout.set_scroll(1000, 50);
        QCOMPARE(layout.scroll(), 70);
        QCOMPARE(layout.rows(50).back().lane, std::size_t(4));
        QCOMPARE(layout.row_at(49)->lane, std::size_t(4));
        QVERIFY(!layout.row_at(50));
        layout.set_scroll(-5, 50);
        QCOMPARE(layout.scroll(), 0);
    }

    void pictures_of_a_film_stay_where_they_are_when_one_pans() {
        const VirtualTime begin(0s), end(1000s);
        const FilmFrames before = film_frames(scale_of(VirtualTime(100s), 50'000), 90, begin, end);
        const FilmFrames after = film_frames(scale_of(VirtualTime(110s), 50'000), 90, begin, end);
        QCOMPARE(before.step, after.step);
        QCOMPARE((after.first - before.first).count() % before.step.count(), 0);
        // They neither overlap nor leave room for two, and cover the view.
        const double apart = static_cast<double>(before.step.count()) / 50'000;
        QVERIFY(apart >= 90 && apart < 180);
        QVERIFY(before.first <= VirtualTime(100s));
        QVERIFY(before.at(before.count) > VirtualTime(150s));
    }

    void a_film_has_no_pictures_outside_of_the_recording() {
        const FilmFrames frames =
            film_frames(scale_of(VirtualTime(-100s), 1e6), 90, VirtualTime(0s), VirtualTime(60s));
        QCOMPARE(frames.first, VirtualTime(0s));
        QCOMPARE(frames.count, std::size_t(1));
        QCOMPARE(
            film_frames(scale_of(VirtualTime(100s), 1e3), 90, VirtualTime(0s), VirtualTime(60s))
                .count,
            std::size_t(0));
    }

    void votes_at_one_mark_are_one_group_split_where_one_differs() {
        RecordingFacts facts;
        facts.votes = {{mark(1s), {1}, "a"},
                       {mark(1s), {2}, "a"},
                       {mark(2s), {1}, "b"},
                       {mark(2s), {2}, "c"},
                       {mark(3s), {1}, "d"}};
        const TimelineNotes notes(facts);
        QCOMPARE(notes.votes.size(), std::size_t(3));
        QCOMPARE(notes.votes[0].count, std::size_t(2));
        QVERIFY(!notes.votes[0].split);
        QCOMPARE(notes.splits.size(), std::size_t(1));
        QCOMPARE(notes.splits[0].mark, mark(2s));
        QCOMPARE(notes.splits[0].first, std::size_t(2));
    }

    void many_items_are_visited_once_a_pixel_and_none_is_lost() {
        std::vector<VirtualTime> items;
        for (int i = 0; i < 100'000; ++i) items.emplace_back(Duration(i * 37));
        int visits = 0;
        std::size_t seen = 0;
        double last = -1e9;
        visit_by_pixel(
            items, scale_of(VirtualTime(0s), 10'000), [](VirtualTime time) { return time; },
            [&](double x, auto first, auto end) {
                ++visits;
                seen += static_cast<std::size_t>(end - first);
                QVERIFY(x > last);
                last = x;
            });
        QCOMPARE(seen, items.size());
        QCOMPARE(visits, 370);
    }

    void all_of_a_recording_stays_in_reach_of_the_axis() {
        TimeAxis axis;
        axis.set_width(1000);
        axis.set_range({VirtualTime(0s), VirtualTime(100s)});
        QVERIFY(axis.shows_all());
        axis.zoom(0, 1000);
        QVERIFY(axis.scale().us_per_pixel <= 2.2e5);
        axis.zoom(500, 0.01);
        axis.pan(1e9);
        QVERIFY(axis.scale().x_of(VirtualTime(100s)) >= 499);
        axis.pan(-1e9);
        QVERIFY(axis.scale().x_of(VirtualTime(0s)) <= 501);
        axis.set_playhead(mark(50s));
        axis.reveal_playhead();
        QVERIFY(axis.scale().x_of(VirtualTime(50s)) <= 1000);
        axis.set_selection(TimeAxis::Range{VirtualTime(9s), VirtualTime(3s)});
        QCOMPARE(axis.selection()->from, VirtualTime(3s));
        axis.fit_selection();
        QVERIFY(axis.scale().x_of(VirtualTime(3s)) < 50);
        QVERIFY(axis.scale().x_of(VirtualTime(9s)) > 950);
    }

    void a_plots_pixels_hold_the_extremes_of_their_columns() {
        PlotTrack track;
        track.from = VirtualTime(0s);
        track.to = VirtualTime(4s);
        track.columns = {column(1, 2, 0, 3, 2), column(2, 2, 2, 2, 0), column(2, 9, -5, 9, 4), {}};
        const auto two = track.pixels(scale_of(VirtualTime(0s), 2e6, 2));
        QCOMPARE(two[0].min, 0.0);
        QCOMPARE(two[0].max, 3.0);
        QCOMPARE(two[0].first, 1.0);
        QCOMPARE(two[0].last, 2.0);
        QCOMPARE(two[0].changes, std::uint64_t(2));
        QCOMPARE(two[1].min, -5.0);
        QCOMPARE(two[1].last, 9.0);
        const auto eight = track.pixels(scale_of(VirtualTime(0s), 5e5, 8));
        QCOMPARE(eight[4].max, 9.0);
        QCOMPARE(eight[5].max, 9.0);
        QVERIFY(!eight[6].defined);
        const auto extent = track.extent(scale_of(VirtualTime(0s), 1e6, 2));
        QCOMPARE(extent->min, 0.0);
        QCOMPARE(extent->max, 3.0);
    }

    void a_plots_value_is_told_only_where_it_is_known_exactly() {
        PlotTrack track;
        track.from = VirtualTime(0s);
        track.to = VirtualTime(2s);
        track.columns = {column(1, 2, 1, 2, 1), column(2, 2, 2, 2, 0)};
        QVERIFY(!track.value_at(mark(500ms)));
        QCOMPARE(track.value_at(mark(1500ms)), std::optional(2.0));
        QVERIFY(!track.value_at(mark(3s)));
        track.has_points = true;
        track.points = {{mark(0s, 0), 1, true}, {mark(500ms, 2), 2, true}};
        QCOMPARE(track.value_at(mark(500ms, 1)), std::optional(1.0));
        QCOMPARE(track.value_at(mark(500ms, 2)), std::optional(2.0));
        QCOMPARE(track.value_at(mark(500ms)), std::optional(2.0));
        QCOMPARE(track.point_near(VirtualTime(503ms), 5ms)->mark, mark(500ms, 2));
        QVERIFY(!track.point_near(VirtualTime(600ms), 5ms));
    }

    void plot_labels_are_round_data() {
        QTest::addColumn<double>("min");
        QTest::addColumn<double>("max");
        QTest::addColumn<QStringList>("labels");
        QTest::newRow("tenths") << 0.0 << 1.0 << QStringList{"0", "0.5", "1.0"};
        QTest::newRow("negative") << -7.0 << 12.0 << QStringList{"0", "10"};
        QTest::newRow("large") << 1000.0 << 1900.0 << QStringList{"1000", "1500"};
        QTest::newRow("one value") << 3.25 << 3.25 << QStringList{"3.25"};
    }
    void plot_labels_are_round() {
        QFETCH(double, min);
        QFETCH(double, max);
        QFETCH(QStringList, labels);
        const auto ticks = value_ticks(min, max, 3);
        QStringList got;
        for (double tick : ticks) {
            got << value_label(tick, ticks.size() > 1 ? ticks[1] - ticks[0] : 0);
        }
        QCOMPARE(got, labels);
    }
};

TEST_CLASS(LanesTest)
#include "lanes_test.moc"
