#include <QTest>

#include "../test_main.h"
#include "net.h"

using namespace teatime;
using namespace teatime::session;

namespace {

/// Three replicas of a world that beats at odd microseconds.
struct Trio : Net {
    explicit Trio(RouterOptions options = {}, Duration latency = milliseconds(5))
        : Net(options, seed_of_test(), latency) {
        for (int i = 0; i < 3; ++i) add();
        say(a(), call("loop", 1'000'000));
        pass(seconds(2));
    }
    Replica& a() { return *replicas[0]; }
    const StepOutcome& outcome() { return *a().answers.back().outcome; }
    /// Asks; true: all three stand at `mark`, and the answer says so.
    bool stands_at(const Mark& mark, TimeRequest request, Duration wait) {
        std::size_t answered = a().answers.size();
        time(a(), request);
        pass(wait);
        if (a().answers.size() != answered + 1 || !a().answers.back().outcome) return false;
        return together() && outcome().groups[0].mark == mark;
    }
    bool together() {
        if (outcome().groups.size() != 1 || outcome().groups[0].members.size() != 3) return false;
        for (auto& one : replicas) {
            if (one->controller->island()->hash() != outcome().groups[0].hash) return false;
            if (!one->controller->time().paused || one->controller->time().until) return false;
        }
        return true;
    }
    /// Marks of what is to come, found by a replica that goes ahead.
    std::vector<Mark> future(std::size_t count) {
        auto ahead = *Island::restore(pulse::module(), a().controller->island()->image());
        ahead->set_bound(VirtualTime(std::chrono::hours(1)));
        std::vector<Mark> marks;
        while (marks.size() < count) marks.push_back(ahead->execute_next()->mark());
        return marks;
    }
};

}  // namespace

class UntilTest : public QObject {
    Q_OBJECT

private slots:
    void all_stop_at_exactly_the_mark();
    void it_works_from_a_running_session_and_in_lazy_time();
    void a_mark_within_the_instant_of_a_pause_is_reached();
    void a_mark_that_never_comes_ends_at_the_end_of_its_instant();
    void messages_are_executed_on_the_way_and_wait_after_it();
    void step_by_mark_lets_nothing_through();
    void a_pause_a_resume_and_another_until_end_it();
    void a_mark_behind_is_refused();
    void who_joins_on_the_way_stops_there_too();
    void who_joins_where_it_stands_hears_of_the_mark_and_moves_nobody();
    void who_agrees_is_named_alike_whatever_viewers_are_in_time();
    void the_rate_is_kept();
    void a_sleeping_router_does_not_overshoot();
    void what_no_replica_was_let_run_to_is_ahead();
};

void UntilTest::all_stop_at_exactly_the_mark() {
    Trio net;
    net.time(net.a(), Net::op(kPause));
    net.pass(milliseconds(100));
    for (int i = 0; i < 40; ++i) {
        auto marks = net.future(30);
        Mark mark = marks[net.random() % marks.size()];
        switch (net.random() % 4) {
            case 0:
                mark.n = Mark::kWholeInstant;
                break;
            case 1:
                mark = at(ceil<milliseconds>(mark.time.time_since_epoch()));
                break;
            case 2:
                mark.n = net.random() % 2;
        }
        bool at_once = net.random() % 3 == 0;
        if (mark <= net.outcome().groups[0].mark) continue;
        QVERIFY2(net.stands_at(mark, at_once ? Net::step_to(mark) : Net::until(mark), seconds(2)),
                 qPrintable(QString::fromStdString(to_string(mark))));
        QVERIFY(!net.outcome().ended_early());
        QVERIFY(net.a().controller->island()->mark() <= mark);
        auto next = net.a().controller->island()->next_time();
        QVERIFY(next && *next >= mark.time && (!mark.whole_instant() || *next > mark.time));
    }
    QCOMPARE(net.count<Split>(), 0u);
    net.time(net.a(), Net::op(kResume));
    net.pass(seconds(1));
    net.time(net.a(), Net::op(kPause));
    net.pass(milliseconds(100));
    QVERIFY(net.together());
}

void UntilTest::it_works_from_a_running_session_and_in_lazy_time() {
    for (TimeMode mode : {TimeMode::heartbeat, TimeMode::lazy}) {
        RouterOptions options;
        options.mode = mode;
        Trio net(options);
        net.pass(milliseconds(7));
        Mark mark = net.future(20).back();
        QVERIFY(net.stands_at(mark, Net::until(mark), seconds(2)));
        QVERIFY(net.router->status(net.now).time == mark.time);
    }
}

void UntilTest::a_mark_within_the_instant_of_a_pause_is_reached() {
    Trio net;
    net.time(net.a(), Net::op(kPause));
    net.pass(milliseconds(100));
    std::vector<Mark> marks = net.future(200);
    auto third = std::ranges::find_if(marks, [](const Mark& mark) { return mark.n == 2; });
    QVERIFY(third != marks.end());
    QVERIFY(net.stands_at({{}, third->time, 0}, Net::step_to({{}, third->time, 0}), seconds(1)));
    QVERIFY(net.stands_at({{}, third->time, 1}, Net::until({{}, third->time, 1}), seconds(1)));
    QVERIFY(net.stands_at(*third, Net::until(*third), milliseconds(100)));
    QVERIFY(net.stands_at({{}, third->time}, Net::until({{}, third->time}), milliseconds(100)));
}

void UntilTest::a_mark_that_never_comes_ends_at_the_end_of_its_instant() {
    Trio net;
    Mark mark = net.future(20).back();
    Mark end{{}, mark.time};
    mark.n = 1'000;
    QVERIFY(net.stands_at(end, Net::until(mark), seconds(2)));
    QVERIFY(net.outcome().ended_early());
    QVERIFY(net.outcome().op.mark == mark);
}

void UntilTest::messages_are_executed_on_the_way_and_wait_after_it() {
    Trio net;
    net.time(net.a(), Net::op(kPause));
    net.pass(milliseconds(100));
    net.say(net.a(), call("add", 1));  // waits
    net.pass(milliseconds(50));
    std::uint64_t last = net.router->last_seq().value;
    Mark mark = at(net.router->status(net.now).time.time_since_epoch() + milliseconds(500));
    net.time(net.a(), Net::until(mark));
    for (int i = 2; i <= 12; ++i) {  // into the very last moments, and beyond
        net.pass(milliseconds(50));
        net.say(net.a(), call("add", i));
    }
    net.pass(seconds(1));
    QVERIFY(net.together() && net.outcome().groups[0].mark == mark);
    std::uint64_t waiting = net.router->status(net.now).control.held;
    QVERIFY(waiting >= 1 && waiting <= 3);
    QCOMPARE(net.router->last_seq().value, last + (12 - waiting) + 2);  // until, and its end
    for (const MessagePtr& message : net.reflected)
        QVERIFY(!message->sender || message->stamp.time < mark.time);
}

void UntilTest::step_by_mark_lets_nothing_through() {
    Trio net;
    net.time(net.a(), Net::op(kPause));
    net.pass(milliseconds(100));
    net.say(net.a(), call("add", 1));
    net.pass(milliseconds(50));
    Mark mark = at(net.router->status(net.now).time.time_since_epoch() + seconds(60));
    QVERIFY(net.stands_at(mark, Net::step_to(mark), milliseconds(100)));  // at once
    QCOMPARE(net.router->status(net.now).control.held, 1u);
}

void UntilTest::a_pause_a_resume_and_another_until_end_it() {
    for (int way = 0; way < 3; ++way) {
        Trio net;
        Mark mark = at(seconds(30));
        net.time(net.a(), Net::until(mark));
        net.pass(seconds(1));
        for (auto& one : net.replicas) QVERIFY(one->controller->time().until == mark);
        std::size_t answered = net.a().answers.size();
        if (way == 0) net.time(net.a(), Net::op(kPause));
        if (way == 1) net.time(net.a(), Net::op(kResume));
        if (way == 2) net.time(net.a(), Net::until(at(seconds(4))));
        net.pass(milliseconds(100));
        QVERIFY(!net.a().answers.at(answered).refused.empty());  // the until's
        QVERIFY(net.replicas[1]->controller->time().until != mark);
        net.pass(seconds(40));
        QVERIFY(net.a().answers.back().refused.empty());
        QCOMPARE(net.replicas[1]->controller->time().paused, way != 1);
        if (way != 1) QVERIFY(net.together());
        if (way == 2) QVERIFY(net.outcome().groups[0].mark == at(seconds(4)));
    }
}

void UntilTest::a_mark_behind_is_refused() {
    Trio net;
    auto refuses = [&](TimeRequest request) {
        net.time(net.a(), request);
        net.pass(milliseconds(50));
        return !net.a().answers.back().refused.empty();
    };
    QVERIFY(refuses(Net::until(at(seconds(1)))));
    QVERIFY(refuses(Net::until(at(std::chrono::hours(24 * 400)))));
    QVERIFY(refuses(Net::until({BranchId{1}, VirtualTime(seconds(10))})));
    QVERIFY(refuses(Net::step_to(at(seconds(10)))));  // it runs
    net.time(net.a(), Net::op(kPause));
    net.pass(milliseconds(50));
    Mark here = net.outcome().groups[0].mark;
    QVERIFY(refuses(Net::until(here)));
    QVERIFY(refuses(Net::step_to({{}, here.time, 1})));
    QVERIFY(!refuses(Net::step_to({{}, here.time + Duration(1)})));
}

void UntilTest::who_joins_on_the_way_stops_there_too() {
    for (Duration age : {seconds(2), seconds(20)}) {  // by history, and from a snapshot
        Trio net;
        net.pass(age);
        Mark mark = net.future(300).back();
        net.time(net.a(), Net::until(mark));
        net.pass(milliseconds(500));
        auto& late = net.add();
        net.pass(seconds(8));
        QVERIFY(net.a().answers.back().outcome);
        QCOMPARE(net.outcome().groups.size(), 1u);
        QCOMPARE(net.outcome().groups[0].members.size(), 4u);
        QVERIFY(net.outcome().groups[0].mark == mark);
        QVERIFY(late.controller->island()->hash() == net.outcome().groups[0].hash);
    }
}

void UntilTest::who_joins_where_it_stands_hears_of_the_mark_and_moves_nobody() {
    for (Duration join_time : {Duration(0), Duration(milliseconds(100'000))}) {  // with a snapshot
        RouterOptions options;
        options.join_time = join_time;
        Trio net(options);
        Mark mark = net.future(20).back();
        mark.n = 0;  // its time, without its messages
        QVERIFY(net.stands_at(mark, Net::until(mark), seconds(2)));
        const Hash128 hash = net.outcome().groups[0].hash;
        for (bool replica : {true, false}) {
            for (Role role : {Role::participant, Role::viewer}) {
                auto& late = net.add(role, replica);
                net.pass(seconds(1));
                QVERIFY(!late.outcomes.empty());
                QCOMPARE(late.outcomes.back().groups[0].mark, mark);
                if (replica) QCOMPARE(late.controller->island()->hash(), hash);
                QVERIFY(net.router->status(net.now).time == mark.time);
                for (auto& one : net.replicas) {
                    QVERIFY(one->controller->time().paused);
                    QVERIFY(one->controller->time().time == mark.time);
                }
            }
        }
    }
}

void UntilTest::who_agrees_is_named_alike_whatever_viewers_are_in_time() {
    Trio net;
    for (int i = 0; i < 3; ++i) net.add(Role::viewer);
    net.pass(seconds(1));
    std::vector<MemberId> three;
    for (int i = 0; i < 3; ++i) three.push_back(net.replicas[i]->controller->member());
    std::sort(three.begin(), three.end());  // they came in any order
    for (int i = 0; i < 30; ++i) {
        net.time(net.a(), Net::op(i % 2 == 0 ? kPause : kResume));
        net.pass(milliseconds(200));
        if (i % 2 == 1) continue;
        QCOMPARE(net.outcome().groups.size(), 1u);
        QCOMPARE(net.outcome().groups[0].members, three);
        QVERIFY(net.outcome().missing.empty());
    }
}

void UntilTest::the_rate_is_kept() {
    Trio net;
    TimeRequest rate = Net::op(TimeRequest::Op::rate);
    rate.rate = Rate::of(8, 1);
    Mark mark = at(seconds(18));
    net.time(net.a(), Net::until(mark));
    net.time(net.a(), rate);
    net.pass(milliseconds(1'900));
    QVERIFY(!net.a().controller->time().paused);
    net.pass(milliseconds(300));
    QVERIFY(net.together() && net.outcome().groups[0].mark == mark);
}

void UntilTest::a_sleeping_router_does_not_overshoot() {
    Trio net;
    Mark mark = net.future(20).back();
    net.time(net.a(), Net::until(mark));
    net.pass(milliseconds(20));
    net.now += seconds(5);  // nobody was woken
    net.say(net.a(), call("add", 1));
    net.pass(seconds(1));
    QVERIFY(net.together() && net.outcome().groups[0].mark == mark);
}

void UntilTest::what_no_replica_was_let_run_to_is_ahead() {
    for (std::uint64_t n : {std::uint64_t{0}, Mark::kWholeInstant}) {
        RouterOptions options;
        options.mode = TimeMode::lazy;
        Net net(options, seed_of_test());
        auto& a = net.add();
        net.pass(seconds(10));  // in silence: no bound was announced
        net.time(a, Net::until(at(seconds(5), n)));
        net.pass(seconds(1));
        QVERIFY(a.answers.back().outcome);
        QVERIFY(a.answers.back().outcome->groups.at(0).mark == at(seconds(5), n));
        QVERIFY(net.router->status(net.now).time == VirtualTime(seconds(5)));
        QVERIFY(a.controller->bound() <= VirtualTime(seconds(5)));
    }
}

TEST_CLASS(UntilTest)
#include "until_test.moc"
