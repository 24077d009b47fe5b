#include <QDockWidget>
#include <QDragEnterEvent>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "../test_main.h"
#include "actions.h"
#include "diff_panel.h"
#include "info_bar.h"
#include "list_view.h"
#include "main_window.h"
#include "plots_widget.h"
#include "program.h"
#include "status_strip.h"
#include "teatime/state/inspect.h"
#include "text_rows.h"
#include "transport_bar.h"
#include "world_view.h"

// The whole window in a live session, as a person uses it: a reflector and somebody who paints are
// processes of their own.

using namespace teatime;
using namespace teatime::inspector;
using namespace teatime::test;
using namespace std::chrono_literals;

namespace {

/// `teatime serve` and a member that starts the painter.
class PaintedSession {
public:
    explicit PaintedSession(const QString& folder)
        : PaintedSession(QStringList{"--record", folder}) {}
    explicit PaintedSession(const QStringList& how)
        : serve_(QStringList{"serve", "--port", "0", "--modules", MODULES} + how) {
        url_ = serve_.said("\n").section("teatime reflector at ", 1).section('\n', 0, 0);
        member_.emplace(QStringList{"join", url_ + "/painter", "--app", "painter", "--modules",
                                    MODULES, "--for", "10min", "--send",
                                    "painter.stroke_begin(100,100)"});
        member_->said("joined session");
    }
    QString url() const { return url_ + "/painter"; }
    void kill_server() { serve_.kill(); }
    /// Until so much has been that who joins begins with a snapshot.
    void grow_old() const {
        Program waits({"join", url(), "--app", "painter", "--modules", MODULES, "--until", "12s",
                       "--report", "hash"});
        waits.said("12s");
    }

private:
    Program serve_;
    std::optional<Program> member_;
    QString url_;
};

/// A window that joins it.
struct PaintingWindow : MainWindow {
    explicit PaintingWindow(const QString& url) : MainWindow(QStringList{MODULES}) {
        resize(1600, 1000);
        show();
        join(url);
    }
    std::size_t strokes() {
        const MomentPtr moment = player().moment();
        if (!moment || !moment->state) return 0;
        const auto value = state_tree(*moment->state, "strokes");
        return value && value->if_list() ? value->if_list()->size() : 0;
    }
    bool follows() {
        return player().is_open() && transport().state() == Transport::State::following;
    }
    bool begins_with_session() {
        return player().facts()->begin == Mark{BranchId{}, kSessionStart, 0};
    }
    void click_tool(const char* id) {
        for (QAction* action : actions()) {
            if (action->objectName() != id) continue;
            auto* bar = findChild<TransportBar*>();
            return QTest::mouseClick(bar->widgetForAction(action), Qt::LeftButton);
        }
        QFAIL(id);
    }
    void paint_line(QPoint from, QPoint to) {
        WorldView& view = world();
        const auto at = [&](QPointF there) { return view.world_to_widget().map(there).toPoint(); };
        QTest::mousePress(&view, Qt::LeftButton, {}, at(from));
        for (int part = 1; part <= 4; ++part) {
            QTest::mouseMove(&view, at(from + (to - from) * part / 4), 30);
        }
        QTest::mouseRelease(&view, Qt::LeftButton, {}, at(to));
    }
};

}  // namespace

class LiveWindowTest : public QObject {
    Q_OBJECT

    QTemporaryDir home_;

    /// The truth about what a window shows: its file, executed by a Timeline of its own.
    static std::string hash_in_file(MainWindow& window, const Mark& mark) {
        replayer::TimelineOptions options;
        options.modules = {MODULES};
        auto timeline =
            replayer::Timeline::open(window.player().facts()->path.toStdString(), options);
        if (!timeline || !timeline->seek(mark)) return "cannot be rebuilt";
        const auto hash = timeline->hash();
        return hash ? to_string(*hash) : "no hash";
    }

    static QString only_recording(const QTemporaryDir& folder) {
        const QStringList all = QDir(folder.path()).entryList({"*.timegraph"}, QDir::Files);
        return all.size() == 1 ? folder.filePath(all[0]) : QString();
    }

private slots:
    void initTestCase() {
        qputenv("XDG_CONFIG_HOME", home_.path().toUtf8());
        qputenv("XDG_CACHE_HOME", home_.path().toUtf8());
        QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, home_.path());
    }

    void the_painter_is_used_by_mouse_in_a_live_session() {
        QTemporaryDir folder;
        PaintedSession session(folder.path());
        PaintingWindow window(session.url());
        WAIT(window.follows());
        WAIT(window.strokes() == 1);
        WAIT(window.world().moment() && window.world().moment()->picture);
        window.paint_line({200, 200}, {300, 220});
        WAIT(window.strokes() == 2);
        const Mark head = window.player().moment()->mark;

        // My view alone looks back; the session goes on and is returned to.
        window.click_tool("to-start");
        WAIT(window.transport().state() == Transport::State::paused);
        WAIT(window.strokes() == 0 && window.complete());
        const MomentPtr begin = window.player().moment();
        QCOMPARE(window.findChild<StatusStrip*>()->hash_text().toStdString(),
                 hash_in_file(window, begin->mark));
        QTest::mouseClick(window.world().findChild<QToolButton*>("live-badge"), Qt::LeftButton);
        WAIT(window.strokes() == 2 && window.player().moment()->mark >= head);

        // What was painted is history: the same state whoever executes it.
        window.transport().pause();
        WAIT(window.complete());
        const MomentPtr painted = window.player().moment();
        QVERIFY(painted->mark >= head);
        QCOMPARE(window.findChild<StatusStrip*>()->hash_text().toStdString(),
                 hash_in_file(window, painted->mark));
    }

    void a_live_session_is_compared_with_its_own_past() {
        QTemporaryDir folder;
        PaintedSession session(folder.path());
        PaintingWindow window(session.url());
        WAIT(window.follows() && window.strokes() == 1);
        QTest::keyClick(&window, Qt::Key_D, Qt::ControlModifier);
        auto& diff = *window.findChild<DiffPanel*>();
        auto* moment = diff.findChild<QLineEdit*>("diff-moment");
        WAIT(moment->isVisible());
        moment->setText("start");
        QTest::keyClick(moment, Qt::Key_Return);
        const auto has_strokes = [&] {
            for (const Change& change : diff.model().rows()) {
                if (change.path.starts_with("strokes")) return true;
            }
            return false;
        };
        WAIT(has_strokes());
    }

    void a_session_on_this_machine_is_on_the_first_page_and_joined_by_a_click() {
        QTemporaryDir folder;
        MainWindow window(QStringList{MODULES});
        window.resize(1200, 800);
        window.show();
        ListView* view = nullptr;
        for (auto* each : window.findChildren<ListView*>()) {
            if (each->accessibleName() == "Live sessions") view = each;
        }
        QVERIFY(view);
        const auto row_of = [&](const QString& url) {
            const auto found = view->model()->match(
                view->model()->index(0, 0), TextRowsModel::DataRole, url, 1, Qt::MatchExactly);
            return found.isEmpty() ? QModelIndex() : found[0];
        };
        PaintedSession session(folder.path()), other(folder.path());  // seen when they start
        WAIT(row_of(session.url()).isValid() && row_of(other.url()).isValid());
        other.kill_server();
        WAIT(!row_of(other.url()).isValid());
        QTest::mouseClick(view->viewport(), Qt::LeftButton, {},
                          view->visualRect(row_of(session.url())).center());
        WAIT(window.player().is_open());
        // There is room for the world and for everyone in it.
        QCOMPARE(window.size(), QSize(1200, 800));
        auto* together = window.findChild<QDockWidget*>("together");
        WAIT(!together->visibleRegion().isEmpty() && together->height() > window.height() / 2);
        QVERIFY(window.world().width() > window.width() / 2);
    }

    void a_session_is_found_as_it_was_left() {
        QTemporaryDir folder;
        PaintedSession session(folder.path());
        {
            PaintingWindow window(session.url());
            WAIT(window.follows() && window.strokes() == 1);
            window.findChild<PlotsWidget*>()->model()->add("painter.strokes");
            window.findChild<QDockWidget*>("errors")->close();
            window.close();
        }
        PaintingWindow window(session.url());
        WAIT(window.follows());
        QVERIFY(!window.findChild<QDockWidget*>("errors")->isVisible());
        QVERIFY(window.findChild<QDockWidget*>("messages")->isVisible());
        QCOMPARE(window.findChild<PlotsWidget*>()->model()->paths(),
                 QStringList{"painter.strokes"});
    }

    void who_joins_late_looks_back_to_the_beginning_where_the_reflector_records() {
        QTemporaryDir folder;
        PaintedSession session({"--record", folder.path(), "--rate", "16"});
        session.grow_old();
        PaintingWindow window(session.url());
        WAIT(window.follows() && window.strokes() == 1);
        QVERIFY(window.begins_with_session());
        QVERIFY(window.player().facts()->path != only_recording(folder));
        QCOMPARE(window.info_bar().text("begin"), "");

        // Its past is what the reflector has recorded, and goes away with no file.
        const QString recording = only_recording(folder);
        replayer::TimelineOptions options;
        options.modules = {MODULES};
        auto timeline = replayer::Timeline::open(recording.toStdString(), options);
        QVERIFY(timeline && timeline->seek(VirtualTime(5s)));
        for (const char* part : {"", "-wal", "-shm"}) QFile::remove(recording + part);
        window.go_to("5s");
        WAIT(window.complete() && window.player().moment()->mark == timeline->mark());
        QCOMPARE(window.findChild<StatusStrip*>()->hash_text().toStdString(),
                 to_string(*timeline->hash()));
        window.click_tool("to-start");
        WAIT(window.strokes() == 0 && window.complete());
        QTest::mouseClick(window.world().findChild<QToolButton*>("live-badge"), Qt::LeftButton);
        WAIT(window.follows() && window.strokes() == 1);
        window.paint_line({200, 200}, {300, 220});
        WAIT(window.strokes() == 2);
        QVERIFY(window.player().facts()->gaps.empty());
    }

    void what_takes_long_to_copy_is_copied_when_asked_for() {
        QTemporaryDir folder;
        PaintedSession session({"--record", folder.path(), "--rate", "16"});
        session.grow_old();
        const QString recording = only_recording(folder);
        QVERIFY(QFile::resize(recording, qint64{300} << 20));  // pages that nobody uses
        PaintingWindow window(session.url());
        WAIT(window.follows() && window.strokes() == 1);
        QVERIFY(!window.begins_with_session());
        const QString said = window.info_bar().text("begin");
        QVERIFY2(said.contains(recording + " is large"), qPrintable(said));
        QTest::mouseClick(window.info_bar().findChild<QPushButton*>(), Qt::LeftButton);
        WAIT(window.follows() && window.strokes() == 1);
        QVERIFY(window.begins_with_session());
        QCOMPARE(window.info_bar().text("begin"), "");
    }

    void another_history_is_not_taken_for_that_of_the_session() {
        QTemporaryDir before, folder;
        PaintedSession({"--record", before.path(), "--rate", "16"}).grow_old();  // and ends
        const QString old = only_recording(before);
        PaintedSession session({"--record", folder.path(), "--rate", "16"});
        session.grow_old();
        const QString recording = only_recording(folder);
        for (const char* part : {"", "-wal", "-shm"}) QFile::remove(recording + part);
        const auto is_told = [&](const QString& why) {
            PaintingWindow window(session.url());
            WAIT(window.follows() && window.strokes() == 1);
            QVERIFY(!window.begins_with_session());
            const QString said = window.info_bar().text("begin");
            QVERIFY2(said.contains(recording + why), qPrintable(said));
        };
        is_told(": there is no such file");
        QVERIFY(QFile::copy(old, recording));
        is_told(" is not of this run of the session");
    }

    void without_a_recording_a_window_has_what_it_saw() {
        PaintedSession session(QStringList{"--rate", "16"});
        session.grow_old();
        PaintingWindow window(session.url());
        WAIT(window.follows() && window.strokes() == 1);
        QVERIFY(!window.begins_with_session());
        QCOMPARE(window.info_bar().text("begin"), "");
    }

    void a_session_that_could_not_be_joined_is_joined_again() {
        PaintingWindow window("ws://127.0.0.1:1/painter");
        WAIT(!window.open_error().isEmpty());
        const QString why = window.open_error();
        QTest::mouseClick(window.info_bar().findChild<QPushButton*>(), Qt::LeftButton);
        QCOMPARE(window.open_error(), "");
        QCOMPARE(window.info_bar().text("open"), "Joining ws://127.0.0.1:1/painter");
        WAIT(!window.open_error().isEmpty());
        QCOMPARE(window.open_error(), why);
    }

    void a_module_dropped_on_a_session_leads_back_into_it() {
        QTemporaryDir folder;
        PaintedSession session(folder.path());
        PaintingWindow window(session.url());
        WAIT(window.follows() && window.strokes() == 1);
        const QString before = window.player().facts()->path;
        QMimeData module;
        module.setUrls({QUrl::fromLocalFile(MODULES "/painter.so")});
        QDragEnterEvent enter({100, 100}, Qt::CopyAction, &module, Qt::LeftButton, {});
        QApplication::sendEvent(&window, &enter);
        QDropEvent drop({100, 100}, Qt::CopyAction, &module, Qt::LeftButton, {});
        QApplication::sendEvent(&window, &drop);
        WAIT(window.follows() && window.strokes() == 1);
        QVERIFY(window.player().facts()->path != before);  // recorded anew
        QCOMPARE(window.open_error(), "");
    }
};

TEST_CLASS(LiveWindowTest)
#include "live_window_test.moc"
