#include <QAbstractItemView>
#include <QAction>
#include <QClipboard>
#include <QDockWidget>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "../test_main.h"
#include "company_models.h"
#include "info_bar.h"
#include "list_view.h"
#include "live.h"
#include "main_window.h"
#include "pointer_tags.h"
#include "program.h"
#include "rows_model.h"
#include "state_panel.h"
#include "status_strip.h"
#include "teatime/island/input.h"
#include "teatime/state/inspect.h"
#include "timeline_widget.h"
#include "together_panel.h"
#include "world_view.h"

// The whole window in a live session of the painter, beside another person: Ann.

using namespace teatime;
using namespace teatime::inspector;
using namespace teatime::test;
using namespace std::chrono_literals;

class CompanyWindowTest : public QObject {
    Q_OBJECT

    QTemporaryDir home_;
    std::optional<Program> serve_, member_;
    std::unique_ptr<LiveSession> ann_;
    std::unique_ptr<MainWindow> window_;
    QString url_;

    void serve(const QString& port = "0") {
        serve_.emplace(QStringList{"serve", "--port", port, "--modules", MODULES});
        url_ = serve_->said("\n").section("teatime reflector at ", 1).section('\n', 0, 0);
    }
    QString badge() const {
        auto* badge = window_->world().findChild<QToolButton*>("live-badge");
        return badge->isVisible() ? badge->text() : QString();
    }
    /// Which takes some turns of the loop after a session was opened.
    bool panels_are_divided() const {
        return part<QDockWidget>("together").height() > window_->height() / 2;
    }
    template <class Widget>
    Widget& part(const char* name) const {
        return *window_->findChild<Widget*>(name);
    }
    std::size_t strokes() const {
        const MomentPtr moment = window_->player().moment();
        auto value = moment && moment->state ? state_tree(*moment->state, "strokes")
                                             : result<Value>(wrong_usage("nothing yet"));
        return value && value->if_list() ? value->if_list()->size() : 0;
    }
    /// Who points at this row of the state: names, with + where it is at something inside.
    QString tags(const QString& path) const {
        auto& state = *window_->findChild<StatePanel*>();
        QStringList names;
        for (const PointerTags::Tag& tag : state.tags().tags_of(state.model().index_of(path)))
            names += tag.pointer.name + (tag.inside ? "+" : "");
        return names.join(' ');
    }
    /// Whose names are in the picture, each with a frame.
    QString framed() const {
        QStringList names;
        for (const Pointed& each : window_->world().pointed()) {
            if (!each.places.empty()) names += each.by.name;
        }
        return names.join(' ');
    }
    /// What is told in Together beside a member's name.
    QString pointed_at(const QString& name) const {
        auto& members = window_->findChild<TogetherPanel*>()->members();
        for (const CompanyRow& row : members.rows()) {
            if (row.member.name == name.toStdString()) return row.points_at;
        }
        return "nobody";
    }
    QString told() const { return window_->findChild<StatusStrip*>()->currentMessage(); }
    void paint() {
        WorldView& world = window_->world();
        const QPoint at = world.world_to_widget().map(QPointF(200, 200)).toPoint();
        QTest::mouseClick(&world, Qt::LeftButton, {}, at);
    }

private slots:
    void initTestCase() {
        qputenv("XDG_CONFIG_HOME", home_.path().toUtf8());
        qputenv("XDG_CACHE_HOME", home_.path().toUtf8());
        QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, home_.path());
    }
    void init() {
        serve();
        QVERIFY(url_.startsWith("ws://"));
        member_.emplace(QStringList{"join", url_, "--app", "painter", "--modules", MODULES});
        member_->said("joined session");
        LiveSession::Options options;
        options.url = url_;
        options.session = "painter";
        options.name = "Ann";
        options.folder = home_.path();
        options.program = TEATIME;
        options.modules = {MODULES};
        ann_ = std::make_unique<LiveSession>();
        ann_->join(options);
        window_ = std::make_unique<MainWindow>(QStringList{MODULES});
        window_->resize(1600, 1000);
        window_->show();
        window_->join(url_ + "/painter");
        WAIT(ann_->connected() && window_->player().is_open());
        WAIT(window_->world().moment() && window_->world().moment()->picture);
    }
    void cleanup() {
        window_.reset();
        ann_.reset();
        member_.reset();
        serve_.reset();
    }

    void who_stopped_everybody_and_what_waits_is_told_over_the_picture() {
        WAIT(badge() == "● live");
        ann_->pause();
        WAIT(badge() == "❚❚ paused for all by Ann");
        paint();
        WAIT(badge().startsWith("❚❚ paused for all by Ann · ") && badge().contains("message"));
        QCOMPARE(strokes(), std::size_t{0});
        ann_->resume();
        WAIT(badge() == "● live");
        WAIT(strokes() == 1);
    }

    void all_that_tells_where_a_stopped_session_stands_tells_the_same_mark() {
        WAIT(badge() == "● live");
        QSignalSpy stepped(ann_.get(), &LiveSession::stepped);
        ann_->pause();  // so that the Mark is ahead still when the reflector hears of it
        WAIT(!stepped.isEmpty());
        const VirtualTime soon =
            std::chrono::ceil<std::chrono::seconds>(ann_->time().time + std::chrono::seconds(1));
        const Mark mark{{}, soon, 0};
        ann_->run_until(mark);
        const QString text = to_text(mark);
        const auto all_stand = [&](MainWindow& window) {
            const auto find = [&](const char* name) {
                return window.findChild<QLabel*>(name)->text();
            };
            return window.player().playhead() == mark &&
                   window.timeline().axis().playhead() == mark &&
                   window.findChild<StatusStrip*>()->mark_text() == text &&
                   find("session-state").startsWith("paused for all at " + text + ' ') &&
                   find("outcome").contains(text);
        };
        WAIT(all_stand(*window_));
        MainWindow late(QStringList{MODULES});
        late.show();
        late.join(url_ + "/painter");
        WAIT(late.player().is_open() && all_stand(late));
        WAIT(all_stand(*window_));
        ann_->resume();
        WAIT(window_->player().playhead().time > soon && late.player().playhead().time > soon);
    }

    void a_note_on_what_was_before_the_recording_says_so_and_leads_nowhere() {
        WAIT(badge() == "● live");
        auto& together = *window_->findChild<TogetherPanel*>();
        ann_->note(Mark{{}, kSessionStart, 0}, "here");
        WAIT(together.notes().rowCount() == 1);
        QCOMPARE(together.notes().index(0, 0).data().toString(), "0s#0");
        together.set_begin(*parse_mark("1s"));
        QCOMPARE(together.notes().index(0, 0).data().toString(), "0s#0 (before this recording)");

        const FactsPtr facts = window_->player().facts();
        const Mark before{{}, facts->begin.time - Duration(1), 0};
        emit together.go(before);
        QVERIFY(window_->findChild<StatusStrip*>()->currentMessage().contains("before"));
        QVERIFY(window_->transport().state() == Transport::State::following);
    }

    void up_to_where_everybody_runs_is_told() {
        auto& state = part<QLabel>("session-state");
        WAIT(state.text().startsWith("running for all, rate 1"));
        ann_->run_until(*parse_mark("1000s"));
        WAIT(state.text().startsWith("running for all, rate 1, until 1000s"));
    }

    /// One presses the same button again and again.
    void buttons_stay_where_they_are_whatever_is_told_above_and_below() {
        window_->show_panel("together");
        std::vector<QPoint> before, after;
        const auto places = [this] {
            std::vector<QPoint> all;
            for (const char* name : {"pause-all", "lead", "follow"}) {
                all.push_back(part<QPushButton>(name).mapTo(window_.get(), QPoint()));
            }
            return all;
        };
        const auto lay_out = [] {
            QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
        };
        WAIT(part<QPushButton>("pause-all").isVisible() && panels_are_divided());
        lay_out();
        before = places();
        ann_->pause();
        WAIT(part<QLabel>("outcome").text().startsWith("1 replica:"));
        paint();
        WAIT(part<QLabel>("session-state").text().contains(" wait"));
        lay_out();
        after = places();
        QCOMPARE(after, before);
    }

    void escape_gives_the_keys_to_the_world_and_back() {
        WorldView& world = window_->world();
        QSignalSpy to_world(&world, &WorldView::input);
        WAIT(badge() == "● live");
        world.setFocus();
        QVERIFY(world.has_keys());
        QTest::keyClick(&world, Qt::Key_K);
        QCOMPARE(to_world.count(), 2);  // down and up
        QVERIFY(window_->transport().state() == Transport::State::following);
        QTest::keyClick(&world, Qt::Key_Escape);
        QVERIFY(!world.has_keys());
        QTest::keyClick(window_->focusWidget(), Qt::Key_K);
        QCOMPARE(to_world.count(), 2);
        QVERIFY(window_->transport().state() == Transport::State::paused);
        QTest::keyClick(window_->focusWidget(), Qt::Key_Escape);
        QVERIFY(world.hasFocus());
    }

    void what_another_points_at_is_seen_in_the_list_the_state_and_the_picture() {
        paint();
        WAIT(strokes() == 1);
        const auto stroke = state_tree(*window_->player().moment()->state, "strokes[0].ref");
        const QString object = "#" + QString::number(*stroke->if_int());
        ann_->point_at(object);
        WAIT(pointed_at("Ann") == object && tags(object) == "Ann" && framed() == "Ann");
        QCOMPARE(told(), "Ann points at " + object);

        // However it is called, and what is inside, seen where that is closed.
        ann_->point_at("strokes[0].points[0].x");
        WAIT(tags(object) == "Ann+" && framed() == "Ann");
        ann_->point_at("painter.strokes[0]");
        WAIT(tags("painter.strokes[0]") == "Ann" && framed() == "Ann");
        QCOMPARE(tags(object), QString());

        // A click on it leads there.
        auto& together = *window_->findChild<TogetherPanel*>();
        window_->show_panel("together");
        ListView* members = nullptr;
        for (auto* view : together.findChildren<ListView*>()) {
            if (view->accessibleName() == "Who is here") members = view;
        }
        const auto row = members->model()->match(members->model()->index(0, 0), Qt::DisplayRole,
                                                 "Ann", 1, Qt::MatchExactly);
        QVERIFY(!row.isEmpty());
        const QModelIndex cell = row[0].siblingAtColumn(CompanyModel::Points);
        members->scrollTo(cell);
        QTest::mouseClick(members->viewport(), Qt::LeftButton, {},
                          members->visualRect(cell).center());
        QCOMPARE(window_->findChild<StatePanel*>()->selected_path(), "painter.strokes[0]");
        QVERIFY(window_->transport().state() == Transport::State::following);

        // What is not there is told, and nowhere seen; who leaves points at nothing.
        ann_->point_at("#4711.x\n");
        WAIT(pointed_at("Ann") == "#4711.x\n" && framed().isEmpty());
        ann_->point_at(object);
        WAIT(framed() == "Ann");
        ann_->leave();
        WAIT(framed().isEmpty() && tags(object).isEmpty() && pointed_at("Ann") == "nobody");
    }

    void one_points_by_key_or_with_shift_in_the_picture_and_ends_it_by_escape() {
        const auto seen = [this] {
            for (const session::Playhead& each : ann_->company().playheads) {
                if (!each.points_at.empty()) return QString::fromStdString(each.points_at);
            }
            return QString();
        };
        paint();
        WAIT(strokes() == 1);
        auto& state = *window_->findChild<StatePanel*>();
        state.select_nothing();
        state.view().setFocus();
        QTest::keyClick(&state.view(), Qt::Key_P, Qt::ShiftModifier);
        QVERIFY2(told().startsWith("Select first"), qPrintable(told()));
        for (const char* path : {"painter.strokes", "painter"}) {
            state.reveal(path);
            QTest::keyClick(&state.view(), Qt::Key_P, Qt::ShiftModifier);
            WAIT(seen() == path && tags(path) == "you");
        }
        QTest::keyClick(&state.view(), Qt::Key_P, Qt::ShiftModifier);  // again
        WAIT(seen().isEmpty() && tags("painter").isEmpty());
        QTest::keyClick(&state.view(), Qt::Key_P, Qt::ShiftModifier);
        WAIT(seen() == "painter");
        QTest::keyClick(&state.view(), Qt::Key_Escape);
        WAIT(seen().isEmpty());
        QVERIFY(!window_->world().hasFocus());
        QTest::keyClick(&state.view(), Qt::Key_Escape);
        QVERIFY(window_->world().hasFocus());

        // The mouse is the world's, but not with Shift.
        QSignalSpy to_world(&window_->world(), &WorldView::input);
        const auto shift_click = [this](QPointF there) {
            const QPoint at = window_->world().world_to_widget().map(there).toPoint();
            QTest::mouseClick(&window_->world(), Qt::LeftButton, Qt::ShiftModifier, at);
        };
        for (const char* selector : {"stroke_begin", "stroke_to"}) {
            const int x = selector == std::string("stroke_to") ? 300 : 100;
            ann_->send(
                QString::fromStdString(call_payload("painter", selector, {Value(x), Value(300)})));
        }
        const auto has_line = [this] {
            const MomentPtr moment = window_->player().moment();
            const auto points = state_tree(*moment->state, "strokes[1].points");
            return points && points->if_list()->size() == 2;
        };
        WAIT(has_line());
        shift_click({200, 300});
        WAIT(!seen().isEmpty() && framed() == "you");
        QVERIFY(to_world.isEmpty());
        shift_click(window_->world().world_at({2, 2}));  // beside it
        WAIT(seen().isEmpty() && framed().isEmpty());
    }

    /// Beside the window and Ann's connection there are two recorders.
    void what_windows_record_with_is_nobody() {
        auto& who = window_->findChild<TogetherPanel*>()->members();
        WAIT(who.rowCount() == 3);
        QStringList names;
        for (int row = 0; row < who.rowCount(); ++row) names += who.index(row, 0).data().toString();
        QVERIFY2(names.contains("Ann"), qPrintable(names.join(", ")));
        QVERIFY2(!names.contains("teatime-inspector"), qPrintable(names.join(", ")));
    }

    void a_copied_link_leads_to_its_moment() {
        WAIT(strokes() == 0 && window_->player().facts()->end.time > VirtualTime(500ms));
        window_->go_to("0.4s");
        WAIT(window_->player().playhead() == *parse_mark("0.4s"));
        window_->findChild<QAction*>("copy-link")->trigger();
        const QString link = QGuiApplication::clipboard()->text();
        QCOMPARE(link, QString("teatime inspect '%1/painter' --at '0.4s'").arg(url_));
        window_->join(url_ + "/painter", MainWindow::Part::takes_part, "0.4s");
        WAIT(window_->player().is_open());
        QCOMPARE(window_->player().playhead(), *parse_mark("0.4s"));
        QVERIFY(window_->transport().state() == Transport::State::paused);
        WAIT(badge().contains("past"));
    }

    void time_is_stopped_for_all_by_keys() {
        WAIT(badge() == "● live");
        QTest::keyClick(window_.get(), Qt::Key_Space, Qt::ControlModifier);
        WAIT(badge() == "❚❚ paused for all by you");
        ann_->send(
            QString::fromStdString(call_payload("painter", "stroke_begin", {Value(1), Value(2)})));
        WAIT(badge().contains("1 message"));
        QSignalSpy stepped(ann_.get(), &LiveSession::stepped);
        QTest::keyClick(window_.get(), Qt::Key_Right, Qt::AltModifier | Qt::ControlModifier);
        WAIT(!stepped.isEmpty());
        QTest::keyClick(window_.get(), Qt::Key_G, Qt::ShiftModifier);
        WAIT(!ann_->company().lease.holder);
    }

    void the_lead_is_handed_over_and_a_note_written_by_keys() {
        WAIT(badge() == "● live");
        QTest::keyClick(window_.get(), Qt::Key_G, Qt::ShiftModifier);
        WAIT(ann_->company().lease.holder);
        QTest::keyClick(window_.get(), Qt::Key_H);  // nobody is selected
        auto* members = qobject_cast<QAbstractItemView*>(window_->focusWidget());
        QVERIFY(members && members->accessibleName() == "Who is here");
        const auto row = members->model()->match(members->model()->index(0, 0), Qt::DisplayRole,
                                                 "Ann", 1, Qt::MatchExactly);
        QVERIFY(!row.isEmpty());
        members->setCurrentIndex(row[0]);
        QTest::keyClick(members, Qt::Key_H);
        WAIT(ann_->company().lease.holder == ann_->member());

        QTest::keyClick(window_.get(), Qt::Key_M, Qt::ShiftModifier);
        auto& line = part<QLineEdit>("note");
        QCOMPARE(window_->focusWidget(), &line);
        QTest::keyClicks(&line, "hello");
        QTest::keyClick(&line, Qt::Key_Return);
        WAIT(!ann_->company().notes.empty() && ann_->company().notes[0].text == "hello");
    }

    /// Replicas that windows record with may report where they stand, too: those are not named.
    void an_outcome_names_who_is_listed() {
        WAIT(badge() == "● live");
        ann_->pause();
        auto& outcome = part<QLabel>("outcome");
        WAIT(outcome.text().startsWith("1 replica:"));
        WAIT(outcome.text().endsWith("  teatime"));  // once it is known who they are
        const session::Company& company = ann_->company();
        std::vector<MemberId> recorders, all;
        for (const session::MemberInfo& member : company.members) {
            if (is_window_recorder(member.name, member.role)) recorders.push_back(member.id);
            if (member.name == "Ann" || member.role == session::Role::viewer)
                all.push_back(member.id);
        }
        QVERIFY(!recorders.empty());
        QCOMPARE(member_names(company, recorders), QString("recording"));
        QCOMPARE(member_names(company, all), QString("Ann"));
        QCOMPARE(member_names(company, {}), QString());
    }

    void time_is_moved_by_who_leads_and_asked_for_by_others() {
        window_->show_panel("together");
        auto& lead = part<QPushButton>("lead");
        auto& pause = part<QPushButton>("pause-all");
        WAIT(pause.isEnabled() && lead.text() == "Take the lead");
        ann_->take_lead();
        WAIT(lead.text() == "Ask for the lead");
        QVERIFY(!pause.isEnabled());
        QVERIFY2(pause.toolTip().startsWith("Ann leads"), qPrintable(pause.toolTip()));
        QSignalSpy asked(ann_.get(), &LiveSession::lead_asked);
        QTest::mouseClick(&lead, Qt::LeftButton);
        WAIT(asked.count() == 1);
        ann_->release_lead();
        WAIT(pause.isEnabled() && lead.text() == "Take the lead");
        QVERIFY(!pause.toolTip().startsWith("Ann leads"));

        QTest::mouseClick(&lead, Qt::LeftButton);
        WAIT(lead.text() == "Release");
        ann_->take_lead();
        WAIT(window_->info_bar().text("lead").startsWith("Ann asks for the lead"));
        for (auto* button : window_->info_bar().findChildren<QPushButton*>()) {
            if (button->text() == "Release the lead") button->click();
        }
        WAIT(!ann_->company().lease.holder);
        WAIT(window_->info_bar().text("lead").isEmpty());
    }

    void buttons_are_seen_whole_in_half_a_screen() {
        window_->resize(840, 1000);
        window_->show_panel("together");
        auto& area = *window_->findChild<TogetherPanel*>()->findChild<QScrollArea*>();
        WAIT(area.isVisible() && window_->width() == 840);
        WAIT(area.widget()->width() <= area.viewport()->width());
        WAIT(window_->world().width() >= 840 / 2);
    }

    void with_whom_one_goes_is_told() {
        auto& followed = part<QLabel>("followed");
        auto& follow = part<QPushButton>("follow");
        WAIT(followed.text() == "You go with the session");
        QVERIFY(!follow.isEnabled());                             // nobody is chosen, nobody leads
        WAIT(window_->player().playhead().time > kSessionStart);  // else it would not move
        window_->go_to("0s");
        WAIT(followed.text() == "You look on your own");
        ann_->take_lead();
        WAIT(follow.isEnabled());
        follow.click();
        WAIT(followed.text() == "You go with Ann");
    }

    void while_the_connection_is_lost_it_is_tried_again_and_nothing_can_be_asked_for() {
        WAIT(part<QPushButton>("lead").isEnabled());
        serve_->stop();
        WAIT(window_->info_bar().text("connection").contains("tried again"));
        for (const char* name : {"lead", "pause-all", "follow"}) {
            const auto& button = part<QPushButton>(name);
            QVERIFY2(!button.isEnabled() && button.toolTip() == "The connection is lost", name);
        }
        QVERIFY(!part<QLineEdit>("note").isEnabled());
    }

    void a_session_started_anew_ends_with_a_bar_and_is_no_longer_live() {
        WAIT(badge() == "● live");
        const QString port = url_.section(':', -1);
        serve_->stop();
        WAIT(!window_->info_bar().text("connection").isEmpty());
        serve(port);
        WAIT(window_->info_bar().text("connection").contains("anew"));
        QCOMPARE(badge(), QString());
        QVERIFY(window_->transport().state() == Transport::State::paused);
        window_->world().setFocus();
        QVERIFY(!window_->world().has_keys());
    }
};

TEST_CLASS(CompanyWindowTest)
#include "company_window_test.moc"
