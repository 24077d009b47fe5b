#include "../test_main.h"
#include "recorded_net.h"

using namespace teatime;
using namespace teatime::capture;
using namespace teatime::session;

namespace {

/// A session of two, and a viewer that records.
struct Watched {
    explicit Watched(std::uint64_t seed, bool router_records = false) : world(seed) {
        world.options.replica = nullptr;
        world.start();
        if (!router_records) world.net.tap = nullptr;
        world.net.add();
        world.net.add();
        world.pass(seconds(1));
    }
    /// `earlier`: another recording, to begin with.
    Net::Replica& watch(Role role = Role::viewer, const char* file = "member.timegraph",
                        const std::string& earlier = {}) {
        path = world.folder.filePath(file).toStdString();
        MemberRecording::Options options;
        options.app = "counter";
        options.code_id = "aaaa";
        options.name = "watcher";
        options.keyframes.ceiling = seconds(2);
        options.steady = [this] { return world.net.now; };
        if (!earlier.empty()) {
            options.earlier = [this, earlier](const Sync& sync, const Image& image) {
                world.turns();  // commits what this member was told
                auto taken = take_over(earlier, path, sync, image, milliseconds(0));
                if (!taken) refused = taken.error().message;
                return taken ? std::optional(std::move(*taken)) : std::nullopt;
            };
        }
        auto made = std::make_unique<MemberRecording>(world.service->record_to(path), options);
        recording = made.get();
        Net::Replica& member = world.net.add(role, true, "aaaa", std::move(made));
        recording->watch([&member] { return member.controller->island(); });
        return member;
    }
    timegraph::Reader close() {
        world.pass(seconds(1));
        world.close();
        auto reader = timegraph::Reader::open(path);
        if (!reader) qFatal("%s", reader.error().message.c_str());
        return std::move(*reader);
    }

    RecordedNet world;
    std::string path;
    std::string refused;  ///< why it does not begin with the earlier one
    MemberRecording* recording = nullptr;
};

/// The same recording but for one message, which says something else, or is not there.
std::string changed_copy(const timegraph::Reader& from, Seq which, bool without) {
    const std::string path = from.path() + (without ? ".without" : ".changed");
    auto info = from.info();
    if (!info) qFatal("%s", info.error().message.c_str());
    auto writer = timegraph::Writer::create(path, info->meta);
    if (!writer) qFatal("%s", writer.error().message.c_str());
    for (timegraph::Message& message : messages_of(from)) {
        if (message.stamp.seq == which && without) continue;
        if (message.stamp.seq == which) message.payload = call("add", 1'000'000);
        auto added =
            writer->append({message.stamp, message.sender, message.payload, message.extra});
        if (!added) qFatal("%s", added.error().message.c_str());
    }
    if (auto closed = writer->close(); !closed) qFatal("%s", closed.error().message.c_str());
    return path;
}

/// From the last keyframe at or before `from`, by the file's own messages.
std::string replayed(const timegraph::Reader& reader, const timegraph::KeyframeInfo& from,
                     VirtualTime to) {
    auto image = reader.image(from);
    if (!image) qFatal("%s", image.error().message.c_str());
    auto island = Island::restore(pulse::module(), *image);
    if (!island) qFatal("%s", island.error().message.c_str());
    auto messages = reader.messages_after(from.seq, to);
    while (messages.next()) {
        auto one = messages.message().copy();
        auto queued = (*island)->enqueue({one.stamp, one.sender, one.payload});
        if (!queued) qFatal("%s", queued.error().message.c_str());
    }
    (*island)->set_bound(to);
    while ((*island)->execute_next()) {
    }
    return to_string((*island)->hash());
}

}  // namespace

class MemberRecordingTest : public QObject {
    Q_OBJECT

private slots:
    void it_replays_to_what_the_session_was();
    void it_begins_with_the_snapshot_that_it_joined_from();
    void it_begins_in_a_paused_session();
    void it_begins_with_what_another_recorder_has();
    void another_recording_must_be_of_the_same_history();
    void what_was_missed_is_a_gap();
    void a_session_begun_anew_is_not_mixed_in();
    void its_wall_clock_is_the_session_s();
    void it_tells_whose_session_it_was();
};

void MemberRecordingTest::it_replays_to_what_the_session_was() {
    Watched watched(seed_of_test());
    watched.watch();
    for (int round = 0; round < 5; ++round) {
        watched.world.live(30);
        watched.world.pass(seconds(2));
        if (round == 2) watched.world.net.cut(*watched.world.net.replicas[2]);  // comes back
    }
    auto reader = watched.close();
    check_whole(reader.path());
    auto all = as_recorded(watched.world.net.reflected);
    QCOMPARE(messages_of(reader), all);
    auto end = reader.end();
    VERIFY_OK(end);
    auto keyframes = reader.keyframes();
    VERIFY_OK(keyframes);
    QVERIFY(keyframes->size() >= 4);
    QCOMPARE(check_keyframes(reader, all), keyframes->size());
    for (const auto& keyframe : *keyframes)
        QCOMPARE(replayed(reader, keyframe, end->bound),
                 to_string(rebuilt(all, end->bound)->hash()));
    auto votes = reader.votes();
    VERIFY_OK(votes);
    QVERIFY(votes->size() >= 5);
    for (const auto& vote : *votes)
        QCOMPARE(vote.hash, to_string(rebuilt(all, vote.mark.time)->hash()));
    auto info = reader.info();
    VERIFY_OK(info);
    QCOMPARE(info->gaps, std::uint64_t{0});
}

void MemberRecordingTest::it_begins_with_the_snapshot_that_it_joined_from() {
    Watched watched(seed_of_test());
    watched.world.live(100);
    watched.world.pass(seconds(12));  // long enough that joiners get a snapshot
    watched.watch();
    watched.world.live(50);
    watched.world.pass(seconds(2));
    auto reader = watched.close();
    check_whole(reader.path());
    auto keyframes = reader.keyframes();
    auto messages = messages_of(reader);
    auto all = as_recorded(watched.world.net.reflected);
    VERIFY_OK(keyframes);
    QVERIFY(keyframes->size() >= 2);
    QVERIFY(keyframes->front().seq.value > 50);
    QCOMPARE(messages.front().stamp.seq, next(keyframes->front().seq));
    QVERIFY(std::equal(messages.rbegin(), messages.rend(), all.rbegin()));
    auto end = reader.end();
    VERIFY_OK(end);
    QCOMPARE(replayed(reader, keyframes->front(), end->bound),
             to_string(rebuilt(all, end->bound)->hash()));
}

/// No message comes and no time passes: its end is where it begins, not before.
void MemberRecordingTest::it_begins_in_a_paused_session() {
    Watched watched(seed_of_test());
    watched.world.live(100);
    watched.world.pass(seconds(12));
    watched.world.net.time(*watched.world.net.replicas[0], Net::op(session::kPause));
    watched.world.pass(seconds(1));
    watched.world.net.want_snapshot();
    watched.world.pass(seconds(1));
    watched.watch();
    auto reader = watched.close();
    auto keyframes = reader.keyframes();
    auto end = reader.end();
    VERIFY_OK(keyframes);
    VERIFY_OK(end);
    QVERIFY(messages_of(reader).empty() && !keyframes->empty());
    QVERIFY(end->bound > kSessionStart && end->bound >= keyframes->front().mark.time);
}

void MemberRecordingTest::it_begins_with_what_another_recorder_has() {
    Watched watched(seed_of_test(), true);
    RecordedNet& world = watched.world;
    Net::Replica& one = *world.net.replicas[0];
    world.live(100);
    world.net.note(one, session::at(seconds(1)), "early");
    TimeRequest fast = Net::op(TimeRequest::Op::rate);
    fast.rate = Rate::of(4, 1);
    world.net.time(one, fast);
    world.pass(seconds(12));  // long enough that joiners get a snapshot
    world.live(20);
    world.pass(seconds(1));
    watched.watch(Role::viewer, "member.timegraph", world.recorder->status().path);
    world.live(50);
    world.net.note(one, session::at(seconds(2)), "late");
    world.pass(seconds(2));
    world.net.cut(*world.net.replicas[2]);  // comes back
    world.live(50);
    world.pass(seconds(2));
    auto reader = watched.close();
    auto whole = world.open();
    QVERIFY2(watched.refused.empty(), watched.refused.c_str());
    check_whole(reader.path());
    auto all = as_recorded(world.net.reflected);
    QCOMPARE(messages_of(reader), all);
    auto end = reader.end();
    auto keyframes = reader.keyframes();
    auto gaps = reader.gaps();
    auto notes = reader.bookmarks();
    auto members = reader.members();
    VERIFY_OK(end);
    VERIFY_OK(keyframes);
    VERIFY_OK(gaps);
    VERIFY_OK(notes);
    VERIFY_OK(members);
    QVERIFY(gaps->empty());
    QCOMPARE(notes->size(), std::size_t{2});
    QCOMPARE(members->size(), std::size_t{3});
    QVERIFY(!keyframes->empty());
    QCOMPARE(check_keyframes(reader, all), keyframes->size());
    for (const auto& keyframe : *keyframes)
        QCOMPARE(replayed(reader, keyframe, end->bound),
                 to_string(rebuilt(all, end->bound)->hash()));
    for (VirtualTime time{seconds(1)}; time < end->bound; time += milliseconds(100)) {
        auto here = reader.wall_at(time), there = whole.wall_at(time);
        VERIFY_OK(here);
        VERIFY_OK(there);
        QVERIFY(std::chrono::abs(*here - *there) <= milliseconds(100));
    }
}

void MemberRecordingTest::another_recording_must_be_of_the_same_history() {
    Watched watched(seed_of_test(), true);
    RecordedNet& world = watched.world;
    world.live(100);
    world.pass(seconds(12));
    watched.watch();  // has a snapshot made, which those after it join with, too
    world.live(20);
    world.pass(seconds(1));
    auto whole = world.open();
    Seq last = messages_of(whole).back().stamp.seq;
    Watched other(seed_of_test() + 1, true);
    other.world.live(200);
    other.world.pass(seconds(12));
    struct Case {
        std::string earlier, why;
    };
    for (const Case& each : std::vector<Case>{
             {other.world.recorder->status().path, "is not of this run of the session"},
             {changed_copy(whole, last, false), "has another message than the session"},
             {changed_copy(whole, {last.value - 1}, true), "lacks message"},
             {whole.path() + ".gone", "no such file"}}) {
        watched.refused.clear();
        const std::string file = "member" + std::to_string(world.net.replicas.size());
        watched.watch(Role::viewer, file.c_str(), each.earlier);
        world.live(20);
        world.pass(seconds(2));
        QVERIFY2(watched.refused.find(each.why) != std::string::npos, watched.refused.c_str());
        auto reader = timegraph::Reader::open(watched.path);  // as without
        VERIFY_OK(reader);
        auto keyframes = reader->keyframes();
        VERIFY_OK(keyframes);
        QVERIFY(!keyframes->empty() && reader->end()->messages > 0);
        QCOMPARE(messages_of(*reader).front().stamp.seq, next(keyframes->front().seq));
        QVERIFY(keyframes->front().seq.value > 50);
    }
    watched.close();
}

void MemberRecordingTest::what_was_missed_is_a_gap() {
    Watched watched(seed_of_test());
    auto& member = watched.watch();
    watched.world.live(50);
    watched.world.pass(seconds(2));
    Seq before = watched.world.net.reflected.back()->stamp.seq;
    watched.world.net.hang(member);
    watched.world.net.cut(member);
    for (int i = 0; i < 50; ++i) {
        watched.world.net.say(*watched.world.net.replicas[0], call("add", i));
        watched.world.pass(milliseconds(300));
    }
    watched.world.net.want_snapshot();  // the history before it goes
    watched.world.pass(seconds(2));
    member.hung = false;
    watched.world.pass(seconds(1));
    watched.world.live(50);
    watched.world.pass(seconds(2));
    auto reader = watched.close();
    check_whole(reader.path());
    auto gaps = reader.gaps();
    VERIFY_OK(gaps);
    QCOMPARE(gaps->size(), std::size_t{1});
    QCOMPARE(gaps->front().after.seq, before);
    auto last = reader.keyframe_before({{}, VirtualTime::max(), 0});
    auto end = reader.end();
    auto keyframes = reader.keyframes();
    VERIFY_OK(last);
    VERIFY_OK(end);
    VERIFY_OK(keyframes);
    QVERIFY(*last && next((*last)->seq) >= gaps->front().before.seq);
    auto all = as_recorded(watched.world.net.reflected);
    for (const auto& keyframe : *keyframes) {
        if (keyframe.seq <= before) continue;
        QCOMPARE(replayed(reader, keyframe, end->bound),
                 to_string(rebuilt(all, end->bound)->hash()));
    }
}

void MemberRecordingTest::a_session_begun_anew_is_not_mixed_in() {
    Watched watched(seed_of_test());
    watched.watch(Role::participant);  // a viewer would not begin it anew
    watched.world.live(50);
    watched.world.pass(seconds(2));
    auto all = as_recorded(watched.world.net.reflected);
    watched.world.net.restart_router();
    watched.world.pass(seconds(5));
    QVERIFY(!watched.recording->stopped().empty());
    watched.world.net.say(*watched.world.net.replicas[0], call("add", 1));
    auto reader = watched.close();
    QCOMPARE(messages_of(reader), all);
}

/// Beside the router's own recording, with rate, pause and step, before and after one joined.
void MemberRecordingTest::its_wall_clock_is_the_session_s() {
    Watched watched(seed_of_test(), true);
    RecordedNet& world = watched.world;
    Net::Replica& asker = watched.watch();
    const std::string early = watched.path;
    auto ask = [&](TimeRequest request, Duration then) {
        world.net.time(asker, request);
        world.pass(then);
    };
    TimeRequest fast = Net::op(TimeRequest::Op::rate);
    fast.rate = Rate::of(4, 1);
    world.live(20);
    ask(fast, seconds(5));
    ask(Net::op(kPause), seconds(10));
    ask(Net::step(StepBy::duration, milliseconds(700)), seconds(3));
    ask(Net::op(kResume), seconds(2));
    world.net.want_snapshot();
    world.pass(seconds(2));  // history for who joins now: not long enough for another one
    const timegraph::WallTime joined = kWall + world.net.now.time_since_epoch();
    watched.watch(Role::viewer, "late.timegraph");
    world.pass(seconds(2));
    ask(Net::op(kPause), seconds(5));
    ask(Net::op(kResume), seconds(2));
    auto late = watched.close();
    auto whole = world.open();
    auto member = timegraph::Reader::open(early);
    VERIFY_OK(member);
    const timegraph::WallTime end = kWall + world.net.now.time_since_epoch() - seconds(1);
    for (auto wall = kWall + seconds(2); wall < end; wall += milliseconds(50)) {
        auto before = whole.time_at(wall - milliseconds(100));
        auto after = whole.time_at(wall + milliseconds(100));
        VERIFY_OK(before);
        VERIFY_OK(after);
        auto close_to = [&](const timegraph::Reader& other) {
            auto time = other.time_at(wall);
            bool close = time && *before <= *time && *time <= *after;
            if (!close) {
                qWarning("%s, not %s to %s", time ? to_string(*time).c_str() : "unknown",
                         to_string(*before).c_str(), to_string(*after).c_str());
            }
            return close;
        };
        QVERIFY(close_to(*member));
        if (wall < joined)
            QVERIFY(!late.time_at(wall));
        else if (wall > joined + milliseconds(100))
            QVERIFY(close_to(late));
    }
    auto states = late.keyframes();
    VERIFY_OK(states);
    QVERIFY(!states->empty() && !late.wall_at(states->front().mark.time));
}

void MemberRecordingTest::it_tells_whose_session_it_was() {
    Watched watched(seed_of_test());
    watched.world.live(20);
    watched.world.pass(seconds(2));
    watched.watch();
    watched.world.live(20);
    std::uint64_t stays = watched.world.net.replicas[0]->controller->member().value;
    std::uint64_t goes = watched.world.net.replicas[1]->controller->member().value;
    watched.world.net.kill(*watched.world.net.replicas[1]);
    watched.world.pass(seconds(40));
    watched.world.net.add();
    auto reader = watched.close();
    auto info = reader.info();
    auto members = reader.members();
    VERIFY_OK(info);
    VERIFY_OK(members);
    QCOMPARE(info->meta.name, std::string("counter"));
    QCOMPARE(info->meta.app, std::string("counter"));
    std::map<std::uint64_t, timegraph::Member> known;
    for (const timegraph::Member& member : *members) {
        QVERIFY(known.emplace(member.id.value, member).second);
    }
    QCOMPARE(known.size(), std::size_t{4});
    QVERIFY(known.at(stays).role == "participant" && !known.at(stays).left);
    QVERIFY(known.at(goes).left && known.at(goes).left->time > known.at(goes).joined.time);
    QVERIFY(known.at(3).name == "watcher" && known.at(3).role == "viewer");
    QVERIFY(known.at(4).joined.time > known.at(goes).left->time);
}

TEST_CLASS(MemberRecordingTest)
#include "member_recording_test.moc"
