#include <sys/resource.h>

#include <csignal>

#include "../test_main.h"
#include "recorded_net.h"

using namespace teatime;
using namespace teatime::capture;
using namespace teatime::session;

namespace {

/// While alive, no file grows beyond a limit: a disk that is full.
class FullDisk {
public:
    explicit FullDisk(rlim_t bytes) {
        signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before_);
        rlimit limit = before_;
        limit.rlim_cur = bytes;
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

private:
    rlimit before_{};
};

}  // namespace

class CaptureTest : public QObject {
    Q_OBJECT

private slots:
    void recorded_is_what_was_reflected();
    void keyframes_are_states_of_the_world();
    void a_full_queue_makes_a_gap_and_replay_goes_on_after_it();
    void a_replica_that_crashes_is_noted_and_members_give_states();
    void without_the_module_members_give_states();
    void a_full_disk_is_a_gap_and_the_session_goes_on();
    void a_file_that_cannot_be_made_is_made_later();
    void a_world_that_only_waits_has_an_end();
    void the_bound_that_held_is_in_the_file();
    void many_recordings_share_the_syncs_of_a_disk();
    void snapshots_of_croquet_sessions_are_copied();
    void names_from_the_wire_are_no_paths();
    void sessions_of_one_second_have_files_of_their_own();
};

void CaptureTest::recorded_is_what_was_reflected() {
    RecordedNet world(seed_of_test());
    Net& net = world.net;
    VirtualTime bound;
    world.start();
    auto record = net.tap;
    net.tap = [&](const RouterOutputs& outputs) {
        record(outputs);
        for (const RouterOutput& output : outputs) {
            auto* all = std::get_if<Broadcast>(&output);
            auto* tick = all ? std::get_if<Tick>(&all->frame) : nullptr;
            if (tick) bound = std::max(bound, tick->time);
        }
    };
    auto& first = net.add();
    for (int i = 0; i < 3; ++i) net.add();
    world.pass(seconds(1));
    for (int round = 0; round < 10; ++round) {
        world.live(40);
        if (round == 3) net.cut(*net.replicas[1]);
        if (round == 5) {
            net.time(first, Net::op(kPause));
            world.pass(seconds(1));
            net.time(first, Net::step(StepBy::duration, milliseconds(500)));
            world.pass(seconds(1));
            net.time(first, Net::op(kResume));
        }
        if (round == 7) net.kill(*net.replicas[2]);
        world.pass(seconds(2));
    }
    world.close();
    auto reader = world.open();
    QVERIFY(net.reflected.size() > 250);
    QCOMPARE(messages_of(reader), as_recorded(net.reflected));
    check_whole(reader.path());
    auto info = reader.info();
    VERIFY_OK(info);
    QCOMPARE(info->end.bound, std::max(bound, net.reflected.back()->stamp.time));
    QCOMPARE(info->meta.kind, std::string("native"));
    QCOMPARE(info->meta.app, std::string("counter"));
    QCOMPARE(info->meta.session, std::string("session"));
    QCOMPARE(info->meta.router, world.options.router);
    QCOMPARE(info->gaps, std::uint64_t{0});
    QCOMPARE(info->votes, net.count<VoteCast>());
    QVERIFY(info->votes > 20);
    auto members = reader.members();
    VERIFY_OK(members);
    QCOMPARE(members->size(), std::size_t{4});
    QCOMPARE(std::count_if(members->begin(), members->end(), [](auto& m) { return m.left; }), 1);
    auto clock = reader.clock();
    VERIFY_OK(clock);
    QVERIFY(std::count_if(clock->begin(), clock->end(), [](auto& c) { return c.rate == 0; }) >= 1);
    QVERIFY(clock->back().rate == 1);
}

void CaptureTest::keyframes_are_states_of_the_world() {
    RecordedNet world(seed_of_test());
    world.options.keyframes.ceiling = milliseconds(1000);
    world.start();
    for (int i = 0; i < 2; ++i) world.net.add();
    world.pass(seconds(1));
    for (int round = 0; round < 8; ++round) {
        world.live(30);
        world.net.say(*world.net.replicas[0], "\"[\\\"root\\\",\\\"nonsense\\\"]\"");
        world.pass(seconds(1));
    }
    world.pass(seconds(3));
    world.close();
    auto reader = world.open();
    auto messages = as_recorded(world.net.reflected);
    QVERIFY(check_keyframes(reader, messages) >= 10);
    // The members voted on the same states.
    auto keyframes = reader.keyframes();
    auto votes = reader.votes();
    VERIFY_OK(keyframes);
    VERIFY_OK(votes);
    std::size_t agree = 0;
    for (const auto& vote : *votes) {
        auto at = reader.keyframe_before(vote.mark);
        VERIFY_OK(at);
        agree += *at && (*at)->hash == vote.hash;
    }
    QVERIFY(agree >= 10);
    auto errors = reader.errors();
    VERIFY_OK(errors);
    QCOMPARE(errors->size(), std::size_t{8});
    QCOMPARE(errors->front().type, std::string("unknown selector"));
    // What differs between two keyframes was touched.
    for (std::size_t i = 1; i < keyframes->size(); ++i) {
        auto before = reader.image(keyframes->at(i - 1));
        auto after = reader.image(keyframes->at(i));
        auto touched = reader.touched(keyframes->at(i));
        for (const Image::Object& object : after->objects) {
            const Image::Object* old = before->find_object(object.id);
            if (!old || *old != object)
                QVERIFY(std::find(touched->begin(), touched->end(), object.id) != touched->end());
        }
    }
}

void CaptureTest::a_full_queue_makes_a_gap_and_replay_goes_on_after_it() {
    RecordedNet world(seed_of_test());
    world.options.queue_messages = 50;
    world.start();
    for (int i = 0; i < 3; ++i) world.net.add();
    world.pass(seconds(1));
    world.live(20);
    for (int i = 0; i < 200; ++i) {  // the writer has no turn
        world.net.say(*world.net.replicas[0], call("add", i));
        world.net.pass(milliseconds(5));
    }
    QCOMPARE(world.asked, std::size_t{0});
    world.pass(seconds(3));
    QCOMPARE(world.asked, std::size_t{1});
    QCOMPARE(world.recorder->status().error, std::string());
    world.live(100);
    world.pass(seconds(3));
    world.close();
    auto reader = world.open();
    check_whole(reader.path());
    auto gaps = reader.gaps();
    VERIFY_OK(gaps);
    QCOMPARE(gaps->size(), std::size_t{1});
    const timegraph::Gap& gap = gaps->front();
    QVERIFY(gap.before.seq.value - gap.after.seq.value > 100);
    QVERIFY(gap.why.find(std::to_string(gap.before.seq.value - gap.after.seq.value - 1)) !=
            std::string::npos);
    auto all = as_recorded(world.net.reflected);
    auto expected = all;
    std::erase_if(expected, [&](const timegraph::Message& message) {
        return message.stamp.seq > gap.after.seq && message.stamp.seq < gap.before.seq;
    });
    QCOMPARE(messages_of(reader), expected);
    // All keyframes, those after the gap too, are states of the world that heard every message.
    auto keyframes = reader.keyframes();
    VERIFY_OK(keyframes);
    auto after = std::count_if(keyframes->begin(), keyframes->end(),
                               [&](auto& one) { return next(one.seq) >= gap.before.seq; });
    QVERIFY(after >= 3);
    for (const auto& info : *keyframes) {
        QVERIFY(info.seq <= gap.after.seq || next(info.seq) >= gap.before.seq);
        auto image = reader.image(info);
        VERIFY_OK(image);
        auto replayed = Island::restore(pulse::module(), *image);
        VERIFY_OK(replayed);
        // A member's snapshot is of any moment: compare where both have come to.
        VirtualTime end = image->time;
        if (info.seq > gap.after.seq) end = std::max(end, all.back().stamp.time);
        for (const auto& message : all) {
            if (message.stamp.seq <= info.seq || message.stamp.time > end) continue;
            VERIFY_OK((*replayed)->enqueue({message.stamp, message.sender, message.payload}));
        }
        (*replayed)->set_bound(end);
        while ((*replayed)->execute_next()) {
        }
        QCOMPARE(to_string((*replayed)->hash()), to_string(rebuilt(all, end)->hash()));
    }
}

void CaptureTest::a_replica_that_crashes_is_noted_and_members_give_states() {
    RecordedNet world(seed_of_test());
    world.replica_fails_after = 100;
    world.options.snapshot_every = seconds(5);
    world.start();
    for (int i = 0; i < 2; ++i) world.net.add();
    world.pass(seconds(1));
    world.live(100);
    world.pass(seconds(10));
    world.live(50);
    world.pass(seconds(6));
    world.close();
    auto reader = world.open();
    QCOMPARE(messages_of(reader), as_recorded(world.net.reflected));
    auto errors = reader.errors();
    VERIFY_OK(errors);
    QCOMPARE(errors->size(), std::size_t{1});
    QCOMPARE(errors->front().type, std::string("replica failed"));
    QVERIFY(errors->front().sentence.find("crashed") != std::string::npos);
    QVERIFY(errors->front().seq.value > 0);
    auto keyframes = reader.keyframes();
    VERIFY_OK(keyframes);
    auto later = std::count_if(keyframes->begin(), keyframes->end(),
                               [&](auto& one) { return one.mark > errors->front().mark; });
    QVERIFY(later >= 2);
    QVERIFY(world.asked >= 2);
}

void CaptureTest::without_the_module_members_give_states() {
    RecordedNet world(seed_of_test());
    world.options.replica = nullptr;
    world.options.snapshot_every = seconds(5);
    world.start();
    for (int i = 0; i < 2; ++i) world.net.add();
    for (int i = 0; i < 4; ++i) {
        world.live(20);
        world.pass(seconds(6));
    }
    world.close();
    auto reader = world.open();
    auto keyframes = reader.keyframes();
    VERIFY_OK(keyframes);
    QVERIFY(keyframes->size() >= 3);
    for (const auto& info : *keyframes) {
        auto image = reader.image(info);
        VERIFY_OK(image);
        QVERIFY(world.net.files.size() >= keyframes->size());
        QVERIFY(!reader.touched(info)->empty());  // any object may have changed
    }
}

void CaptureTest::a_full_disk_is_a_gap_and_the_session_goes_on() {
    RecordedNet world(seed_of_test());
    world.options.writer.block_bytes = 20'000;
    world.start();
    for (int i = 0; i < 2; ++i) world.net.add();
    world.pass(seconds(1));
    world.live(50);
    world.pass(seconds(2));
    auto before = world.recorder->status();
    QVERIFY(before.messages > 40);
    {
        FullDisk full(static_cast<rlim_t>(std::filesystem::file_size(before.path)));
        for (int i = 0; i < 40 && world.recorder->status().error.empty(); ++i) {
            world.live(50);
            world.pass(seconds(1));
        }
        QVERIFY(!world.recorder->status().error.empty());
        world.live(50);
        world.pass(seconds(3));
        QVERIFY(!world.recorder->status().error.empty());
    }
    world.pass(seconds(2));
    world.live(50);
    world.pass(seconds(3));
    QCOMPARE(world.recorder->status().error, std::string());
    world.close();
    auto reader = world.open();
    check_whole(reader.path());
    auto gaps = reader.gaps();
    VERIFY_OK(gaps);
    QCOMPARE(gaps->size(), std::size_t{1});
    auto found = messages_of(reader);
    auto all = as_recorded(world.net.reflected);
    QVERIFY(found.size() >= before.messages + 50);
    QVERIFY(found.size() < all.size());
    QCOMPARE(found.back(), all.back());
    std::erase_if(all, [&](const timegraph::Message& message) {
        return message.stamp.seq > gaps->front().after.seq &&
               message.stamp.seq < gaps->front().before.seq;
    });
    QCOMPARE(found, all);
    auto last = reader.keyframe_before({{}, VirtualTime::max(), 0});
    VERIFY_OK(last);
    QVERIFY(*last && next((*last)->seq) >= gaps->front().before.seq);
    auto votes = reader.votes();
    VERIFY_OK(votes);
    QCOMPARE(votes->size(), world.net.count<VoteCast>());  // records are written again
}

void CaptureTest::a_file_that_cannot_be_made_is_made_later() {
    RecordedNet world(seed_of_test());
    world.start();
    QVERIFY(world.folder.remove());
    world.net.add();
    world.live(20);
    world.pass(seconds(2));
    QVERIFY(world.recorder->status().error.find("cannot create") != std::string::npos);
    std::filesystem::create_directories(world.options.folder);
    world.pass(seconds(2));
    world.live(20);
    world.pass(seconds(1));
    QCOMPARE(world.recorder->status().error, std::string());
    world.close();
    auto reader = world.open();
    auto gaps = reader.gaps();
    VERIFY_OK(gaps);
    QCOMPARE(gaps->size(), std::size_t{1});
    QCOMPARE(messages_of(reader).back(), as_recorded(world.net.reflected).back());
    auto members = reader.members();
    VERIFY_OK(members);
    QCOMPARE(members->size(), std::size_t{1});
    std::filesystem::remove_all(world.options.folder);
}

void CaptureTest::a_world_that_only_waits_has_an_end() {
    RecordedNet world(seed_of_test());
    world.start();
    world.net.add();
    world.pass(seconds(30));
    auto reader = world.open();  // while it goes on
    auto end = reader.end();
    VERIFY_OK(end);
    QVERIFY(end->bound >= kSessionStart + seconds(28));
    QVERIFY(end->wall >= kWall + seconds(28));
    world.close();
}

void CaptureTest::the_bound_that_held_is_in_the_file() {
    RecordedNet world(seed_of_test());
    world.start();
    world.net.add();
    world.pass(seconds(3));
    world.live(20);
    world.pass(seconds(1));
    auto held = [&] {
        return *parse_duration(world.open().info()->meta.more.at(timegraph::kCommittedWithin));
    };
    QVERIFY(held() > milliseconds(50) && held() <= milliseconds(100));
    world.net.say(*world.net.replicas[0], call("add", 1));
    world.net.pass(milliseconds(700));  // the writer has no turn
    world.live(20);
    world.pass(seconds(2));
    Duration longest = held();
    QVERIFY(longest >= milliseconds(600) && longest <= milliseconds(900));
    world.close();
    QVERIFY(held() == longest);
}

void CaptureTest::many_recordings_share_the_syncs_of_a_disk() {
    constexpr std::size_t kRecordings = 20;
    QTemporaryDir folder;
    SteadyTime now{};
    CaptureOptions options;
    options.folder = folder.path().toStdString();
    options.writer_threads = options.replica_threads = 0;
    options.steady = [&] { return now; };
    options.syncs_per_second = 50;
    auto service = CaptureService::create(options);
    VERIFY_OK(service);
    std::vector<std::unique_ptr<Recorder>> recorders;
    for (std::size_t i = 0; i < kRecordings; ++i) {
        recorders.push_back((*service)->record());
        recorders.back()->record(Started{{}, "{}", {}, {}});
    }
    std::size_t commits = 0;
    std::vector<Seq> before(kRecordings);
    for (std::uint64_t turn = 1; turn <= 40; ++turn) {
        for (auto& recorder : recorders) {
            recorder->message(std::make_shared<const Message>(
                Message{{VirtualTime(milliseconds(turn * 100)), {turn}}, {1}, call("add", 1), ""}));
        }
        now += milliseconds(100);
        (*service)->turn();
        for (std::size_t i = 0; i < kRecordings; ++i) {
            Seq last = recorders[i]->status().last.seq;
            commits += std::exchange(before[i], last) != last;
        }
    }
    QVERIFY(commits <= 205);  // in 4 s
    QVERIFY(commits >= 180);
    for (auto& recorder : recorders) recorder->close();
    (*service)->close();
    for (auto& recorder : recorders) {
        QCOMPARE(recorder->status().messages, std::uint64_t{40});
        auto reader = timegraph::Reader::open(recorder->status().path);
        VERIFY_OK(reader);
        auto longest = parse_duration(reader->info()->meta.more.at(timegraph::kCommittedWithin));
        VERIFY_OK(longest);
        QVERIFY(*longest >= milliseconds(300) && *longest <= milliseconds(600));  // fair
    }
}

void CaptureTest::snapshots_of_croquet_sessions_are_copied() {
    QTemporaryDir folder;
    SteadyTime now{};
    CaptureOptions options;
    options.folder = folder.path().toStdString();
    options.writer_threads = options.replica_threads = 0;
    options.steady = [&] { return now; };
    options.fetch = [](const std::string& url) -> result<std::string> {
        if (url == "http://x/files/../a") return std::string(100'000, 's');
        return unreadable("no such file");
    };
    auto service = CaptureService::create(options);
    VERIFY_OK(service);
    auto recorder = (*service)->record();
    std::mt19937_64 random(1);
    Router router("croquet-session-id", {}, [&] { return random(); });
    auto step = [&](RouterInput input) {
        RouterOutputs out;
        router.step(std::move(input), now, out);
        recorder->take(out);
    };
    JoinRequest join;
    join.details_json =
        R"({"name":"io.x/my app","appId":"io.x","tove":"abc","ticks":{"tick":50,"delay":7},"flags":{"rawtime":true}})";
    join.tove = "abc";
    join.croquet.user_json = "\"view1\"";
    join.croquet.tick = milliseconds(50);
    step({{1}, join});
    now += milliseconds(1000);
    Send send;
    send.payload = "\"one\"";
    send.extra = ",0";
    for (int i = 0; i < 3; ++i) step({{1}, send});
    Seq seq = router.last_seq();
    VirtualTime time = router.status(now).time;
    step({{1}, Snap{0, {"http://x/files/../a", time, {seq.value - 1}, "hash"}, false}});
    step({{1}, Snap{0, {"http://x/files/gone", time, seq, "hash"}, false}});
    (*service)->turn();
    recorder->close();
    (*service)->close();
    auto reader = timegraph::Reader::open(recorder->status().path);
    VERIFY_OK(reader);
    auto info = reader->info();
    VERIFY_OK(info);
    QCOMPARE(info->meta.kind, std::string("croquet"));
    QCOMPARE(info->meta.app, std::string("io.x"));
    QCOMPARE(info->meta.name, std::string("io.x/my app"));
    QCOMPARE(info->meta.more.at("tove"), std::string("abc"));
    QCOMPARE(info->meta.more.at("join"), join.details_json);
    QCOMPARE(info->meta.more.at("delay_ms"), std::string("7"));
    QCOMPARE(info->meta.more.at("flags"), std::string(R"({"rawtime":true})"));
    QCOMPARE(info->meta.tick, Duration(milliseconds(50)));
    auto files = reader->files();
    auto keyframes = reader->keyframes();
    auto remarks = reader->bookmarks();
    VERIFY_OK(files);
    VERIFY_OK(keyframes);
    VERIFY_OK(remarks);
    QCOMPARE(files->size(), std::size_t{1});
    QCOMPARE(files->front().bytes, std::string(100'000, 's'));
    QCOMPARE(keyframes->size(), std::size_t{1});
    QVERIFY(keyframes->front().kind == timegraph::KeyframeInfo::Kind::foreign);
    QCOMPARE(keyframes->front().mark.n, std::uint64_t{2});  // of three sent at this instant
    auto path = reader->foreign_state(keyframes->front());
    VERIFY_OK(path);
    QCOMPARE(*path, files->front().path);
    QCOMPARE(remarks->size(), std::size_t{1});
    QVERIFY(remarks->front().comment.find("no such file") != std::string::npos);
}

void CaptureTest::names_from_the_wire_are_no_paths() {
    auto name = [](const char* app, const char* id) { return recording_name(app, id, kWall); };
    QCOMPARE(name("painter", "abcdefghijkl"),
             std::string("painter-abcdefgh-20261118T110640Z.timegraph"));
    QCOMPARE(name("../../etc/passwd", "/../x"),
             std::string("etc_passwd-x-20261118T110640Z.timegraph"));
    QCOMPARE(name("", ""), std::string("session-0-20261118T110640Z.timegraph"));
    QCOMPARE(name("-rf .", "..."), std::string("rf-0-20261118T110640Z.timegraph"));
    QCOMPARE(name("a\n\x01$(x)`\xc3\xa4", "%41%42"),
             std::string("a_x-41_42-20261118T110640Z.timegraph"));
    QVERIFY(name(std::string(500, 'x').c_str(), "y").size() < 80);
}

void CaptureTest::sessions_of_one_second_have_files_of_their_own() {
    RecordedNet one(1), other(2);
    other.options.folder = one.options.folder;
    for (RecordedNet* world : {&one, &other}) {
        world->start();
        world->net.add();
        world->live(5);
        world->pass(seconds(1));
        world->close();
    }
    QVERIFY(one.recorder->status().path != other.recorder->status().path);
    QVERIFY(other.recorder->status().path.ends_with("-2.timegraph"));
    QCOMPARE(messages_of(one.open()), as_recorded(one.net.reflected));
    QCOMPARE(messages_of(other.open()), as_recorded(other.net.reflected));
}

TEST_CLASS(CaptureTest)
#include "capture_test.moc"
