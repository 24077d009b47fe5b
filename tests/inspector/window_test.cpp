#include <sqlite3.h>

#include <QAction>
#include <QCheckBox>
#include <QDir>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <QSettings>
#include <QSignalSpy>
#include <QStackedWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <random>

#include "../state/random_input.h"
#include "../test_main.h"
#include "change_model.h"
#include "diff_panel.h"
#include "film.h"
#include "find_box.h"
#include "first_page.h"
#include "info_bar.h"
#include "list_view.h"
#include "main_window.h"
#include "message_panel.h"
#include "messages_panel.h"
#include "plots_widget.h"
#include "row_delegate.h"
#include "rows_model.h"
#include "state_panel.h"
#include "status_strip.h"
#include "teatime/state/bytes.h"
#include "timeline_lanes.h"
#include "timeline_widget.h"
#include "world_view.h"

// The whole window without a display: what a person does with mouse and keys, and what the models
// and hashes are then. Recordings are those beside the samples.

using namespace teatime;
using namespace teatime::inspector;
using namespace teatime::test;
using namespace std::chrono_literals;

namespace {

const QString kPainter = SAMPLES "/painter/painter.timegraph";
const QString kBounce = SAMPLES "/bounce/bounce.timegraph";
const QString kCounter = SAMPLES "/counter/counter.timegraph";

Mark mark_of(const char* text) {
    return *parse_mark(text);
}

/// The truth: a Timeline of its own.
std::string hash_at(const QString& path, const Mark& mark) {
    replayer::TimelineOptions options;
    options.modules = {MODULES};
    auto timeline = replayer::Timeline::open(path.toStdString(), options);
    if (!timeline || !timeline->seek(mark)) return "cannot be rebuilt";
    auto hash = timeline->hash();
    return hash ? to_string(*hash) : "no hash";
}

}  // namespace

class WindowTest : public QObject {
    Q_OBJECT

    QTemporaryDir home_;

    static std::unique_ptr<MainWindow> opened(const QString& path, const QString& at = {}) {
        auto window = std::make_unique<MainWindow>(QStringList{MODULES});
        window->resize(1600, 1000);
        window->show();
        window->open(path, at);
        return window;
    }
    static QModelIndex row_of(const QAbstractItemModel& model, const QString& name) {
        for (int row = 0; row < model.rowCount(); ++row) {
            if (model.index(row, 0).data().toString().trimmed() == name) return model.index(row, 0);
        }
        return {};
    }
    static std::string hash_shown(MainWindow& window) {
        return window.findChild<StatusStrip*>()->hash_text().toStdString();
    }
    QString damaged_painter(const QString& name, const char* damage) {
        const QString path = home_.filePath(name);
        sqlite3* file = nullptr;
        const bool done = QFile::copy(kPainter, path) &&
                          sqlite3_open(path.toUtf8(), &file) == SQLITE_OK &&
                          sqlite3_exec(file, damage, nullptr, nullptr, nullptr) == SQLITE_OK;
        sqlite3_close(file);
        return done ? path : QString();
    }
    static QStringList shown_panels(MainWindow& window) {
        QStringList shown;
        for (const QString& name : window.panel_names()) {
            if (!window.findChild<QWidget*>(name)->isHidden()) shown += name;
        }
        return shown;
    }
    static void press(MainWindow& window, Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        window.world().setFocus();
        QTest::keyClick(&window.world(), key, modifiers);
    }

private slots:
    void initTestCase() {
        qputenv("XDG_CONFIG_HOME", home_.path().toUtf8());
        qputenv("XDG_CACHE_HOME", home_.path().toUtf8());
        QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, home_.path());
    }

    void a_recording_opens_with_picture_state_and_hash() {
        auto window = opened(kPainter, "2s");
        WAIT(window->complete());
        QVERIFY(window->world().moment()->picture);
        QVERIFY(window->findChild<StatePanel*>()->model().index_of("painter.strokes").isValid());
        QCOMPARE(hash_shown(*window), hash_at(kPainter, mark_of("2s")));
    }

    void dragging_the_playhead_ends_where_the_mouse_is_let_go() {
        auto window = opened(kPainter, "start");
        WAIT(window->complete());
        auto& timeline = window->timeline();
        QWidget* lanes = timeline.findChild<TimelineLanes*>();
        QVERIFY(lanes);
        int left = timeline.axis().gutter();
        QTest::mousePress(lanes, Qt::LeftButton, {}, QPoint(left + 40, 8));
        for (int x = 80; x <= 400; x += 40) QTest::mouseMove(lanes, QPoint(left + x, 8));
        QTest::mouseRelease(lanes, Qt::LeftButton, {}, QPoint(left + 400, 8));
        Mark let_go = window->player().playhead();
        QVERIFY(let_go.time > kSessionStart);
        WAIT(window->complete());
        QCOMPARE(window->player().playhead(), let_go);
        QCOMPARE(hash_shown(*window), hash_at(kPainter, let_go));
    }

    void stepping_back_and_forward_comes_back_to_the_same_state() {
        auto window = opened(kPainter, "3s");
        WAIT(window->complete());
        std::string here = hash_shown(*window);
        Mark mark = window->player().moment()->mark;
        press(*window, Qt::Key_Left);
        WAIT(window->complete() && window->player().moment()->mark != mark);
        QVERIFY(window->player().moment()->mark < mark);
        QCOMPARE(hash_shown(*window), hash_at(kPainter, window->player().moment()->mark));
        QVERIFY(hash_shown(*window) != here);
        press(*window, Qt::Key_Right);
        WAIT(window->complete() && window->player().moment()->mark == mark);
        QCOMPARE(hash_shown(*window), here);
    }

    void what_a_message_changed_is_shown_with_the_old_value() {
        auto window = opened(kCounter, "4s");
        WAIT(window->complete());
        auto& state = *window->findChild<StatePanel*>();
        QModelIndex count = state.model().index_of("counter.count");
        QVERIFY(count.isValid());
        QVERIFY(count.data(ChangedRole).toBool());
        QVERIFY(count.data(OldValueRole).isValid());
    }

    void what_a_message_changed_is_counted_where_it_is_closed_and_readable_where_it_is_open() {
        auto window = opened(kBounce, "5s");
        WAIT(window->complete());
        auto& state = *window->findChild<StatePanel*>();
        const QModelIndex discs = state.model().index_of("bounce.discs");
        const int changed = discs.data(ChangedInsideRole).toInt();
        const std::vector<Change>& changes = window->player().moment()->changes;
        QCOMPARE(changed, std::count_if(changes.begin(), changes.end(), [](const Change& change) {
                     return path_of(change).startsWith("bounce.discs[");
                 }));
        QVERIFY(changed > 300);
        const auto text = [](const QModelIndex& index) {
            const QModelIndex value = index.siblingAtColumn(StateModel::Value_);
            return with_change(value, value.data().toString());
        };
        QVERIFY2(text(discs).startsWith(QString("%1 changed · [").arg(changed)),
                 qPrintable(text(discs)));
        const QModelIndex x = state.model().index_of("bounce.discs[0].at.x");
        QVERIFY2(text(x).contains("(was "), qPrintable(text(x)));
        QVERIFY(state.view().columnWidth(StateModel::Value_) >
                state.view().fontMetrics().horizontalAdvance(text(x)));
        QVERIFY(state.view().header()->length() <= state.view().viewport()->width());
    }

    void what_takes_long_is_told_without_moving_the_picture() {
        auto window = opened(kBounce, "5s");
        WAIT(window->complete());
        auto& status = *window->findChild<StatusStrip*>();
        const QRect world = window->world().geometry();
        const int strip = status.height();
        emit window->player().busy_changed(true, mark_of("1s"));
        WAIT(status.work_text() == "Rebuilding 5s, at 1s");
        QVERIFY(status.findChild<QToolButton*>("cancel-work")->isVisible());
        QTest::qWait(0);  // laid out
        QCOMPARE(window->world().geometry(), world);
        QCOMPARE(status.height(), strip);
        emit window->player().busy_changed(false, {});
        QCOMPARE(status.work_text(), QString());
    }

    void what_is_selected_has_a_frame_in_the_picture_until_one_clicks_beside_it() {
        auto window = opened(kBounce, "4s");
        WAIT(window->complete());
        WorldView& world = window->world();
        auto& state = *window->findChild<StatePanel*>();
        const auto center = [&] {
            const auto x = state_tree(*world.moment()->state, "discs[36].at.x");
            const auto y = state_tree(*world.moment()->state, "discs[36].at.y");
            return Point{*x->if_double(), *y->if_double()};
        };
        const auto framed = [&] {
            return world.places().size() == 1 && world.places()[0].contains(center());
        };
        QVERIFY(world.places().empty());
        for (const char* path : {"bounce.discs[36].velocity.x", "bounce.discs[36]"}) {
            state.reveal(path);
            WAIT(framed());
        }
        window->go_to("5s");
        WAIT(window->complete() && framed());  // goes along
        state.reveal("bounce.discs");
        WAIT(world.places().empty());  // all of them are none
        state.reveal("bounce.discs[36]");
        WAIT(framed());
        QTest::mouseClick(&world, Qt::LeftButton, {}, QPoint(2, 2));
        WAIT(state.selected_path().isEmpty());
        WAIT(world.places().empty());
    }

    void a_moment_to_open_at_that_is_none_stays_told() {
        const QString file = home_.filePath("new.timegraph");
        QVERIFY(QFile::copy(kCounter, file));
        auto window = opened(file, "foo");
        WAIT(window->player().is_open());
        QVERIFY2(window->info_bar().text("wanted").contains("foo"),
                 qPrintable(window->info_bar().text("wanted")));
        QCOMPARE(window->player().playhead(), window->player().facts()->begin);
    }

    void without_a_selection_no_values_are_saved_and_that_is_said() {
        auto window = opened(kCounter, "2s");
        WAIT(window->complete());
        window->findChild<QAction*>("export-plot")->trigger();
        QCOMPARE(window->findChild<StatusStrip*>()->currentMessage(),
                 "Select a field in the state first");
    }

    void that_a_file_is_gone_is_told_where_its_causes_would_be_and_not_at_each_click() {
        const QString file = home_.filePath("gone.timegraph");
        QVERIFY(QFile::copy(kBounce, file));
        auto window = opened(file, "start");
        WAIT(window->complete());
        QVERIFY(QFile::remove(file));
        window->go_to("4s");
        WAIT(window->complete());
        const auto lists = window->findChild<MessagePanel*>()->findChildren<ListView*>();
        const auto causes = std::find_if(lists.begin(), lists.end(), [](const ListView* list) {
            return list->accessibleName() == "Causes";
        });
        QVERIFY(causes != lists.end());
        WAIT((*causes)->model()->index(0, 1).data().toString().contains("no such file"));
        QCOMPARE(window->findChild<StatusStrip*>()->currentMessage(), QString());
    }

    void the_filter_leaves_what_has_the_text() {
        auto window = opened(kPainter, "end");
        WAIT(window->complete());
        auto& state = *window->findChild<StatePanel*>();
        const int all = state.model().rowCount();
        const auto strokes = state_tree(*window->player().moment()->state, "strokes");
        QVERIFY(strokes && strokes->if_list() && !strokes->if_list()->empty());
        const QString stroke = to_text(strokes->if_list()->front());  // `#17`
        QVERIFY(row_of(state.model(), stroke).isValid());
        state.filter().setFocus();
        QTest::keyClicks(&state.filter(), "strokes");  // the painter's field, no class
        WAIT(state.model().rowCount() < all && !state.model().working());
        QVERIFY(!row_of(state.model(), stroke).isValid());
        QVERIFY(state.model().index_of("painter.strokes").isValid());
        QVERIFY(!state.model().index_of("painter.pens").isValid());
        state.filter().clear();
        WAIT(state.model().rowCount() == all);
        QVERIFY(row_of(state.model(), stroke).isValid());
    }

    void what_is_clicked_in_the_picture_is_pinned_by_its_numbers() {
        auto window = opened(kBounce, "4s");
        WAIT(window->complete());
        WorldView& world = window->world();
        const auto* disc = std::get_if<Scene::Circle>(&world.moment()->picture->shapes().back());
        QVERIFY(disc);
        const QPointF center(disc->center.x, disc->center.y);
        QTest::mouseClick(&world, Qt::LeftButton, {},
                          world.world_to_widget().map(center).toPoint());
        auto& state = *window->findChild<StatePanel*>();
        WAIT(state.selected_path().endsWith(".at"));
        const QString at = state.selected_path();
        press(*window, Qt::Key_P);
        auto& plots = *window->findChild<PlotsWidget*>();
        WAIT(plots.isVisible());
        QCOMPARE(plots.model()->paths(), (QStringList{at + ".x", at + ".y"}));
        WAIT(window->complete());
        for (int i = 0; i < 2; ++i) {
            const PlotTrack& track = plots.model()->track(i, window->timeline().axis().scale());
            QCOMPARE(track.problem, QString());
            const auto extent = track.extent(window->timeline().axis().scale());
            const double here = i == 0 ? center.x() : center.y();
            QVERIFY(extent && extent->min < extent->max);
            QVERIFY(extent->min <= here && here <= extent->max);
        }
    }

    void all_that_shows_the_playhead_shows_the_begin_of_what_is_opened() {
        const QString fresh = home_.filePath("fresh.timegraph");
        QVERIFY(QFile::copy(kCounter, fresh));
        auto window = opened(kBounce, "5s");
        WAIT(window->complete());
        QCOMPARE(window->timeline().axis().playhead(), mark_of("5s"));
        window->show_first_page();
        window->open(fresh);
        WAIT(window->player().is_open() && window->complete());
        const Mark begin = window->player().facts()->begin;
        QCOMPARE(window->player().playhead(), begin);
        QCOMPARE(window->timeline().axis().playhead(), begin);
        QCOMPARE(window->findChild<StatusStrip*>()->mark_text(), "0s#0");
    }

    void looking_for_another_leaves_what_is_open_until_one_is_opened() {
        auto window = opened(kPainter, "2s");
        WAIT(window->complete());
        auto& first = *window->findChild<FirstPage*>();
        auto* message = window->findChild<QWidget*>("message");
        window->show_panel("message");
        const QStringList shown = shown_panels(*window);
        press(*window, Qt::Key_L, Qt::ControlModifier);
        QVERIFY(first.isVisible() && !message->isVisible());
        QCOMPARE(window->player().playhead(), mark_of("2s"));
        QTest::keyClick(window.get(), Qt::Key_Escape);
        QVERIFY(!first.isVisible());
        QCOMPARE(shown_panels(*window), shown);
        WAIT(window->complete());
        QCOMPARE(hash_shown(*window), hash_at(kPainter, mark_of("2s")));

        press(*window, Qt::Key_L, Qt::ControlModifier);
        window->open(kCounter, "3s");
        WAIT(window->player().is_open() && window->complete());
        QVERIFY(!first.isVisible());
        QCOMPARE(window->player().playhead(), mark_of("3s"));
        window->open(kPainter);  // found as it was left, not as it was hidden
        WAIT(window->player().is_open() && window->complete());
        QCOMPARE(shown_panels(*window), shown);
    }

    void loop_and_rate_are_of_one_recording() {
        auto window = opened(kPainter, "2s");
        WAIT(window->complete());
        press(*window, Qt::Key_B);
        press(*window, Qt::Key_BracketRight);
        QVERIFY(window->transport().loop());
        QCOMPARE(window->transport().rate(), session::Rate::of(2, 1));
        window->show_first_page();
        window->open(kPainter);
        WAIT(window->player().is_open() && window->complete());
        QVERIFY(!window->transport().loop());
        QCOMPARE(window->transport().rate(), session::Rate());
        QVERIFY(!window->timeline().selection());
    }

    void before_it_leads_to_before_the_write_and_what_was_said_of_it_goes_with_the_moment() {
        auto window = opened(kBounce, "5s");
        WAIT(window->complete());
        auto& state = *window->findChild<StatePanel*>();
        const auto ask = [&] {
            state.reveal("bounce.discs[36].at");
            WAIT(state.selected_path() == "bounce.discs[36].at");
            press(*window, Qt::Key_W);
            WAIT(!window->info_bar().text("wrote").isEmpty());
        };
        ask();
        WAIT(window->complete());
        const Mark written = window->player().playhead();
        press(*window, Qt::Key_Right);
        WAIT(window->info_bar().text("wrote").isEmpty());

        // Also while a step is still under way.
        press(*window, Qt::Key_Left);
        WAIT(window->complete() && window->player().playhead() == written);
        ask();
        WAIT(window->complete());
        QPushButton* before = nullptr;
        for (QPushButton* button : window->info_bar().findChildren<QPushButton*>()) {
            if (button->text() == "Before it") before = button;
        }
        QVERIFY(before);
        window->player().step(replayer::StepBy::message, true);
        before->click();
        WAIT(window->complete() && window->player().playhead() != written);
        auto truth = replayer::Timeline::open(kBounce.toStdString(), {.modules = {MODULES}});
        QVERIFY(truth && truth->seek(written));
        QVERIFY(truth->step_backward(replayer::StepBy::message));
        QCOMPARE(window->player().playhead(), truth->mark());
        QVERIFY(window->info_bar().text("wrote").isEmpty());
    }

    void go_to_takes_what_people_write_and_says_what_it_does_not() {
        auto window = opened(kPainter, "start");
        WAIT(window->complete());
        window->go_to("0:02.5");
        QCOMPARE(window->player().playhead(), mark_of("2.5s"));
        auto* box = window->findChild<QLineEdit*>("go-to");
        QTest::keyClick(window.get(), Qt::Key_G, Qt::ControlModifier);
        box->setText("soon");
        QTest::keyClick(box, Qt::Key_Return);
        QCOMPARE(window->player().playhead(), mark_of("2.5s"));
        QVERIFY(window->findChild<StatusStrip*>()->currentMessage().contains("soon"));
    }

    /// As somebody who has never seen the window, on what it offers.
    void five_clicks_lead_from_the_first_page_to_who_changed_the_velocity_of_a_disc() {
        QTemporaryDir folder;
        const QString file = folder.filePath("ball.timegraph");
        QVERIFY(QFile::copy(SAMPLES "/bounce/bounce.timegraph", file));
        const QString before = QDir::currentPath();
        QDir::setCurrent(folder.path());
        MainWindow window({MODULES});
        window.resize(1600, 1000);
        window.show();
        window.show_first_page();
        QDir::setCurrent(before);
        int clicks = 0;
        const auto click = [&clicks](QWidget* where, QPoint at) {
            QVERIFY(where->rect().contains(at));
            QTest::mouseClick(where, Qt::LeftButton, {}, at);
            ++clicks;
        };
        const auto click_row = [&click](QAbstractItemView& view, const QModelIndex& index) {
            QVERIFY(index.isValid());
            click(view.viewport(), view.visualRect(index).center());
        };

        auto& files = *window.findChild<FirstPage*>()->findChild<ListView*>();
        click_row(files, row_of(*files.model(), file.section('/', -1)));
        WAIT(window.complete() && window.player().is_open());
        QWidget* lanes = window.timeline().findChild<TimelineLanes*>();
        click(lanes, {lanes->width() * 2 / 3, 8});
        WAIT(window.complete() && window.player().playhead().time > kSessionStart);
        WorldView& world = window.world();
        const auto* disc = std::get_if<Scene::Circle>(&world.moment()->picture->shapes().back());
        QVERIFY(disc);
        const QPointF there(disc->center.x, disc->center.y);
        click(&world, world.world_to_widget().map(there).toPoint());
        auto& state = *window.findChild<StatePanel*>();
        WAIT(state.selected_path().endsWith(".at"));
        const QString velocity = state.selected_path().chopped(3) + ".velocity";
        click_row(state.view(), state.model().index_of(velocity));
        QCOMPARE(state.selected_path(), velocity);
        auto* who = state.findChild<QToolButton*>("who-wrote");
        click(who, who->rect().center());
        QCOMPARE(clicks, 5);
        WAIT(
            window.info_bar().text("wrote").startsWith(velocity + " was written by bounce.step()"));
        WAIT(window.complete());

        replayer::TimelineOptions options;
        options.modules = {MODULES};
        auto truth = replayer::Timeline::open(file.toStdString(), options);
        QVERIFY(truth && truth->seek(window.player().playhead()));
        const auto after = state_tree(*truth->state(), velocity.toStdString());
        QVERIFY(truth->step_backward(replayer::StepBy::message));
        const auto earlier = state_tree(*truth->state(), velocity.toStdString());
        QVERIFY(after && earlier && *after != *earlier);
    }

    void two_moments_differ_in_what_happened_between() {
        auto window = opened(kCounter, "end");
        WAIT(window->complete());
        auto& diff = *window->findChild<DiffPanel*>();
        diff.compare_with(mark_of("1s"));
        WAIT(diff.complete());
        bool count = false;
        for (const Change& change : diff.model().rows()) count |= change.path == "count";
        QVERIFY(count);
        const auto title = [](const QAbstractItemModel& model, int column) {
            return model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
        };
        QCOMPARE(title(diff.model(), ChangeModel::Before), "1s");
        QCOMPARE(title(diff.model(), ChangeModel::After), to_text(window->player().playhead()));

        // One goes from difference to difference in all fields, too, and is told at the last.
        window->show_panel("diff");
        const auto boxes = diff.findChildren<QCheckBox*>();
        const auto all = std::find_if(boxes.begin(), boxes.end(), [](const QCheckBox* box) {
            return box->text() == "All fields";
        });
        QVERIFY(all != boxes.end());
        (*all)->click();
        const auto& tree = *qobject_cast<QTreeView*>(diff.findChild<QStackedWidget*>()->widget(1));
        QCOMPARE(title(*tree.model(), StateModel::Before), "1s");
        auto& status = *window->findChild<StatusStrip*>();
        for (int step = 0; step < diff.model().rowCount(); ++step) {
            status.clearMessage();
            press(*window, Qt::Key_D);
            const QString path = diff.model().index(step, 0).data(PathRole).toString();
            const QString shown = tree.currentIndex().data(PathRole).toString();
            const QString said = status.currentMessage();
            if (path.startsWith("counter")) QVERIFY2(said.isEmpty(), qPrintable(said));
            if (!said.isEmpty()) QCOMPARE(said, path + " is among the differences alone");
            QVERIFY2(shown == (said.isEmpty() ? path : QString()), qPrintable(shown + path));
        }
        QVERIFY((*all)->isChecked());
        (*all)->click();
        status.clearMessage();
        press(*window, Qt::Key_D);
        QVERIFY(status.currentMessage().startsWith("That was the last difference"));
        diff.compare_with(window->player().playhead());
        WAIT(diff.complete() && diff.model().rowCount() == 0);
    }

    void find_looks_through_messages_objects_and_fields() {
        auto window = opened(kPainter, "end");
        WAIT(window->complete());
        QTest::keyClick(window.get(), Qt::Key_F, Qt::ControlModifier);
        auto& box = *window->findChild<FindBox*>();
        WAIT(box.isVisible());
        QTest::keyClicks(box.findChild<QLineEdit*>(), "stroke_begin");
        WAIT(box.model().rowCount() >= 2);
        QVERIFY(box.model().index(0, 0).data(MarkRole).isValid());
        QTest::keyClick(box.findChild<QLineEdit*>(), Qt::Key_Return);
        QVERIFY(!box.isVisible());
        QCOMPARE(window->player().playhead(), box.model().index(0, 0).data(MarkRole).value<Mark>());
    }

    /// Requests that come while pictures of another are made: in the end all of the last are there.
    void a_film_is_complete_whatever_was_asked_for_before() {
        std::mt19937_64 random = test::seeded_random();
        auto window = opened(kPainter, "start");
        WAIT(window->complete());
        const FactsPtr facts = window->player().facts();
        Film film;
        for (int round = 0; round < 25; ++round) {
            if (round % 10 == 0) {
                film.open(facts, {.modules = {MODULES}});
                film.request({kSessionStart, 100ms, 1}, QSize(40, 30));
                WAIT(!film.working());  // now it knows the world's aspect
            }
            FilmFrames frames;
            QSize size;
            for (int request = 0; request < 8; ++request) {
                frames.first = kSessionStart + static_cast<int>(random() % 4) * 100ms;
                frames.step = 100ms;
                frames.count = 1 + random() % 4;
                size = random() % 4 == 0 ? QSize(80, 60) : QSize(40, 30);
                film.request(frames, size);
                QTest::qWait(static_cast<int>(random() % 8));
            }
            WAIT(!film.working());
            for (std::size_t i = 0; i < frames.count; ++i) QVERIFY(film.picture(frames.at(i)));
        }
    }

    void what_is_found_is_the_nearest_to_the_playhead_and_says_where_there_is_more() {
        auto window = opened(kBounce, "4s");
        WAIT(window->complete());
        QTest::keyClick(window.get(), Qt::Key_F, Qt::ControlModifier);
        auto& box = *window->findChild<FindBox*>();
        auto& line = *box.findChild<QLineEdit*>();
        auto& state = *box.findChild<QLabel*>("find-state");
        line.setText("bounce.step");
        WAIT(state.text().startsWith("The first 200"));
        const auto at = [&](int row) {
            return box.model().index(row, 0).data(MarkRole).value<Mark>().time;
        };
        const VirtualTime here = window->player().playhead().time;
        QVERIFY(at(0) <= here && at(0) > here - 100ms);
        VirtualTime first = here, last = here;
        for (int row = 0; row < box.model().rowCount(); ++row) {
            first = std::min(first, at(row));
            last = std::max(last, at(row));
        }
        QVERIFY(first < here && last > here);
        QVERIFY(first > window->player().facts()->begin.time + 100ms);
        line.setText("bounce.add");
        WAIT(state.text().endsWith("found; Enter goes there"));
    }

    void a_size_asked_for_counts_also_where_it_was_left_maximized() {
        {
            auto window = opened(kCounter);
            window->showMaximized();
            WAIT(window->isMaximized());
            window->close();
        }
        MainWindow window({MODULES});
        QVERIFY(window.isMaximized());
        window.set_size({1200, 900});
        window.show();
        QVERIFY(!window.isMaximized());
        QCOMPARE(window.size(), QSize(1200, 900));
        window.close();
    }

    void a_field_is_found_by_its_path() {
        auto window = opened(kBounce, "4s");
        WAIT(window->complete());
        QTest::keyClick(window.get(), Qt::Key_F, Qt::ControlModifier);
        auto& box = *window->findChild<FindBox*>();
        const auto found = [&] {
            QStringList where;
            for (int row = 0; row < box.model().rowCount(); ++row)
                where += box.model().index(row, 1).data().toString();
            return where;
        };
        auto& line = *box.findChild<QLineEdit*>();
        line.setText("Discs[36]");
        WAIT(found() == QStringList{"bounce.discs[36]"});
        line.setText("bounce.discs[36].at");
        WAIT(found() == QStringList{"bounce.discs[36].at"});
        line.setText("discs[3");
        WAIT(found().size() > 1 && found().front() == "bounce.discs[3]");
        QTest::keyClick(box.findChild<QLineEdit*>(), Qt::Key_Return);
        QCOMPARE(window->findChild<StatePanel*>()->selected_path(), "bounce.discs[3]");
    }

    void closed_and_opened_again_it_is_where_it_was_left() {
        QRect place;
        {
            auto window = opened(kCounter, "3s");
            WAIT(window->complete());
            window->setGeometry(40, 30, 1500, 950);
            place = window->geometry();
            window->close();
        }
        MainWindow window({MODULES});
        QCOMPARE(window.geometry(), place);
        window.show();
        window.open(kCounter);
        WAIT(window.complete());
        QCOMPARE(window.player().playhead(), mark_of("3s"));
    }

    void of_a_recording_that_cannot_be_executed_what_came_from_outside_is_listed() {
        qputenv("TEATIME_WORKER", "/nonexistent");  // as good as no module, wherever one is found
        const auto put_back = qScopeGuard([] { qunsetenv("TEATIME_WORKER"); });
        auto window = opened(kPainter, "2s");
        MessageModel& messages = window->findChild<MessagesPanel*>()->model();
        WAIT(messages.rowCount() > 10 && messages.message(5));
        QVERIFY(messages.message(5)->external);
        WAIT(messages.playhead_row() > 0);
    }

    void what_several_have_to_say_in_the_same_words_is_said_once() {
        InfoBar bar;
        bar.show();
        for (const char* topic : {"survey", "moment"})
            bar.say(topic, InfoBar::Kind::error, "It is damaged");
        int shown = 0;
        for (const QLabel* label : bar.findChildren<QLabel*>()) shown += label->isVisible();
        QCOMPARE(shown, 1);
    }

    void what_a_damaged_keyframe_held_is_rebuilt_and_the_damage_is_told_once() {
        const QString damaged = damaged_painter(
            "damaged.timegraph", "UPDATE keyframes SET \"check\" = \"check\" + 1 WHERE id = 1");
        auto window = opened(damaged, "4s");
        WAIT(window->player().is_open() && window->complete());
        QCOMPARE(hash_shown(*window), hash_at(kPainter, mark_of("4s")));
        QVERIFY(window->world().moment()->picture);
        QCOMPARE(window->info_bar().text("moment"), "");
        QCOMPARE(window->info_bar().text("survey"), "");
        WAIT(window->info_bar().text("notes").contains("damaged"));
        QStringList told = window->info_bar().text("notes").split('\n');
        QCOMPARE(told.removeDuplicates(), 0);
        MessageModel& messages = window->findChild<MessagesPanel*>()->model();
        WAIT(messages.rowCount() > 10 && messages.message(5));
    }

    void without_the_module_stored_states_are_shown_and_a_bar_offers_to_choose_it() {
        qputenv("TEATIME_WORKER", "/nonexistent");  // as good as no module, wherever one is found
        MainWindow window;
        window.show();
        QString moved = home_.filePath("painter.timegraph");
        QVERIFY(QFile::copy(kPainter, moved));
        window.open(moved, "end");
        WAIT(window.player().is_open());
        QVERIFY(!window.player().facts()->can_execute);
        WAIT(window.complete());
        QVERIFY(window.player().moment()->stored);
        QVERIFY(window.info_bar().text("module").contains("stored states"));
        QCOMPARE(window.info_bar().text("notes"), QString());  // not said twice
        QVERIFY(window.world().notice().contains("without the module"));
        window.go_to("5s");
        WAIT(window.complete() && window.player().moment()->asked == mark_of("5s"));
        auto& status = *window.findChild<StatusStrip*>();
        QVERIFY2(status.mark_text().startsWith("5s (stored: "), qPrintable(status.mark_text()));
        qunsetenv("TEATIME_WORKER");
    }

    void a_picture_that_is_not_complete_says_so() {
        std::string bytes = Scene().encode();
        bytes.resize(bytes.size() - sizeof(std::uint32_t));
        ByteWriter(bytes).sized("draw() of World threw int");
        auto moment = std::make_shared<Moment>();
        moment->picture = std::make_shared<const Scene>(Scene::decode(bytes).value());
        WorldView world;
        world.set_moment(moment);
        QCOMPARE(world.notice(), "draw() of World threw int");
        QVERIFY(!world.grab().isNull());
    }

    void every_external_message_says_something() {
        auto window = opened(kPainter, "end");
        WAIT(window->complete());
        MessageModel& messages = window->findChild<MessagesPanel*>()->model();
        int routers = 0;
        for (int row = 0; row < messages.rowCount(); ++row) {
            WAIT(messages.message(row));
            if (!messages.message(row)->external) continue;
            QVERIFY(!messages.message(row)->selector.isEmpty());
            QCOMPARE(messages.index(row, MessageModel::Kind).data().toString(), "external");
            if (messages.index(row, MessageModel::Sender).data().toString() != "router") continue;
            ++routers;
            QVERIFY(messages.message(row)->arguments.contains("=["));
        }
        QVERIFY(routers > 0);
    }

    void a_large_window_has_room_for_all_lanes() {
        auto window = opened(kPainter, "end");
        WAIT(window->complete());
        QWidget* lanes = window->findChild<TimelineLanes*>();
        WAIT(lanes->height() >= lanes->sizeHint().height());
    }

    void the_window_can_be_narrow() {
        auto window = opened(kPainter, "end");
        WAIT(window->complete());
        QVERIFY2(window->minimumSizeHint().width() <= 720,
                 qPrintable(QString::number(window->minimumSizeHint().width())));
    }

    void a_sentence_in_the_status_bar_takes_the_room_of_what_counts_less() {
        auto window = opened(kPainter, "end");
        WAIT(window->complete());
        auto& status = *window->findChild<StatusStrip*>();
        const auto shown = [&status] {
            QStringList names;
            for (const QLabel* field : status.findChildren<QLabel*>()) {
                if (field->isVisible()) names += field->accessibleName();
            }
            return names.join(' ');
        };
        WAIT(shown() == "Mark End Hash Wall time Pointer");
        const QString sentence =
            "The session runs to 20s already, as Ann asked: pause it first, or wait until it is "
            "there, and ask again then for another time; what was painted meanwhile waits";
        status.showMessage(sentence);
        const int room = status.findChild<QLabel*>()->x();
        QVERIFY2(shown().startsWith("Mark") && !shown().contains("Pointer"), qPrintable(shown()));
        WAIT(status.findChild<QLabel*>()->x() >= status.fontMetrics().horizontalAdvance(sentence));
        QVERIFY(status.findChild<QLabel*>()->x() > room);
        status.clearMessage();
        QCOMPARE(shown(), "Mark End Hash Wall time Pointer");
    }

    void a_file_that_is_no_recording_is_an_error_in_the_bar() {
        QFile file(home_.filePath("odd.timegraph"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("not a recording");
        file.close();
        auto window = opened(file.fileName());
        WAIT(!window->open_error().isEmpty());
        QCOMPARE(window->info_bar().text("open"), window->open_error());
    }

    void recordings_of_the_same_name_are_told_apart_by_their_folders() {
        QTemporaryDir folder;
        QStringList files;
        for (const char* name : {"a/one.timegraph", "b/one.timegraph", "b/two.timegraph"}) {
            files += folder.filePath(name);
            QDir().mkpath(QFileInfo(files.back()).path());
            QVERIFY(QFile::copy(kCounter, files.back()));
        }
        FirstPage page;
        page.refresh(files);
        const QAbstractItemModel& model = *page.findChild<ListView*>()->model();
        QVERIFY(!row_of(model, "one.timegraph").isValid());
        for (const char* in : {"a", "b"}) {
            QVERIFY(row_of(model, "one.timegraph   " + folder.filePath(in)).isValid());
        }
        QVERIFY(row_of(model, "two.timegraph").isValid());
    }

    void every_key_is_on_the_sheet_once() {
        auto window = opened(kCounter);
        QSet<QString> seen;
        for (QAction* action : window->actions()) {
            for (const QKeySequence& key : action->shortcuts()) {
                QVERIFY2(!seen.contains(key.toString()), qPrintable(key.toString()));
                seen += key.toString();
            }
            QVERIFY(!action->toolTip().isEmpty());
        }
        for (const char* key : {"J", "K", "L", "Space", "Ctrl+G", "Ctrl+F", "F1", "M"}) {
            QVERIFY2(seen.contains(key), key);
        }

        // Nothing is cut off, also where there is little room.
        WAIT(window->complete());
        window->resize(800, 600);
        QTest::keyClick(window.get(), Qt::Key_F1);
        auto* sheet = window->findChild<QWidget*>("cheat-sheet");
        QVERIFY(sheet);
        const auto* view = sheet->findChild<QScrollArea*>();
        WAIT(sheet->size() == window->size() &&
             view->widget()->width() <= view->viewport()->width());
        const auto labels = sheet->findChildren<QLabel*>();
        QSet<QString> told;
        for (const QLabel* label : labels) {
            QVERIFY2(!label->text().contains('&'), qPrintable(label->text()));
            const QStringList words = label->text().split("  ");
            told += QSet<QString>(words.begin(), words.end());
        }
        for (const QString& key : seen) QVERIFY2(told.contains(key), qPrintable(key));
        for (const char* word : {"Panels", "Members", "Together", "Shift and drag"}) {
            QVERIFY2(told.contains(word), word);
        }
        for (const QLabel* label : labels) {
            QVERIFY2(label->width() >= label->sizeHint().width(), qPrintable(label->text()));
        }
    }

    void the_sheet_of_keys_leaves_the_keys_to_whom_had_them() {
        auto window = opened(kCounter);
        WAIT(window->complete());
        QWidget* lanes = window->timeline().findChild<TimelineLanes*>();
        lanes->setFocus();
        QWidget* had = window->focusWidget();
        for (int i = 0; i < 2; ++i) QTest::keyClick(window.get(), Qt::Key_F1);
        WAIT(!window->findChild<QWidget*>("cheat-sheet"));
        QCOMPARE(window->focusWidget(), had);
    }
};

TEST_CLASS(WindowTest)
#include "window_test.moc"
