#include <QDockWidget>
#include <QScreen>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

#include "../test_main.h"
#include "main_window.h"
#include "patience.h"
#include "timeline_widget.h"
#include "world_view.h"

using namespace teatime;
using namespace teatime::inspector;
using namespace teatime::test;

/// How large the window is and how it is divided.
class WindowSizeTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> home_;

    static std::unique_ptr<MainWindow> opened(int width, const char* sample = "bounce") {
        auto window = std::make_unique<MainWindow>(QStringList{MODULES});
        window->resize(width, 1000);
        window->show();
        window->open(QString(SAMPLES "/%1/%1.timegraph").arg(sample), "5s");
        return window;
    }
    static int panels(const MainWindow& window) {
        return window.findChild<QDockWidget*>("state")->width();
    }
    static bool has_about(int pixels, double share, int width) {
        return std::abs(pixels - share * width) <= 8;
    }

private slots:
    void init() {
        home_ = std::make_unique<QTemporaryDir>();
        qputenv("XDG_CACHE_HOME", home_->path().toUtf8());
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, home_->path());
    }

    void the_first_window_has_room_on_the_screen() {
        MainWindow window;
        const QRect room = window.screen()->availableGeometry();
        QVERIFY(room.width() < 1600);
        QVERIFY2(window.width() < room.width() && window.height() < room.height(),
                 qPrintable(QString("%1x%2").arg(window.width()).arg(window.height())));
        QVERIFY(window.width() > room.width() * 0.9 && window.height() > room.height() * 0.9);
    }

    void of_half_a_screen_the_world_and_its_timeline_have_most() {
        auto window = opened(840);
        WAIT(window->complete());
        WAIT(has_about(panels(*window), 0.4, 840));
        WAIT(window->world().width() > 840 * 0.55);
        TimelineWidget& timeline = window->timeline();
        QVERIFY2(timeline.axis().scale().width >= timeline.width() * 0.7,
                 qPrintable(QString::number(timeline.axis().scale().width)));
    }

    void parts_become_narrower_and_wider_with_the_window() {
        auto window = opened(1600);
        WAIT(window->complete());
        WAIT(has_about(panels(*window), 620.0 / 1600, 1600));
        for (int width = 1600; width >= 840; width -= 19) window->resize(width, 1000);
        window->resize(840, 1000);
        WAIT(has_about(panels(*window), 620.0 / 1600, 840));
        window->resize(1600, 1000);
        WAIT(has_about(panels(*window), 620.0 / 1600, 1600));
    }

    void panels_that_were_left_wide_leave_the_world_room_in_a_narrow_window() {
        {
            auto window = opened(1600);
            WAIT(window->complete());
            window->resizeDocks({window->findChild<QDockWidget*>("state")}, {900}, Qt::Horizontal);
            WAIT(panels(*window) == 900);
            window->close();
        }
        auto window = opened(1600);
        WAIT(window->complete());
        WAIT(panels(*window) == 900);  // as wanted
        window.reset();
        window = opened(840);
        WAIT(window->complete());
        WAIT(has_about(panels(*window), 0.5, 840));
    }
};

TEST_CLASS(WindowSizeTest)
#include "window_size_test.moc"
