#include "live.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <QAbstractItemModelTester>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <memory>

#include "../test_main.h"
#include "company_models.h"
#include "mark_model.h"
#include "player.h"
#include "program.h"
#include "session_figures.h"
#include "teatime/state/inspect.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/reader.h"
#include "transport.h"
#include "world_input.h"

using namespace teatime;
using namespace teatime::inspector;
using namespace teatime::test;

namespace {

constexpr quint16 kNothingThere = 1;

/// A port at which one is let in and hears nothing.
class Silence {
public:
    Silence() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        auto* any = reinterpret_cast<sockaddr*>(&address_);
        const bool listens = ::bind(socket_, any, size) == 0 && ::listen(socket_, 4) == 0 &&
                             ::getsockname(socket_, any, &size) == 0;
        if (!listens) qFatal("cannot listen");
    }
    ~Silence() { ::close(socket_); }
    quint16 port() const { return ntohs(address_.sin_port); }

private:
    const int socket_;
    sockaddr_in address_{};
};

}  // namespace

/// A real server, a real member, and this process as a third.
class LiveTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::unique_ptr<Program> server_;
    std::unique_ptr<Program> member_;
    QString url_;

    QString state(const Player& player, const char* path) {
        MomentPtr moment = player.moment();
        if (!moment || !moment->state) return "no state";
        auto tree = state_tree(*moment->state, path);
        return QString::fromStdString(tree ? to_json(*tree) : tree.error().message);
    }
    LiveSession::Options options(const QString& session) {
        LiveSession::Options options;
        options.url = url_;
        options.session = session;
        options.name = "tester";
        options.folder = folder_.path();
        options.program = TEATIME;
        options.modules = {MODULES};
        return options;
    }
    void serve(const QString& port = "0") {
        server_ = std::make_unique<Program>(
            QStringList{"serve", "--port", port, "--modules", MODULES, "--time", "heartbeat"});
        QString said = server_->said("teatime reflector at ws:");
        url_ = said.section("teatime reflector at ", 1).section('\n', 0, 0).trimmed();
    }
    void member(const QString& app) {
        member_ = std::make_unique<Program>(
            QStringList{"join", url_, "--app", app, "--session", "s", "--modules", MODULES});
        member_->said("joined session");
    }

private slots:
    void initTestCase() { qputenv("XDG_CACHE_HOME", folder_.path().toUtf8()); }
    void init() {
        serve();
        QVERIFY(url_.startsWith("ws://"));
    }
    void cleanup() {
        member_.reset();
        server_.reset();
    }

    void reflectors_on_this_machine_are_found_with_their_sessions() {
        member("painter");
        SessionList list(kNothingThere);
        list.ask();
        QCOMPARE(list.reflectors().size(), 1U);
        QTRY_VERIFY_WITH_TIMEOUT(list.reflectors()[0].answered, kPatienceMs);
        QCOMPARE(list.reflectors()[0].url, url_);
        const QVector<SessionRow> rows = list.reflectors()[0].sessions;
        QCOMPARE(rows.size(), 1);
        QCOMPARE(rows[0].id, "s");
        QCOMPARE(rows[0].app, "painter");
        QCOMPARE(rows[0].members, 1);

        Program shared({"replay", SAMPLES "/painter/painter.timegraph", "--serve", "--port", "0"});
        const QString said = shared.said("painter\n");
        list.ask(url_ + "/");  // the same again
        QCOMPARE(list.reflectors().size(), 2U);
        for (const ReflectorRow& one : list.reflectors()) {
            QVERIFY(one.url == url_ || said.contains(one.url + "/painter"));
            QTRY_VERIFY_WITH_TIMEOUT(one.answered, kPatienceMs);
            QCOMPARE(one.sessions.size(), 1);
        }

        shared.stop();
        list.ask();
        QCOMPARE(list.reflectors().size(), 1U);
        server_->kill();  // takes nothing back
        list.ask();
        QCOMPARE(list.reflectors().size(), 0U);
    }

    /// As one in a container or of another user; what is no reflector is not listed.
    void one_that_left_no_note_is_listed_while_it_answers_at_the_usual_port() {
        member("painter");
        const auto port = static_cast<quint16>(url_.section(':', -1).toInt());
        const QByteArray notes = qgetenv("XDG_RUNTIME_DIR");
        const auto restore = qScopeGuard([&] { qputenv("XDG_RUNTIME_DIR", notes); });
        QTemporaryDir elsewhere;
        qputenv("XDG_RUNTIME_DIR", elsewhere.path().toUtf8());
        SessionList list(port);
        QSignalSpy changed(&list, &SessionList::changed);
        list.ask();
        QVERIFY(list.reflectors().empty());
        QTRY_COMPARE_WITH_TIMEOUT(list.reflectors().size(), 1U, kPatienceMs);
        QCOMPARE(list.reflectors()[0].url, url_);
        QCOMPARE(list.reflectors()[0].sessions.size(), 1);
        list.ask("localhost:" + QString::number(port));  // the same: not twice
        QCOMPARE(list.reflectors().size(), 1U);
        list.ask();
        QTRY_COMPARE_WITH_TIMEOUT(list.reflectors().size(), 1U, kPatienceMs);
        list.ask();
        QCOMPARE(list.reflectors().size(), 1U);  // no flicker while it is asked again
        server_->kill();
        QTRY_VERIFY_WITH_TIMEOUT((list.ask(), list.reflectors().empty()), kPatienceMs);

        // Nothing, and something that never answers: no word of either.
        const Silence silence;
        for (const quint16 at : {kNothingThere, silence.port()}) {
            SessionList nobody(at);
            QSignalSpy answered(&nobody, &SessionList::changed);
            nobody.ask();
            QTRY_COMPARE_WITH_TIMEOUT(answered.count(), 2, kPatienceMs);
            QVERIFY(nobody.reflectors().empty());
        }
    }

    void a_reflector_elsewhere_is_asked_too() {
        SessionList list(kNothingThere);
        for (const QString bad : {"ws://127.0.0.1:1", "http://["}) {
            list.ask(bad);
            QCOMPARE(list.reflectors().size(), 2U);
            const ReflectorRow& row = list.reflectors()[1];
            QCOMPARE(row.url, bad);
            QTRY_VERIFY_WITH_TIMEOUT(row.answered, kPatienceMs);
            QVERIFY2(!row.error.isEmpty(), qPrintable(bad));
        }
    }

    void a_world_is_seen_and_used_by_mouse() {
        member("painter");
        LiveSession live;
        QSignalSpy ready(&live, &LiveSession::ready), ended(&live, &LiveSession::ended);
        live.join(options("s"));
        QTRY_VERIFY_WITH_TIMEOUT(ready.count() + ended.count() == 1, kPatienceMs);
        QVERIFY2(ended.isEmpty(), qPrintable(ended.isEmpty() ? "" : ended[0][0].toString()));
        QVERIFY(live.connected());
        QVERIFY(live.member().value > 0);

        Player player;
        replayer::TimelineOptions how;
        how.modules = {MODULES};
        player.open(live.file(), how);
        QTRY_VERIFY_WITH_TIMEOUT(player.is_open(), kPatienceMs);
        QVERIFY(player.facts()->can_input);
        Transport transport(player);
        transport.follow();
        WorldInput hand(player, live);
        Input input;
        input.kind = Input::Kind::pointer_down;
        input.button = Input::Button::left;
        input.x = 100, input.y = 100;
        hand.give(input);
        input.kind = Input::Kind::pointer_move;
        for (int i = 1; i <= 50; ++i) {  // far more than may be sent
            input.x = 100 + i;
            hand.give(input);
        }
        input.kind = Input::Kind::pointer_up;
        hand.give(input);
        // The last point always comes.
        QTRY_VERIFY2_WITH_TIMEOUT(state(player, "painter.strokes").contains("ref"),
                                  qPrintable(state(player, "painter.strokes")), kPatienceMs);
        QString id = state(player, "painter.strokes[0].ref");
        QString path = "#" + id + ".points";
        QTRY_VERIFY2_WITH_TIMEOUT(state(player, path.toUtf8()).contains("\"x\":150.0"),
                                  qPrintable(state(player, path.toUtf8())), kPatienceMs);
        QVERIFY(state(player, path.toUtf8()).count("\"x\"") < 20);
        live.leave();
        QVERIFY(!live.connected());
    }

    void time_is_stopped_and_stepped_for_all() {
        member("counter");
        LiveSession live;
        QSignalSpy ready(&live, &LiveSession::ready);
        QSignalSpy stepped(&live, &LiveSession::stepped), refused(&live, &LiveSession::refused);
        live.join(options("s"));
        QTRY_COMPARE_WITH_TIMEOUT(ready.count(), 1, kPatienceMs);
        live.pause();
        QTRY_VERIFY_WITH_TIMEOUT(live.time().paused, kPatienceMs);
        QTRY_COMPARE_WITH_TIMEOUT(stepped.count(), 1, kPatienceMs);
        live.step(session::StepBy::duration, std::chrono::seconds(2));
        QTRY_COMPARE_WITH_TIMEOUT(stepped.count(), 2, kPatienceMs);
        auto outcome = stepped[1][0].value<std::shared_ptr<const session::StepOutcome>>();
        QVERIFY(outcome);
        QCOMPARE(outcome->groups.size(), std::size_t{1});  // all at one Mark with one hash
        // What is seen here is the same.
        Player player;
        replayer::TimelineOptions how;
        how.modules = {MODULES};
        player.open(live.file(), how);
        QTRY_VERIFY_WITH_TIMEOUT(player.is_open(), kPatienceMs);
        Transport transport(player);
        transport.follow();
        QTRY_VERIFY_WITH_TIMEOUT(
            player.moment() && player.moment()->hash == outcome->groups[0].hash, kPatienceMs);
        live.set_rate(session::Rate::of(4, 1));
        live.resume();
        QTRY_VERIFY_WITH_TIMEOUT(!live.time().paused && live.time().rate.num == 4, kPatienceMs);
        live.step(session::StepBy::message);
        QTRY_COMPARE_WITH_TIMEOUT(refused.count(), 1, kPatienceMs);  // not paused
    }

    void two_people_see_each_other_and_one_leads() {
        member("counter");
        LiveSession ann, ben;
        QSignalSpy ready(&ann, &LiveSession::ready), refused(&ben, &LiveSession::refused);
        auto how = options("s");
        how.name = "Ann";
        ann.join(how);
        how.name = "Ben";
        ben.join(how);
        QTRY_VERIFY_WITH_TIMEOUT(!ready.isEmpty() && ben.connected(), kPatienceMs);
        CompanyModel company;
        QAbstractItemModelTester tester(&company);
        connect(&ben, &LiveSession::company_changed, this,
                [&] { company.show(ben.company(), ben.member()); });
        auto row_of = [&](const QString& name, int column) {
            for (int row = 0; row < company.rowCount(); ++row) {
                if (company.index(row, 0).data().toString() == name) {
                    return company.index(row, column).data().toString();
                }
            }
            return QString();
        };
        ann.pause();
        QTRY_VERIFY_WITH_TIMEOUT(row_of("Ann", CompanyModel::State).contains("leads"), kPatienceMs);
        QVERIFY(row_of("Ben (you)", CompanyModel::State) == "participant");
        QCOMPARE(company.rowCount(), 3);  // Ann, Ben and the one that plays: no recorders
        ben.resume();                     // Ann leads
        QTRY_COMPARE_WITH_TIMEOUT(refused.count(), 1, kPatienceMs);
        QVERIFY(refused[0][0].toString().contains("Ann"));
        ann.hand_lead(ben.member());
        QTRY_COMPARE_WITH_TIMEOUT(ben.company().lease.holder, ben.member(), kPatienceMs);
        Mark there{BranchId{}, VirtualTime(std::chrono::milliseconds(1500)), 0};
        ann.show_playhead(there, false);
        QTRY_COMPARE_WITH_TIMEOUT(row_of("Ann", CompanyModel::Looks), "1.5s#0", kPatienceMs);
        // What is sent while all stand still waits, and is seen to.
        WaitingModel waiting;
        connect(&ben, &LiveSession::company_changed, this, [&] { waiting.show(ben.company()); });
        ann.send(QString::fromStdString(call_payload("counter", "add", {Value(7)})));
        QTRY_COMPARE_WITH_TIMEOUT(waiting.rowCount(), 1, kPatienceMs);
        QCOMPARE(waiting.index(0, WaitingModel::Selector).data().toString(), "add");
        QCOMPARE(waiting.index(0, WaitingModel::Sender).data().toString(), "Ann");
        // A note is there for everyone, and in the recording.
        Player player;
        replayer::TimelineOptions modules;
        modules.modules = {MODULES};
        player.open(ann.file(), modules);
        MarkModel marks;
        marks.set_session(&ben);
        const auto show = [&] { marks.show(player.facts()); };
        connect(&player, &Player::opened, this, show);
        connect(&player, &Player::facts_changed, this, show);
        marks.add(there, "look here", {});
        QTRY_COMPARE_WITH_TIMEOUT(ann.company().notes.size(), std::size_t{1}, kPatienceMs);
        QTRY_COMPARE_WITH_TIMEOUT(marks.rowCount(), 1, kPatienceMs);
        QCOMPARE(marks.index(0, MarkModel::Comment).data().toString(), "look here");
        QCOMPARE(marks.index(0, MarkModel::Author).data().toString(), "Ben");
    }

    /// The Info page of a session that runs, as long as it is looked at.
    void how_the_session_is_can_be_watched() {
        member("counter");
        LiveSession live;
        QSignalSpy ready(&live, &LiveSession::ready), told(&live, &LiveSession::figures_changed);
        live.join(options("s"));
        QTRY_COMPARE_WITH_TIMEOUT(ready.count(), 1, kPatienceMs);
        QVERIFY(live.figures().is_null());
        FactsModel page;
        QAbstractItemModelTester tester(&page);
        connect(&live, &LiveSession::figures_changed, &page, [&] {
            page.show_session(describe_session(live.figures(), live.company(), live.member()));
        });
        const auto says = [&](const QString& label) {
            for (int row = 0; row < page.rowCount(); ++row) {
                if (page.index(row, 0).data().toString().trimmed() != label) continue;
                return page.index(row, 1).data().toString();
            }
            return QString();
        };
        const auto number = [&](const QString& label, const char* pattern) {
            return QRegularExpression(pattern).match(says(label)).captured(1).toDouble();
        };
        live.watch_figures(true);
        QTRY_COMPARE_WITH_TIMEOUT(says("Island"), "s of counter", kPatienceMs);
        QCOMPARE(says("You"), QString("tester (member %1)").arg(live.member().value));
        QCOMPARE(says("Leads"), "nobody");
        QCOMPARE(says("Asks for time"), "nobody: heartbeats");
        QCOMPARE(says("Members"), "2");  // the one that plays and ourselves, without our recorder
        QCOMPARE(says("Waiting"), "0");
        QVERIFY2(says("tester").contains("no replica"), qPrintable(says("tester")));

        // What happens is seen a second later.
        const double before = number("Messages", "; (\\d+) so far");
        for (int i = 0; i < 20; ++i) {
            live.send(QString::fromStdString(call_payload("counter", "add", {Value(1)})));
        }
        QTRY_VERIFY2_WITH_TIMEOUT(number("Messages", "; (\\d+) so far") >= before + 20,
                                  qPrintable(says("Messages")), kPatienceMs);
        QTRY_VERIFY2_WITH_TIMEOUT(number("tester", "round trip ([0-9.]+) ms, p99") > 0,
                                  qPrintable(says("tester")), kPatienceMs);
        QVERIFY2(says("tester").contains("backlog "), qPrintable(says("tester")));
        live.pause();
        QTRY_VERIFY2_WITH_TIMEOUT(says("Time").endsWith(", rate 1, paused"),
                                  qPrintable(says("Time")), kPatienceMs);
        QCOMPARE(says("Leads"), "tester");
        live.send(QString::fromStdString(call_payload("counter", "add", {Value(1)})));
        QTRY_COMPARE_WITH_TIMEOUT(says("Waiting"), "1", kPatienceMs);

        // Nobody looks: nobody asks. What was asked before may still be answered until time goes
        // on.
        live.watch_figures(false);
        live.resume();
        QTRY_VERIFY_WITH_TIMEOUT(!live.time().paused, kPatienceMs);
        const auto answers = told.count();
        QTest::qWait(1500);
        QCOMPARE(told.count(), answers);
        QVERIFY(says("Time").endsWith("paused"));
    }

    void no_such_session_is_a_sentence() {
        LiveSession live;
        QSignalSpy ended(&live, &LiveSession::ended);
        live.join(options("nowhere"));
        QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, kPatienceMs);
        QVERIFY2(ended[0][0].toString().contains("no session nowhere"),
                 qPrintable(ended[0][0].toString()));
        auto none = options("s");
        none.url = "ws://127.0.0.1:1";
        live.join(none);
        QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 2, kPatienceMs);
        none.session.clear();
        live.join(none);
        QCOMPARE(ended.count(), 3);
    }

    void a_lost_server_is_told_and_what_was_seen_stays() {
        member("counter");
        LiveSession live;
        QSignalSpy ready(&live, &LiveSession::ready);
        live.join(options("s"));
        QTRY_COMPARE_WITH_TIMEOUT(ready.count(), 1, kPatienceMs);
        member_.reset();
        QSignalSpy changed(&live, &LiveSession::connection_changed);
        server_->stop();
        QTRY_VERIFY_WITH_TIMEOUT(!live.connected(), kPatienceMs);
        QVERIFY(!changed.isEmpty());
        QVERIFY(!changed.last()[1].toString().isEmpty());
        Player player;
        replayer::TimelineOptions how;
        how.modules = {MODULES};
        player.open(live.file(), how);
        QTRY_VERIFY_WITH_TIMEOUT(player.is_open() && player.moment(), kPatienceMs);
        QVERIFY(player.moment()->hash);
    }

    /// Of the same name at the same place: not the one that is shown.
    void a_session_started_anew_is_not_taken_for_the_one_before() {
        member("counter");
        LiveSession live;
        QSignalSpy ready(&live, &LiveSession::ready), ended(&live, &LiveSession::ended);
        live.join(options("s"));
        QTRY_COMPARE_WITH_TIMEOUT(ready.count(), 1, kPatienceMs);
        QSignalSpy changed(&live, &LiveSession::connection_changed);
        const QString port = url_.section(':', -1).remove('/');
        server_->stop();
        QTRY_VERIFY_WITH_TIMEOUT(!live.connected(), kPatienceMs);
        QVERIFY(!live.is_over());
        serve(port);
        QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, kPatienceMs);
        QVERIFY2(ended[0][0].toString().contains("started the session anew") ||
                     ended[0][0].toString().contains("The session s was started anew"),
                 qPrintable(ended[0][0].toString()));
        QVERIFY(live.is_over());
        for (const auto& each : changed) QVERIFY(!each[0].toBool());  // never back
    }

    void a_temporary_file_goes_unless_it_is_kept() {
        member("counter");
        auto how = options("s");
        how.folder.clear();
        QString first, kept = folder_.filePath("kept.timegraph");
        {
            LiveSession live;
            QSignalSpy ready(&live, &LiveSession::ready);
            live.join(how);
            QTRY_COMPARE_WITH_TIMEOUT(ready.count(), 1, kPatienceMs);
            first = live.file();
            QVERIFY(QFile::exists(first));
        }
        QVERIFY(!QFile::exists(first));
        QVERIFY(!QFileInfo::exists(QFileInfo(first).path()));
        {
            LiveSession live;
            QSignalSpy ready(&live, &LiveSession::ready);
            live.join(how);
            QTRY_COMPARE_WITH_TIMEOUT(ready.count(), 1, kPatienceMs);
            QVERIFY(live.keep(kept));
            first = live.file();
        }
        QVERIFY(!QFile::exists(first));
        auto reader = timegraph::Reader::open(kept.toStdString());
        QVERIFY2(reader, reader ? "" : reader.error().message.c_str());
        QVERIFY(!QFile::exists(kept + "-wal"));  // closed properly
    }
};

TEST_CLASS(LiveTest)
#include "live_test.moc"
