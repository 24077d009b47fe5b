#include "teatime/session/controller.h"

#include <QTest>

#include "../test_main.h"
#include "net.h"

using namespace teatime;
using namespace teatime::session;

namespace {

/// Pauses, lets all report, and says how many agree; 0 where they do not.
std::size_t agreeing(Net& net, Net::Replica& asker) {
    net.time(asker, Net::op(kPause));
    net.pass(seconds(3));
    if (asker.answers.empty() || !asker.answers.back().outcome) return 0;
    const StepOutcome& outcome = *asker.answers.back().outcome;
    if (outcome.groups.size() != 1) return 0;
    return outcome.groups[0].members.size();
}

std::vector<std::int64_t> payload_numbers(const Net& net, MemberId sender) {
    std::vector<std::int64_t> numbers;
    for (const MessagePtr& message : net.reflected) {
        std::size_t at = message->payload.find("add\\\",");
        if (message->sender != sender || at == std::string::npos) continue;
        numbers.push_back(std::atoll(message->payload.c_str() + at + 6));
    }
    return numbers;
}

}  // namespace

class ControllerTest : public QObject {
    Q_OBJECT

private slots:
    void replicas_agree_and_vote();
    void votes_are_what_a_replay_finds();
    void a_late_joiner_starts_from_a_snapshot();
    void a_join_survives_its_snapshotter_dying_at_any_point();
    void a_join_survives_members_that_never_answer();
    void a_file_server_that_is_away_is_waited_for();
    void a_snapshot_that_is_gone_or_damaged_leads_to_another();
    void nothing_is_lost_or_repeated_over_broken_connections();
    void a_session_started_anew_gets_nothing_meant_for_the_one_before();
    void three_replicas_step_ten_times();
    void a_budget_changes_nothing();
    void a_late_joiner_of_a_paused_session_stands_at_the_same_mark();
    void sends_wait_while_paused();
    void sends_that_wait_outlive_connections_and_members();
    void the_world_knows_whose_message_waited_though_he_came_and_went_while_it_stood();
    void the_rate_is_obeyed();
    void a_step_names_members_that_do_not_report();
    void who_reported_while_the_reflector_stood_still_is_not_missing();
    void a_step_ends_when_the_replica_that_did_it_comes_back();
    void a_step_external_is_behind_us_though_nobody_reports();
    void a_diverged_replica_is_found();
    void a_split_is_told_once_and_to_who_comes_later();
    void a_split_with_who_is_gone_is_over();
    void lazy_time_is_silent_when_idle();
    void a_dead_puller_is_replaced();
    void a_hung_puller_is_replaced();
    void an_observer_sees_what_was_reflected();
    void another_build_fails_with_a_sentence();
};

void ControllerTest::replicas_agree_and_vote() {
    Net net({}, seed_of_test());
    auto& a = net.add();
    net.pass(seconds(1));
    auto& b = net.add();
    auto& c = net.add();
    net.say(a, call("loop", 1'000'000));
    for (int i = 0; i < 200; ++i) {
        net.say(*net.replicas[static_cast<std::size_t>(i % 3)], call("add", i));
        net.pass(milliseconds(37));
    }
    QCOMPARE(agreeing(net, a), 3u);
    QCOMPARE(net.count<Split>(), 0u);
    QVERIFY(net.count<VoteCast>() >= 3 * 6);
    QVERIFY(b.controller->island()->hash() == c.controller->island()->hash());
    QCOMPARE(a.controller->outstanding(), 0u);
}

void ControllerTest::votes_are_what_a_replay_finds() {
    Net net({}, seed_of_test(), Duration(0));
    auto& a = net.add();
    net.say(a, call("loop", 1'000'000));
    for (int i = 0; i < 40; ++i) {  // messages in the very instants of the votes, after their ticks
        net.pass(milliseconds(250));
        net.say(a, call("add", i));
        if (i == 20) net.add();
    }
    net.pass(seconds(1));
    std::size_t checked = 0;
    for (const Record& record : net.recorded) {
        auto* vote = std::get_if<VoteCast>(&record);
        if (!vote) continue;
        auto island = *Island::create(pulse::module(), "session");
        for (const MessagePtr& message : net.reflected) {
            if (message->stamp.time > vote->mark.time) break;
            QVERIFY(island->enqueue({message->stamp, message->sender, message->payload}));
        }
        island->set_bound(vote->mark.time);
        while (island->execute_next()) {
        }
        QVERIFY2(island->hash() == vote->hash,
                 qPrintable(QString::fromStdString(to_string(vote->mark))));
        ++checked;
    }
    QVERIFY(checked >= 14);
}

void ControllerTest::a_late_joiner_starts_from_a_snapshot() {
    Net net({}, seed_of_test());
    auto& a = net.add();
    net.add();
    net.say(a, call("loop", 1'000'000));
    net.pass(seconds(30));
    auto& late = net.add();
    net.pass(seconds(1));
    QCOMPARE(net.count<SnapshotTaken>(), 1u);
    QCOMPARE(late.joins, 1u);
    QVERIFY(late.controller->island()->executed() < 1'000);  // not the thirty seconds
    auto& later = net.add();
    net.pass(seconds(1));
    QCOMPARE(net.count<SnapshotTaken>(), 1u);  // that one is young enough
    QCOMPARE(later.joins, 1u);
    QCOMPARE(agreeing(net, late), 4u);
}

void ControllerTest::a_join_survives_its_snapshotter_dying_at_any_point() {
    std::uint64_t seed = seed_of_test();
    for (bool hangs : {false, true}) {
        for (std::size_t point = 0; point < 40; ++point) {
            Net net({}, seed + point);
            auto& a = net.add();
            auto& b = net.add();
            net.say(b, call("loop", 1'000'000));
            net.pass(seconds(15));
            auto& late = net.add();
            for (std::size_t i = 0; i < point; ++i) net.turn(net.now + seconds(1));
            if (hangs)
                net.hang(a);  // the first that is asked
            else
                net.kill(a);
            net.pass(hangs ? seconds(9) : seconds(1));  // a death is noticed at once
            QVERIFY2(late.joins == 1, qPrintable(QString::number(point)));
            QCOMPARE(agreeing(net, late), 2u);
            if (!hangs) continue;
            net.time(late, Net::op(kResume));
            for (Duration patience : {seconds(3), seconds(1)}) {
                net.pass(seconds(15));
                auto& later = net.add();
                net.pass(patience);
                QCOMPARE(later.joins, 1u);  // who did not answer is not asked first again
            }
        }
    }
}

void ControllerTest::a_join_survives_members_that_never_answer() {
    Net net({}, seed_of_test());
    auto& a = net.add();
    auto& b = net.add();
    a.loses_uploads = b.loses_uploads = true;
    net.say(a, call("loop", 1'000'000));
    net.pass(seconds(15));
    auto& late = net.add();
    net.pass(milliseconds(3900));
    QCOMPARE(late.joins, 0u);
    net.pass(milliseconds(300));
    QCOMPARE(late.joins, 1u);  // with the whole history
    QCOMPARE(agreeing(net, late), 3u);
}

void ControllerTest::a_file_server_that_is_away_is_waited_for() {
    Net net({}, seed_of_test());
    auto& a = net.add();
    net.add();
    net.pass(seconds(15));  // long enough that joiners get a snapshot
    net.files_away = true;
    auto& late = net.add();
    net.pass(seconds(120));
    net.say(a, call("add", 7));
    net.pass(seconds(1));
    QVERIFY(!late.failed);
    QCOMPARE(late.built, 0u);
    QCOMPARE(late.joins, 1u);  // the connection is as good as ever
    auto told = std::count_if(late.infos.begin(), late.infos.end(),
                              [](const Info& info) { return info.code == "NO_SNAPSHOT"; });
    QVERIFY2(told > 5 && told < 40, std::to_string(told).c_str());  // ever more slowly
    QVERIFY(late.infos.back().message.find("connection refused; trying again in") !=
            std::string::npos);
    net.files_away = false;
    net.pass(seconds(31));
    QCOMPARE(late.built, 1u);
    QCOMPARE(late.joins, 1u);
    QCOMPARE(agreeing(net, a), 3u);
}

void ControllerTest::a_snapshot_that_is_gone_or_damaged_leads_to_another() {
    for (bool damaged : {false, true}) {
        Net net({}, seed_of_test());
        auto& a = net.add();
        net.add();
        net.pass(seconds(15));
        net.want_snapshot();
        net.pass(seconds(1));
        QCOMPARE(net.files.size(), 1u);
        if (damaged)
            net.files.begin()->second[40] ^= 1;
        else
            net.files.clear();
        net.say(a, call("add", 7));
        net.pass(seconds(1));
        auto& late = net.add();  // so soon that it would not be asked for another
        net.pass(seconds(1));
        QVERIFY(!late.failed);
        QCOMPARE(late.joins, 2u);
        QCOMPARE(late.built, 1u);
        QCOMPARE(agreeing(net, a), 3u);
        net.time(a, Net::op(kResume));
        auto& later = net.add();
        net.pass(seconds(1));
        QCOMPARE(later.joins, 1u);
        QCOMPARE(agreeing(net, a), 4u);
    }
}

void ControllerTest::nothing_is_lost_or_repeated_over_broken_connections() {
    std::uint64_t seed = seed_of_test();
    for (std::uint64_t round = 0; round < 30; ++round) {
        Net net({}, seed + round, milliseconds(40));
        auto& a = net.add();
        auto& b = net.add();
        net.pass(milliseconds(500));
        net.say(a, call("loop", 1'000'000));
        for (int i = 1; i <= 100; ++i) {
            net.say(b, call("add", i));
            if (net.random() % 2) net.pass(milliseconds(net.random() % 60));
            if (net.random() % 10 == 0) net.cut(b);
            if (net.random() % 40 == 0) net.cut(a);
        }
        net.pass(seconds(4));
        auto numbers = payload_numbers(net, b.controller->member());
        QCOMPARE(numbers.size(), 100u);
        for (int i = 1; i <= 100; ++i)
            QCOMPARE(numbers[static_cast<std::size_t>(i - 1)], std::int64_t{i});
        QCOMPARE(a.built, 1u);  // each cut was survived without building the Island anew
        QCOMPARE(b.built, 1u);
        QCOMPARE(b.controller->outstanding(), 0u);
        QCOMPARE(agreeing(net, a), 2u);
    }
}

void ControllerTest::a_session_started_anew_gets_nothing_meant_for_the_one_before() {
    Net net({}, seed_of_test());
    auto& a = net.add();
    net.pass(seconds(1));
    net.say(a, call("add", 1));
    net.pass(seconds(1));
    net.reflected.clear();
    net.restart_router();
    net.say(a, call("add", 2));
    net.say(a, call("add", 3));
    QCOMPARE(a.controller->outstanding(), 2u);
    net.pass(seconds(1));
    QCOMPARE(a.built, 2u);
    QCOMPARE(a.controller->outstanding(), 0u);
    QCOMPARE(payload_numbers(net, a.controller->member()), std::vector<std::int64_t>());
    QCOMPARE(a.infos.size(), 1u);
    QCOMPARE(a.infos[0].code, std::string("NOT_DELIVERED"));
    QVERIFY(a.infos[0].message.starts_with("2 messages sent before the connection came back "));
    net.say(a, call("add", 4));
    net.pass(seconds(1));
    QCOMPARE(payload_numbers(net, a.controller->member()), std::vector<std::int64_t>{4});
    QCOMPARE(agreeing(net, a), 1u);
}

void ControllerTest::three_replicas_step_ten_times() {
    for (StepBy by : {StepBy::message, StepBy::instant, StepBy::duration, StepBy::external}) {
        Net net({}, seed_of_test());
        auto& a = net.add();
        net.add();
        net.add();
        net.say(a, call("loop", 1'000'000));
        net.pass(seconds(2));
        QCOMPARE(agreeing(net, a), 3u);
        Mark last = a.answers.back().outcome->groups[0].mark;
        if (by == StepBy::external) {
            for (int i = 0; i < 10; ++i) net.say(a, call("add", i));
            net.pass(milliseconds(100));
        }
        for (int i = 0; i < 10; ++i) {
            std::size_t answered = a.answers.size();
            std::uint64_t executed = a.controller->island()->executed();
            net.time(a, Net::step(by, milliseconds(20)));
            net.pass(milliseconds(100));
            QCOMPARE(a.answers.size(), answered + 1);
            const TimeAnswer& answer = a.answers.back();
            QCOMPARE(QString::fromStdString(answer.refused), QString());
            QVERIFY(answer.outcome);
            QCOMPARE(answer.outcome->groups.size(), 1u);
            QCOMPARE(answer.outcome->groups[0].members.size(), 3u);
            Mark mark = answer.outcome->groups[0].mark;
            QVERIFY2(mark > last || by == StepBy::external,
                     qPrintable(QString::fromStdString(to_string(mark))));
            if (by == StepBy::message) QCOMPARE(a.controller->island()->executed(), executed + 1);
            if (by == StepBy::external) QVERIFY(a.controller->island()->executed() > executed);
            for (auto& one : net.replicas) {
                QVERIFY(one->controller->island()->hash() == answer.outcome->groups[0].hash);
                QVERIFY(one->controller->island()->mark() <= mark);
            }
            last = mark;
        }
        net.time(a, Net::op(kResume));
        net.pass(seconds(1));
        QCOMPARE(agreeing(net, a), 3u);
        QCOMPARE(net.count<Split>(), 0u);
    }
}

void ControllerTest::a_budget_changes_nothing() {
    std::uint64_t seed = seed_of_test();
    std::vector<Hash128> hashes;
    for (std::size_t budget :
         {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{1'000'000}}) {
        Net net({}, seed, Duration(0));
        net.budget = budget;
        auto& a = net.add();
        net.say(a, call("loop", 1'000'000));
        net.pass(seconds(3));
        for (int i = 0; i < 3; ++i) net.say(a, call("add", i));
        QCOMPARE(agreeing(net, a), 1u);
        for (StepBy by : {StepBy::instant, StepBy::message, StepBy::instant, StepBy::duration,
                          StepBy::message}) {
            net.time(a, Net::step(by, milliseconds(50)));
            net.pass(milliseconds(10));
            hashes.push_back(a.answers.back().outcome->groups.at(0).hash);
        }
    }
    for (std::size_t i = 5; i < hashes.size(); ++i)
        QVERIFY2(hashes[i] == hashes[i % 5], qPrintable(QString::number(i)));
}

void ControllerTest::a_late_joiner_of_a_paused_session_stands_at_the_same_mark() {
    // Steps before the joiner comes; with a snapshot (old session) and by the whole history (young
    // one).
    for (Duration age : {Duration(seconds(2)), Duration(seconds(20))}) {
        for (int steps = 0; steps < 12; ++steps) {
            Net net({}, seed_of_test());
            auto& a = net.add();
            net.add();
            net.say(a, call("loop", 1'000'000));
            net.pass(age);
            QCOMPARE(agreeing(net, a), 2u);
            for (int i = 0; i < steps; ++i) {
                net.time(a, Net::step(i % 4 == 3 ? StepBy::instant : StepBy::message));
                net.pass(milliseconds(100));
            }
            auto& late = net.add();
            net.pass(seconds(1));
            QCOMPARE(late.joins, 1u);
            QVERIFY(late.controller->time().paused);
            QVERIFY(late.controller->island()->mark() == a.controller->island()->mark());
            QVERIFY(late.controller->island()->hash() == a.controller->island()->hash());
            net.time(late, Net::step(StepBy::message));
            net.pass(milliseconds(100));
            QCOMPARE(late.answers.back().outcome->groups.size(), 1u);
            QCOMPARE(late.answers.back().outcome->groups[0].members.size(), 3u);
            net.time(late, Net::op(kResume));
            net.pass(seconds(1));
            QCOMPARE(agreeing(net, a), 3u);
        }
    }
}

void ControllerTest::sends_wait_while_paused() {
    Net net({}, seed_of_test());
    auto& a = net.add();
    auto& b = net.add();
    net.pass(seconds(1));
    net.time(a, Net::step(StepBy::message));
    net.pass(milliseconds(50));
    QVERIFY(a.answers.back().refused.find("pause") != std::string::npos);
    QCOMPARE(agreeing(net, a), 2u);
    net.time(a, Net::step(StepBy::external));
    net.pass(milliseconds(50));
    QVERIFY(!a.answers.back().refused.empty());
    std::size_t before = payload_numbers(net, b.controller->member()).size();
    for (int i = 1; i <= 4; ++i) net.say(b, call("add", i));
    net.pass(seconds(1));
    QCOMPARE(payload_numbers(net, b.controller->member()).size(), before);
    QCOMPARE(net.router->status(net.now).control.held, 4u);
    net.time(a, Net::step(StepBy::external));
    net.pass(milliseconds(100));
    QCOMPARE(payload_numbers(net, b.controller->member()), std::vector<std::int64_t>{1});
    net.cut(b);  // held sends are taken: they are not sent again
    net.pass(seconds(1));
    net.time(a, Net::op(kResume));
    net.pass(seconds(1));
    QCOMPARE(payload_numbers(net, b.controller->member()), (std::vector<std::int64_t>{1, 2, 3, 4}));
    QCOMPARE(agreeing(net, a), 2u);
}

void ControllerTest::sends_that_wait_outlive_connections_and_members() {
    for (const char* what : {"cut", "departed"}) {
        Net net({}, seed_of_test());
        auto& a = net.add();
        auto& b = net.add();
        net.pass(seconds(1));
        net.time(a, Net::op(kPause));
        net.pass(milliseconds(100));
        for (int i = 1; i <= 4; ++i) net.say(b, call("add", i));
        net.pass(milliseconds(100));
        QCOMPARE(net.router->status(net.now).control.held, 4u);
        MemberId before = b.controller->member();
        net.hang(b);
        net.cut(b);
        net.pass(what == std::string("departed") ? seconds(8) : seconds(1));
        b.hung = false;
        net.pass(seconds(1));
        QCOMPARE(b.controller->joined(), true);
        QCOMPARE(b.controller->member() != before, what == std::string("departed"));
        QCOMPARE(b.controller->outstanding(), 4u);
        net.time(a, Net::op(kResume));
        net.pass(seconds(1));
        QCOMPARE(payload_numbers(net, b.controller->member()),
                 (std::vector<std::int64_t>{1, 2, 3, 4}));
        QCOMPARE(b.controller->outstanding(), 0u);
        QCOMPARE(agreeing(net, a), 2u);
    }
}

void ControllerTest::the_world_knows_whose_message_waited_though_he_came_and_went_while_it_stood() {
    RouterOptions options;
    options.rejoin_window = seconds(1);
    Net net(options, seed_of_test());
    auto& a = net.add();
    net.pass(seconds(1));
    net.time(a, Net::op(kPause));
    net.pass(seconds(1));
    auto& guest = net.add();
    net.pass(seconds(1));
    const MemberId id = guest.controller->member();
    net.say(guest, call("add", 7));
    net.pass(milliseconds(100));
    net.kill(guest);
    net.pass(seconds(3));
    QCOMPARE(net.router->status(net.now).control.held, 1u);
    const std::size_t before = net.reflected.size();
    net.time(a, Net::op(kResume));
    net.pass(seconds(3));

    const std::string number = "[" + std::to_string(id.value) + "]";
    std::vector<std::string> told;
    for (std::size_t i = before; i < net.reflected.size(); ++i) {
        const Message& message = *net.reflected[i];
        bool of_users = message.payload.find("\"users\"") != std::string::npos;
        if (of_users && message.payload.find("\"joined\":" + number) != std::string::npos)
            told.push_back("came");
        if (message.sender == id) told.push_back("said");
        if (of_users && message.payload.find("\"left\":" + number) != std::string::npos)
            told.push_back("went");
    }
    QCOMPARE(told, (std::vector<std::string>{"came", "said", "went"}));
}

void ControllerTest::the_rate_is_obeyed() {
    Net net({}, 1, Duration(0));
    auto& a = net.add();
    net.pass(seconds(10));
    QVERIFY(net.router->status(net.now).time == VirtualTime(seconds(10)));
    TimeRequest slow = Net::op(TimeRequest::Op::rate);
    for (auto [text, passed] : {std::pair("1/4", 2'500), std::pair("64", 640'000),
                                std::pair("1/64", 156), std::pair("0.3", 3'000)}) {
        slow.rate = *parse_rate(text);
        VirtualTime before = net.router->status(net.now).time;
        net.time(a, slow);
        net.pass(seconds(10));
        Duration error = net.router->status(net.now).time - before - milliseconds(passed);
        QVERIFY2(error < milliseconds(2) && error > milliseconds(-2), text);
        QVERIFY(a.controller->time().rate == slow.rate);
    }
    QVERIFY(!parse_rate("65") && !parse_rate("0.001") && !parse_rate("1/65") && !parse_rate("x") &&
            !parse_rate("0"));
}

void ControllerTest::who_reported_while_the_reflector_stood_still_is_not_missing() {
    Net net({}, seed_of_test());
    auto& a = net.add();
    net.add();
    net.add();
    net.say(a, call("loop", 1'000'000));
    net.pass(seconds(1));
    QCOMPARE(agreeing(net, a), 3u);
    const auto none = [&](auto Net::Replica::*way) {
        return std::ranges::all_of(net.replicas, [&](auto& one) { return ((*one).*way).empty(); });
    };
    for (int i = 0; i < 30; ++i) {
        net.time(a, Net::step(StepBy::message));
        while (none(&Net::Replica::inbox)) QVERIFY(net.turn(net.now + seconds(1)));
        // Until all have said where they are, and mostly not all were heard.
        while (!none(&Net::Replica::inbox)) QVERIFY(net.turn(net.now + seconds(1)));
        net.now += seconds(5);
        net.pass(seconds(1));
        QVERIFY(a.answers.back().outcome->missing.empty());
        QCOMPARE(a.answers.back().outcome->groups[0].members.size(), 3u);
    }
}

void ControllerTest::a_step_names_members_that_do_not_report() {
    Net net({}, seed_of_test());
    auto& a = net.add();
    auto& b = net.add();
    auto& c = net.add();
    net.say(a, call("loop", 1'000'000));
    net.pass(seconds(1));
    QCOMPARE(agreeing(net, a), 3u);
    net.hang(b);
    net.time(a, Net::step(StepBy::message));
    net.pass(milliseconds(1900));
    std::size_t answered = a.answers.size();
    net.pass(milliseconds(200));
    QCOMPARE(a.answers.size(), answered + 1);
    QCOMPARE(a.answers.back().outcome->missing, std::vector<MemberId>{b.controller->member()});
    net.time(a, Net::step(StepBy::message));
    net.pass(milliseconds(20));
    net.kill(c);  // gone: nobody waits for it; b is awaited until the deadline
    net.pass(seconds(3));
    QCOMPARE(a.answers.back().outcome->groups.size(), 1u);
}

void ControllerTest::a_step_ends_when_the_replica_that_did_it_comes_back() {
    for (StepBy by : {StepBy::message, StepBy::instant}) {
        Net net({}, seed_of_test());
        auto& a = net.add();
        net.say(a, call("loop", 1'000'000));
        net.pass(seconds(1));
        QCOMPARE(agreeing(net, a), 1u);
        std::uint64_t executed = a.controller->island()->executed();
        std::size_t outcomes = net.count<std::shared_ptr<const StepOutcome>>();
        net.time(a, Net::step(by));
        while (a.controller->island()->executed() == executed)
            QVERIFY(net.turn(net.now + seconds(1)));
        net.cut(a);  // with its report on the way: only this replica knows where the step led
        net.pass(seconds(1));
        QVERIFY(a.controller->joined());
        QCOMPARE(net.count<std::shared_ptr<const StepOutcome>>(), outcomes + 1);
        net.time(a, Net::op(kResume));
        net.pass(seconds(1));
        QVERIFY(!a.answers.back().state.paused);
        QCOMPARE(agreeing(net, a), 1u);
    }
}

void ControllerTest::a_step_external_is_behind_us_though_nobody_reports() {
    Net net({}, seed_of_test());
    auto& a = net.add();
    net.pass(seconds(1));
    QCOMPARE(agreeing(net, a), 1u);
    net.say(a, call("add", 1));
    net.pass(milliseconds(50));
    std::uint64_t executed = a.controller->island()->executed();
    net.time(a, Net::step(StepBy::external));
    while (a.controller->island()->executed() == executed) QVERIFY(net.turn(net.now + seconds(1)));
    VirtualTime there = a.controller->island()->now();
    net.cut(a);
    net.pass(seconds(10));
    QVERIFY(a.controller->joined());
    net.time(a, Net::step(StepBy::duration, microseconds(1)));
    net.pass(milliseconds(50));
    QVERIFY(a.answers.back().outcome->groups.at(0).mark.time > there);
}

void ControllerTest::a_diverged_replica_is_found() {
    Net net({}, seed_of_test());
    auto& a = net.add();
    auto& b = net.add();
    auto& c = net.add();
    net.say(a, call("loop", 1'000'000));
    net.pass(milliseconds(1500));
    b.astray = true;
    net.pass(seconds(3));
    QVERIFY(net.count<Split>() >= 1);
    const Split* first = nullptr;
    for (const Record& record : net.recorded) {
        if (auto* split = std::get_if<Split>(&record); split && !first) first = split;
    }
    QCOMPARE(first->groups.size(), 2u);
    QCOMPARE(first->groups[1].members, std::vector<MemberId>{b.controller->member()});
    QCOMPARE(c.infos.size(), 1u);  // told once, not at every vote
    QCOMPARE(c.infos[0].code, std::string("SPLIT"));
    const auto same = [](const Agreement& told, const Agreement& recorded) {
        return told.mark == recorded.mark && told.hash == recorded.hash &&
               told.members == recorded.members;
    };
    QVERIFY(std::equal(c.infos[0].groups.begin(), c.infos[0].groups.end(), first->groups.begin(),
                       first->groups.end(), same));
}

/// Who looks on with a replica votes after the others, and is on a side or not known yet.
void ControllerTest::a_split_is_told_once_and_to_who_comes_later() {
    Net net({}, seed_of_test());
    auto& a = net.add();
    auto& b = net.add();
    net.pass(milliseconds(100));  // it does not begin a session
    auto& viewer = net.add(Role::viewer);
    net.say(a, call("loop", 1'000'000));
    net.pass(milliseconds(1500));
    b.astray = true;
    net.pass(seconds(5));
    QCOMPARE(viewer.infos.size(), std::size_t{1});
    auto& late = net.add(Role::viewer, false);
    net.pass(milliseconds(500));
    QCOMPARE(late.infos.size(), std::size_t{1});
    QCOMPARE(late.infos[0].code, std::string("SPLIT"));
    QCOMPARE(late.infos[0].groups.size(), std::size_t{2});
    QVERIFY(late.infos[0].groups[0].mark == viewer.infos[0].groups[0].mark);

    // Another side is news; who leaves is on none.
    viewer.astray = true;
    net.pass(seconds(3));
    QCOMPARE(late.infos.size(), std::size_t{2});
    net.kill(b);
    net.kill(viewer);
    net.pass(seconds(8));
    auto& last = net.add(Role::viewer, false);
    net.pass(milliseconds(500));
    QCOMPARE(late.infos.size(), std::size_t{2});
    QVERIFY(last.infos.empty());
}

/// It voted and left before the others did: they agree, and who comes later has nobody to compare.
void ControllerTest::a_split_with_who_is_gone_is_over() {
    const std::uint64_t seed = seed_of_test();
    int seen = 0;
    for (std::uint64_t i = 0; i < 100 && seen == 0; ++i) {  // who votes first is chance
        Net net({}, seed + i);
        auto& a = net.add();
        auto& b = net.add();
        net.add();
        net.say(b, call("loop", 1'000'000));
        net.pass(milliseconds(500));
        a.astray = true;
        while (net.count<VoteCast>() == 0) net.pass(std::chrono::microseconds(1));
        const auto vote =
            std::find_if(net.recorded.begin(), net.recorded.end(),
                         [](const Record& each) { return std::holds_alternative<VoteCast>(each); });
        if (std::get<VoteCast>(*vote).member != a.controller->member()) continue;
        net.kill(a);
        net.pass(seconds(8));
        QCOMPARE(b.infos.size(), std::size_t{1});
        auto& late = net.add(Role::viewer, false);
        net.pass(milliseconds(500));
        QVERIFY(late.infos.empty());
        ++seen;
    }
    QCOMPARE(seen, 1);
}

void ControllerTest::lazy_time_is_silent_when_idle() {
    RouterOptions options;
    options.mode = TimeMode::lazy;
    Net net(options, seed_of_test());
    auto& a = net.add();
    auto& b = net.add();
    net.pass(seconds(2));
    std::size_t frames = a.frames_sent + b.frames_sent;
    std::size_t broadcasts = net.broadcasts;
    net.pass(seconds(3600));
    QCOMPARE(a.frames_sent + b.frames_sent, frames);
    QCOMPARE(net.broadcasts, broadcasts);

    net.say(a, call("loop", 50));  // about one second of beats
    net.pass(seconds(5));
    QVERIFY(b.controller->island()->executed() >= 50);
    QVERIFY(!b.controller->island()->next_time());
    QVERIFY(net.broadcasts > broadcasts + 40);
    QVERIFY(net.broadcasts <= broadcasts + 60);
    QVERIFY(a.controller->island()->hash() == b.controller->island()->hash());
    broadcasts = net.broadcasts;
    net.pass(seconds(3600));
    QCOMPARE(net.broadcasts, broadcasts);
}

void ControllerTest::a_dead_puller_is_replaced() {
    RouterOptions options;
    options.mode = TimeMode::lazy;
    Net net(options, seed_of_test());
    auto& one = net.add();
    auto& two = net.add();
    net.pass(seconds(1));
    bool first = net.router->status(net.now).puller == one.controller->member();
    auto& a = first ? one : two;
    auto& b = first ? two : one;
    QVERIFY(net.router->status(net.now).puller == a.controller->member());
    net.say(b, call("loop", 1'000'000));
    net.pass(seconds(1));
    net.kill(a);
    std::uint64_t executed = b.controller->island()->executed();
    net.pass(milliseconds(500));
    QVERIFY(b.controller->island()->executed() > executed + 5);
    QVERIFY(net.router->status(net.now).puller == b.controller->member());
}

void ControllerTest::a_hung_puller_is_replaced() {
    RouterOptions options;
    options.mode = TimeMode::lazy;
    Net net(options, seed_of_test());
    auto& one = net.add();
    auto& two = net.add();
    net.pass(seconds(1));
    bool first = net.router->status(net.now).puller == one.controller->member();
    auto& a = first ? one : two;
    auto& b = first ? two : one;
    net.say(b, call("loop", 1'000'000));
    net.pass(seconds(1));
    net.hang(a);
    net.pass(milliseconds(500));
    std::uint64_t executed = b.controller->island()->executed();
    net.pass(seconds(2));
    QVERIFY(b.controller->island()->executed() > executed + 5);
    QVERIFY(net.router->status(net.now).puller == b.controller->member());
}

void ControllerTest::an_observer_sees_what_was_reflected() {
    struct Watch : ControllerObserver {
        void started(const Sync& sync, const std::string* image, bool) override {
            from_image = image != nullptr;
            messages = sync.snapshot ? sync.snapshot->seq.value : 0;
        }
        void stamped(const MessagePtr& message) override {
            good &= message->stamp.seq.value == ++messages;
        }
        void bound(VirtualTime time) override {
            good &= time >= last;
            last = time;
        }
        bool good = true;
        bool from_image = false;
        std::uint64_t messages = 0;
        VirtualTime last{};
    };
    Net net({}, seed_of_test());
    auto& a = net.add();
    net.say(a, call("loop", 1'000'000));
    net.pass(seconds(20));
    auto watch = std::make_unique<Watch>();
    Watch& seen = *watch;
    auto& viewer = net.add(Role::viewer, true, "aaaa", std::move(watch));
    net.pass(seconds(1));
    QVERIFY(seen.from_image);
    for (int i = 0; i < 50; ++i) {
        net.say(a, call("add", i));
        net.pass(milliseconds(30));
        if (i % 20 == 10) net.cut(viewer);
    }
    net.pass(seconds(1));
    QVERIFY(seen.good);
    QCOMPARE(seen.messages, net.router->last_seq().value);
    QVERIFY(viewer.controller->island()->hash() == a.controller->island()->hash() ||
            viewer.controller->bound() != a.controller->bound());
}

void ControllerTest::another_build_fails_with_a_sentence() {
    Net net({}, seed_of_test());
    net.add();
    net.pass(seconds(1));
    auto& other = net.add(Role::participant, true, "bbbb");
    net.pass(seconds(60));
    QVERIFY(other.failed);
    QVERIFY(other.failed->message.find("aaaa") != std::string::npos);
    QVERIFY(other.failed->message.find("bbbb") != std::string::npos);
}

TEST_CLASS(ControllerTest)
#include "controller_test.moc"
