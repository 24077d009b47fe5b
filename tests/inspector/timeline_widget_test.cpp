#include "timeline_widget.h"

#include <QHelpEvent>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTextDocumentFragment>
#include <QToolTip>
#include <QWheelEvent>
#include <ctime>

#include "../test_main.h"
#include "made_up_lanes.h"
#include "overview_strip.h"
#include "teatime/timegraph/writer.h"
#include "timeline_lanes.h"
#include "times.h"

using namespace teatime;
using namespace teatime::inspector;
using namespace teatime::test;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<RecordingFacts> ten_seconds() {
    auto facts = std::make_shared<RecordingFacts>();
    facts->path = "ten.timegraph";
    facts->begin = mark(0s, 0);
    facts->end = mark(10s);
    facts->info.end.bound = VirtualTime(10s);
    return facts;
}

}  // namespace

/// What a person does with the mouse on the timeline, and what it asks for then.
class TimelineWidgetTest : public QObject {
    Q_OBJECT

    MadeUpLanes source_;
    std::unique_ptr<TimelineWidget> timeline_;
    TimelineLanes* lanes_ = nullptr;
    std::size_t ann_ = 0, tick_ = 0;

    int x_of(VirtualTime time) const {
        return timeline_->axis().gutter() + int(timeline_->axis().scale().x_of(time));
    }
    /// The middle of a lane, wherever it is: asks the widget by its picture of rows.
    QPoint on_lane(int row, VirtualTime time) const {
        const int em = lanes_->fontMetrics().height();
        const int top = em + 10 + 1;  // no notes in these facts
        return {x_of(time), top + (em + 5) * (row > 0 ? 2 : 1) + (em + 7) * row + em / 2};
    }
    void turn_wheel(QPoint at, int by, Qt::KeyboardModifiers with = Qt::NoModifier) {
        QWheelEvent wheel(at, lanes_->mapToGlobal(at), {}, {0, by}, Qt::NoButton, with,
                          Qt::NoScrollPhase, false);
        QApplication::sendEvent(lanes_, &wheel);
    }
    QString tip_at(QPoint at) const {
        QHelpEvent help(QEvent::ToolTip, at, lanes_->mapToGlobal(at));
        QApplication::sendEvent(lanes_, &help);
        return QTextDocumentFragment::fromHtml(QToolTip::text()).toPlainText();
    }
    Mark asked_for(QSignalSpy& spy) const {
        return spy.isEmpty() ? Mark{} : spy.last().at(0).value<Mark>();
    }

private slots:
    void initTestCase() {
        qRegisterMetaType<Mark>("teatime::Mark");
        ann_ = source_.add(Lane::Kind::external, "Ann");
        tick_ = source_.add(Lane::Kind::future, "Clock.tick");
        for (int i = 0; i < 100; ++i) {
            auto id = source_.put(ann_, mark(i * 100ms, 1));
            source_.put(tick_, mark(i * 100ms + 37us, 1), id);
            source_.put(tick_, mark(i * 100ms + 37us, 2), id);
        }
    }
    void init() {
        timeline_ = std::make_unique<TimelineWidget>();
        timeline_->resize(1000, 400);
        timeline_->set_facts(ten_seconds());
        timeline_->set_source(&source_);
        timeline_->show();
        lanes_ = timeline_->findChild<TimelineLanes*>();
        QVERIFY(QTest::qWaitForWindowExposed(timeline_.get()));
        lanes_->grab();
    }
    void cleanup() { timeline_.reset(); }

    void a_new_recording_is_shown_as_a_whole() {
        const TimeScale& scale = timeline_->axis().scale();
        QVERIFY(scale.x_of(VirtualTime(0s)) > 0);
        QVERIFY(scale.x_of(VirtualTime(10s)) < scale.width);
        QCOMPARE(scale.width, lanes_->width() - timeline_->axis().gutter());
    }

    void a_click_on_the_ruler_asks_for_the_time_there() {
        QSignalSpy spy(timeline_.get(), &TimelineWidget::mark_requested);
        const QPoint at(x_of(VirtualTime(4s)), 5);
        QTest::mouseClick(lanes_, Qt::LeftButton, {}, at);
        QCOMPARE(spy.size(), 1);
        QVERIFY(asked_for(spy).whole_instant());
        QVERIFY(std::abs((asked_for(spy).time - VirtualTime(4s)).count()) < 15'000);
    }

    void dragging_asks_for_each_place_and_never_beyond_the_ends() {
        QSignalSpy spy(timeline_.get(), &TimelineWidget::mark_requested);
        QTest::mousePress(lanes_, Qt::LeftButton, {}, {x_of(VirtualTime(1s)), 5});
        for (int i = 2; i < 10; ++i) QTest::mouseMove(lanes_, {x_of(VirtualTime(i * 1s)), 5});
        QTest::mouseMove(lanes_, {lanes_->width() - 1, 5});
        QTest::mouseRelease(lanes_, Qt::LeftButton, {}, {lanes_->width() - 1, 5});
        QCOMPARE(spy.size(), 10);
        QCOMPARE(asked_for(spy), mark(10s));
        QTest::mouseMove(lanes_, {x_of(VirtualTime(5s)), 5});
        QCOMPARE(spy.size(), 10);
    }

    void a_click_on_a_single_message_asks_for_exactly_its_mark() {
        TimeScale scale = timeline_->axis().scale();
        scale.fit(VirtualTime(900ms), VirtualTime(1100ms));
        timeline_->axis().set_scale(scale);
        lanes_->grab();
        QSignalSpy spy(timeline_.get(), &TimelineWidget::mark_requested);
        // A few pixels beside it is near enough.
        QTest::mouseClick(lanes_, Qt::LeftButton, {}, on_lane(0, VirtualTime(1s)) + QPoint(3, 0));
        QCOMPARE(asked_for(spy), mark(1s, 1));
        // Two at the same instant are told apart by their height.
        const QPoint middle = on_lane(1, VirtualTime(1s + 37us));
        QTest::mouseClick(lanes_, Qt::LeftButton, {}, middle - QPoint(0, 4));
        QCOMPARE(asked_for(spy), mark(1s + 37us, 1));
        QTest::mouseClick(lanes_, Qt::LeftButton, {}, middle + QPoint(0, 6));
        QCOMPARE(asked_for(spy), mark(1s + 37us, 2));
        // Both are called as in the list of messages.
        QCOMPARE(tip_at(on_lane(0, VirtualTime(1s))), "Ann()\n1s#1, external 31 from Ann");
        QCOMPARE(tip_at(middle - QPoint(0, 4)), "Clock.tick()\n1.000037s#1, sent by external 31");
        // Far from any it is a time.
        QTest::mouseClick(lanes_, Qt::LeftButton, {}, on_lane(0, VirtualTime(1050ms)));
        QVERIFY(asked_for(spy).whole_instant());
    }

    void the_wheel_zooms_around_the_mouse() {
        const QPoint at = on_lane(0, VirtualTime(7s));
        const VirtualTime under =
            timeline_->axis().scale().time_at(at.x() - timeline_->axis().gutter());
        for (int i = 0; i < 40; ++i) turn_wheel(at, 120);
        QVERIFY(timeline_->axis().scale().us_per_pixel < 10);
        const VirtualTime now =
            timeline_->axis().scale().time_at(at.x() - timeline_->axis().gutter());
        QVERIFY(std::abs((now - under).count()) <= 20);
        for (int i = 0; i < 80; ++i) turn_wheel(at, -120);
        // Out again to at most twice the recording.
        QVERIFY(timeline_->axis().shows_all());
        QVERIFY(timeline_->axis().scale().us_per_pixel < 10e6 * 2.2 / 800);
    }

    void the_middle_button_pans_what_is_under_it() {
        timeline_->axis().zoom_in();
        timeline_->axis().zoom_in();
        const TimeScale before = timeline_->axis().scale();
        const QPoint from(500, 200), to(430, 210);
        QTest::mousePress(lanes_, Qt::MiddleButton, {}, from);
        QTest::mouseMove(lanes_, to);
        QTest::mouseRelease(lanes_, Qt::MiddleButton, {}, to);
        const TimeScale& after = timeline_->axis().scale();
        QCOMPARE(after.us_per_pixel, before.us_per_pixel);
        QVERIFY(std::abs(after.x_of(before.left) + 70) < 0.1);
    }

    void shift_and_drag_select_and_a_click_with_shift_takes_it_back() {
        QSignalSpy moved(timeline_.get(), &TimelineWidget::mark_requested);
        QSignalSpy spy(timeline_.get(), &TimelineWidget::selection_changed);
        const QPoint from(x_of(VirtualTime(6s)), 200), to(x_of(VirtualTime(2s)), 200);
        QTest::mousePress(lanes_, Qt::LeftButton, Qt::ShiftModifier, from);
        QTest::mouseMove(lanes_, to);
        QTest::mouseRelease(lanes_, Qt::LeftButton, Qt::ShiftModifier, to);
        QVERIFY(timeline_->selection());
        QVERIFY(std::abs((timeline_->selection()->from - VirtualTime(2s)).count()) < 15'000);
        QVERIFY(std::abs((timeline_->selection()->to - VirtualTime(6s)).count()) < 15'000);
        QVERIFY(!spy.isEmpty());
        QVERIFY(moved.isEmpty());
        QTest::mouseClick(lanes_, Qt::LeftButton, Qt::ShiftModifier, from);
        QVERIFY(!timeline_->selection());
    }

    void a_double_click_shows_everything_again() {
        for (int i = 0; i < 5; ++i) timeline_->zoom_in();
        QVERIFY(!timeline_->axis().shows_all());
        QTest::mouseDClick(lanes_, Qt::LeftButton, {}, {500, 5});
        QVERIFY(timeline_->axis().shows_all());
    }

    void a_growing_recording_stays_in_view_as_a_whole_but_not_under_a_zoomed_eye() {
        auto more = ten_seconds();
        more->end = mark(20s);
        timeline_->set_facts(more);
        QVERIFY(timeline_->axis().scale().x_of(VirtualTime(20s)) < timeline_->axis().scale().width);
        for (int i = 0; i < 4; ++i) timeline_->zoom_in();
        const TimeScale before = timeline_->axis().scale();
        auto much_more = ten_seconds();
        much_more->end = mark(40s);
        timeline_->set_facts(much_more);
        QCOMPARE(timeline_->axis().scale(), before);
    }

    void groups_fold_by_a_click_on_their_name() {
        const int em = lanes_->fontMetrics().height();
        const QPoint head(10, em + 10 + 1 + 4);
        source_.asked = 0;
        QTest::mouseClick(lanes_, Qt::LeftButton, {}, head);
        lanes_->grab();
        QCOMPARE(source_.asked, 1);  // only the other group's lane
        QTest::mouseClick(lanes_, Qt::LeftButton, {}, head);
        source_.asked = 0;
        lanes_->grab();
        QCOMPARE(source_.asked, 2);
    }

    void branches_are_where_they_leave_the_trunk() {
        QTemporaryDir folder;
        const std::string path = folder.filePath("branches.timegraph").toStdString();
        auto writer = timegraph::Writer::create(path, {});
        QVERIFY(writer);
        timegraph::Branch first{{}, mark(4s, 2), {}, "what if she stayed", {}};
        first.edits = {{"drop", {7}, {}, 0, {}, {}, {}, {}},
                       {"set", {}, VirtualTime(4s), 2, {}, "counter.count", "7", {}}};
        QVERIFY(writer->branch(first));
        QVERIFY(writer->branch({{}, mark(8s), {}, "", {}}));
        QVERIFY(writer->branch({{}, {{1}, VirtualTime(6s), 1}, {}, "deeper", {}}));
        QVERIFY(writer->close());
        auto facts = ten_seconds();
        auto reader = timegraph::Reader::open(path);
        QVERIFY(reader);
        facts->info = *reader->info();
        facts->info.end.bound = VirtualTime(10s);
        read_lists(*reader, *facts, nullptr);
        const QImage before = lanes_->grab().toImage();
        timeline_->set_facts(facts);
        QVERIFY(lanes_->grab().toImage() != before);

        const int em = lanes_->fontMetrics().height();
        const int y = em + 10 + em / 2;  // the first row of notes
        QSignalSpy spy(timeline_.get(), &TimelineWidget::mark_requested);
        QTest::mouseClick(lanes_, Qt::LeftButton, {}, {x_of(VirtualTime(4s)) + 2, y});
        QCOMPARE(asked_for(spy), mark(4s, 2));
        QTest::mouseClick(lanes_, Qt::LeftButton, {}, {x_of(VirtualTime(8s)) + 2, y});
        QCOMPARE(asked_for(spy), mark(8s));
        QTest::mouseClick(lanes_, Qt::LeftButton, {}, {x_of(VirtualTime(6s)), y});
        QVERIFY(asked_for(spy).whole_instant());  // a branch's branch: there is nothing here

        QCOMPARE(tip_at({x_of(VirtualTime(4s)), y}),
                 "what if she stayed, from 4s#2\n\u2013 without message 7\n"
                 "\u2013 counter.count is 7 at 4s#2\ndeeper, from 6s#1 of branch 1");
        QCOMPARE(tip_at({x_of(VirtualTime(8s)), y}), "branch 2, from 8s");
        QCOMPARE(tip_at({5, y}), "Branches");
        timeline_->set_facts(ten_seconds());
        QCOMPARE(lanes_->grab().toImage(), before);  // no row without branches
    }

    void names_of_others_and_marks_are_on_rows_of_their_own() {
        auto facts = ten_seconds();
        facts->bookmarks.push_back({mark(5s, 3), {}, "Ann", "here"});
        timeline_->set_facts(facts);
        timeline_->set_others({{"Bob", mark(5s, 7), 1}, {"Cleo", mark(5s, 9), 2}});
        const int em = lanes_->fontMetrics().height();
        const int names = em + 10 + em / 2, marks = names + em + 3;
        const int x = x_of(VirtualTime(5s));
        QSignalSpy spy(timeline_.get(), &TimelineWidget::mark_requested);
        QTest::mouseClick(lanes_, Qt::LeftButton, {}, {x + 2, marks});
        QCOMPARE(asked_for(spy), mark(5s, 3));
        QCOMPARE(tip_at({x + 2, marks}), "here\n5s#3, by Ann");
        QTest::mouseClick(lanes_, Qt::LeftButton, {}, {x + 3, names});
        QCOMPARE(asked_for(spy), mark(5s, 7));
        const int beside = x + lanes_->fontMetrics().horizontalAdvance("Bob") + 8 + 2 + 4;
        QTest::mouseClick(lanes_, Qt::LeftButton, {}, {beside, names});
        QCOMPARE(asked_for(spy), mark(5s, 9));
        QCOMPARE(tip_at({beside, names}), "Cleo is at 5s#9");
        timeline_->set_others({});
        QTest::mouseClick(lanes_, Qt::LeftButton, {}, {x + 2, names});
        QCOMPARE(asked_for(spy), mark(5s, 3));
    }

    void wall_times_are_of_one_zone_wherever_one_looks() {
        qputenv("TZ", "Asia/Tokyo");
        tzset();
        const auto put_back = qScopeGuard([] {
            qunsetenv("TZ");
            tzset();
        });
        auto facts = ten_seconds();
        const timegraph::WallTime midnight{24h * 20'000};  // 2024-10-04
        facts->clock.push_back({{VirtualTime(0s), {}}, midnight, 1});
        facts->info.end.wall = midnight + 10s;
        timeline_->set_facts(facts);
        const QString tip = tip_at({x_of(VirtualTime(4s)), 5});
        QVERIFY2(tip.contains("2024-10-04 00:00:0") && tip.endsWith(" UTC"), qPrintable(tip));
    }

    void moving_the_playhead_does_not_ask_for_lanes_again() {
        source_.asked = 0;
        for (int i = 0; i < 10; ++i) {
            timeline_->set_playhead(mark(i * 1s));
            lanes_->grab();
        }
        QCOMPARE(source_.asked, 0);
    }

    void the_gutter_is_as_wide_as_it_is_dragged() {
        const int before = timeline_->axis().gutter();
        QTest::mousePress(lanes_, Qt::LeftButton, {}, {before, 300});
        QTest::mouseMove(lanes_, {before + 60, 300});
        QTest::mouseRelease(lanes_, Qt::LeftButton, {}, {before + 60, 300});
        QCOMPARE(timeline_->axis().gutter(), before + 60);
        QCOMPARE(timeline_->axis().scale().width, lanes_->width() - before - 60);
    }

    void the_overviews_handle_moves_what_is_in_view() {
        for (int i = 0; i < 5; ++i) timeline_->zoom_in();
        auto* overview = timeline_->findChild<OverviewStrip*>();
        const TimeScale before = timeline_->axis().scale();
        QTest::mouseClick(overview, Qt::LeftButton, {}, {overview->width() * 3 / 4, 8});
        const TimeScale& after = timeline_->axis().scale();
        QCOMPARE(after.us_per_pixel, before.us_per_pixel);
        const VirtualTime middle = after.time_at(after.width / 2.0);
        QVERIFY(std::abs((middle - VirtualTime(7500ms)).count()) < 300'000);
    }

    void a_source_that_goes_away_leaves_an_empty_timeline() {
        auto source = std::make_unique<MadeUpLanes>();
        source->add(Lane::Kind::external, "Ann");
        timeline_->set_source(source.get());
        lanes_->grab();
        source.reset();
        lanes_->grab();
        timeline_->set_facts(nullptr);
        lanes_->grab();
    }

    void it_works_by_keyboard_and_tells_what_it_is() {
        QCOMPARE(timeline_->focusProxy(), lanes_);
        QVERIFY(!lanes_->accessibleName().isEmpty());
        QVERIFY(!lanes_->accessibleDescription().isEmpty());
    }
};

TEST_CLASS(TimelineWidgetTest)
#include "timeline_widget_test.moc"
