#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTest>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>

#include "../test_main.h"
#include "database.h"
#include "fixture.h"
#include "teatime/timegraph/copy.h"
#include "teatime/timegraph/verify.h"
#include "watched_statements.h"

using namespace teatime;
using namespace teatime::timegraph;
using namespace std::chrono_literals;

namespace {

constexpr WallTime kWall{std::chrono::microseconds(1'795'000'000'000'000)};

std::vector<Message> read_all(const Reader& reader) {
    auto cursor = reader.messages();
    auto messages = drain(cursor);
    if (!cursor.status()) qFatal("%s", cursor.status().error().message.c_str());
    return messages;
}

void check_whole(const std::string& path) {
    auto verification = verify(path);
    VERIFY_OK(verification);
    for (const Problem& problem : verification->problems)
        qWarning("%s", to_string(problem).c_str());
    QCOMPARE(verification->problems.size(), std::size_t{0});
}

/// While alive, no file grows beyond a limit: a disk that is full.
class FullDisk {
public:
    explicit FullDisk(rlim_t bytes) {
        signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before_);
        shrink(bytes);
    }
    ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }
    void shrink(rlim_t bytes) {
        rlimit limit = before_;
        limit.rlim_cur = bytes;
        setrlimit(RLIMIT_FSIZE, &limit);
    }

private:
    rlimit before_{};
};

}  // namespace

class MessagesTest : public QObject {
    Q_OBJECT

    Folder folder_;
    int files_ = 0;
    std::string fresh() { return folder_.file(std::to_string(++files_) + ".timegraph"); }

private slots:
    void messages_come_back_byte_for_byte() {
        MessageMaker maker(test_seed());
        for (std::size_t block_bytes : {std::size_t{1}, std::size_t{4096}, kBlockBytes}) {
            std::string path = fresh();
            auto messages = maker.next(3000);
            Writer writer = create(path, {.block_bytes = block_bytes});
            for (const Message& message : messages) {
                VERIFY_OK(writer.append(message));
                if (maker.below(50) == 0) VERIFY_OK(writer.commit());
            }
            VERIFY_OK(writer.commit());
            QCOMPARE(read_all(open(path)), messages);  // part of it in the tail
            VERIFY_OK(writer.close());
            QCOMPARE(read_all(open(path)), messages);
            check_whole(path);
            maker = MessageMaker(maker.below(1u << 30));
        }
    }

    void blocks_made_in_threads_are_the_same() {
        auto messages = MessageMaker(test_seed()).next(3000);
        auto write = [&](bool durable, std::string& rows) {
            std::string path = fresh();
            MessageMaker dice(test_seed());
            Writer writer = create(path, {.block_bytes = 4096, .durable = durable});
            for (const Message& message : messages) {
                VERIFY_OK(writer.append(message));
                if (dice.below(100) == 0) VERIFY_OK(writer.commit());
            }
            VERIFY_OK(writer.close());
            check_whole(path);
            QCOMPARE(read_all(open(path)), messages);
            Database database(path, Database::Use::read);
            Query query(database, "SELECT id, n, hash, summary FROM blocks ORDER BY id");
            while (query.next()) {
                rows += fmt::format("{} {} ", query.integer(0), query.integer(1));
                rows += query.string(2) + query.string(3);
            }
        };
        std::string durable, bulk;
        write(true, durable);
        write(false, bulk);
        QVERIFY(durable.size() > 50 * sizeof(Sha256));
        QVERIFY(bulk == durable);
    }

    void blocks_are_read_ahead_in_their_order() {
        std::string path = fresh();
        MessageMaker maker(test_seed());
        std::vector<Message> messages;
        Writer writer = create(path, {.block_bytes = 2000});
        auto grow = [&] {
            for (const Message& message : maker.next(300)) {
                VERIFY_OK(writer.append(message));
                messages.push_back(message);
            }
            VERIFY_OK(writer.commit());
        };
        grow();
        Reader reader = open(path);
        Reader::Cursor follower = reader.messages();
        std::size_t followed = 0;
        for (int round = 0; round < 30; ++round, grow()) {
            std::size_t at = maker.below(messages.size());
            auto cursor = reader.messages_after(messages[at].stamp.seq);
            for (std::size_t n = maker.below(messages.size()); n > 0; --n) {
                if (++at == messages.size()) break;
                QVERIFY(cursor.next());
                QCOMPARE(cursor.message().copy(), messages[at]);
            }
            for (; follower.next(); ++followed)
                QCOMPARE(follower.message().copy(), messages[followed]);
            VERIFY_OK(follower.status());
            QCOMPARE(followed, messages.size());
        }
    }

    void a_damaged_block_ahead_is_told_of_in_its_turn() {
        std::string path = fresh();
        auto messages = MessageMaker(test_seed()).next(1000);
        Writer writer = create(path, {.block_bytes = 2000});
        for (const Message& message : messages) VERIFY_OK(writer.append(message));
        VERIFY_OK(writer.close());
        Seq last;
        {
            Database database(path, Database::Use::write);
            Query query(database, "SELECT last_seq FROM blocks WHERE id = 6");
            QVERIFY(query.next());
            last = {query.number(0)};
            database.run("UPDATE blocks SET data = zeroblob(length(data)) WHERE id = 7");
        }
        Reader reader = open(path);
        auto cursor = reader.messages();
        auto read = drain(cursor);
        QCOMPARE(read.back().stamp.seq, last);
        QVERIFY(std::equal(read.begin(), read.end(), messages.begin()));
        QVERIFY(cursor.status().error().message.find("row 7") != std::string::npos);
    }

    void a_closed_recording_is_one_file() {
        std::string path = fresh();
        Writer writer = create(path);
        VERIFY_OK(writer.append({{kSessionStart, {1}}, {}, "1"}));
        VERIFY_OK(writer.close());
        (void)read_all(open(path));
        QVERIFY(!std::filesystem::exists(path + "-wal"));
        QVERIFY(!std::filesystem::exists(path + "-shm"));
    }

    void nothing_is_overwritten() {
        std::string path = fresh();
        VERIFY_OK(create(path).close());
        auto again = Writer::create(path, {});
        QVERIFY(!again);
        QVERIFY(again.error().message.find("exists already") != std::string::npos);
    }

    void time_and_seq_choose_messages() {
        MessageMaker maker(test_seed());
        std::string path = fresh();
        auto messages = maker.next(2000);
        Writer writer = create(path, {.block_bytes = 8000});
        for (const Message& message : messages) VERIFY_OK(writer.append(message));
        VERIFY_OK(writer.commit());
        Reader reader = open(path);
        for (int i = 0; i < 300; ++i) {
            VirtualTime from = messages[maker.below(messages.size())].stamp.time;
            VirtualTime to = messages[maker.below(messages.size())].stamp.time;
            from += std::chrono::microseconds(maker.below(3)) - 1us;
            Seq after{maker.below(messages.size() + 2)};
            std::vector<Message> in_time, after_seq;
            for (const Message& message : messages) {
                VirtualTime time = message.stamp.time;
                if (time >= from && time <= to) in_time.push_back(message);
                if (message.stamp.seq > after && time <= to) after_seq.push_back(message);
            }
            auto by_time = reader.messages(from, to);
            QCOMPARE(drain(by_time), in_time);
            auto by_seq = reader.messages_after(after, to);
            QCOMPARE(drain(by_seq), after_seq);
            auto first = reader.first_at_or_after(from);
            VERIFY_OK(first);
            auto expected = std::find_if(messages.begin(), messages.end(),
                                         [&](const Message& m) { return m.stamp.time >= from; });
            QCOMPARE(first->has_value(), expected != messages.end());
            if (*first) QCOMPARE(**first, *expected);
        }
    }

    void what_is_out_of_order_is_refused() {
        Writer writer = create(fresh());
        VERIFY_OK(writer.append({{kSessionStart + 5s, {7}}, {}, "1"}));
        QVERIFY(!writer.append({{kSessionStart + 5s, {7}}, {}, "2"}));
        QVERIFY(!writer.append({{kSessionStart + 4s, {8}}, {}, "2"}));
        VERIFY_OK(writer.append({{kSessionStart + 5s, {8}}, {}, "2"}));
        VERIFY_OK(writer.close());
    }

    void a_jump_puts_a_gap_on_record() {
        std::string path = fresh();
        Writer writer = create(path);
        VERIFY_OK(writer.append({{kSessionStart + 1s, {7}}, {}, "1"}));
        VERIFY_OK(writer.append({{kSessionStart + 2s, {9}}, {}, "2"}));
        VERIFY_OK(writer.gap({kSessionStart + 3s, {20}}, "paused by hand"));
        VERIFY_OK(writer.append({{kSessionStart + 3s, {20}}, {}, "3"}));
        VERIFY_OK(writer.close());
        auto gaps = open(path).gaps();
        VERIFY_OK(gaps);
        QCOMPARE(gaps->size(), std::size_t{2});
        QCOMPARE(gaps->at(0).after.seq.value, 7u);
        QCOMPARE(gaps->at(0).before.seq.value, 9u);
        QCOMPARE(gaps->at(1).why, std::string("paused by hand"));
        check_whole(path);
    }

    void a_world_without_messages_has_an_end() {
        std::string path = fresh();
        Writer writer = create(path);
        writer.bound(kSessionStart + 90s, kWall);
        VERIFY_OK(writer.commit());
        auto end = open(path).end();
        VERIFY_OK(end);
        QCOMPARE(end->bound, kSessionStart + 90s);
        QCOMPARE(end->wall, kWall);
    }

    /// The writer folds all the time; the reader must see every message once, in order.
    void a_reader_follows_a_writer_without_gaps_or_repeats() {
        std::uint64_t seed = test_seed();
        std::string path = fresh();
        Writer writer = create(path, {.block_bytes = 3000});
        VERIFY_OK(writer.commit());
        auto messages = MessageMaker(seed).next(6'000);
        std::atomic<bool> written = false;
        std::string problem;
        std::thread recording([&] {
            MessageMaker random(seed + 1);
            for (const Message& message : messages) {
                auto done = writer.append(message);
                if (done && random.below(7) == 0) done = writer.commit();
                if (!done && problem.empty()) problem = done.error().message;
            }
            if (auto done = writer.commit(); !done) problem = done.error().message;
            written = true;
        });
        Reader reader = open(path);
        auto cursor = reader.messages();
        std::vector<Message> seen;
        for (bool last_round = false; !last_round && cursor.status();) {
            last_round = written;
            for (Message& message : drain(cursor)) seen.push_back(std::move(message));
        }
        recording.join();
        QCOMPARE(problem, std::string());
        VERIFY_OK(cursor.status());
        QCOMPARE(seen.size(), messages.size());
        QCOMPARE(seen, messages);
    }

    void a_reader_in_a_transaction_never_stops_the_writer() {
        std::string path = fresh();
        Writer writer = create(path);
        VERIFY_OK(writer.append({{kSessionStart, {1}}, {}, "1"}));
        VERIFY_OK(writer.commit());
        Reader reader = open(path);
        auto cursor = reader.messages();
        QVERIFY(cursor.next());
        for (std::uint64_t seq = 2; seq < 50; ++seq) {
            VERIFY_OK(writer.append({{kSessionStart, {seq}}, {}, "1"}));
            VERIFY_OK(writer.commit());
        }
        VERIFY_OK(writer.close());
        QCOMPARE(drain(cursor).size(), std::size_t{48});
    }

    void a_reader_that_goes_soon_leaves_one_file() {
        std::string path = fresh();
        Writer writer = create(path);
        VERIFY_OK(writer.append({{kSessionStart, {1}}, {}, "1"}));
        VERIFY_OK(writer.commit());
        std::optional<Reader> reader = open(path);
        (void)read_all(*reader);
        std::thread leaves([&] {
            std::this_thread::sleep_for(20ms);
            reader.reset();
        });
        VERIFY_OK(writer.close());
        leaves.join();
        QVERIFY(!std::filesystem::exists(path + "-wal"));
        QVERIFY(!std::filesystem::exists(path + "-shm"));
        QCOMPARE(read_all(open(path)).size(), std::size_t{1});
    }

    void two_writers_are_noticed() {
        std::string path = fresh();
        Writer first = create(path);
        VERIFY_OK(first.commit());
        auto second = Writer::open(path);
        VERIFY_OK(second);
        VERIFY_OK(first.append({{kSessionStart, {1}}, {}, "1"}));
        VERIFY_OK(first.commit());
        VERIFY_OK(second->append({{kSessionStart, {1}}, {}, "2"}));
        auto refused = second->commit();
        QVERIFY(!refused);
        QVERIFY(refused.error().message.find("one writer") != std::string::npos);
        VERIFY_OK(first.close());
        check_whole(path);
    }

    void a_copy_of_a_live_recording_is_whole() {
        Folder folder;
        Writer writer = create(folder.file(), {.block_bytes = 2000});
        MessageMaker maker(test_seed());
        std::vector<Message> messages;
        auto append = [&](int n) {
            for (; n > 0; --n) VERIFY_OK(writer.append(messages.emplace_back(maker.next())));
            VERIFY_OK(writer.commit());
        };
        append(200);
        const std::string to = folder.file("copy.timegraph");
        VERIFY_OK(copy(folder.file(), to));
        std::vector<Message> then = messages;
        append(50);
        VERIFY_OK(writer.close());

        auto checked = verify(to);
        VERIFY_OK(checked);
        QVERIFY(checked->problems.empty());
        QVERIFY(read_all(open(to)) == then);

        auto again = copy(folder.file(), to);
        QVERIFY(!again && again.error().kind == ErrorKind::wrong_usage);
        QVERIFY(!copy(folder.file("none"), folder.file("other")));
        QVERIFY(!std::filesystem::exists(folder.file("other")));
        auto nowhere = copy(folder.file(), folder.file("no/copy"));
        QVERIFY(!nowhere);
        QVERIFY(nowhere.error().message.starts_with("cannot create " + folder.file("no/copy")));
    }

    void a_check_and_a_copy_can_be_ended() {
        Folder folder;
        VERIFY_OK(create(folder.file()).close());
        std::stop_source stop;
        double told = -1;
        Watch watch{[&](double fraction) {
                        told = fraction;
                        stop.request_stop();
                    },
                    stop.get_token()};
        auto checked = verify(folder.file(), watch);
        QVERIFY(told == 0);
        QVERIFY(!checked);
        QCOMPARE(checked.error().message, std::string("interrupted"));
        auto copied = copy(folder.file(), folder.file("copy"), watch);
        QVERIFY(!copied);
        QCOMPARE(copied.error().message, std::string("interrupted; nothing was written"));
        for (const auto& entry : std::filesystem::directory_iterator(folder.file("."))) {
            QCOMPARE(entry.path().filename().string(), std::string("session.timegraph"));
        }
    }

    /// One statement may take as long as the file is large, and none looks at a watch.
    void a_statement_that_runs_can_be_ended() {
        Folder folder;
        VERIFY_OK(create(folder.file()).close());
        Database database(folder.file(), Database::Use::read);
        std::stop_source stop;
        int looks = 0;
        Watch watch{[&](double) {
                        if (++looks == 3) stop.request_stop();
                    },
                    stop.get_token()};
        auto ran = guarded([&] {
            WatchedStatements watched(database, watch, [] { return 0.5; });
            database.run(
                "WITH RECURSIVE endless(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM "
                "endless) SELECT count(*) FROM endless");
        });
        QVERIFY(looks >= 3);
        QVERIFY(!ran);
        QCOMPARE(ran.error().message, std::string("interrupted"));
    }

    void a_killed_writer_loses_nothing_committed() {
        MessageMaker maker(test_seed());
        for (int round = 0; round < 20; ++round) {
            std::string path = fresh();
            auto messages = maker.next(1500);
            int told[2];
            QCOMPARE(pipe2(told, O_CLOEXEC), 0);
            auto commit_every = 5 + maker.below(40);
            pid_t child = fork();
            if (child == 0) {
                Writer writer = create(path, {.block_bytes = 20'000});
                for (const Message& message : messages) {
                    if (!writer.append(message)) _exit(1);
                    if (message.stamp.seq.value % commit_every != 0) continue;
                    if (!writer.commit()) _exit(2);
                    std::uint64_t seq = message.stamp.seq.value;
                    if (write(told[1], &seq, sizeof seq) != sizeof seq) _exit(3);
                }
                _exit(0);
            }
            close(told[1]);
            // The moment: some number of acknowledged commits.
            std::uint64_t acknowledged = 0, seq = 0;
            auto wanted = maker.below(1500 / commit_every) + 1;
            for (std::uint64_t i = 0; i < wanted; ++i) {
                if (read(told[0], &seq, sizeof seq) != sizeof seq) break;
                acknowledged = seq;
            }
            kill(child, SIGKILL);
            while (read(told[0], &seq, sizeof seq) == sizeof seq) acknowledged = seq;
            close(told[0]);
            int status = 0;
            waitpid(child, &status, 0);
            QVERIFY(!WIFEXITED(status) || WEXITSTATUS(status) == 0);

            auto before = messages.front().stamp.seq.value - 1;
            auto found = read_all(open(path));
            QVERIFY(before + found.size() >= acknowledged);
            QVERIFY(std::equal(found.begin(), found.end(), messages.begin()));
            check_whole(path);

            auto again = Writer::open(path, {.block_bytes = 20'000});  // and it can go on
            VERIFY_OK(again);
            for (std::size_t i = found.size(); i < messages.size(); ++i) {
                VERIFY_OK(again->append(messages[i]));
            }
            VERIFY_OK(again->close());
            QCOMPARE(read_all(open(path)), messages);
            check_whole(path);
        }
    }

    void a_full_disk_is_an_error_and_then_a_gap() {
        std::string path = fresh();
        MessageMaker maker(test_seed());
        Writer writer = create(path, {.block_bytes = 20'000});
        std::vector<Message> committed;
        std::optional<FullDisk> disk(400'000);
        result<void> done;
        std::vector<Message> since;
        while (done) {
            since.push_back(maker.next());
            done = writer.append(since.back());
            if (done && since.size() == 10) {
                done = writer.commit();
                if (done) {
                    committed.insert(committed.end(), since.begin(), since.end());
                    since.clear();
                }
            }
        }
        QVERIFY(!writer.append(maker.next()));  // and stays
        QVERIFY(!writer.commit());
        disk->shrink(0);
        QVERIFY(!writer.gap(maker.next().stamp, "the disk was full"));  // it still is
        disk.reset();

        Message next = maker.next();
        VERIFY_OK(writer.gap(next.stamp, "the disk was full"));
        VERIFY_OK(writer.append(next));
        VERIFY_OK(writer.close());
        Reader reader = open(path);
        auto found = read_all(reader);
        QVERIFY(found.size() >= committed.size() + 1);
        QVERIFY(std::equal(committed.begin(), committed.end(), found.begin()));
        QCOMPARE(found.back(), next);
        auto gaps = reader.gaps();
        VERIFY_OK(gaps);
        QCOMPARE(gaps->size(), std::size_t{1});
        QCOMPARE(gaps->front().after, found[found.size() - 2].stamp);
        QCOMPARE(gaps->front().before, next.stamp);
        QCOMPARE(gaps->front().why, std::string("the disk was full"));
        check_whole(path);
    }

    void a_quota_is_an_error_that_names_it() {
        for (bool durable : {true, false}) {
            std::string path = fresh();
            Writer writer =
                create(path, {.block_bytes = 20'000, .max_bytes = 1'000'000, .durable = durable});
            MessageMaker maker(test_seed());
            result<void> done;
            std::string noise(10'000, 0);
            std::uint64_t seq = 0;
            while (done && seq < 1000) {
                for (char& byte : noise) byte = static_cast<char>(maker.below(256));
                done = writer.append({{kSessionStart, {++seq}}, {}, noise});
            }
            QVERIFY(!done);
            QVERIFY2(done.error().message.find("1000000 bytes") != std::string::npos,
                     done.error().message.c_str());
            VERIFY_OK(writer.gap({kSessionStart, {seq}}, "the quota"));
            VERIFY_OK(writer.close());
            check_whole(path);
        }
    }
};

TEST_CLASS(MessagesTest)
#include "messages_test.moc"
