#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "../state/random_input.h"
#include "../test_main.h"
#include "recorded.h"
#include "teatime/replayer/local_session.h"
#include "teatime/replayer/timeline.h"
#include "teatime/replayer/worker_session.h"
#include "teatime/timegraph/reader.h"

using namespace teatime;
using namespace teatime::replayer;
using namespace teatime::test;
using namespace std::chrono_literals;

/// A worker does what a session in this process does, and takes its module's crashes upon itself.
class WorkerTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::mt19937_64 random_ = seeded_random();
    int files_ = 0;

    /// Of a test in which a worker is to be found hanging, and of no worker that a slow machine
    /// lets wait.
    static constexpr auto kHang = 4s;

    static std::unique_ptr<WorkerSession> spawned(std::chrono::milliseconds hang = 10s) {
        auto session =
            WorkerSession::spawn(TEST_MODULES "/garden/garden.so", {.hang = hang, .program = {}});
        if (!session) qFatal("%s", session.error().message.c_str());
        return std::move(*session);
    }

    static ExternalMessage message(std::uint64_t seq, int ms, const std::string& selector) {
        return {
            {VirtualTime(std::chrono::milliseconds(ms)), Seq{seq}}, {1}, call("garden", selector)};
    }

    /// A session that is told one call at 1 s; the error of running it.
    static Error told(Session& session, const std::string& selector) {
        if (!session.start("s")) qFatal("no start");
        (void)session.enqueue({message(1, 1000, selector)});
        (void)session.set_bound(VirtualTime(2s));
        auto ran = session.run({});
        return ran ? Error{ErrorKind::failed, "it ran"} : ran.error();
    }

    static bool says(const Error& error, const std::string& text) {
        if (error.message.find(text) != std::string::npos) return true;
        std::printf("`%s` lacks `%s`\n", error.message.c_str(), text.c_str());
        return false;
    }

    /// A crash by a signal where no sanitizer catches it first.
    static std::string crashed_by_abort() { return "crashed (SIGABRT) while executing "; }

private slots:
    void local_and_worker_agree_on_everything() {
        auto worker = spawned();
        LocalSession local(garden());
        QCOMPARE(worker->code().app, local.code().app);
        QCOMPARE(worker->code().code_id, local.code().code_id);
        for (Session* session :
             {static_cast<Session*>(worker.get()), static_cast<Session*>(&local)}) {
            QVERIFY(!session->hash());  // no state yet
            VERIFY_OK(session->start("a session"));
        }
        VirtualTime time{};
        std::uint64_t seq = 0;
        for (int i = 0; i < 300; ++i) {
            std::vector<ExternalMessage> messages;
            for (int n = static_cast<int>(random_() % 4); n > 0; --n) {
                time += std::chrono::milliseconds(random_() % 20);
                messages.push_back({{time, Seq{++seq}}, {random_() % 3}, random_payload(random_)});
            }
            for (Session* session :
                 {static_cast<Session*>(worker.get()), static_cast<Session*>(&local)}) {
                VERIFY_OK(session->enqueue(messages));
                VERIFY_OK(session->set_bound(time));
            }
            if (random_() % 2 == 0) {
                auto a = worker->step(), b = local.step();
                VERIFY_OK(a);
                QCOMPARE(a->has_value(), b->has_value());
                if (*a) {
                    QCOMPARE((*a)->mark, (*b)->mark);
                    QCOMPARE((*a)->text, (*b)->text);
                    QCOMPARE((*a)->arguments, (*b)->arguments);
                    QCOMPARE((*a)->target_name, (*b)->target_name);
                    QCOMPARE((*a)->class_name, (*b)->class_name);
                    QCOMPARE((*a)->selector, (*b)->selector);
                    QVERIFY((*a)->cause == (*b)->cause);
                    QCOMPARE((*a)->error.has_value(), (*b)->error.has_value());
                    if ((*a)->error) QCOMPARE((*a)->error->sentence, (*b)->error->sentence);
                }
            } else {
                RunLimit limit;
                limit.messages = random_() % 10;
                limit.stop_after_error = random_() % 2;
                limit.stop_after_external = random_() % 2;
                limit.steps = true;
                auto a = worker->run(limit), b = local.run(limit);
                VERIFY_OK(a);
                QCOMPARE(a->stop, b->stop);
                QCOMPARE(a->executed, b->executed);
                QVERIFY(a->steps == b->steps);
                QCOMPARE(a->errors.size(), b->errors.size());
            }
            QVERIFY(worker->position() == local.position());
            QCOMPARE(*worker->hash(), *local.hash());
            if (i % 10 == 0) QVERIFY(*worker->image() == *local.image());
            if (i % 10 == 5) QVERIFY(*worker->take_touched() == *local.take_touched());
            if (i == 100) {
                QCOMPARE(worker->checkpoint()->id, 1u);
                VERIFY_OK(local.checkpoint());
            }
            if (i == 200) {
                VERIFY_OK(worker->restore_checkpoint(1));
                VERIFY_OK(local.restore_checkpoint(1));
                VERIFY_OK(worker->drop_checkpoint(1));
                QVERIFY(!worker->restore_checkpoint(1));
                seq = local.position().seq.value;
                QVERIFY(worker->position() == local.position());
            }
        }
    }

    void a_refused_message_is_an_error_that_leaves_the_worker_alive() {
        auto worker = spawned();
        VERIFY_OK(worker->start("s"));
        VERIFY_OK(worker->enqueue({message(5, 10, "sow")}));
        VERIFY_OK(worker->enqueue({message(4, 10, "sow")}));
        auto ran = worker->run({});
        QVERIFY(!ran);
        QVERIFY(says(ran.error(), "message 4 came after message 5"));
        QVERIFY(worker->alive());
        VERIFY_OK(worker->run({}));
    }

    void a_crash_names_mark_and_message_and_leaves_the_tool_alive() {
        auto worker = spawned();
        Error error = told(*worker, "crash");
        // tick() is executed before it: internal messages go first.
        QVERIFY(says(error, crashed_by_abort() + "garden.crash at 1s#"));
        QVERIFY(!worker->alive());
        QCOMPARE(worker->hash().error().message, error.message);

        auto later = spawned();
        error = told(*later, "crash_soon");  // a future
        QVERIFY(says(error, crashed_by_abort() + "garden.crash at 1.25s#"));

        auto leaver = spawned();
        QVERIFY(says(told(*leaver, "leave"),
                     "ended its process (exit code 7) while executing "
                     "garden.leave at 1s#"));
    }

    void an_endless_loop_is_ended_and_named() {
        auto worker = spawned(kHang);
        Error error = told(*worker, "hang");
        QVERIFY(says(error, "did not come back within 4000 ms while executing garden.hang at 1s#"));
        QVERIFY(!worker->alive());
    }

    void a_long_run_of_short_messages_is_no_endless_loop() {
        auto worker = spawned(kHang);
        VERIFY_OK(worker->start("s"));
        VERIFY_OK(worker->set_bound(VirtualTime(24h)));
        RunLimit limit;
        limit.wall = kHang + 500ms;  // longer than one message may take
        auto started = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() - started < limit.wall)
            VERIFY_OK(worker->run(limit));
    }

    /// Both stopped by ^Z, say: the owner goes on first and finds that the worker has done nothing.
    void a_worker_is_not_blamed_while_its_owner_stands_still() {
        auto worker = spawned(kHang);
        VERIFY_OK(worker->start("s"));
        VERIFY_OK(worker->set_bound(VirtualTime(24h)));
        pid_t owner = ::getpid();
        pid_t other = ::fork();
        if (other == 0) {
            std::this_thread::sleep_for(500ms);
            ::kill(worker->process_id(), SIGSTOP);
            ::kill(owner, SIGSTOP);
            std::this_thread::sleep_for(kHang);
            ::kill(owner, SIGCONT);
            std::this_thread::sleep_for(500ms);
            ::kill(worker->process_id(), SIGCONT);
            ::_exit(0);
        }
        RunLimit limit;
        limit.wall = 1s;
        while (::waitpid(other, nullptr, WNOHANG) == 0) VERIFY_OK(worker->run(limit));
        VERIFY_OK(worker->run(limit));
    }

    void a_killed_worker_is_an_error_that_tells_where_it_stood() {
        auto worker = spawned();
        VERIFY_OK(worker->start("s"));
        VERIFY_OK(worker->set_bound(VirtualTime(100ms)));
        VERIFY_OK(worker->run({}));
        ::kill(worker->process_id(), SIGKILL);
        auto hash = worker->hash();
        QVERIFY(!hash);
        QVERIFY(says(hash.error(), "SIGKILL) at " + to_string(worker->mark())));
    }

    void a_timeline_goes_on_after_a_crash() {
        RecordOptions options;
        options.last_call = "crash";
        Recorded live = record(folder_, "crash.timegraph", random_, options);
        TimelineOptions with;
        with.modules = {TEST_MODULES "/garden"};
        auto timeline = Timeline::open(live.path, with);
        VERIFY_OK(timeline);
        QVERIFY(timeline->can_execute());
        auto sought = timeline->seek(timeline->end());
        QVERIFY(!sought);
        QVERIFY(says(sought.error(), "garden.crash at " + to_string(timeline->end())));
        for (int i = 0; i < 50; ++i) {
            std::size_t at = random_() % live.marks.size();
            VERIFY_OK(timeline->seek(live.marks[at]));
            QCOMPARE(*timeline->hash(), live.hashes[at]);
            if (i % 10 == 9) QVERIFY(!timeline->seek(timeline->end()));
        }
        // Right after the crash it still knows where it stands.
        VERIFY_OK(timeline->seek(live.marks[10]));
        QVERIFY(!timeline->play_to(timeline->end()));
        Mark stands = timeline->mark();
        VERIFY_OK(timeline->hash());
        QCOMPARE(timeline->mark(), stands);
        VERIFY_OK(timeline->step_backward());
    }

    void a_timeline_in_a_worker_shows_the_live_states_both_ways() {
        RecordOptions options;
        options.messages = 100;
        Recorded live = record(folder_, "both.timegraph", random_, options);
        TimelineOptions with;
        with.modules = {TEST_MODULES "/garden"};
        auto timeline = Timeline::open(live.path, with);
        VERIFY_OK(timeline);
        for (std::size_t i = 0; i < live.marks.size(); ++i) {
            auto step = timeline->step();
            VERIFY_OK(step);
            QCOMPARE((*step)->mark, live.marks[i]);
            QCOMPARE(*timeline->hash(), live.hashes[i]);
        }
        for (std::size_t i = live.marks.size(); i-- > 1;) {
            VERIFY_OK(timeline->step_backward());
            QCOMPARE(timeline->mark(), live.marks[i - 1]);
            QCOMPARE(*timeline->hash(), live.hashes[i - 1]);
        }
    }

    void what_cannot_be_started_is_told() {
        auto none = WorkerSession::spawn(folder_.filePath("none.so").toStdString());
        QVERIFY(!none);
        QVERIFY(says(none.error(), "there is no module"));
        auto no_module = WorkerSession::spawn("/proc/self/exe");
        QVERIFY(!no_module);
        auto no_program = WorkerSession::spawn(TEST_MODULES "/garden/garden.so",
                                               {.hang = 1s, .program = "/no/program"});
        QVERIFY(!no_program);
        QVERIFY(says(no_program.error(), "/no/program"));
        auto wrong_program = WorkerSession::spawn(TEST_MODULES "/garden/garden.so",
                                                  {.hang = 1s, .program = "/bin/true"});
        QVERIFY(!wrong_program);
    }

    /// Also in the middle of an endless loop, where it never looks at its socket.
    void a_worker_ends_with_its_owner() {
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
        std::string hangs = folder_.filePath("hangs").toStdString();
        QCOMPARE(::mkfifo(hangs.c_str(), 0600), 0);
        int pipe[2];
        QCOMPARE(::pipe(pipe), 0);
        pid_t owner = ::fork();
        if (owner == 0) {
            ::setenv("GARDEN_HANGS", hangs.c_str(), 1);
            auto worker = spawned(1h);
            int id = worker->process_id();
            (void)!::write(pipe[1], &id, sizeof id);
            told(*worker, "hang");
            ::_exit(0);
        }
        int worker = 0;
        QCOMPARE(::read(pipe[0], &worker, sizeof worker), ssize_t(sizeof worker));
        ::close(::open(hangs.c_str(), O_RDONLY));  // returns when the module is there
        ::kill(owner, SIGKILL);
        ::waitpid(owner, nullptr, 0);
        QCOMPARE(::waitpid(worker, nullptr, 0), worker);  // the test's time limit is the deadline
    }
};

TEST_CLASS(WorkerTest)
#include "worker_test.moc"
