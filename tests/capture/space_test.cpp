#include "../test_main.h"
#include "recorded_net.h"
#include "teatime/timegraph/ring.h"

using namespace teatime;
using namespace teatime::capture;
using namespace teatime::session;

namespace {

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

/// A world in which something happens all the time.
class Busy : public RecordedNet {
public:
    Busy() : RecordedNet(seed_of_test()) {
        options.keyframes = {};  // rings make do with what is usual
        options.writer.block_bytes = 10'000;
        options.report = [this](const std::string& sentence) { reports.push_back(sentence); };
    }
    void begin() {
        start();
        net.add();
        net.add();
        pass(seconds(1));
    }
    void busy(Duration time) {
        for (auto end = net.now + time; net.now < end;) {
            live(10);
            pass(milliseconds(100));
        }
    }
    /// Much that takes space, and changes nothing.
    void chatter(Duration time) {
        for (auto end = net.now + time; net.now < end; pass(milliseconds(100))) {
            for (int i = 0; i < 10; ++i) {
                std::string selector;
                while (selector.size() < 200) selector += std::to_string(net.random());
                net.say(*net.replicas[0], call(selector, 1));
            }
        }
    }
    /// Each keyframe is the state that comes from replaying the file, from its first one on.
    std::size_t replay(const timegraph::Reader& reader) {
        auto keyframes = reader.keyframes();
        if (!keyframes || keyframes->empty()) qFatal("there is no keyframe");
        auto first = reader.image(keyframes->front());
        if (!first) qFatal("%s", first.error().message.c_str());
        auto island = Island::restore(pulse::module(), *first);
        if (!island) qFatal("%s", island.error().message.c_str());
        auto messages = messages_of(reader);
        auto message = messages.begin();
        std::size_t agree = 0;
        for (const timegraph::KeyframeInfo& keyframe : *keyframes) {
            for (; message != messages.end() && message->stamp.time <= keyframe.mark.time;
                 ++message) {
                if (message->stamp.seq <= keyframes->front().seq) continue;
                auto queued =
                    (*island)->enqueue({message->stamp, message->sender, message->payload});
                if (!queued) qFatal("%s", queued.error().message.c_str());
            }
            (*island)->set_bound(keyframe.mark.time);
            while ((*island)->execute_next()) {
            }
            agree += to_string((*island)->hash()) == keyframe.hash;
        }
        return agree == keyframes->size() ? agree : 0;
    }
    std::uintmax_t on_disk() const {
        std::uintmax_t bytes = 0;
        for (const char* suffix : {"", "-wal"}) {
            std::error_code error;
            auto more = std::filesystem::file_size(recorder->status().path + suffix, error);
            if (!error) bytes += more;
        }
        return bytes;
    }
    std::vector<std::string> reports;
};

}  // namespace

class SpaceTest : public QObject {
    Q_OBJECT

private slots:
    void a_ring_keeps_the_last_time_and_can_be_replayed();
    void a_ring_keeps_to_its_size();
    void a_ring_without_a_replica_asks_members_for_states();
    void a_quota_ends_the_recording_and_not_the_session();
    void with_too_little_free_nothing_is_recorded_for_a_while();
    void a_file_is_not_made_where_too_little_is_free();
    void a_full_disk_is_told_of_once();
};

void SpaceTest::a_ring_keeps_the_last_time_and_can_be_replayed() {
    Busy world;
    world.options.space.keep = seconds(5);
    world.begin();
    world.busy(seconds(30));
    std::string path = world.recorder->status().path;
    auto reader = world.open();  // while it goes on
    auto begin = reader.keyframes()->front().mark.time;
    VirtualTime end = reader.end()->bound;
    QVERIFY(begin <= end - seconds(5));
    QVERIFY(begin >= end - seconds(9));  // and the stretch that is under way
    QVERIFY(timegraph::freeze_ring(path));
    world.busy(seconds(10));
    QCOMPARE(to_string(world.open().keyframes()->front().mark.time), to_string(begin));
    QVERIFY(timegraph::release_ring(path));
    world.busy(seconds(2));
    auto released = world.open();
    QVERIFY(released.keyframes()->front().mark.time >= released.end()->bound - seconds(9));
    QVERIFY(timegraph::freeze_ring(path));
    world.close();
    QVERIFY(!timegraph::ring_is_frozen(path));
    check_whole(path);
    auto closed = world.open();
    QVERIFY(closed.info()->first->seq.value > 1);
    QCOMPARE(messages_of(closed).back(), as_recorded(world.net.reflected).back());
    QVERIFY(world.replay(closed) > 4);
    QCOMPARE(closed.info()->meta.more.at(timegraph::kRing), std::string("5s"));
    QCOMPARE(closed.info()->gaps, std::uint64_t{0});
}

void SpaceTest::a_ring_keeps_to_its_size() {
    Busy world;
    constexpr std::uint64_t kBytes = 1'000'000;
    world.options.space.keep_bytes = kBytes;
    world.begin();
    std::uintmax_t most = 0;
    for (int i = 0; i < 40; ++i) {
        world.chatter(seconds(1));
        most = std::max(most, world.on_disk());
    }
    QVERIFY(world.open().info()->first->seq.value > 1);
    world.close();
    qInfo() << most << "bytes at most";
    QVERIFY(most < kBytes + kBytes / 2);
    check_whole(world.recorder->status().path);
    QVERIFY(world.replay(world.open()) > 1);
}

void SpaceTest::a_ring_without_a_replica_asks_members_for_states() {
    Busy world;
    world.options.replica = nullptr;
    world.options.space.keep = seconds(8);
    world.begin();
    world.busy(seconds(60));
    world.close();
    QVERIFY(world.asked > 10);
    QVERIFY(world.open().info()->first->seq.value > 1);
    check_whole(world.recorder->status().path);
}

void SpaceTest::a_quota_ends_the_recording_and_not_the_session() {
    Busy world;
    world.options.keyframes.first = world.options.keyframes.ceiling = milliseconds(250);
    constexpr std::uint64_t kQuota = 1'000'000;
    world.options.space.quota = world.options.writer.max_bytes = kQuota;
    world.begin();
    std::uintmax_t most = 0;
    for (int i = 0; i < 200 && world.recorder->status().error.empty(); ++i) {
        world.busy(seconds(1));
        most = std::max(most, world.on_disk());
    }
    qInfo() << most << "bytes at most";
    QVERIFY(most > kQuota / 2 && most <= kQuota);
    QVERIFY(contains(world.recorder->status().error, "quota of 1000000 bytes is used up"));
    QCOMPARE(world.reports.size(), std::size_t{1});
    std::string path = world.recorder->status().path;
    // It says so itself at once, were it never to be closed.
    auto bookmarks = world.open().bookmarks();
    VERIFY_OK(bookmarks);
    QCOMPARE(bookmarks->back().comment,
             std::string("Recording stopped here: its quota of 1000000 bytes is used up"));
    auto begun = world.open().gaps();
    VERIFY_OK(begun);
    QCOMPARE(begun->size(), std::size_t{1});
    QCOMPARE(begun->back().before.seq, next(world.open().end()->last.seq));
    QVERIFY(contains(begun->back().why, "quota"));
    std::uint64_t recorded = world.recorder->status().messages;
    std::size_t reflected = world.net.reflected.size();
    world.busy(seconds(5));
    QCOMPARE(world.recorder->status().messages, recorded);
    QVERIFY(world.net.reflected.size() > reflected);
    QCOMPARE(world.recorder->settled(), world.net.reflected.back()->stamp.seq);
    world.close();
    check_whole(path);
    QVERIFY(std::filesystem::file_size(path) <= kQuota);
    auto gaps = world.open().gaps();
    VERIFY_OK(gaps);
    QCOMPARE(gaps->size(), std::size_t{1});
    QCOMPARE(gaps->back().before.seq, next(world.net.reflected.back()->stamp.seq));
    QCOMPARE(gaps->back().why,  // for good: not where it lay, nor what to do
             std::string("the recording could not be written: its quota of 1000000 bytes is used "
                         "up"));
}

void SpaceTest::with_too_little_free_nothing_is_recorded_for_a_while() {
    Busy world;
    std::uint64_t free = 10'000;
    world.options.space.min_free = 5'000;
    world.options.free_bytes = [&](const std::string&) { return free; };
    world.begin();
    world.busy(seconds(5));
    free = 4'000;
    world.busy(seconds(5));
    auto size = std::filesystem::file_size(world.recorder->status().path);
    QVERIFY(contains(world.recorder->status().error, "less than 5000 bytes are free"));
    world.busy(seconds(10));
    QCOMPARE(std::filesystem::file_size(world.recorder->status().path), size);
    QCOMPARE(world.open().gaps()->back().why,
             std::string("recording stopped: less than 5000 bytes are free on its disk"));
    QCOMPARE(world.reports.size(), std::size_t{1});
    free = 10'000;
    world.busy(seconds(5));
    QCOMPARE(world.recorder->status().error, std::string());
    QCOMPARE(world.reports.size(), std::size_t{2});
    world.close();
    auto reader = world.open();
    check_whole(reader.path());
    auto gaps = reader.gaps();
    VERIFY_OK(gaps);
    QCOMPARE(gaps->size(), std::size_t{1});
    QVERIFY(contains(gaps->back().why, "less than 5000 bytes are free"));
    QCOMPARE(messages_of(reader).back(), as_recorded(world.net.reflected).back());
    QVERIFY(world.asked > 0);
    auto last = reader.keyframe_before({{}, VirtualTime::max(), 0});
    VERIFY_OK(last);
    QVERIFY(*last && next((*last)->seq) >= gaps->front().before.seq);
}

void SpaceTest::a_file_is_not_made_where_too_little_is_free() {
    Busy world;
    std::uint64_t free = 1'000;
    world.options.space.min_free = 5'000;
    world.options.free_bytes = [&](const std::string&) { return free; };
    world.begin();
    world.busy(seconds(3));
    QVERIFY(contains(world.recorder->status().error, "less than 5000 bytes are free"));
    QVERIFY(std::filesystem::is_empty(world.options.folder));
    free = 10'000;
    world.busy(seconds(5));
    world.close();
    QCOMPARE(world.recorder->status().error, std::string());
    check_whole(world.recorder->status().path);
}

/// There is room for a gap again and again, though for no message.
void SpaceTest::a_full_disk_is_told_of_once() {
    Busy world;
    world.options.writer.max_bytes = 400'000;  // the disk's size, of which nobody was told
    world.begin();
    world.chatter(seconds(30));
    QVERIFY(contains(world.recorder->status().error, "is full"));
    auto gaps = world.open().gaps();
    VERIFY_OK(gaps);
    QVERIFY(!gaps->empty());
    QCOMPARE(world.recorder->status().gaps, gaps->size());
    for (std::size_t i = 1; i < gaps->size(); ++i)
        QVERIFY(gaps->at(i).after.seq >= gaps->at(i - 1).before.seq);
    QVERIFY(gaps->back().before.seq.value + 200 > world.net.reflected.back()->stamp.seq.value);
    // Each time that it goes on, some messages are recorded: at the end it does not.
    QVERIFY(!contains(world.reports.back(), " goes on, without"));
    std::size_t told = 0;
    for (const std::string& report : world.reports) told += contains(report, " goes on, without");
    QCOMPARE(told + 1, gaps->size());
    world.close();
    check_whole(world.recorder->status().path);
}

TEST_CLASS(SpaceTest)
#include "space_test.moc"
