#include "teatime/timegraph/ring.h"

#include <filesystem>

#include "../test_main.h"
#include "sample_recording.h"
#include "teatime/timegraph/verify.h"

using namespace teatime;
using namespace teatime::timegraph;

namespace {

/// A recording that goes on, a round of messages and records at a time.
class Recorded {
public:
    Recorded(const std::string& path, std::uint64_t seed, bool foreign)
        : writer(create(path, kOptions, ring())), maker_(seed), random_(seed), foreign_(foreign) {
        image_ = test::random_image(random_, 6);
    }

    void rounds(int n) {
        for (int i = 0; i < n; ++i) round();
    }
    void round() {
        for (int i = 0; i < 40; ++i) {
            messages.push_back(maker_.next());
            VERIFY_OK(writer.append(messages.back()));
        }
        Stamp last = messages.back().stamp;
        Mark mark{{}, last.time, Mark::kWholeInstant};
        VERIFY_OK(writer.vote({mark, {1}, "hash"}));
        VERIFY_OK(writer.bookmark({mark, {}, "ann", "look at this"}));
        VERIFY_OK(writer.error({mark, last.seq, "type", "what()"}));
        VERIFY_OK(writer.clock({last, {}, 1}));
        VERIFY_OK(writer.member_joined({last.seq.value}, "bob", "", last));
        VERIFY_OK(writer.member_left({last.seq.value}, last));
        if (foreign_) {
            VERIFY_OK(writer.file({last, "snapshots/1", std::string(3'000, 's')}));
            VERIFY_OK(writer.foreign_keyframe(mark, last.seq, "hash", "snapshots/1"));
        } else {
            test::disturb(image_, random_, 2);
            image_.queue.clear();
            image_.time = last.time;
            image_.seq = last.seq;
            VERIFY_OK(writer.keyframe(image_, {{1}}));
        }
        VERIFY_OK(writer.commit());
    }
    void go_on(const std::string& path) {
        auto again = Writer::open(path, kOptions);
        VERIFY_OK(again);
        writer = std::move(*again);
    }
    VirtualTime end() const { return messages.back().stamp.time; }

    std::vector<Message> messages;
    Writer writer;

private:
    static inline const WriterOptions kOptions{.block_bytes = 4'000};
    static Meta ring() {
        Meta meta;
        meta.more[kRing] = "a while";
        return meta;
    }
    MessageMaker maker_;
    test::Random random_;
    bool foreign_;
    Image image_;
};

/// What is left is whole, ends where it ends, and begins with a state; nothing is of before that.
void check_rest(const std::string& path, const Recorded& recorded) {
    auto verification = verify(path);
    VERIFY_OK(verification);
    for (auto& problem : verification->problems) qWarning("%s", to_string(problem).c_str());
    QVERIFY(verification->problems.empty());
    Reader reader = open(path);
    auto cursor = reader.messages();
    std::vector<Message> left = drain(cursor);
    VERIFY_OK(cursor.status());
    std::vector<Message> expected(
        recorded.messages.end() - static_cast<std::ptrdiff_t>(left.size()),
        recorded.messages.end());
    QVERIFY(left == expected);
    QVERIFY(!Dump(path).failed());
    auto keyframes = reader.keyframes();
    VERIFY_OK(keyframes);
    const KeyframeInfo& first = keyframes->front();
    QVERIFY(first.kind != KeyframeInfo::Kind::delta);
    // Replay goes on with the next message.
    QVERIFY(left.empty() || left.front().stamp.seq <= next(first.seq));
    if (!left.empty() && left.front().stamp.seq.value > 1) {
        for (const Vote& vote : *reader.votes()) QVERIFY(vote.mark >= first.mark);
        for (const Bookmark& bookmark : *reader.bookmarks()) QVERIFY(bookmark.mark >= first.mark);
        for (const HandlerError& error : *reader.errors()) QVERIFY(error.mark >= first.mark);
        for (const ForeignFile& file : *reader.files()) QVERIFY(file.stamp.seq >= first.seq);
        for (const Member& member : *reader.members())
            QVERIFY(!member.left || member.left->seq > first.seq);
        QVERIFY(reader.clock()->front().stamp.time <= first.mark.time);
    }
}

}  // namespace

class RingTest : public QObject {
    Q_OBJECT

    Folder folder_;

private slots:
    void what_is_left_can_be_replayed_data() {
        QTest::addColumn<bool>("foreign");
        QTest::newRow("native") << false;
        QTest::newRow("foreign") << true;
    }
    void what_is_left_can_be_replayed() {
        QFETCH(bool, foreign);
        std::string path = folder_.file(foreign ? "foreign" : "native");
        Recorded recorded(path, test_seed(), foreign);
        MessageMaker dice(test_seed());
        int drops = 0;
        for (int i = 0; i < 60; ++i) {
            recorded.rounds(1 + static_cast<int>(dice.below(6)));
            VirtualTime before = recorded.end() - std::chrono::seconds(dice.below(8));
            auto begin = recorded.writer.drop_oldest(before);
            VERIFY_OK(begin);
            if (*begin) {
                ++drops;
                QVERIFY((*begin)->time <= before);
                QCOMPARE(to_string(open(path).keyframes()->front().mark), to_string(**begin));
            }
            if (i % 10 == 9) {
                check_rest(path, recorded);
                VERIFY_OK(recorded.writer.close());
                check_rest(path, recorded);
                recorded.go_on(path);
            }
        }
        QVERIFY(drops > 10);
        QVERIFY(open(path).info()->first->seq.value > 1000);
    }

    void the_file_does_not_grow() {
        std::string path = folder_.file("steady");
        Recorded recorded(path, test_seed(), false);
        std::uintmax_t settled = 0;
        for (int i = 0; i < 400; ++i) {
            recorded.round();
            while (*recorded.writer.used_bytes() > 300'000) {
                auto begin = recorded.writer.drop_oldest(VirtualTime::max());
                VERIFY_OK(begin);
                if (!*begin) break;
            }
            if (i == 200) settled = std::filesystem::file_size(path);
        }
        VERIFY_OK(recorded.writer.close());
        check_rest(path, recorded);
        auto size = std::filesystem::file_size(path);
        qInfo() << settled << "bytes after 200 rounds," << size << "after 400";
        QVERIFY(settled > 250'000 && size < settled + settled / 4);
    }

    void nothing_is_dropped_where_nothing_can_be() {
        std::string path = folder_.file("short");
        Recorded recorded(path, test_seed(), false);
        recorded.rounds(9);  // one whole state
        QVERIFY(!*recorded.writer.drop_oldest(VirtualTime::max()));
        recorded.rounds(1);
        QVERIFY(!*recorded.writer.drop_oldest(kSessionStart - Duration(1)));
        QVERIFY(*recorded.writer.drop_oldest(VirtualTime::max()));
        check_rest(path, recorded);
    }

    /// As few others between them as a ring's time and size ask for, which drops up to one.
    void states_are_whole_as_often_as_is_asked() {
        Folder folder;
        std::string noise(3'000, 0);
        test::Random random(test_seed());
        for (auto& [name, options] : std::initializer_list<std::pair<std::string, WriterOptions>>{
                 {"time", {.whole_every = 3s}},
                 {"bytes", {.block_bytes = 2'000, .whole_every_bytes = 9'000}}}) {
            Writer writer = create(folder.file(name), options);
            Image image = test::random_image(random, 3);
            image.queue.clear();
            for (std::uint64_t i = 1; i <= 9; ++i) {
                for (char& byte : noise) byte = static_cast<char>(random());
                image.time = kSessionStart + std::chrono::seconds(i);
                image.seq = {i};
                VERIFY_OK(writer.append({{image.time, image.seq}, {1}, noise}));
                VERIFY_OK(writer.commit());
                VERIFY_OK(writer.keyframe(image, {}));
            }
            VERIFY_OK(writer.close());
            std::vector<int> whole;
            for (const KeyframeInfo& keyframe : *open(folder.file(name)).keyframes())
                whole.push_back(keyframe.kind == KeyframeInfo::Kind::full);
            QCOMPARE(whole, (std::vector{1, 0, 0, 1, 0, 0, 1, 0, 0}));
        }
    }

    void all_messages_of_a_world_that_is_silent_may_go() {
        std::string path = folder_.file("silent");
        Recorded recorded(path, test_seed(), true);
        recorded.rounds(3);
        VERIFY_OK(recorded.writer.close());  // all in blocks
        recorded.go_on(path);
        Stamp last = recorded.messages.back().stamp;
        for (int i = 1; i <= 5; ++i) {
            Mark mark{{}, last.time + std::chrono::seconds(i), Mark::kWholeInstant};
            recorded.writer.bound(mark.time, {});
            VERIFY_OK(recorded.writer.foreign_keyframe(mark, last.seq, "hash", "state"));
            VERIFY_OK(recorded.writer.drop_oldest(VirtualTime::max()));
        }
        QVERIFY(!open(path).info()->first);
        QCOMPARE(open(path).end()->last, last);
        check_rest(path, recorded);
        VERIFY_OK(recorded.writer.close());
        check_rest(path, recorded);
        recorded.go_on(path);
        recorded.messages.push_back(
            {{last.time + std::chrono::seconds(9), next(last.seq)}, {}, "1", {}});
        VERIFY_OK(recorded.writer.append(recorded.messages.back()));
        VERIFY_OK(recorded.writer.close());
        check_rest(path, recorded);
    }

    void another_process_freezes_it() {
        std::string path = folder_.file("kept");
        Recorded recorded(path, test_seed(), false);
        recorded.rounds(40);
        QVERIFY(*recorded.writer.drop_oldest(VirtualTime::max()));
        pid_t child = fork();
        if (child == 0) {
            auto frozen = freeze_ring(path);
            _exit(frozen && *frozen ? 0 : 1);
        }
        int status = 0;
        waitpid(child, &status, 0);
        QVERIFY(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        QVERIFY(ring_is_frozen(path));
        QVERIFY(!*recorded.writer.drop_oldest(VirtualTime::max()));
        recorded.rounds(1);  // the recording goes on
        check_rest(path, recorded);
        QVERIFY(*release_ring(path));
        QVERIFY(!*release_ring(path));
        QVERIFY(*recorded.writer.drop_oldest(VirtualTime::max()));
        VERIFY_OK(recorded.writer.close());
        auto over = freeze_ring(path);
        VERIFY_OK(over);
        QVERIFY(!*over && !ring_is_frozen(path));
        std::string no_ring = folder_.file("no ring");
        VERIFY_OK(create(no_ring).close());
        auto refused = freeze_ring(no_ring);
        QVERIFY(!refused && refused.error().message.find("no ring") != std::string::npos);
    }
};

TEST_CLASS(RingTest)
#include "ring_test.moc"
