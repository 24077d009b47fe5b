#include <QTest>

#include "../test_main.h"
#include "hub.h"

using namespace teatime;
using namespace teatime::session;

/// What Croquet clients rely on beside messages and ticks: tallies, time control, snapshots.
class CroquetTest : public QObject {
    Q_OBJECT

    static Tutti vote(const std::string& payload, bool wants = true,
                      const std::string& key = "snapshot@1000") {
        Tutti tutti;
        tutti.send_time_json = "1000";
        tutti.send_time = VirtualTime(milliseconds(1000));
        tutti.payload_json = "\"" + payload + "\"";
        tutti.wants_vote = wants;
        tutti.tally_target_json = "[\"handleSnapshotVote\"]";
        tutti.key_json = "\"" + key + "\"";
        return tutti;
    }
    static void three(Hub& hub) {
        for (std::uint64_t c = 1; c <= 3; ++c) hub.join_croquet(c, "u" + std::to_string(c));
        hub.pass(milliseconds(1000));
    }
    static std::vector<std::string> tallies(const Hub& hub) {
        std::vector<std::string> found;
        for (auto& message : hub.reflected) {
            if (message->payload.find("\"tally\"") != std::string::npos)
                found.push_back(message->payload);
        }
        return found;
    }

private slots:
    void a_tally_closes_when_all_have_voted() {
        Hub hub;
        three(hub);
        hub.send(1, vote("a"));
        hub.send(2, vote("b"));
        QVERIFY(tallies(hub).empty());
        hub.send(3, vote("a"));
        QCOMPARE(tallies(hub).size(), 1u);
        std::string head =
            R"({"what":"tally","sendTime":1000,"tally":{"a":2,"b":1},)"
            R"("tallyTarget":["handleSnapshotVote"],"tuttiKey":"snapshot@1000","missingClients":0)";
        QCOMPARE(tallies(hub)[0], head + ",\"_size\":" + std::to_string(head.size() + 1) + "}");
        hub.send(2, vote("late"));  // that key is completed
        hub.pass(seconds(2));
        QCOMPARE(tallies(hub).size(), 1u);
    }
    void a_tally_closes_a_second_after_its_first_vote() {
        Hub hub;
        three(hub);
        hub.send(1, vote("a"));
        hub.send(1, vote("a"));  // one member, one vote
        hub.pass(milliseconds(999));
        QVERIFY(tallies(hub).empty());
        hub.pass(milliseconds(1));
        QCOMPARE(tallies(hub).size(), 1u);
        QVERIFY(tallies(hub)[0].find("{\"a\":1}") != std::string::npos);
        QVERIFY(tallies(hub)[0].find("\"missingClients\":2") != std::string::npos);
    }
    void a_tally_does_not_wait_for_who_has_left() {
        Hub hub;
        three(hub);
        hub.send(1, vote("a"));
        hub.send(2, vote("a"));
        hub.gone(3);
        QCOMPARE(tallies(hub).size(), 1u);
    }
    void with_rawtime_messages_end_with_the_time_since_the_session_began() {
        Hub hub;
        hub.join_croquet(1, "u1");
        hub.pass(milliseconds(1000));
        hub.say(1, "plain", ",7");
        hub.join_croquet(2, "u2", {}, milliseconds(50), {}, {.rawtime = true});
        QVERIFY(hub[2].sync()->flags.rawtime);
        hub.pass(microseconds(234'567));
        const std::pair<std::string, std::string> cases[] = {
            {",7", ",1234"},
            {"", ",1234"},
            {",[1,2],{\"a\":[3,\"\\\\\"]}, \"b,\\\",c\"", ",[1,2],{\"a\":[3,\"\\\\\"]},1234"},
            {",\",\",[\",]\"]", ",\",\",1234"},
        };
        for (const auto& [extra, stamped] : cases) {
            hub.say(1, "raw", extra);
            QCOMPARE(hub.reflected.back()->extra, stamped);
        }
        QCOMPARE(hub.reflected[1]->payload, std::string("\"plain\""));
        QCOMPARE(hub.reflected[1]->extra, std::string(",7"));
    }
    void an_unwanted_tally_is_told_only_where_votes_differ() {
        Hub hub;
        three(hub);
        for (std::uint64_t c = 1; c <= 3; ++c) hub.send(c, vote("a", false, "k1"));
        QVERIFY(tallies(hub).empty());
        for (std::uint64_t c = 1; c <= 3; ++c) hub.send(c, vote(c == 2 ? "b" : "a", false, "k2"));
        QCOMPARE(tallies(hub).size(), 1u);
    }
    void the_first_vote_brings_its_message() {
        Hub hub;
        three(hub);
        Tutti first = vote("a");
        first.first = "\"now\"";
        first.first_extra = ",7";
        hub.send(1, first);
        first.first = "\"again\"";
        hub.send(2, first);
        QCOMPARE(QString::fromStdString(texts(hub[3].messages())), QString("now "));
        QCOMPARE(hub[3].messages().back()->extra, std::string(",7"));
    }
    void old_votes_are_ignored() {
        Hub hub;
        three(hub);
        hub.pass(seconds(61));
        hub.send(1, vote("a"));
        hub.pass(seconds(2));
        QVERIFY(tallies(hub).empty());
    }
    void tallies_are_bounded() {
        Hub hub;
        three(hub);
        for (int i = 0; i < 10'000; ++i) hub.send(1, vote("a", true, "k" + std::to_string(i)));
        hub.pass(seconds(2));
        QVERIFY(tallies(hub).size() <= RouterOptions().tallies_open);
        hub.send(1, vote("a", true, "another"));
        hub.pass(seconds(2));
        QCOMPARE(hub.reflected.back()->payload.find("another") != std::string::npos, true);
    }

    void ticks_with_scale_set_the_rate() {
        Hub hub;
        three(hub);
        Ticks ticks;
        ticks.scale = Rate::of(1, 4);
        hub.send(2, ticks);
        VirtualTime before = hub.router.status(hub.now).time;
        hub.pass(seconds(4));
        QVERIFY(hub.router.status(hub.now).time == before + seconds(1));
        hub.send(2, Ticks{});  // without: 1
        hub.pass(seconds(1));
        QVERIFY(hub.router.status(hub.now).time == before + seconds(2));
        ticks.scale = Rate::of(1000, 1);
        hub.send(2, ticks);
        hub.pass(seconds(1));
        QVERIFY(hub.router.status(hub.now).time == before + seconds(66));
    }
    void a_tool_pauses_and_steps() {
        Hub hub;
        three(hub);
        hub.send(9, Hub::native(Role::viewer, false));
        QVERIFY(hub[9].sync() && hub[9].sync()->messages.empty());
        TimeRequest request;
        hub.send(9, request);
        VirtualTime paused = hub.router.status(hub.now).time;
        hub.say(1, "held");
        hub[1].frames.clear();
        hub.pass(seconds(2));
        auto ticks = hub[1].all<Tick>();
        QVERIFY(ticks.size() >= 4);  // else clients think that they are cut off
        for (Tick tick : ticks) QVERIFY(tick.time == ticks[0].time);
        QVERIFY(texts(hub[1].messages()).empty());

        request.op = TimeRequest::Op::step;
        request.by = StepBy::duration;
        request.duration = microseconds(12'345);
        hub.send(9, request);
        QVERIFY(hub[1].all<Tick>().back().time == paused + microseconds(12'345));
        QVERIFY(hub.router.status(hub.now).time == paused + microseconds(12'345));
        request.by = StepBy::message;
        hub.send(9, request);
        QVERIFY(hub[9].answers().back().refused.find("Croquet") != std::string::npos);
        request.by = StepBy::external;
        hub.send(9, request);
        QCOMPARE(QString::fromStdString(texts(hub[1].messages())), QString("held "));
        for (auto& message : hub[1].messages()) {
            if (message->sender) QVERIFY(message->stamp.time >= paused + microseconds(12'345));
        }
        hub.send(9, request);
        QVERIFY(!hub[9].answers().back().refused.empty());

        hub.say(2, "one");
        hub.say(1, "two");
        request.op = TimeRequest::Op::resume;
        hub.send(9, request);
        QCOMPARE(QString::fromStdString(texts(hub[1].messages())), QString("held one two "));
        hub.pass(seconds(1));
        VirtualTime last{};
        for (const Frame& frame : hub[1].frames) {  // neither messages nor ticks ever go back
            VirtualTime time = last;
            if (auto* message = std::get_if<MessagePtr>(&frame)) time = (*message)->stamp.time;
            if (auto* tick = std::get_if<Tick>(&frame)) time = tick->time;
            QVERIFY(time >= last);
            last = time;
        }
        QVERIFY(last > paused + milliseconds(900));
    }
    void an_instant_is_all_that_waits() {
        Hub hub;
        three(hub);
        hub.send(9, Hub::native(Role::viewer, false));
        TimeRequest request;
        hub.send(9, request);
        hub.say(1, "one");
        hub.say(2, "two");
        hub[1].frames.clear();
        request.op = TimeRequest::Op::step;
        request.by = StepBy::instant;
        hub.send(9, request);
        QVERIFY(hub[9].answers().back().refused.empty());
        QCOMPARE(QString::fromStdString(texts(hub[1].messages())), QString("one two "));
        VirtualTime stamped = hub[1].messages().front()->stamp.time;
        for (auto& message : hub[1].messages()) {
            if (message->sender) QVERIFY(message->stamp.time == stamped);
        }
        QVERIFY(hub.router.status(hub.now).control.paused);
        QVERIFY(hub[1].all<Tick>().back().time >= stamped);  // so far clients run
        hub.send(9, request);
        QCOMPARE(hub[9].answers().back().refused, std::string("No external message waits."));
    }
    void a_restored_session_goes_on_above_its_start() {
        // A message at the saved instant itself would come after what is saved of it.
        for (std::int64_t saved_us : {5'000'000, 5'000'700, 5'000'999}) {
            RouterOptions options;
            options.start =
                SessionStart{{"http://files/x", VirtualTime(microseconds(saved_us)), {41}, "h"},
                             "counter",
                             std::string(64, 'a')};
            Hub hub(options);
            JoinRequest other = Hub::native();
            other.native.code_id = std::string(64, 'b');
            hub.send(1, other);
            QVERIFY(hub[1].closed);
            hub.join_native(2);
            auto sync = hub[2].sync();
            QVERIFY(sync && sync->snapshot && sync->snapshot->seq == Seq{41});
            QVERIFY(sync->messages.at(0)->stamp.seq == Seq{42});
            QVERIFY(sync->messages[0]->stamp.time == VirtualTime(milliseconds(5'001)));
            QVERIFY(sync->native->member.value > 41);  // none that the world may remember
            hub.say(2, "at once");
            QVERIFY(hub.reflected.back()->stamp.time == VirtualTime(milliseconds(5'001)));
            hub.pass(milliseconds(10));
            hub.say(2, "later");
            QVERIFY(hub.reflected.back()->stamp.time > VirtualTime(milliseconds(5'009)));
        }
    }
};

TEST_CLASS(CroquetTest)
#include "croquet_test.moc"
