#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QRegularExpression>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

#include "../test_main.h"
#include "diff_panel.h"
#include "info_bar.h"
#include "list_view.h"
#include "main_window.h"
#include "program.h"
#include "together_panel.h"
#include "transport.h"

// The whole window in a live session of two builds, which differ: Ann has what the window has, Ben
// counts one too many when he should add seven.

using namespace teatime;
using namespace teatime::inspector;
using namespace teatime::test;

class MemberWindowTest : public QObject {
    Q_OBJECT

    QTemporaryDir home_;
    std::optional<Program> serve_, ann_, ben_;
    std::unique_ptr<MainWindow> window_;
    DiffPanel* diff_ = nullptr;
    QString url_;

    QString summary() const { return diff_->findChild<QLabel*>("diff-summary")->text(); }
    QLabel& other() const { return *diff_->findChild<QLabel*>("diff-other"); }
    QPushButton& members() const { return *diff_->findChild<QPushButton*>("diff-member"); }
    QStringList listed() const {
        members().menu()->popup({});
        QStringList names;
        for (const QAction* each : members().menu()->actions()) names += each->text();
        members().menu()->close();
        return names;
    }
    void choose(const QString& name) const {
        members().menu()->popup({});
        for (QAction* each : members().menu()->actions()) {
            if (each->text().startsWith(name)) each->trigger();
        }
        members().menu()->close();
    }
    /// And is of another build: at the Mark that is told, where the playhead is.
    void shows_that_ben_counted_one_more() const {
        const QRegularExpression told("^Ben's replica at ([0-9.]+s#[0-9]+)$");
        const QRegularExpression builds(
            "^1 difference; built differently: code id [0-9a-f]{12} and [0-9a-f]{12}$");
        WAIT(builds.match(summary()).hasMatch() && window_->complete());
        QCOMPARE(told.match(other().text()).captured(1).toStdString(),
                 to_string(window_->player().playhead()));
        QCOMPARE(diff_->model().rows().size(), std::size_t{1});
        const Change& change = diff_->model().rows().front();
        QCOMPARE(change.path, std::string("count"));
        QCOMPARE(change.object, std::string("counter"));
        QCOMPARE(*change.before.if_int(), *change.after.if_int() + 1);
    }

private slots:
    void initTestCase() {
        qputenv("XDG_CONFIG_HOME", home_.path().toUtf8());
        qputenv("XDG_CACHE_HOME", home_.path().toUtf8());
        qputenv("USER", "Zoe");
        QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, home_.path());
    }
    void init() {
        serve_.emplace(QStringList{"serve", "--port", "0", "--modules", MODULES, "--allow-mixed"});
        url_ = serve_->said("\n").section("teatime reflector at ", 1).section('\n', 0, 0);
        ann_.emplace(QStringList{"join", url_, "--app", "counter", "--modules", MODULES, "--name",
                                 "Ann", "--send", "counter.loop()"});
        ann_->said("joined session");
        ben_.emplace(QStringList{"join", url_, "--app", "counter", "--modules", ODD_MODULES,
                                 "--name", "Ben", "--send", "counter.add(7)"});
        ben_->said("joined session");
        window_ = std::make_unique<MainWindow>(QStringList{MODULES});
        window_->resize(1600, 1000);
        window_->show();
        diff_ = window_->findChild<DiffPanel*>();
        QVERIFY(!members().isEnabled());
        QVERIFY(members().toolTip().contains("live session"));
        window_->join(url_ + "/counter");
        WAIT(window_->player().is_open() && window_->player().moment() && members().isEnabled());
        window_->show_panel("diff");
    }
    void cleanup() {
        window_.reset();
        ben_.reset();
        ann_.reset();
        serve_.reset();
    }

    void what_another_member_has_is_compared_with_what_the_window_shows() {
        WAIT(listed() == QStringList({"Ann (member 1)", "Ben (member 2)"}));
        choose("Ben");
        shows_that_ben_counted_one_more();
        QVERIFY(window_->transport().state() == Transport::State::paused);

        // The session goes on; Ann has what the window has.
        choose("Ann");
        WAIT(summary() == "the same, to the bit");
        QVERIFY(other().isVisible() && other().text().startsWith("Ann's replica at "));

        // Typed is a moment of the window's own recording.
        auto& moment = *diff_->findChild<QLineEdit*>("diff-moment");
        moment.setText("start");
        QTest::keyClick(&moment, Qt::Key_Return);
        WAIT(summary().endsWith(" differences"));
        QVERIFY(!other().isVisible());
    }

    void where_replicas_that_were_stopped_differ_they_are_compared_by_one_button() {
        auto& together = *window_->findChild<TogetherPanel*>();
        auto& compare = *window_->findChild<QPushButton*>("compare-split");
        window_->show_panel("together");
        QVERIFY(!compare.isVisible());
        together.pause_or_resume();
        WAIT(compare.isVisible());
        QTest::mouseClick(&compare, Qt::LeftButton);
        WAIT(diff_->isVisible());
        shows_that_ben_counted_one_more();
        // One message on, both still differ in that, and are compared there.
        const Mark before = window_->player().playhead();
        const QString told = together.outcome_text();
        for (QPushButton* button : together.findChildren<QPushButton*>()) {
            if (button->text() == "Message") button->click();
        }
        WAIT(together.outcome_text().contains("THE REPLICAS DIFFER") &&
             together.outcome_text() != told);
        choose("Ben");
        WAIT(window_->player().playhead() > before);
        shows_that_ben_counted_one_more();
    }

    void where_a_vote_is_split_they_are_compared_by_one_button() {
        const auto& bar = window_->info_bar();
        WAIT(bar.text("split").startsWith("The vote at "));  // at the next whole second
        QVERIFY2(bar.text("split").endsWith(" is split, replicas differ: Ann against Ben"),
                 qPrintable(bar.text("split")));
        auto& together = *window_->findChild<TogetherPanel*>();
        QVERIFY(together.outcome_text().contains("THE REPLICAS DIFFER"));
        window_->show_panel("together");
        WAIT(window_->findChild<QPushButton*>("compare-split")->isVisible());
        for (auto* button : bar.findChildren<QPushButton*>()) {
            if (button->text() == "Compare") button->click();
        }
        WAIT(diff_->isVisible());
        shows_that_ben_counted_one_more();
    }

    void who_does_not_answer_is_named_and_need_not_be_waited_for() {
        choose("Ben");
        shows_that_ben_counted_one_more();
        ben_->signal(SIGSTOP);
        choose("Ben");
        QCOMPARE(summary(), "asking Ben…");
        auto& cancel = *diff_->findChild<QPushButton*>("cancel-compare");
        QVERIFY(cancel.isVisible());
        QTest::mouseClick(&cancel, Qt::LeftButton);
        QVERIFY(summary().isEmpty() && !cancel.isVisible());
        choose("Ben");
        WAIT(summary() == "cannot be had");
        QCOMPARE(diff_->findChild<ListView*>("differences")->empty_text(),
                 "Ben did not hand its state over in time; it may be busy or hang.");
        QVERIFY(!cancel.isVisible());
        ben_->signal(SIGCONT);
        choose("Ben");
        shows_that_ben_counted_one_more();
        ben_.reset();
        WAIT(listed() == QStringList({"Ann (member 1)"}));
    }
};

TEST_CLASS(MemberWindowTest)
#include "member_window_test.moc"
