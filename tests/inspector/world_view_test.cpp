#include "world_view.h"

#include <QTest>
#include <QToolButton>
#include <ctime>

#include "../test_main.h"
#include "patience.h"

using namespace teatime;
using namespace teatime::inspector;
using namespace teatime::test;

/// The world's picture, with very many shapes in it.
class WorldViewTest : public QObject {
    Q_OBJECT

    static MomentPtr discs(int count, Color middle) {
        Scene scene;
        scene.world({0, 0, 800, 600});
        for (int i = 0; i < count; ++i) {
            scene.circle({double(i * 37 % 800), double(i * 91 % 600)}, 5 + i % 9,
                         filled(Color::hsl(i % 360, 0.7, 0.5)));
        }
        scene.circle({400, 300}, 40, filled(middle));
        auto moment = std::make_shared<Moment>();
        moment->picture = std::make_shared<const Scene>(scene);
        return moment;
    }
    static QColor middle_of(WorldView& world) {
        const QPoint at = world.world_to_widget().map(QPointF(400, 300)).toPoint();
        return world.grab().toImage().pixelColor(at);
    }
    static double cpu_ms() {
        timespec now{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6;
    }

private slots:
    void what_is_told_over_a_small_picture_is_inside_it() {
        const QString stopped = "paused for all by Maximilian · 8 messages wait";
        WorldView world;
        world.resize(240, 160);
        world.set_place(WorldView::Place::live, stopped);
        world.set_used(true);
        world.show();
        world.activateWindow();
        world.setFocus();
        WAIT(world.has_keys());
        const auto& badge = *world.findChild<QToolButton*>("live-badge");
        QVERIFY(world.rect().contains(badge.geometry()));
        QVERIFY(badge.text().endsWith("…") && badge.toolTip().contains(stopped));
        QVERIFY(world.rect().contains(world.keys_hint_place()));
        QVERIFY(!world.keys_hint_place().intersects(badge.geometry()));
        world.resize(600, 400);
        QVERIFY(badge.text().endsWith(stopped) && !badge.toolTip().contains(stopped));
        QVERIFY(world.rect().contains(badge.geometry()));
    }

    void few_shapes_are_there_at_once() {
        WorldView world;
        world.resize(800, 600);
        world.set_moment(discs(300, Color::hex(0xff0000)));
        QCOMPARE(middle_of(world), QColor(255, 0, 0));
        QVERIFY(!world.working());
    }

    void the_newest_picture_of_many_shapes_is_shown_last() {
        WorldView world;
        world.resize(800, 600);
        world.show();
        world.set_moment(discs(5000, Color::hex(0xff0000)));
        QTRY_COMPARE_WITH_TIMEOUT(middle_of(world), QColor(255, 0, 0), kPatienceMs);
        for (int i = 0; i < 20; ++i) {
            world.set_moment(discs(5000, Color::hex(0x0000ff)));
            world.grab();
        }
        world.set_moment(discs(5000, Color::hex(0x00ff00)));
        world.grab();
        QVERIFY(world.working());
        QTRY_VERIFY_WITH_TIMEOUT(!world.working(), kPatienceMs);
        QCOMPARE(middle_of(world), QColor(0, 255, 0));
        world.zoom(3);
        QCOMPARE(middle_of(world), QColor(0, 255, 0));  // what there is, where it belongs
        QTRY_VERIFY_WITH_TIMEOUT(!world.working(), kPatienceMs);
        QCOMPARE(middle_of(world), QColor(0, 255, 0));
        // Back to few: not replaced by what comes late.
        world.set_moment(discs(5000, Color::hex(0xff0000)));
        world.grab();
        world.set_moment(discs(10, Color::hex(0x0000ff)));
        QCOMPARE(middle_of(world), QColor(0, 0, 255));
        QTest::qWait(200);
        QCOMPARE(middle_of(world), QColor(0, 0, 255));
    }

    /// The time of this thread alone: how busy the machine is does not count.
    void thousands_of_discs_do_not_keep_the_window_waiting() {
        WorldView world;
        world.resize(800, 600);
        world.show();
        double best = 1e9;
        for (int i = 0; i < 5; ++i) {
            world.set_moment(discs(5000, Color::hex(0xff0000)));
            const double before = cpu_ms();
            world.grab();
            best = std::min(best, cpu_ms() - before);
        }
        qInfo("5,000 discs: %.1f ms", best);
        QVERIFY2(best <= 16, qPrintable(QString::number(best)));
    }
};

TEST_CLASS(WorldViewTest)
#include "world_view_test.moc"
