#include <QTest>
#include <algorithm>

#include "../test_main.h"
#include "net.h"

using namespace teatime;
using namespace teatime::session;

namespace {

/// Two replicas (1, 2) and a viewer without one (3) at a router.
struct Three : Hub {
    explicit Three(RouterOptions options = {}) : Hub(std::move(options)) {
        join_native(1);
        join_native(2);
        Hub::send(3, native(Role::viewer, false));
        pass(seconds(1));
    }
    void ask(std::vector<MemberId> members) {
        send(3, StateRequest{++last_request, std::move(members)});
    }
    /// What member 3 was told last.
    std::string refused() {
        auto answers = clients[3].all<StateAnswer>();
        return answers.empty() || answers.back().request != last_request ? "no answer"
                                                                         : answers.back().refused;
    }
    void hand_over(std::uint64_t member, std::uint64_t request, const std::string& url) {
        send(member, Snap{request, {url, router.status(now).time, router.last_seq(), "h"}, false});
    }
    std::uint64_t last_request = 0;
};

bool has(const std::string& sentence, const char* part) {
    return sentence.find(part) != std::string::npos;
}

/// Real replicas, and a tool that asks for their states.
struct Lab : Net {
    explicit Lab(Duration latency = milliseconds(5)) : Net({}, seed_of_test(), latency) {
        a = &add();
        pass(seconds(1));  // who only looks cannot begin a session
        b = &add();
        tool = &add(Role::viewer, false);
        say(*a, call("loop", 1'000'000));
        pass(seconds(1));
    }
    void ask(std::vector<Replica*> of, Duration wait = milliseconds(100)) {
        std::vector<MemberId> members;
        for (Replica* one : of) members.push_back(one->controller->member());
        states(*tool, std::move(members));
        pass(wait);
    }
    Image image(std::size_t number) {
        return *decode_image(files.at(tool->states.back().states.at(number).url));
    }
    Replica *a, *b, *tool;
};

}  // namespace

class StatesTest : public QObject {
    Q_OBJECT
private slots:
    void who_asks_gets_the_states_and_nobody_else();
    void no_joiner_starts_from_a_state_that_was_asked_for();
    void what_cannot_be_had_is_refused_with_a_sentence();
    void nothing_is_stamped_at_the_mark_of_a_state();
    void a_replica_that_went_astray_is_seen_while_paused_and_its_state_stays_its_own();
    void the_states_of_a_running_session_are_all_of_one_mark();
    void who_lost_its_connection_is_answered_once();
};

void StatesTest::who_asks_gets_the_states_and_nobody_else() {
    Three hub;
    hub.ask({{2}, {1}});
    QCOMPARE(hub[1].all<Requ>().size(), 1u);
    QCOMPARE(hub[2].all<Requ>().size(), 1u);
    std::uint64_t request = hub[1].all<Requ>()[0].request;
    QCOMPARE(hub[2].all<Requ>()[0].request, request);
    hub.hand_over(1, request, "of 1");
    hub.hand_over(1, request, "of 1, again");
    hub.hand_over(3, request, "of nobody");
    QVERIFY(hub[3].all<StateAnswer>().empty());
    hub.hand_over(2, request, "of 2");
    auto answers = hub[3].all<StateAnswer>();
    QCOMPARE(answers.size(), 1u);
    QCOMPARE(answers[0].request, 1u);
    QCOMPARE(answers[0].refused, std::string());
    QCOMPARE(answers[0].states.size(), 2u);
    QCOMPARE(answers[0].states[0].url, std::string("of 2"));
    QVERIFY(has(answers[0].states[1].url, "of 1"));
    QVERIFY(hub[1].all<StateAnswer>().empty() && hub[2].all<StateAnswer>().empty());
    QCOMPARE(hub.records<SnapshotTaken>().size(), 0u);
    hub.pass(seconds(10));
    QCOMPARE(hub[3].all<StateAnswer>().size(), 1u);
}

void StatesTest::no_joiner_starts_from_a_state_that_was_asked_for() {
    Three hub;
    hub.pass(seconds(15));  // a joiner needs a snapshot now
    hub.ask({{1}});
    hub.hand_over(1, hub[1].all<Requ>().at(0).request, "asked for");
    QCOMPARE(hub.refused(), std::string());
    QVERIFY(!hub.router.status(hub.now).snapshot);
    // While a joiner waits for a snapshot, and after it has one.
    hub.ask({{1}, {2}});
    hub.join_native(4);
    QVERIFY(!hub[4].synced);
    auto asked = hub[1].all<Requ>();
    QCOMPARE(asked.size(), 3u);
    QCOMPARE(hub[2].all<Requ>().size(), 1u);
    hub.hand_over(1, asked[1].request, "asked for, too");
    QVERIFY(!hub[4].synced);
    hub.hand_over(1, asked[2].request, "the joiner's");
    QCOMPARE(hub[4].sync()->snapshot->url, std::string("the joiner's"));
    hub.say(1, "more");
    hub.hand_over(2, asked[1].request, "newer");
    QCOMPARE(hub.refused(), std::string());
    hub.hand_over(2, asked[1].request, "late");
    hub.join_native(5);
    QCOMPARE(hub[5].sync()->snapshot->url, std::string("the joiner's"));
    QCOMPARE(hub.records<SnapshotTaken>().size(), 1u);
}

void StatesTest::what_cannot_be_had_is_refused_with_a_sentence() {
    Three hub;
    hub.ask({});
    QVERIFY(has(hub.refused(), "1 to 8 members"));
    hub.ask({{1}, {9}});
    QVERIFY(has(hub.refused(), "no member 9"));
    QVERIFY(hub[1].all<Requ>().empty());
    hub.ask({{3}});
    QCOMPARE(hub.refused(), std::string("member 3 has no replica."));
    hub.ask({{1}, {2}});
    hub.hand_over(1, hub[1].all<Requ>().back().request, "");  // its upload failed
    QVERIFY(has(hub.refused(), "member 1 could not"));
    hub.ask({{1}, {2}});
    hub.hand_over(1, hub[1].all<Requ>().back().request, "of 1");
    hub.pass(milliseconds(1'900));
    QCOMPARE(hub.refused(), std::string("no answer"));
    hub.pass(milliseconds(200));
    QVERIFY(has(hub.refused(), "member 2 did not hand its state over in time"));
    hub.hand_over(2, hub[2].all<Requ>().back().request, "late");
    QVERIFY(!hub.router.status(hub.now).snapshot);
    hub.ask({{1}, {2}});
    hub.gone(2);
    QCOMPARE(hub.refused(), std::string("member 2 has lost the connection."));
    hub.ask({{2}});
    QCOMPARE(hub.refused(), std::string("member 2 has lost the connection."));
    for (int i = 0; i < 17; ++i) hub.ask({{1}});
    QVERIFY(has(hub.refused(), "Too many"));
    QVERIFY(!hub[1].closed && !hub[3].closed);

    Hub croquet;
    croquet.join_croquet(1, "ann");
    croquet.send(2, Hub::native(Role::viewer, false));
    croquet.send(2, StateRequest{1, {{1}}});
    QVERIFY(has(croquet[2].all<StateAnswer>().at(0).refused, "Croquet clients"));
    QVERIFY(croquet[1].all<Requ>().empty());
}

void StatesTest::nothing_is_stamped_at_the_mark_of_a_state() {
    Three hub;
    hub.say(1, "x");
    VirtualTime there = hub.reflected.back()->stamp.time;
    hub.ask({{1}});
    hub.say(1, "y");
    QVERIFY(hub.reflected.back()->stamp.time > there);
}

void StatesTest::a_replica_that_went_astray_is_seen_while_paused_and_its_state_stays_its_own() {
    Lab lab;
    lab.pass(seconds(15));
    lab.b->astray = true;
    lab.pass(seconds(2));
    lab.b->astray = false;
    lab.time(*lab.a, Net::op(kPause));
    lab.pass(seconds(1));
    for (int i = 0; i < 3; ++i) {
        lab.ask({lab.a, lab.b});
        QCOMPARE(lab.tool->states.back().refused, std::string());
        Image mine = lab.image(0), other = lab.image(1);
        QVERIFY(mine.hash == lab.a->controller->island()->hash());
        QVERIFY(other.hash == lab.b->controller->island()->hash());
        QVERIFY(mine.hash != other.hash);
        QCOMPARE(mine.mark(), lab.a->controller->island()->mark());
        QCOMPARE(mine.seq, other.seq);
        lab.time(*lab.a, Net::step(StepBy::message));
        lab.pass(milliseconds(100));
    }
    auto& late = lab.add();
    lab.pass(seconds(3));
    QVERIFY(late.controller->island()->hash() == lab.a->controller->island()->hash());
}

void StatesTest::the_states_of_a_running_session_are_all_of_one_mark() {
    Lab lab(milliseconds(80));
    for (int i = 0; i < 50; ++i) {
        lab.say(*lab.b, call("add", i));
        lab.ask({lab.b, lab.a}, milliseconds(37 * (i % 5)));
    }
    lab.pass(seconds(1));
    QCOMPARE(lab.tool->states.size(), 50u);
    std::size_t compared = 0;
    for (const StateAnswer& answer : lab.tool->states) {
        if (!answer.refused.empty()) {
            QVERIFY(has(answer.refused, "Too many"));
            continue;
        }
        auto one = *decode_image(lab.files.at(answer.states.at(0).url));
        auto other = *decode_image(lab.files.at(answer.states.at(1).url));
        QCOMPARE(one.mark(), other.mark());
        QVERIFY(one.hash == other.hash);
        ++compared;
    }
    QVERIFY(compared > 16);
    QCOMPARE(lab.count<SnapshotTaken>(), 0u);
    QCOMPARE(lab.count<Split>(), 0u);
}

void StatesTest::who_lost_its_connection_is_answered_once() {
    for (int point = 0; point < 20; ++point) {
        Lab lab;
        lab.ask({lab.a, lab.b}, milliseconds(point));
        lab.cut(*lab.tool);
        lab.pass(seconds(4));
        QCOMPARE(lab.tool->states.size(), 1u);
        QCOMPARE(lab.tool->states[0].refused, std::string());
        QCOMPARE(lab.tool->states[0].states.size(), 2u);
        lab.ask({lab.a});
        QCOMPARE(lab.tool->states.size(), 2u);
    }
}

TEST_CLASS(StatesTest)
#include "states_test.moc"
