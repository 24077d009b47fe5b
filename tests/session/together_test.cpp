#include "teatime/session/together.h"

#include <QTest>

#include "../test_main.h"
#include "net.h"

using namespace teatime;
using namespace teatime::session;

namespace {

constexpr auto kTake = LeaseRequest::Op::take;
constexpr auto kHand = LeaseRequest::Op::hand;
constexpr auto kRelease = LeaseRequest::Op::release;

/// A recording that is looked at together, at 2s to begin with.
struct Cinema : Net {
    Cinema() : Net({}, seed_of_test()) {
        router_options.lease = seconds(10);
        router_options.recording = SharedRecording{
            "pulse", "aaaa", "/files/x.timegraph", {{}, VirtualTime(seconds(2)), 1}};
        restart_router();
    }
    Replica& tool(const std::string& name) {
        Replica& one = add(Role::viewer, false, "aaaa", nullptr, name);
        pass(milliseconds(300));
        return one;
    }
    void look(Replica& one, const Mark& mark, bool follows = false) {
        Net::look(one, mark, follows);
        pass(milliseconds(300));
    }
    /// Where the session's own playhead is, as one member knows.
    static Mark shared(const Replica& one) {
        const Playhead* own = one.controller->company().playhead_of({});
        return own ? own->mark : Mark();
    }
};

/// A session in which somebody leads. The first member is a replica without a name.
struct Room : Net {
    explicit Room(RouterOptions options = {}, Duration latency = milliseconds(5))
        : Net(options, seed_of_test(), latency) {
        router_options.lease = seconds(10);
        restart_router();
        world = &add();
        say(*world, call("loop", 1'000'000));
        pass(seconds(1));
    }
    /// A tool as a window has it: no replica.
    Replica& tool(const std::string& name) {
        Replica& one = add(Role::viewer, false, "aaaa", nullptr, name);
        pass(milliseconds(300));
        return one;
    }
    void ask(Replica& one, TimeRequest request, Duration wait = milliseconds(100)) {
        time(one, request);
        pass(wait);
    }
    void ask(Replica& one, LeaseRequest::Op op, Replica* to = nullptr) {
        lead(one, op, to ? to->controller->member() : MemberId{});
        pass(milliseconds(100));
    }
    Lease lease() { return router->status(now).lease; }
    bool drives(Replica& one) { return lease().holder == one.controller->member(); }

    Replica* world;
};

const std::string& refused(const Net::Replica& one) {
    return one.answers.back().refused;
}
const Company& company(const Net::Replica& one) {
    return one.controller->company();
}
bool names(const std::string& sentence, const char* name) {
    return sentence.find(name) != std::string::npos;
}

}  // namespace

class TogetherTest : public QObject {
    Q_OBJECT

private slots:
    void everybody_knows_who_is_here();
    void who_lost_the_connection_is_shown_so_until_gone();
    void a_crowd_is_counted_and_its_first_are_named();
    void of_two_who_press_at_once_one_is_obeyed_and_the_other_told();
    void the_lead_is_handed_over_and_released();
    void a_one_shot_tool_leads_for_one_request();
    void a_lease_ends_when_its_holder_does_not_come_back();
    void a_returning_holder_keeps_the_lead();
    void who_does_nothing_for_long_is_relieved();
    void a_driver_that_dies_while_paused_leaves_nobody_stuck();
    void a_step_repeated_by_a_reconnect_is_one_step();
    void requests_to_a_session_begun_anew_are_refused();
    void a_late_joiner_of_a_paused_session_knows_all();
    void what_waits_is_seen_and_let_through_one_by_one();
    void notes_reach_all_once();
    void a_note_too_long_or_too_many_are_refused();
    void playheads_are_seen_by_others_and_no_more_often_than_asked();
    void what_somebody_points_at_is_told_to_all_until_it_leaves();
    void a_crowd_is_not_told_where_those_look_whom_it_does_not_know();
    void pointing_is_no_part_of_the_world_and_no_reason_to_lead();
    void tools_in_a_croquet_session_are_told_and_its_clients_are_not();
    void who_leads_moves_the_playhead_of_a_shared_recording();
    void a_shared_recording_takes_neither_messages_nor_replicas_and_has_no_time();
};

void TogetherTest::everybody_knows_who_is_here() {
    Room room;
    auto& ann = room.tool("Ann");
    auto& ben = room.tool("Ben");
    for (auto* one : {room.world, &ann, &ben}) {
        QCOMPARE(company(*one).members.size(), 3u);
        QCOMPARE(company(*one).total, 3u);
        const MemberInfo* known = company(*one).find(ann.controller->member());
        QVERIFY(known);
        QCOMPARE(*known, (MemberInfo{ann.controller->member(), "Ann", Role::viewer, false, true}));
        QVERIFY(company(*one).find(room.world->controller->member())->replica);
    }
    QCOMPARE(company(ann).name_of(ben.controller->member()), std::string("Ben"));
    QCOMPARE(company(ann).name_of({1}), std::string("member 1"));
}

void TogetherTest::who_lost_the_connection_is_shown_so_until_gone() {
    Room room;
    auto& ann = room.tool("Ann");
    auto& ben = room.tool("Ben");
    room.kill(ben);
    room.pass(milliseconds(200));
    QVERIFY(!company(ann).find(ben.controller->member())->connected);
    room.pass(seconds(6));
    QVERIFY(!company(ann).find(ben.controller->member()));
    QCOMPARE(company(*room.world).total, 2u);
}

void TogetherTest::a_crowd_is_counted_and_its_first_are_named() {
    RouterOptions options;
    options.listed = 10;
    Room room(options);
    for (int i = 0; i < 20; ++i) room.add(Role::viewer, false);
    room.pass(seconds(1));
    QCOMPARE(company(*room.world).members.size(), 10u);
    QCOMPARE(company(*room.world).total, 21u);
}

void TogetherTest::of_two_who_press_at_once_one_is_obeyed_and_the_other_told() {
    Room room;
    auto& ann = room.tool("Ann");
    auto& ben = room.tool("Ben");
    room.time(ann, Net::op(kPause));
    room.time(ben, Net::op(kPause));
    room.pass(milliseconds(100));
    auto& winner = room.drives(ann) ? ann : ben;
    auto& loser = &winner == &ann ? ben : ann;
    QCOMPARE(refused(winner), std::string());
    QVERIFY2(names(refused(loser), &winner == &ann ? "Ann" : "Ben"), refused(loser).c_str());
    QCOMPARE(room.count<std::shared_ptr<const StepOutcome>>(), 1u);
    for (auto* one : {&ann, &ben, room.world})
        QVERIFY(company(*one).lease.holder == winner.controller->member());
    room.ask(loser, Net::step(StepBy::message));
    QVERIFY(!refused(loser).empty());
    room.ask(winner, Net::step(StepBy::message));
    QCOMPARE(refused(winner), std::string());
}

void TogetherTest::the_lead_is_handed_over_and_released() {
    Room room;
    auto& ann = room.tool("Ann");
    auto& ben = room.tool("Ben");
    room.ask(ann, kTake);
    QCOMPARE(ann.said.back().refused, std::string());
    room.ask(ben, kTake);
    QVERIFY(names(ben.said.back().refused, "Ann"));
    QCOMPARE(ann.infos.size(), 1u);  // she is asked
    QVERIFY(names(ann.infos[0].message, "Ben"));
    room.ask(ben, kTake);
    QCOMPARE(ann.infos.size(), 1u);  // and not pestered
    room.ask(ben, kHand, &ben);
    QVERIFY(!ben.said.back().refused.empty());
    room.ask(ann, kHand, &ben);
    QCOMPARE(ann.said.back().refused, std::string());
    QCOMPARE(company(ann).lease.name, std::string("Ben"));
    room.ask(ann, Net::op(kPause));
    QVERIFY(names(refused(ann), "Ben"));
    room.lead(ben, kHand, {99});
    room.pass(milliseconds(50));
    QVERIFY(!ben.said.back().refused.empty());
    room.ask(ben, kRelease);
    QVERIFY(!company(ann).lease.holder);
    room.ask(ann, Net::op(kPause));
    QCOMPARE(refused(ann), std::string());
    QVERIFY(room.drives(ann));
}

void TogetherTest::a_one_shot_tool_leads_for_one_request() {
    Hub hub;
    hub.join_native(1);
    hub.pass(seconds(1));
    for (std::uint64_t tool = 2; tool < 5; ++tool) {
        hub.send(tool, Hub::native(Role::viewer, false));
        TimeRequest request;
        request.request = 1;
        request.op = tool % 2 ? kResume : kPause;
        hub.send(tool, request);
        hub.pass(seconds(3));
        QCOMPARE(hub[tool].answers().back().refused, std::string());
        QVERIFY(hub.router.status(hub.now).lease.holder);
        hub.gone(tool, true);
        QVERIFY(!hub.router.status(hub.now).lease.holder);
    }
}

void TogetherTest::a_lease_ends_when_its_holder_does_not_come_back() {
    Room room;
    auto& ann = room.tool("Ann");
    auto& ben = room.tool("Ben");
    room.ask(ann, Net::op(kPause));
    room.kill(ann);
    room.pass(milliseconds(100));
    QVERIFY(company(ben).lease.away);
    QVERIFY(company(ben).lease.left > seconds(9));
    room.ask(ben, Net::op(kResume));
    QVERIFY2(names(refused(ben), "Ann"), refused(ben).c_str());
    room.pass(seconds(9));  // Ann is not a member any more, her lease is a lease still
    room.ask(ben, Net::op(kResume));
    QVERIFY(!refused(ben).empty());
    room.pass(milliseconds(1000));
    QVERIFY(!company(ben).lease.holder);
    room.ask(ben, Net::op(kResume));
    QCOMPARE(refused(ben), std::string());
    QVERIFY(room.drives(ben));
}

void TogetherTest::a_returning_holder_keeps_the_lead() {
    for (Duration away : {seconds(2), seconds(7)}) {  // still a member, and not any more
        Hub hub;
        hub.join_native(1);
        hub.pass(seconds(1));
        hub.send(2, Hub::native(Role::viewer, false));
        auto sync = hub[2].sync();
        TimeRequest pause;
        pause.request = 1;
        pause.op = kPause;
        hub.send(2, pause);
        hub.gone(2);
        hub.pass(away);
        JoinRequest again = Hub::native(Role::viewer, false);
        again.native.token = sync->native->token;
        hub.send(3, again);
        hub.pass(seconds(20));
        MemberId back = hub[3].sync()->native->member;
        QCOMPARE(back == sync->native->member, away < seconds(5));
        Lease lease = hub.router.status(hub.now).lease;
        QVERIFY(lease.holder == back && !lease.away);
        QVERIFY(hub[1].all<Lease>().back() == lease);
    }
}

void TogetherTest::who_does_nothing_for_long_is_relieved() {
    Room room;
    auto& ann = room.tool("Ann");
    auto& ben = room.tool("Ben");
    room.ask(ann, Net::op(kPause));
    room.pass(seconds(59));
    room.ask(ben, kTake);
    QVERIFY(!ben.said.back().refused.empty());
    room.pass(seconds(1));
    room.ask(ben, Net::op(kResume));  // not by accident
    QVERIFY(!refused(ben).empty());
    room.ask(ben, kTake);
    QCOMPARE(ben.said.back().refused, std::string());
    QVERIFY(room.drives(ben));
    QCOMPARE(company(ann).lease.name, std::string("Ben"));
}

void TogetherTest::a_driver_that_dies_while_paused_leaves_nobody_stuck() {
    Room room;
    auto& ann = room.add(Role::participant, true, "aaaa", nullptr, "Ann");
    auto& ben = room.tool("Ben");
    room.ask(ann, Net::op(kPause));
    for (int i = 1; i <= 3; ++i) room.say(*room.world, call("add", i));
    room.time(ann, Net::step(StepBy::message));
    room.turn(room.now + milliseconds(5));
    room.kill(ann);  // its step was sent, or not
    room.pass(seconds(11));
    QVERIFY(!company(ben).lease.holder);
    room.ask(ben, Net::step(StepBy::external));
    QCOMPARE(refused(ben), std::string());
    QCOMPARE(ben.answers.back().outcome->groups.size(), 1u);
    room.ask(ben, Net::op(kResume));
    QCOMPARE(refused(ben), std::string());
    room.pass(seconds(1));
    QCOMPARE(room.world->controller->outstanding(), 0u);
}

void TogetherTest::a_step_repeated_by_a_reconnect_is_one_step() {
    // Cut at any event after the step was asked for: it is made once, and answered once.
    for (std::size_t cut = 0; cut < 12; ++cut) {
        Room room;
        auto& ann = room.tool("Ann");
        room.ask(ann, Net::op(kPause));
        std::uint64_t executed = room.world->controller->island()->executed();
        std::size_t answered = ann.answers.size();
        room.time(ann, Net::step(StepBy::message));
        for (std::size_t i = 0; i < cut; ++i) room.turn(room.now + seconds(1));
        room.cut(ann);
        room.pass(seconds(3));
        QVERIFY(ann.controller->joined());
        QCOMPARE(ann.answers.size(), answered + 1);
        QCOMPARE(refused(ann), std::string());
        QVERIFY(ann.answers.back().outcome);
        QCOMPARE(room.world->controller->island()->executed(), executed + 1);
    }
}

void TogetherTest::requests_to_a_session_begun_anew_are_refused() {
    Room room;
    auto& ann = room.tool("Ann");
    room.ask(ann, Net::op(kPause));
    std::size_t answered = ann.answers.size();
    room.time(ann, Net::step(StepBy::message));
    room.restart_router();
    room.pass(seconds(5));
    QCOMPARE(ann.answers.size(), answered + 1);
    QVERIFY(!refused(ann).empty());
    QVERIFY(!company(ann).lease.holder);
}

void TogetherTest::a_late_joiner_of_a_paused_session_knows_all() {
    Room room;
    auto& ann = room.tool("Ann");
    room.ask(ann, Net::op(kPause));
    room.ask(ann, Net::step(StepBy::message));
    Mark mark = ann.answers.back().outcome->groups[0].mark;
    room.note(ann, mark, "look here");
    room.look(ann, mark);
    for (int i = 1; i <= 3; ++i) room.say(*room.world, call("add", i));
    room.pass(seconds(1));
    auto& late = room.add(Role::participant, true, "aaaa", nullptr, "Late");
    auto& tool = room.tool("Tool");
    for (auto* one : {&late, &tool}) {
        QCOMPARE(company(*one).lease.name, std::string("Ann"));
        QCOMPARE(company(*one).notes.size(), 1u);
        QCOMPARE(company(*one).notes[0].text, std::string("look here"));
        QCOMPARE(company(*one).waiting.total, 3u);
        QCOMPARE(company(*one).playheads.size(), 1u);
        QVERIFY(company(*one).playheads[0].mark == mark);
        QVERIFY(one->controller->time().paused);
    }
    QVERIFY(late.controller->island()->mark() == mark);
    QCOMPARE(tool.outcomes.size(), 1u);
    QVERIFY(tool.outcomes[0].groups[0].mark == mark);
    room.ask(late, Net::op(kResume));
    QVERIFY(names(refused(late), "Ann"));
}

void TogetherTest::what_waits_is_seen_and_let_through_one_by_one() {
    RouterOptions options;
    options.waiting_shown = 2;
    options.waiting_bytes = 20;
    Room room(options);
    auto& ann = room.tool("Ann");
    room.ask(ann, Net::op(kPause));
    QCOMPARE(company(ann).waiting, WaitingMessages{});
    for (int i = 1; i <= 3; ++i) room.say(*room.world, call("add", i));
    room.pass(milliseconds(300));
    const WaitingMessages& waiting = company(ann).waiting;
    QCOMPARE(waiting.total, 3u);
    QCOMPARE(waiting.first.size(), 2u);
    std::string whole = call("add", 1);
    QCOMPARE(waiting.first[0],
             (WaitingMessage{room.world->controller->member(), whole.substr(0, 20), whole.size()}));
    for (std::uint64_t left = 2; left > 0; --left) {
        room.ask(ann, Net::step(StepBy::external), milliseconds(300));
        QCOMPARE(refused(ann), std::string());
        QCOMPARE(company(ann).waiting.total, left);
    }
    room.ask(ann, Net::op(kResume), milliseconds(300));
    QCOMPARE(company(ann).waiting, WaitingMessages{});
}

void TogetherTest::notes_reach_all_once() {
    struct Pad : ControllerObserver {
        void noted(const Note& note) override { notes.push_back(note); }
        std::vector<Note> notes;
    };
    Room room;
    auto pad = std::make_unique<Pad>();
    Pad& written = *pad;
    auto& reader = room.add(Role::viewer, true, "aaaa", std::move(pad), "Reader");
    auto& ann = room.tool("Ann");
    room.note(ann, at(milliseconds(500), 2), "first");
    room.pass(milliseconds(100));
    room.cut(ann);
    room.cut(reader);
    room.pass(milliseconds(1));
    room.note(*room.world, at(milliseconds(700)), "second");
    room.pass(seconds(2));
    auto& late = room.tool("Late");
    for (auto* one : {&ann, &reader, &late, room.world}) {
        auto& notes = company(*one).notes;
        QCOMPARE(notes.size(), 2u);
        QCOMPARE(notes[0],
                 (Note{1, at(milliseconds(500), 2), ann.controller->member(), "Ann", "first"}));
        QCOMPARE(notes[1].author, std::string("member 1"));
    }
    QCOMPARE(written.notes, company(ann).notes);
    QCOMPARE(room.count<Note>(), 2u);
}

void TogetherTest::a_note_too_long_or_too_many_are_refused() {
    Room room;
    auto& ann = room.tool("Ann");
    for (const std::string& text : {std::string(), std::string(2'001, 'x')}) {
        room.note(ann, at(seconds(1)), text);
        room.pass(milliseconds(50));
        QVERIFY(!ann.said.back().refused.empty());
    }
    room.note(ann, {BranchId{2}, VirtualTime(seconds(1))}, "on a branch");
    room.pass(milliseconds(50));
    QVERIFY(!ann.said.back().refused.empty());
    for (int i = 0; i < 10; ++i) room.note(ann, at(seconds(1)), std::to_string(i));
    room.pass(milliseconds(100));
    QCOMPARE(company(*room.world).notes.size(), 5u);
    QVERIFY(names(ann.said.back().refused, "wait"));
    room.pass(seconds(1));
    room.note(ann, at(seconds(1)), "again");
    room.pass(milliseconds(50));
    QCOMPARE(company(*room.world).notes.back().text, std::string("again"));
}

void TogetherTest::playheads_are_seen_by_others_and_no_more_often_than_asked() {
    Room room;
    auto& ann = room.tool("Ann");
    auto& ben = room.tool("Ben");
    std::size_t sent = ann.frames_sent, broadcasts = room.broadcasts;
    std::size_t ticks = 0;
    for (int i = 1; i <= 1'000; ++i) {
        room.look(ann, at(milliseconds(i)));
        room.pass(milliseconds(1));
    }
    room.pass(milliseconds(300));
    QVERIFY2(ann.frames_sent - sent <= 12, qPrintable(QString::number(ann.frames_sent - sent)));
    ticks = 1'300 / 50;
    QVERIFY(room.broadcasts - broadcasts <= ticks + 12 + 60);  // and the world's own beats
    QCOMPARE(company(ben).playheads.size(), 1u);
    QCOMPARE(company(ben).playheads[0],
             (Playhead{ann.controller->member(), at(milliseconds(1'000)), false}));
    QVERIFY(company(ann).playheads.empty());
    room.kill(ann);
    room.pass(seconds(6));
    QVERIFY(company(ben).playheads.empty());
}

void TogetherTest::what_somebody_points_at_is_told_to_all_until_it_leaves() {
    Room room;
    auto& ann = room.tool("Ann");
    auto& ben = room.tool("Ben");
    const auto pointed_at = [&](const Net::Replica& by) {
        const Playhead* view = company(by).playhead_of(ann.controller->member());
        return view ? view->points_at : "no view";
    };
    room.look(ann, at(seconds(1)), true, "pulse.beats");
    room.pass(milliseconds(300));
    QCOMPARE(pointed_at(ben), std::string("pulse.beats"));
    auto& late = room.tool("Late");
    QCOMPARE(pointed_at(late), std::string("pulse.beats"));
    room.look(ann, at(seconds(2)), true, "pulse.beats");  // the view goes on, the rest stays
    room.pass(milliseconds(300));
    QCOMPARE(company(ben).playhead_of(ann.controller->member())->mark, at(seconds(2)));
    QCOMPARE(pointed_at(ben), std::string("pulse.beats"));
    room.cut(ann);
    room.pass(seconds(2));
    QVERIFY(ann.controller->joined());
    QCOMPARE(pointed_at(ben), std::string("pulse.beats"));

    // At something else, at nothing, and at what nobody could mean.
    const std::string longest(kLongestPointedAt, 'x');
    for (const std::string& path : {std::string("pulse"), std::string(), longest}) {
        room.look(ann, at(seconds(2)), true, path);
        room.pass(milliseconds(300));
        QCOMPARE(pointed_at(ben), path);
        QCOMPARE(pointed_at(late), path);
    }
    room.look(ann, at(seconds(3)), true, longest + 'x');
    room.pass(milliseconds(300));
    QCOMPARE(company(ben).playhead_of(ann.controller->member())->mark, at(seconds(3)));
    QCOMPARE(pointed_at(ben), std::string());
    Company hostile;
    hostile.take(Playheads{{{{7}, at(seconds(1)), true, longest + 'x'}}}, {1});
    QCOMPARE(hostile.playhead_of({7})->points_at, std::string());

    room.look(ann, at(seconds(3)), true, "pulse");
    room.pass(milliseconds(300));
    QCOMPARE(pointed_at(ben), std::string("pulse"));
    room.kill(ann);
    room.pass(seconds(6));
    QCOMPARE(pointed_at(ben), std::string("no view"));
}

void TogetherTest::a_crowd_is_not_told_where_those_look_whom_it_does_not_know() {
    RouterOptions options;
    options.listed = 2;  // the world and Ann
    Room room(options);
    auto& ann = room.tool("Ann");
    auto& ben = room.tool("Ben");
    for (auto* one : {&ann, &ben}) room.look(*one, at(seconds(1)), true, "pulse");
    room.pass(milliseconds(300));
    auto& late = room.tool("Late");
    for (const auto* one : {room.world, &late}) {
        QVERIFY(company(*one).playhead_of(ann.controller->member()));
        QVERIFY(!company(*one).playhead_of(ben.controller->member()));
    }
}

void TogetherTest::pointing_is_no_part_of_the_world_and_no_reason_to_lead() {
    Room room;
    auto& ann = room.tool("Ann");
    room.ask(ann, Net::op(kPause));
    const Hash128 hash = room.world->controller->island()->hash();
    const std::size_t reflected = room.reflected.size(), recorded = room.recorded.size();
    room.look(ann, at(seconds(1)), false, "pulse");
    room.pass(milliseconds(300));
    QVERIFY(room.world->controller->company().playhead_of(ann.controller->member()));
    QVERIFY(room.world->controller->island()->hash() == hash);
    QCOMPARE(room.reflected.size(), reflected);
    QCOMPARE(room.recorded.size(), recorded);

    Cinema cinema;
    auto& ben = cinema.tool("Ben");
    cinema.look(ben, at(seconds(1)));
    QVERIFY(company(ben).lease.holder == ben.controller->member());
    cinema.lead(ben, kRelease);
    cinema.pass(milliseconds(300));
    QVERIFY(!company(ben).lease.holder);
    static_cast<Net&>(cinema).look(ben, at(seconds(1)), false, "pulse");
    cinema.pass(milliseconds(300));
    QVERIFY(!company(ben).lease.holder);
    cinema.look(ben, at(seconds(3)));
    QVERIFY(company(ben).lease.holder == ben.controller->member());
}

void TogetherTest::tools_in_a_croquet_session_are_told_and_its_clients_are_not() {
    Hub hub;
    hub.join_croquet(1, "ann");
    hub.send(2, Hub::native(Role::viewer, false));
    TimeRequest pause;
    pause.request = 1;
    hub.send(2, pause);
    hub.send(2, NoteRequest{2, at(seconds(0)), "here"});
    hub.pass(seconds(1));
    QVERIFY(hub[2].all<Roster>().front().members.front().name == "\"ann\"");
    QVERIFY(hub[2].all<Lease>().back().holder == hub[2].sync()->native->member);
    QCOMPARE(hub[2].all<Notes>().size(), 1u);
    for (const Frame& frame : hub[1].frames) {
        QVERIFY(std::holds_alternative<SyncPtr>(frame) ||
                std::holds_alternative<MessagePtr>(frame) || std::holds_alternative<Tick>(frame));
    }
    TimeRequest until;
    until.request = 3;
    until.op = TimeRequest::Op::until;
    until.mark = at(seconds(100));
    hub.send(2, until);
    QVERIFY(!hub[2].answers().back().refused.empty());
}

void TogetherTest::who_leads_moves_the_playhead_of_a_shared_recording() {
    Cinema cinema;
    auto& ann = cinema.tool("Ann");
    auto& ben = cinema.tool("Ben");
    QCOMPARE(Cinema::shared(ben), at(seconds(2), 1));
    cinema.look(ben, at(seconds(2), 1), true);  // goes with the session: no reason to lead
    QVERIFY(!company(ben).lease.holder);
    cinema.look(ann, at(seconds(5)));
    QVERIFY(company(ben).lease.holder == ann.controller->member());
    QCOMPARE(Cinema::shared(ben), at(seconds(5)));
    cinema.look(ben, at(seconds(1)));  // on its own
    QCOMPARE(Cinema::shared(ann), at(seconds(5)));
    QCOMPARE(company(ann).playhead_of(ben.controller->member())->mark, at(seconds(1)));
    cinema.lead(ann, kHand, ben.controller->member());
    cinema.pass(milliseconds(100));
    cinema.look(ben, at(seconds(3), 2));  // backwards as well
    QCOMPARE(Cinema::shared(ann), at(seconds(3), 2));
    cinema.look(ann, at(seconds(4)));
    QCOMPARE(Cinema::shared(ben), at(seconds(3), 2));
    // Who comes later, also after all have left, is where the others were.
    cinema.kill(ann);
    cinema.kill(ben);
    cinema.pass(seconds(60));
    QVERIFY(!cinema.router->ended());
    auto& cat = cinema.tool("Cat");
    QCOMPARE(Cinema::shared(cat), at(seconds(3), 2));
    QVERIFY(!company(cat).lease.holder);
    cinema.note(cat, at(seconds(3)), "here");
    cinema.pass(milliseconds(300));
    QCOMPARE(cinema.count<Note>(), 1u);
    QCOMPARE(cinema.router->status(cinema.now).file, std::string("/files/x.timegraph"));
}

void TogetherTest::a_shared_recording_takes_neither_messages_nor_replicas_and_has_no_time() {
    Cinema cinema;
    auto& ann = cinema.add(Role::participant, false, "aaaa", nullptr, "Ann");
    cinema.pass(milliseconds(300));
    cinema.say(ann, call("loop", 1));
    cinema.time(ann, Net::op(kResume));
    cinema.pass(milliseconds(300));
    QCOMPARE(ann.infos.size(), 1u);
    QCOMPARE(ann.infos[0].code, std::string("NOT_GRANTED"));
    QVERIFY2(names(refused(ann), "recording"), refused(ann).c_str());
    auto& replica = cinema.add();
    cinema.pass(seconds(2));
    QVERIFY(replica.failed);
    QVERIFY2(names(replica.failed->message, "teatime-inspector"), replica.failed->message.c_str());
    QVERIFY(cinema.reflected.empty());
}

TEST_CLASS(TogetherTest)
#include "together_test.moc"
