#include <QDir>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <csignal>
#include <ctime>
#include <map>
#include <thread>

#include "../test_main.h"
#include "../thorough.h"
#include "lived.h"
#include "random_input.h"
#include "raw_socket.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/verify.h"

using namespace teatime;
using namespace teatime::net::test;
using teatime::capture::test::lived;
using namespace std::chrono_literals;

namespace {

/// `teatime serve --record`, until it is killed.
class Serving {
public:
    Serving(const QString& folder, const QString& durability, const QStringList& more = {}) {
        QStringList words{"serve",    "--port",         "0", "--record", folder, "--durability",
                          durability, "--message-rate", "0"};
        process_.start(TEATIME_PROGRAM, words + more);
        if (!process_.waitForReadyRead(20'000)) qFatal("teatime serve does not answer");
        QByteArray line = process_.readLine().trimmed();
        port = line.mid(line.lastIndexOf(':') + 1).toUShort();
    }
    ~Serving() {
        process_.kill();
        process_.waitForFinished();
    }
    void die() { ::kill(static_cast<pid_t>(process_.processId()), SIGKILL); }  // any thread
    std::uint16_t port = 0;

private:
    QProcess process_;
};

/// What a member was told of, by number: its text, and the reflector's time of it.
struct Seen {
    std::string payload;
    std::chrono::microseconds at;
};
using AllSeen = std::map<std::uint64_t, Seen>;

void note_seen(AllSeen& seen, const Value& tuple) {
    constexpr std::uint32_t kFirst = 0xFFFFFFF0;  // of Croquet's wire
    const auto& list = *tuple.if_list();
    auto seq = static_cast<std::uint32_t>(*list[1].if_int()) - kFirst;
    seen[seq] = {to_json(list[2]), std::chrono::milliseconds(*list[0].if_int())};
}

void note_frame(AllSeen& seen, const std::string& text) {
    auto frame = parse_json(text);
    if (!frame) return;  // cut off
    const Value* action = frame->find("action");
    const Value* args = frame->find("args");
    if (*action == Value("RECV")) note_seen(seen, *args);
    if (*action != Value("SYNC")) return;
    for (const Value& tuple : *args->find("messages")->if_list()) note_seen(seen, tuple);
}

constexpr const char* kJoin =
    R"({"id":"s","action":"JOIN","args":{"version":1,"apiKey":"none","name":"io.x/a","user":"u",)"
    R"("ticks":{"tick":20,"delay":0}}})";

/// A member that says as much as it can, and is told of it, until the reflector is killed.
AllSeen live(Serving& reflector, std::chrono::milliseconds life, std::mt19937_64& random) {
    RawWebSocket member(reflector.port, "/s");
    member.send(text(kJoin));
    std::atomic<bool> over = false;
    std::thread speaker([&, pauses = random()] {
        for (int n = 0; !over; ++n) {
            std::string what = std::to_string(n) + std::string(pauses % 300, 'x');
            if (!member.send(text(R"({"id":"s","action":"SEND","args":[0,0,")" + what + "\"]}")))
                break;
            std::this_thread::sleep_for(std::chrono::microseconds(100 + pauses % 2000));
        }
    });
    std::thread killer([&] {
        std::this_thread::sleep_for(life);
        reflector.die();
    });
    AllSeen seen;
    while (auto frame = member.receive()) {
        if (frame->opcode == 1) note_frame(seen, frame->payload);
    }
    killer.join();
    over = true;
    speaker.join();
    return seen;
}

}  // namespace

/// A real reflector that is killed while it records.
class KillTest : public QObject {
    Q_OBJECT

private slots:
    void a_killed_reflector_leaves_a_whole_recording_data();
    void a_killed_reflector_leaves_a_whole_recording();
    void a_recording_that_stopped_before_the_kill_says_so_in_its_file();
};

void KillTest::a_killed_reflector_leaves_a_whole_recording_data() {
    QTest::addColumn<QString>("durability");
    QTest::newRow("interval") << "interval";
    QTest::newRow("message") << "message";
}

void KillTest::a_killed_reflector_leaves_a_whole_recording() {
    QFETCH(QString, durability);
    std::mt19937_64 random = test::seeded_random();
    std::size_t told = 0;
    std::chrono::microseconds longest{};  // between the oldest message that is missing and the kill
    const int kills = test::thorough() ? 25 : 5;  // each way
    for (int round = 0; round < kills; ++round) {
        QTemporaryDir folder;
        AllSeen seen;
        std::chrono::milliseconds life(random() % 800);
        {
            Serving reflector(folder.path(), durability);
            seen = live(reflector, life, random);
        }
        told += seen.size();
        QStringList files = QDir(folder.path()).entryList({"*.timegraph"}, QDir::Files);
        auto moments = seen | std::views::values | std::views::transform(&Seen::at);
        bool may_miss_all = seen.empty() || (durability == "interval" && lived(moments) < 250ms);
        if (files.isEmpty() && may_miss_all) continue;
        QCOMPARE(files.size(), 1);
        std::string path = folder.filePath(files[0]).toStdString();
        const std::clock_t before = std::clock();  // of this process: others may be busy
        auto reader = timegraph::Reader::open(path);
        if (!reader && may_miss_all) continue;  // killed while it was made
        QVERIFY2(reader, reader ? "" : reader.error().message.c_str());
        auto end = reader->end();
        QVERIFY(end && std::clock() - before <= CLOCKS_PER_SEC);
        auto verification = timegraph::verify(path);
        QVERIFY(verification && verification->problems.empty());
        std::uint64_t last = 0;
        for (auto cursor = reader->messages(); cursor.next();) {
            QCOMPARE(cursor.message().stamp.seq.value, ++last);
            auto known = seen.find(last);
            if (known == seen.end()) continue;
            QCOMPARE(std::string(cursor.message().payload), known->second.payload);
        }
        QCOMPARE(end->last.seq.value, last);
        auto missing = seen.upper_bound(last);
        if (missing == seen.end()) continue;
        auto age = lived(std::ranges::subrange(missing, seen.end()) | std::views::values |
                         std::views::transform(&Seen::at));
        longest = std::max(longest, age);
        QVERIFY2(durability != "message", "a member was told of what is not in the file");
        QVERIFY2(age <= 250ms, std::to_string(age.count()).c_str());
    }
    qInfo("%zu messages told; at most the last %lld us are missing", told,
          static_cast<long long>(longest.count()));
    QVERIFY(told > 50);
}

void KillTest::a_recording_that_stopped_before_the_kill_says_so_in_its_file() {
    std::mt19937_64 random = test::seeded_random();
    QTemporaryDir folder;
    std::string path;
    // Where this machine is slow, there may be others, of what came faster than it was written.
    auto stop = [&]() -> std::optional<timegraph::Gap> {
        QStringList files = QDir(folder.path()).entryList({"*.timegraph"}, QDir::Files);
        if (files.isEmpty()) return {};
        path = folder.filePath(files.front()).toStdString();
        auto reader = timegraph::Reader::open(path);
        if (!reader) return {};
        auto gaps = reader->gaps().value();
        bool stopped = !gaps.empty() && gaps.back().why.starts_with("recording stopped");
        return stopped ? std::optional(gaps.back()) : std::nullopt;
    };
    {
        Serving reflector(folder.path(), "interval", {"--quota", "1MB"});
        RawWebSocket member(reflector.port, "/s");
        member.send(text(kJoin));
        std::atomic<bool> over = false;
        std::thread speaker([&] {  // in texts that cannot be packed, until it is killed
            while (!over) {
                std::string what;
                for (int i = 0; i < 100; ++i) what += std::to_string(random());
                if (!member.send(
                        text(R"({"id":"s","action":"SEND","args":[0,0,")" + what + "\"]}")))
                    break;
                std::this_thread::sleep_for(1ms);  // not faster than it can be written
            }
        });
        std::thread listener([&] {
            while (member.receive()) {
            }
        });
        bool stopped = QTest::qWaitFor([&] { return stop().has_value(); }, 60'000);
        reflector.die();
        over = true;
        speaker.join();
        listener.join();
        QVERIFY(stopped);
    }
    std::optional<timegraph::Gap> gap = stop();
    QVERIFY(gap);
    auto reader = timegraph::Reader::open(path);
    QVERIFY(reader);
    QCOMPARE(gap->after.seq, reader->end()->last.seq);
    QCOMPARE(gap->before.seq, next(gap->after.seq));
    QVERIFY(gap->why.find("its quota of 1000000 bytes is used up") != std::string::npos);
    auto verification = timegraph::verify(path);
    QVERIFY(verification && verification->problems.empty());
}

TEST_CLASS(KillTest)
#include "kill_test.moc"
