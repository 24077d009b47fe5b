#include "teatime/session/router.h"

#include <QTest>
#include <ctime>

#include "../test_main.h"
#include "../thorough.h"
#include "hub.h"

using namespace teatime;
using namespace teatime::session;

class RouterTest : public QObject {
    Q_OBJECT

private slots:
    void stamps_are_unique_and_never_decrease();
    void a_clock_that_jumps_back_changes_nothing();
    void the_joiner_finds_itself_in_its_sync();
    void a_crowd_of_joiners_is_named_in_few_messages();
    void a_join_among_messages_of_one_instant_loses_nothing();
    void ticks_come_after_silence_and_only_where_somebody_is();
    void held_messages_of_a_tick_multiplier_leave_in_one_batch();
    void debounced_messages_are_reflected_once();
    void a_croquet_member_leaves_after_its_leave_delay();
    void a_native_member_may_return_within_the_window();
    void a_rejoin_repeats_and_loses_nothing_at_any_cut();
    void a_vote_counts_once();
    void a_vote_at_the_bound_counts_and_none_beyond_it();
    void who_has_no_snapshot_keeps_no_joiner_waiting();
    void another_build_is_refused_by_name();
    void untimely_frames_close_only_their_connection();
    void a_viewer_sends_nothing_and_leaves_no_trace();
    void the_history_is_bounded();
    void a_session_ends_when_nobody_comes_back();
    void a_send_is_quick();
};

void RouterTest::stamps_are_unique_and_never_decrease() {
    std::mt19937_64 random(seed_of_test());
    RouterOptions options;
    options.history_limit = options.history_request = 2'000'000;
    options.history_bytes = std::size_t(1) << 32;
    Hub hub(options);
    for (std::uint64_t c = 1; c <= 8; ++c) hub.join_native(c);
    auto drain = [&] {
        for (auto& output : hub.out) {
            auto* all = std::get_if<Broadcast>(&output);
            auto* message = all ? std::get_if<MessagePtr>(&all->frame) : nullptr;
            if (message) hub.reflected.push_back(*message);
        }
        hub.out.clear();
    };
    for (int i = 0; i < 1'000'000; ++i) {
        if (random() % 4 == 0) hub.now += microseconds(random() % 900);
        if (random() % 1000 == 0) hub.pass(milliseconds(120));
        Send one;
        one.payload = "\"\"";
        std::uint64_t c = 1 + random() % 8;
        one.number = ++hub.numbers[c];
        hub.out.clear();
        hub.router.step({{c}, ClientFrame(std::move(one))}, hub.now, hub.out);
        drain();
    }
    VirtualTime last{};
    Seq seq;
    for (const MessagePtr& message : hub.reflected) {
        QVERIFY(message->stamp.seq == next(seq));
        QVERIFY(message->stamp.time >= last);
        QVERIFY(message->stamp.time == std::chrono::floor<milliseconds>(message->stamp.time));
        last = message->stamp.time;
        seq = message->stamp.seq;
    }
    QVERIFY(seq.value >= 1'000'000);
    QVERIFY(last.time_since_epoch() >= hub.now.time_since_epoch() - milliseconds(60));
}

void RouterTest::a_clock_that_jumps_back_changes_nothing() {
    Hub hub;
    hub.now += seconds(7200);
    hub.join_native(1);
    hub.pass(seconds(1));
    hub.say(1, "a");
    hub.now -= seconds(3600);
    hub.say(1, "b");
    hub.now += seconds(3600);
    hub.say(1, "c");
    auto messages = hub[1].messages();
    QCOMPARE(messages.size(), 4u);
    QVERIFY(messages[1]->stamp.time == VirtualTime(seconds(1)));
    QVERIFY(messages[2]->stamp.time == VirtualTime(seconds(1)));
    QVERIFY(messages[3]->stamp.time == VirtualTime(seconds(1)));
}

void RouterTest::the_joiner_finds_itself_in_its_sync() {
    Hub hub;
    hub.join_croquet(1, "ann");
    auto sync = hub[1].sync();
    QVERIFY(sync);
    QCOMPARE(sync->messages.size(), 1u);
    QCOMPARE(QString::fromStdString(sync->messages[0]->payload),
             QString(R"({"what":"users","active":1,"total":1,"joined":["ann"],"_size":54})"));
    QCOMPARE(sync->seq.value, 1u);
    hub.pass(seconds(1));
    hub.join_croquet(2, "bob");
    QVERIFY(hub[2].sync()->messages.back()->payload.find("bob") != std::string::npos);
    QVERIFY(hub[1].messages().back() == hub[2].messages().back());
    QVERIFY(hub[2].sync()->time >= hub[2].sync()->messages.back()->stamp.time);

    Hub native;
    native.join_native(1);
    QCOMPARE(QString::fromStdString(native[1].sync()->messages[0]->payload),
             QString(R"({"what":"users","active":1,"total":1,"joined":[1]})"));
}

void RouterTest::a_crowd_of_joiners_is_named_in_few_messages() {
    Hub hub;
    for (std::uint64_t c = 1; c <= 100; ++c) hub.join_croquet(c, "u" + std::to_string(c));
    hub.pass(seconds(1));
    QCOMPARE(hub.reflected.size(), 2u);
    QVERIFY(hub.reflected[1]->payload.find("\"active\":100") != std::string::npos);
    QVERIFY(hub.reflected[1]->payload.find("\"u100\"") != std::string::npos);

    // A native member is named before its first message all the same.
    Hub native;
    native.join_native(1);
    native.join_native(2);
    native.say(2, "hello");
    QCOMPARE(native.reflected.size(), 3u);
    QVERIFY(native.reflected[1]->payload.find("\"joined\":[2]") != std::string::npos);
    QVERIFY(native.reflected[2]->sender == MemberId{2});
    QCOMPARE(native.reflected[2]->extra, std::string(",2"));
}

void RouterTest::a_join_among_messages_of_one_instant_loses_nothing() {
    for (int cut = 0; cut <= 10; ++cut) {
        Hub hub;
        hub.join_native(1);
        hub.pass(seconds(1));
        for (int i = 0; i < 10; ++i) {  // all in the same millisecond
            if (i == cut) hub.join_native(2);
            hub.say(1, std::to_string(i));
        }
        if (cut == 10) hub.join_native(2);
        hub.pass(seconds(1));
        QCOMPARE(hub[2].messages(), hub[1].messages());
        QCOMPARE(QString::fromStdString(texts(hub[2].messages())), QString("0 1 2 3 4 5 6 7 8 9 "));
    }
}

void RouterTest::ticks_come_after_silence_and_only_where_somebody_is() {
    Hub hub;
    hub.join_native(1);
    for (int i = 0; i < 20; ++i) {  // messages every 40 ms: no silence of 50 ms
        hub.pass(milliseconds(40));
        hub.say(1, "x");
    }
    QCOMPARE(hub.ticks, 0u);
    hub.pass(seconds(1));
    QCOMPARE(hub.ticks, 20u);
    VirtualTime last{};
    for (Tick tick : hub[1].all<Tick>()) {
        QVERIFY(tick.time >= last);
        last = tick.time;
    }
    QVERIFY(last == VirtualTime(milliseconds(1800)));
    hub.gone(1, true);
    hub.ticks = 0;
    hub.pass(seconds(5));
    QCOMPARE(hub.ticks, 0u);
}

void RouterTest::held_messages_of_a_tick_multiplier_leave_in_one_batch() {
    Hub hub;
    hub.join_croquet(1, "ann", Duration(0), milliseconds(100), milliseconds(80));
    hub.pass(milliseconds(1000));
    VirtualTime tick = hub[1].all<Tick>().back().time;
    Duration since = VirtualTime(milliseconds(1000)) - tick;
    hub.pass(milliseconds(100) - since + milliseconds(37));  // 37 ms after a tick
    tick = hub[1].all<Tick>().back().time;
    std::size_t before = hub[1].messages().size();
    hub.say(1, "a");
    hub.pass(milliseconds(37));
    hub.say(1, "b");
    QCOMPARE(hub[1].messages().size(), before);
    hub.pass(milliseconds(10));
    auto messages = hub[1].messages();
    QCOMPARE(messages.size(), before + 2);
    QVERIFY(messages[before]->stamp.time >= tick + milliseconds(80));
    QVERIFY(messages[before]->stamp.time <= tick + milliseconds(81));
    QVERIFY(messages[before + 1]->stamp.time == messages[before]->stamp.time);
}

void RouterTest::debounced_messages_are_reflected_once() {
    Hub hub;
    hub.join_croquet(1, "ann");
    hub.join_croquet(2, "bob");
    auto poll = [&](std::uint64_t c) {
        Send one;
        one.payload = "\"poll\"";
        one.debounce = milliseconds(5000);
        one.message_id = "pollForSnapshot";
        hub.send(c, one);
    };
    poll(1);
    poll(2);
    hub.pass(milliseconds(4999));
    poll(2);
    QCOMPARE(QString::fromStdString(texts(hub[1].messages())), QString("poll "));
    hub.pass(milliseconds(1));
    poll(1);
    QCOMPARE(QString::fromStdString(texts(hub[1].messages())), QString("poll poll "));
}

void RouterTest::a_croquet_member_leaves_after_its_leave_delay() {
    Hub hub;
    hub.join_croquet(1, "ann", milliseconds(1250));
    hub.join_croquet(2, "bob", milliseconds(1250));
    hub.pass(seconds(1));
    hub.gone(2);
    std::size_t before = hub.reflected.size();
    hub.pass(milliseconds(1249));
    QCOMPARE(hub.reflected.size(), before);
    hub.pass(milliseconds(250));
    QCOMPARE(hub.reflected.size(), before + 1);
    QCOMPARE(QString::fromStdString(hub.reflected.back()->payload),
             QString(R"({"what":"users","active":1,"total":1,"left":["bob"],"_size":52})"));
}

void RouterTest::a_native_member_may_return_within_the_window() {
    Hub hub;
    hub.join_native(1);
    hub.pass(seconds(1));
    hub.join_native(2);
    auto first = hub[2].sync();
    std::size_t before = hub.reflected.size();
    auto back = [&](std::uint64_t connection) {
        JoinRequest request = Hub::native();
        request.native.timeline = first->session.timeline;
        request.native.token = first->native->token;
        request.native.last_seq = hub.router.last_seq();
        hub.send(connection, request);
    };
    hub.gone(2);
    hub.pass(milliseconds(4999));
    back(3);
    QVERIFY(hub[3].sync()->native->resumed);
    QVERIFY(hub[3].sync()->native->member == first->native->member);
    hub.pass(seconds(10));
    QCOMPARE(hub.reflected.size(), before);  // the world saw nothing of it

    hub.gone(3);
    hub.pass(milliseconds(5001));
    QCOMPARE(hub.reflected.size(), before + 1);
    QVERIFY(hub.reflected.back()->payload.find("\"left\":[2]") != std::string::npos);
    back(4);
    QVERIFY(hub[4].sync()->native->member == MemberId{3});
    QVERIFY(hub[4].sync()->native->resumed);  // its Island can go on all the same

    JoinRequest forged = Hub::native();
    forged.native.token = std::string(32, '0');
    hub.send(5, forged);
    hub.pass(seconds(8));  // nobody gives the snapshot asked for
    QVERIFY(hub[5].sync()->native->member == MemberId{4});
    QVERIFY(!hub[5].sync()->native->known);
}

void RouterTest::a_rejoin_repeats_and_loses_nothing_at_any_cut() {
    // Ten sends; the connection is lost after the router took `taken` and the client saw `seen`.
    for (int taken = 0; taken <= 10; ++taken) {
        for (int seen = 0; seen <= taken; ++seen) {
            for (Duration away : {Duration(milliseconds(10)), Duration(seconds(8))}) {
                Hub hub;
                hub.join_native(1);
                hub.join_native(2);
                hub.pass(seconds(1));
                auto sync = hub[2].sync();
                Seq last = hub.router.last_seq();
                for (int i = 1; i <= taken; ++i) hub.say(2, std::to_string(i));
                hub.gone(2);
                hub.pass(away);
                JoinRequest request = Hub::native();
                request.native.timeline = sync->session.timeline;
                request.native.token = sync->native->token;
                request.native.last_seq = {last.value + static_cast<std::uint64_t>(seen)};
                hub.send(3, request);
                auto again = hub[3].sync();
                QVERIFY(again->native->known);
                QVERIFY(again->native->resumed);
                QVERIFY(again->native->sent == static_cast<std::uint64_t>(taken));
                QVERIFY(again->messages.empty() ||
                        again->messages[0]->stamp.seq == next(request.native.last_seq));
                hub.numbers[3] = 0;
                for (int i = 1; i <= taken; ++i) hub.say(3, std::to_string(i));  // a careful client
                QVERIFY(!hub[3].closed);
                for (int i = taken + 1; i <= 10; ++i) hub.say(3, std::to_string(i));
                QCOMPARE(QString::fromStdString(texts(hub[1].messages())),
                         QString("1 2 3 4 5 6 7 8 9 10 "));
            }
        }
    }
}

void RouterTest::a_vote_counts_once() {
    Hub hub;
    hub.join_native(1);
    hub.join_native(2);
    hub.pass(milliseconds(1'100));
    Vote vote{{{}, kSessionStart + seconds(1), Mark::kWholeInstant}, {1, 1}};
    hub.send(1, vote);
    hub.send(1, vote);
    vote.hash = {2, 2};
    hub.send(1, vote);
    hub.pass(seconds(3));
    QCOMPARE(hub.records<VoteCast>().size(), 1u);
    QCOMPARE(hub.records<Split>().size(), 0u);
}

void RouterTest::a_vote_at_the_bound_counts_and_none_beyond_it() {
    Hub hub;
    hub.join_native(1);
    hub.pass(milliseconds(1'970));
    hub.now = SteadyTime(seconds(2));
    hub.say(1, "the bound is two seconds");  // inclusive: a replica may be through with it
    QVERIFY(hub.reflected.back()->stamp.time == kSessionStart + seconds(2));
    hub.send(1, Vote{{{}, kSessionStart + seconds(2), Mark::kWholeInstant}, {1, 1}});
    QCOMPARE(hub.records<VoteCast>().size(), 1u);
    hub.send(1, Vote{{{}, kSessionStart + seconds(3), Mark::kWholeInstant}, {1, 1}});
    QCOMPARE(hub.records<VoteCast>().size(), 1u);
}

void RouterTest::who_has_no_snapshot_keeps_no_joiner_waiting() {
    Hub hub;
    hub.join_native(1);
    hub.join_native(2);
    hub.pass(seconds(15));
    hub.join_native(3);
    for (std::uint64_t member : {1, 2}) {  // each says at once that it has none
        QVERIFY(!hub[3].synced);
        auto asked = hub[member].all<Requ>();
        QCOMPARE(asked.size(), 1u);
        hub.send(member, Snap{asked[0].request, {}, false});
    }
    QVERIFY(hub[3].synced);
}

void RouterTest::another_build_is_refused_by_name() {
    Hub hub;
    hub.join_native(1);
    JoinRequest other = Hub::native();
    other.native.code_id = std::string(64, 'b');
    hub.send(2, other);
    QVERIFY(hub[2].closed);
    QVERIFY(!reconnects(hub[2].closed->code));
    QVERIFY(hub[2].closed->reason.find("aaaaaaaaaaaa") != std::string::npos);
    QVERIFY(hub[2].closed->reason.find("bbbbbbbbbbbb") != std::string::npos);
    other.native.app = "clicker";
    hub.send(3, other);
    QVERIFY(hub[3].closed && hub[3].closed->reason.find("clicker") != std::string::npos);
    hub.join_croquet(4, "ann");
    QVERIFY(hub[4].closed && hub[4].closed->code == CloseCode::wrong_kind);
    QVERIFY(!hub[1].closed);

    RouterOptions mixed;
    mixed.allow_mixed = true;
    Hub lenient(mixed);
    lenient.join_native(1);
    other.native.app = "counter";
    lenient.send(2, other);
    QVERIFY(lenient[2].sync());
}

void RouterTest::untimely_frames_close_only_their_connection() {
    Hub hub;
    hub.join_croquet(9, "late", Duration(0), std::nullopt);  // a first JOIN without ticks
    QVERIFY(hub[9].closed && hub.router.kind() == Kind::undecided);
    hub.join_croquet(1, "ann");
    hub.say(2, "before my JOIN");
    QVERIFY(hub[2].closed);
    hub.join_croquet(3, "bob");
    hub.join_croquet(3, "bob");
    QVERIFY(hub[3].closed);
    hub.say(1, "x");
    hub.pass(seconds(1));
    QVERIFY(!hub[1].closed);
    QCOMPARE(QString::fromStdString(texts(hub[1].messages())), QString("x "));

    Hub native;
    native.join_native(1);
    native.join_native(2);
    native.numbers[2] = 5;
    native.say(2, "1 to 5 are missing");
    QVERIFY(native[2].closed && reconnects(native[2].closed->code));
    native.say(1, "x");
    QCOMPARE(QString::fromStdString(texts(native[1].messages())), QString("x "));
}

void RouterTest::a_viewer_sends_nothing_and_leaves_no_trace() {
    Hub hub;
    hub.send(7, Hub::native(Role::viewer));
    QVERIFY(hub[7].closed && hub[7].closed->code == CloseCode::no_session);
    JoinRequest sender = Hub::native(Role::participant);  // `teatime send` with a mistyped session
    sender.native.replica = false;
    hub.send(8, sender);
    QVERIFY(hub[8].closed && hub[8].closed->code == CloseCode::no_session);
    hub.join_native(1);
    hub.pass(seconds(1));
    hub.send(2, Hub::native(Role::viewer));
    hub.say(2, "I should like to");
    hub.say(1, "x");
    QCOMPARE(QString::fromStdString(texts(hub[2].messages())), QString("x "));
    QVERIFY(hub[2].all<Info>().at(0).refused == 1);
    hub.gone(2);
    hub.pass(seconds(8));
    QCOMPARE(hub.reflected.size(), 2u);  // the participant's join and message
    QCOMPARE(hub.records<MemberJoined>().size(), 2u);
    QCOMPARE(hub.records<MemberLeft>().size(), 1u);
}

void RouterTest::the_history_is_bounded() {
    RouterOptions options;
    options.history_request = 600;
    options.history_limit = 1000;
    Hub hub(options);
    hub.join_croquet(1, "ann");
    for (int i = 0; i < 1500; ++i) hub.say(1, "x");
    QCOMPARE(hub.reflected.size(), 1000u);
    QVERIFY(!hub[1].all<Requ>().empty());
    QCOMPARE(hub[1].all<Info>().size(), 501u);

    Snap snap;
    snap.snapshot = {"http://files/1", VirtualTime{}, {900}, "h"};
    snap.dissident = true;
    hub.send(1, snap);
    QVERIFY(!hub.router.status(hub.now).snapshot);
    snap.dissident = false;
    hub.send(1, snap);
    QCOMPARE(hub.router.status(hub.now).history, 100u);
    snap.snapshot.seq = {500};  // older than what we have
    snap.snapshot.url = "http://files/0";
    hub.send(1, snap);
    snap.snapshot.seq = {5000};  // of the future
    hub.send(1, snap);
    QCOMPARE(hub.router.status(hub.now).snapshot->url, std::string("http://files/1"));
    hub.say(1, "room again");
    hub.join_croquet(2, "bob");
    QVERIFY(hub[2].sync()->snapshot && hub[2].sync()->snapshot->seq == Seq{900});
    QVERIFY(hub[2].sync()->messages.front()->stamp.seq == Seq{901});
}

void RouterTest::a_session_ends_when_nobody_comes_back() {
    Hub hub;
    hub.join_croquet(1, "ann");
    hub.gone(1);
    hub.pass(milliseconds(9999));
    QVERIFY(!hub.router.ended());
    hub.join_croquet(2, "bob");
    hub.pass(seconds(60));
    QVERIFY(!hub.router.ended());
    hub.gone(2);
    hub.pass(seconds(10));
    QVERIFY(hub.router.ended());
    QCOMPARE(hub.records<Ended>().size(), 1u);
    QVERIFY(!hub.router.wake_at());
}

void RouterTest::a_send_is_quick() {
    constexpr int kSends = 200'000;
    Hub hub;
    for (std::uint64_t c = 1; c <= 100; ++c) hub.join_croquet(c, "u" + std::to_string(c));
    std::vector<std::string> payloads(kSends, std::string(132, 'x'));
    RouterOutputs out;
    const std::clock_t begin = std::clock();  // of this process: others may be busy
    for (int i = 0; i < kSends; ++i) {
        hub.now += microseconds(10);
        RouterInput input{{1 + static_cast<std::uint64_t>(i) % 100}, Send{}};
        Send& send = std::get<Send>(std::get<ClientFrame>(input.what));
        send.payload = std::move(payloads[static_cast<std::size_t>(i)]);
        send.extra = ",12";
        hub.router.step(std::move(input), hub.now, out);
        out.clear();
        if (i % 10'000 == 9'999) {
            Snap snap;
            snap.snapshot = {"x", VirtualTime{}, hub.router.last_seq(), ""};
            hub.router.step({{1}, std::move(snap)}, hub.now, out);
        }
    }
    const double took = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    qInfo("%.0f ns per send", took * 1e9 / kSends);
    QVERIFY(hub.router.last_seq().value >= kSends);
    QVERIFY(took < 2 * test::kSlowdown);
}

TEST_CLASS(RouterTest)
#include "router_test.moc"
