#include <QLabel>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QRegularExpression>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

#include "../test_main.h"
#include "main_window.h"
#include "program.h"
#include "status_strip.h"
#include "teatime/timegraph/reader.h"
#include "together_panel.h"

// The whole system: a reflector that records, three replicas, and somebody at a terminal, each a
// process, and two windows; they stop one session and step it together.

using namespace teatime;
using namespace teatime::inspector;
using namespace teatime::test;

namespace {

/// What all of the session's replicas reported, as somebody shows it.
struct Shown {
    QString mark, hash;
    bool operator==(const Shown&) const = default;
};

struct Window : MainWindow {
    explicit Window(const QString& url) : MainWindow(QStringList{MODULES}) {
        resize(1600, 1000);
        show();
        join(url);
    }
    TogetherPanel& together() { return *findChild<TogetherPanel*>(); }
    template <class Widget>
    Widget& part(const char* name) {
        return *together().findChild<Widget*>(name);
    }
    void click(const char* name) { QTest::mouseClick(&part<QPushButton>(name), Qt::LeftButton); }
    /// The state at its playhead.
    Shown sees() {
        const MomentPtr moment = player().moment();
        if (!moment || moment->asked != player().playhead()) return {};
        return {QString::fromStdString(to_string(player().playhead())),
                findChild<StatusStrip*>()->hash_text()};
    }
};

}  // namespace

class TogetherTest : public QObject {
    Q_OBJECT

    QTemporaryDir home_;
    QString unlike_;  ///< what a window showed last, beside what was told

private slots:
    void cleanup() {
        if (QTest::currentTestFailed()) qInfo() << unlike_;
    }

    void initTestCase() {
        qputenv("XDG_CONFIG_HOME", home_.path().toUtf8());
        qputenv("XDG_CACHE_HOME", home_.path().toUtf8());
        QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, home_.path());
    }

    void one_pauses_another_steps_a_third_comments_and_all_see_the_same() {
        QTemporaryDir folder;
        Program server({"serve", "--port", "0", "--record", folder.path(), "--modules", MODULES});
        WAIT(!server.matches("ws://\\S+").isEmpty());
        const QString reflector = server.matches("ws://\\S+")[0].captured();
        const QString url = reflector + "/counter";
        std::vector<std::unique_ptr<Program>> replicas;
        for (const char* name : {"Ann", "Ben", "Cat"}) {
            QStringList how{"join", url, "--app", "counter", "--modules", MODULES, "--name", name};
            if (replicas.empty())
                how << "--send"
                    << "counter.loop()";
            replicas.push_back(std::make_unique<Program>(how));
            WAIT(!replicas.back()->matches("joined session").isEmpty());
        }
        Window first(url);
        WAIT(first.transport().state() == Transport::State::following);
        Program terminal({"debug", url, "--name", "Dan"});
        WAIT(!terminal.matches(", this one$").isEmpty());

        // Each line that the terminal shows of a pause or step: `12.5s#3  <hash>  members 1 2 3`.
        const QString reports = "^([0-9.]+s(?:#[0-9]+)?)  ([0-9a-f]{32})  members( [0-9]+)+$";
        auto reported = [&](int number) {
            auto all = terminal.matches(reports);
            return all.size() < number
                       ? Shown()
                       : Shown{all[number - 1].captured(1), all[number - 1].captured(2)};
        };
        // Terminal and windows show the same state and Mark after so many reports.
        auto agreed = [&](int number, std::initializer_list<Window*> windows) {
            const Shown now = reported(number);
            if (now.hash.isEmpty()) return false;
            for (Window* each : windows) {
                unlike_ = each->sees().mark + " " + each->sees().hash + " where " + now.mark + " " +
                          now.hash + " is told";
                if (each->sees() != now) return false;
                const QString told = each->together().outcome_text();
                if (!told.isEmpty() && !told.contains(now.hash)) return false;
            }
            return true;
        };

        first.click("pause-all");
        WAIT(agreed(1, {&first}));
        QVERIFY(terminal.matches(reports)[0].captured().count(' ') >= 3 + 3);  // three replicas
        QVERIFY(!first.together().outcome_text().contains("DIFFER"));
        WAIT(first.part<QPushButton>("lead").text() == "Release");
        first.click("lead");
        WAIT(!terminal.matches("^\\* nobody leads$").isEmpty());

        std::unique_ptr<Window> second;
        for (int i = 1; i <= 10; ++i) {
            terminal.type("step");
            if (i == 5) {  // comes late, while all stand still
                WAIT(agreed(i + 1, {&first}));
                second = std::make_unique<Window>(url);
                WAIT(second->player().is_open() && agreed(i + 1, {second.get()}));
            } else if (second) {
                WAIT(agreed(i + 1, {&first, second.get()}));
            } else {
                WAIT(agreed(i + 1, {&first}));
            }
        }
        QCOMPARE(terminal.matches(reports).size(), 11);
        std::vector<Shown> all;
        for (int i = 1; i <= 11; ++i) all.push_back(reported(i));
        QVERIFY2(terminal.matches("SPLIT").isEmpty(), qPrintable(terminal.text()));

        auto& note = second->part<QLineEdit>("note");
        QTest::keyClicks(&note, "this is where it goes wrong");
        QTest::keyClick(&note, Qt::Key_Return);
        WAIT(!terminal.matches(" at .*: this is where it goes wrong$").isEmpty());
        for (Window* each : {&first, second.get()}) {
            WAIT(each->together().notes().rowCount() == 1);
            WAIT(each->player().facts()->info.bookmarks == 1);  // in its recording, too
        }
        terminal.type("resume");
        WAIT(first.player().moment()->mark > *parse_mark(all.back().mark.toStdString()));

        // One looks back; another goes along until it has seen enough.
        first.go_to("1s");
        const CompanyModel& company = second->together().members();
        auto looking_back = [&] {
            const auto found = company.match(company.index(0, CompanyModel::Looks), Qt::DisplayRole,
                                             "1s", 1, Qt::MatchExactly);
            return found.isEmpty() ? QModelIndex() : found[0];
        };
        WAIT(looking_back().isValid());
        const MemberId other{looking_back().siblingAtColumn(0).data(ObjectRole).toULongLong()};
        emit second->together().follow_wanted(other);
        WAIT(second->sees().mark == "1s");
        first.go_to("1.5s");
        WAIT(second->sees().mark == "1.5s" && second->sees() == first.sees());
        second->transport().follow();
        WAIT(second->part<QPushButton>("follow").text() == "Follow");
        WAIT(second->player().moment()->mark > *parse_mark(all.back().mark.toStdString()));

        first.close();
        second->close();
        terminal.type("quit");
        replicas.clear();
        server.stop();
        const QStringList files = QDir(folder.path()).entryList({"*.timegraph"});
        QCOMPARE(files.size(), 1);
        replayer::TimelineOptions options;
        options.modules = {MODULES};
        auto timeline = replayer::Timeline::open(folder.filePath(files[0]).toStdString(), options);
        QVERIFY2(timeline, qPrintable(QString::fromStdString(timeline ? std::string()
                                                                      : timeline.error().message)));
        for (const Shown& each : all) {
            QVERIFY(timeline->seek(*parse_mark(each.mark.toStdString())));
            QCOMPARE(QString::fromStdString(to_string(*timeline->hash())), each.hash);
        }
        QCOMPARE(timeline->reader()->info()->bookmarks, 1u);
    }

    void a_shared_recording_has_one_playhead_which_who_leads_moves() {
        QTemporaryDir folder;
        const QString file = folder.filePath("counter.timegraph");
        QVERIFY(QFile::copy(SAMPLES "/counter/counter.timegraph", file));
        Program server({"replay", file, "--serve", "--port", "0"});
        WAIT(!server.matches("ws://\\S+").isEmpty());
        const QString url = server.matches("ws://\\S+")[0].captured();
        Window first(url), second(url);
        Program terminal({"debug", url, "--name", "Dan", "--modules", MODULES});
        WAIT(!terminal.matches(", this one$").isEmpty());
        WAIT(first.player().is_open() && second.player().is_open());
        WAIT(first.together().members().rowCount() == 3);
        QVERIFY(!first.part<QPushButton>("pause-all").isVisible());

        // Who moves first leads; the others go along.
        auto went = [&](const QString& mark) {
            return terminal.matches("went to " + mark + "  ([0-9a-f]{32})$");
        };
        first.go_to("4s");
        WAIT(first.sees().mark == "4s" && second.sees() == first.sees());
        WAIT(!went("4s").isEmpty());
        QCOMPARE(went("4s").back().captured(1), first.sees().hash);
        WAIT(second.part<QPushButton>("follow").text() == "Do not follow");
        QCOMPARE(second.part<QLabel>("followed").text(), "You go with who leads");
        QCOMPARE(first.part<QLabel>("followed").text(), "The others go with you");
        QVERIFY(first.part<QPushButton>("follow").isHidden());

        // Another looks on its own and comes back.
        second.player().step(replayer::StepBy::external, false);
        WAIT(second.part<QPushButton>("follow").text() == "Follow");
        WAIT(!second.sees().mark.isEmpty() && second.sees().mark != "4s");
        QCOMPARE(first.sees().mark, "4s");
        second.click("follow");
        WAIT(second.sees() == first.sees());

        // Playing takes everyone along, too.
        first.transport().play();
        WAIT(second.player().playhead().time > VirtualTime(std::chrono::milliseconds(4500)));
        first.transport().pause();
        WAIT(second.sees().mark == first.sees().mark && second.sees() == first.sees());

        // The lead goes to the terminal, which goes back.
        WAIT(first.part<QPushButton>("lead").text() == "Release");
        first.click("lead");
        WAIT(!terminal.matches("^\\* nobody leads$").isEmpty());
        WAIT(first.part<QPushButton>("follow").text() == "Do not follow");
        terminal.type("go 3s");
        terminal.type("back");
        const QString stepped = "^([0-9.]+s#[0-9]+)  ([0-9a-f]{32})$";
        WAIT(!terminal.matches(stepped).isEmpty());
        const Shown there{terminal.matches(stepped).back().captured(1),
                          terminal.matches(stepped).back().captured(2)};
        WAIT(first.sees() == there && second.sees() == there);
        WAIT(!terminal.matches("^\\* Dan leads$").isEmpty());

        // A note is everybody's, and in the file.
        auto& note = second.part<QLineEdit>("note");
        QTest::keyClicks(&note, "here it counts");
        QTest::keyClick(&note, Qt::Key_Return);
        WAIT(!terminal.matches(": here it counts$").isEmpty());
        for (Window* each : {&first, &second}) {
            WAIT(each->together().notes().rowCount() == 1);
            WAIT(each->player().facts()->info.bookmarks == 1);  // a mark in its copy
        }
        first.close();
        second.close();
        terminal.type("quit");
        server.stop();
        auto reader = timegraph::Reader::open(file.toStdString());
        QVERIFY(reader);
        QCOMPARE(reader->info()->bookmarks, 1u);
    }
};

TEST_CLASS(TogetherTest)
#include "together_test.moc"
