#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <thread>

#include "../test_main.h"
#include "lived.h"
#include "recorded_net.h"

using namespace teatime;
using namespace teatime::capture;
using namespace teatime::session;
using teatime::capture::test::lived;
using Clock = std::chrono::steady_clock;

namespace {

MessagePtr message(std::uint64_t seq) {
    return std::make_shared<const Message>(
        Message{{VirtualTime(milliseconds(seq)), {seq}}, {1}, call("add", 1), ",1"});
}

Started native_session(const std::string& id = "session") {
    SessionInfo info;
    info.id = id;
    info.kind = session::Kind::native;
    info.app = "counter";
    return {info, "{}", {}, {}};
}

std::unique_ptr<CaptureService> create(const CaptureOptions& options) {
    auto service = CaptureService::create(options);
    if (!service) qFatal("%s", service.error().message.c_str());
    return std::move(*service);
}

/// Waits for a condition; false after a deadline.
template <class Condition>
bool eventually(Condition&& condition) {
    for (auto end = Clock::now() + seconds(30); Clock::now() < end;) {
        if (condition()) return true;
        std::this_thread::sleep_for(milliseconds(5));
    }
    return false;
}

std::chrono::microseconds microseconds_now() {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch());
}

/// What the writer of a recording says of a message: at this moment the session handed it over.
struct HandedOver {
    std::uint64_t seq;
    std::chrono::microseconds at;
};

}  // namespace

/// The service with threads of its own, in real time.
class ServiceTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    CaptureOptions options() {
        CaptureOptions options;
        options.folder = folder_.path().toStdString();
        return options;
    }

private slots:
    void a_killed_process_leaves_all_but_the_last_moments();
    void what_was_handed_over_is_in_the_file_after_close();
    void it_commits_while_the_session_goes_on();
    void many_sessions_share_the_threads();
    void a_replica_that_never_ends_its_work_does_not_stop_the_recording();
    void a_recorder_outlives_the_service();
    void the_cost_to_the_session();
    void with_durability_message_all_that_is_settled_is_in_the_file();
};

void ServiceTest::a_killed_process_leaves_all_but_the_last_moments() {
    std::mt19937_64 random(seed_of_test());
    for (int round = 0; round < 5; ++round) {
        std::string path = folder_.filePath(QString("killed%1").arg(round)).toStdString();
        int told[2];
        QCOMPARE(pipe(told), 0);
        pid_t child = fork();
        if (child == 0) {
            auto service = create(options());
            auto recorder = service->record_to(path);
            recorder->record(native_session());
            for (std::uint64_t seq = 1;; ++seq) {
                recorder->message(message(seq));
                HandedOver one{seq, microseconds_now()};
                if (write(told[1], &one, sizeof one) != sizeof one) _exit(1);
                std::this_thread::sleep_for(std::chrono::microseconds(300));
            }
        }
        ::close(told[1]);
        std::vector<HandedOver> handed_over;
        HandedOver one{};
        auto lives = 1000 + random() % 2000;  // messages, 300 us apart
        while (handed_over.size() < lives && read(told[0], &one, sizeof one) == sizeof one)
            handed_over.push_back(one);
        kill(child, SIGKILL);
        int status = 0;
        waitpid(child, &status, 0);
        ::close(told[0]);
        QVERIFY(WIFSIGNALED(status));
        auto reader = timegraph::Reader::open(path);
        VERIFY_OK(reader);
        check_whole(path);
        auto found = messages_of(*reader);
        QVERIFY(!found.empty());
        for (std::size_t i = 0; i < found.size(); ++i)
            QCOMPARE(found[i].stamp.seq.value, std::uint64_t{i + 1});
        auto missing = std::find_if(handed_over.begin(), handed_over.end(),
                                    [&](auto& h) { return h.seq > found.size(); });
        auto age = lived(std::ranges::subrange(missing, handed_over.end()) |
                         std::views::transform(&HandedOver::at));
        QVERIFY2(age <= milliseconds(250), std::to_string(age.count()).c_str());
    }
}

void ServiceTest::what_was_handed_over_is_in_the_file_after_close() {
    CaptureOptions with = options();
    with.commit = std::chrono::minutes(1);  // nothing but close() writes
    with.finish = std::chrono::minutes(1);
    with.replica = [](const SessionInfo&) {
        return std::make_unique<IslandReplica>(pulse::module());
    };
    auto service = create(with);
    auto recorder = service->record();
    recorder->record(native_session());
    for (std::uint64_t seq = 1; seq <= 5000; ++seq) recorder->message(message(seq));
    recorder->bound(VirtualTime(seconds(7)));
    service->close();
    auto reader = timegraph::Reader::open(recorder->status().path);
    VERIFY_OK(reader);
    QCOMPARE(messages_of(*reader).size(), std::size_t{5000});
    auto end = reader->end();
    VERIFY_OK(end);
    QCOMPARE(end->bound, VirtualTime(seconds(7)));
    auto keyframes = reader->keyframes();
    VERIFY_OK(keyframes);
    QVERIFY(!keyframes->empty());  // the replica was let see it
    check_whole(reader->path());
    QVERIFY(!std::filesystem::exists(reader->path() + "-wal"));
}

void ServiceTest::it_commits_while_the_session_goes_on() {
    auto service = create(options());
    auto recorder = service->record();
    recorder->record(native_session());
    for (std::uint64_t seq = 1; seq <= 10; ++seq) recorder->message(message(seq));
    QVERIFY(eventually([&] { return recorder->status().last.seq.value == 10; }));
    recorder->message(message(11));
    QVERIFY(eventually([&] { return recorder->status().last.seq.value == 11; }));
    recorder->close();
    QVERIFY(eventually([&] { return !std::filesystem::exists(recorder->status().path + "-wal"); }));
}

void ServiceTest::many_sessions_share_the_threads() {
    CaptureOptions with = options();
    with.writer_threads = 2;
    with.replica_threads = 2;
    with.replicas = 10;
    with.replica = [](const SessionInfo&) {
        return std::make_unique<IslandReplica>(pulse::module());
    };
    auto service = create(with);
    std::vector<std::unique_ptr<Recorder>> recorders;
    for (int i = 0; i < 30; ++i) {
        recorders.push_back(service->record());
        recorders.back()->record(native_session("many" + std::to_string(i)));
    }
    std::vector<std::thread> sessions;
    for (auto& recorder : recorders) {
        sessions.emplace_back([&recorder] {
            for (std::uint64_t seq = 1; seq <= 2000; ++seq) recorder->message(message(seq));
            if (recorder.get() != nullptr) recorder->close();
        });
    }
    for (std::thread& one : sessions) one.join();
    service->close();
    for (auto& recorder : recorders) {
        QCOMPARE(recorder->status().messages, std::uint64_t{2000});
        QCOMPARE(recorder->status().gaps, std::uint64_t{0});
    }
}

void ServiceTest::a_replica_that_never_ends_its_work_does_not_stop_the_recording() {
    struct Slow : IslandReplica {
        using IslandReplica::IslandReplica;
        result<Ran> run(const std::vector<timegraph::Message>&, VirtualTime, std::size_t) override {
            std::this_thread::sleep_for(milliseconds(1000));
            return failed("the module hangs at 0s#0");
        }
    };
    CaptureOptions with = options();
    with.finish = milliseconds(100);
    with.replica = [](const SessionInfo&) { return std::make_unique<Slow>(pulse::module()); };
    auto service = create(with);
    auto recorder = service->record();
    recorder->record(native_session());
    for (std::uint64_t seq = 1; seq <= 100; ++seq) recorder->message(message(seq));
    QVERIFY(eventually([&] { return recorder->status().last.seq.value == 100; }));
    recorder->message(message(101));
    service->close();
    QCOMPARE(recorder->status().messages, std::uint64_t{101});
}

void ServiceTest::a_recorder_outlives_the_service() {
    auto service = create(options());
    auto recorder = service->record();
    recorder->record(native_session());
    service.reset();
    for (std::uint64_t seq = 1; seq <= 10; ++seq) recorder->message(message(seq));
    QCOMPARE(recorder->status().messages, std::uint64_t{0});
}

/// 5 % of what a reflector spends on one message to 20 clients is about 200 ns.
void ServiceTest::the_cost_to_the_session() {
    auto service = create(options());
    auto recorder = service->record();
    recorder->record(native_session());
    constexpr std::uint64_t kMessages = 200'000;
    std::vector<RouterOutputs> steps;
    for (std::uint64_t seq = 1; seq <= kMessages; ++seq) {
        auto& step = steps.emplace_back();
        step.push_back(Broadcast{message(seq)});
    }
    std::chrono::nanoseconds spent{};
    for (std::uint64_t i = 0; i < kMessages;) {  // 20 a millisecond
        timespec from{}, to{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
        for (int n = 0; n < 1000; ++n) recorder->take(steps[i++]);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
        spent +=
            seconds(to.tv_sec - from.tv_sec) + std::chrono::nanoseconds(to.tv_nsec - from.tv_nsec);
        std::this_thread::sleep_for(milliseconds(2));
    }
    double ns = static_cast<double>(spent.count()) / kMessages;
    qInfo("%.0f ns of the session's thread per message", ns);
    service->close();
    QCOMPARE(recorder->status().messages, kMessages);
    QVERIFY(ns < 5'000);  // sanitizers and busy machines; a copy of each message would not fit
}

/// And how long a session waits for it.
void ServiceTest::with_durability_message_all_that_is_settled_is_in_the_file() {
    CaptureOptions with = options();
    with.durability = Durability::message;
    with.commit = std::chrono::minutes(1);  // nothing but messages makes the writer go
    auto service = create(with);
    auto recorder = service->record();
    std::mutex mutex;
    std::condition_variable woken;
    recorder->on_settled([&] {
        std::lock_guard lock(mutex);
        woken.notify_one();
    });
    recorder->record(native_session());
    std::vector<double> waits;
    std::optional<timegraph::Reader> reader;
    for (std::uint64_t seq = 1; seq <= 300; ++seq) {
        auto before = Clock::now();
        recorder->message(message(seq));
        std::unique_lock lock(mutex);
        QVERIFY(
            woken.wait_for(lock, seconds(30), [&] { return recorder->settled().value >= seq; }));
        lock.unlock();
        waits.push_back(std::chrono::duration<double, std::milli>(Clock::now() - before).count());
        if (!reader) {
            auto opened = timegraph::Reader::open(recorder->status().path);
            VERIFY_OK(opened);
            reader.emplace(std::move(*opened));
        }
        auto end = reader->end();
        VERIFY_OK(end);
        QVERIFY(end->last.seq.value >= seq);
    }
    std::sort(waits.begin(), waits.end());
    qInfo("a message waits %.2f ms, one of a hundred %.2f ms", waits[150], waits[297]);
    auto info = reader->info();
    VERIFY_OK(info);
    QCOMPARE(info->meta.more.at(timegraph::kDurability), std::string(timegraph::kEachMessage));
    service->close();
}

TEST_CLASS(ServiceTest)
#include "service_test.moc"
