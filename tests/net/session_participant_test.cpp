#include <QTemporaryDir>

#include "../test_main.h"
#include "session_net.h"
#include "teatime/island/module.h"
#include "teatime/state/inspect.h"

using namespace teatime;
using namespace teatime::net;
using namespace teatime::net::test;
using namespace std::chrono_literals;

namespace {

const Module& counter() {
    static const Module& module = *Module::load(COUNTER_MODULE).value();
    return module;
}

session::IslandFactory factory() {
    return {[](const std::string& id) { return Island::create(counter(), id); },
            [](const Image& image) { return Island::restore(counter(), image); }};
}

/// A member of one session, and what it was told.
struct Member : session::ControllerObserver {
    Member(Loop& loop, std::uint16_t port, bool replica = true,
           session::Role role = session::Role::participant,
           std::string code_id = counter().code_id())
        : participant(loop, parse_url(fmt::format("ws://127.0.0.1:{}", port)).value(),
                      options(role, std::move(code_id)),
                      replica ? std::optional(factory()) : std::nullopt, handler(), this) {}

    static session::ControllerOptions options(session::Role role, std::string code_id) {
        session::ControllerOptions options;
        options.session_id = "meeting";
        options.app = "counter";
        options.code_id = std::move(code_id);
        options.role = role;
        options.most_delay = 20ms;
        return options;
    }
    ParticipantHandler handler() {
        ParticipantHandler told;
        told.joined = [this](const session::Joined&) { ++joins; };
        told.lost = [this](const session::ConnectionLost&) { ++losses; };
        told.failed = [this](const Error& error) { failure = error.message; };
        told.notice = [this](const session::Frame& frame) {
            if (auto* one = std::get_if<session::TimeAnswer>(&frame)) answer = *one;
        };
        return told;
    }
    void started(const session::Sync&, const std::string* image, bool) override {
        from_snapshot = image != nullptr;
    }
    std::int64_t count() {
        auto tree = state_tree(participant.island()->image(), "#1.count");
        if (!tree) qFatal("%s", tree.error().message.c_str());
        return *tree->if_int();
    }
    void add(std::int64_t n) { participant.send("counter", "add", {n}); }

    unsigned joins = 0, losses = 0;
    bool from_snapshot = false;
    std::string failure;
    std::optional<session::TimeAnswer> answer;
    Participant participant;  // last: it calls from its first moment
};

/// Pauses the session: every replica says where it is and what its state is.
session::StepOutcome outcome_of_pause(Loop& loop, Member& asker) {
    asker.participant.time_request({0, session::TimeRequest::Op::pause, {}, {}, {}});
    if (!until(loop, [&] { return asker.answer && asker.answer->outcome; })) qFatal("no outcome");
    return *asker.answer->outcome;
}

}  // namespace

class SessionParticipantTest : public QObject {
    Q_OBJECT

private slots:
    void two_replicas_agree() {
        auto reflector = reflect();
        Loop loop;
        Member a(loop, reflector->port());
        QVERIFY(until(loop, [&] { return a.joins == 1; }));
        Member b(loop, reflector->port());
        QVERIFY(until(loop, [&] { return b.joins == 1; }));
        a.participant.send("counter", "loop");
        b.add(40);
        a.add(2);
        QVERIFY(until(loop, [&] { return a.participant.idle() && b.participant.idle(); }));
        QVERIFY(until(loop, [&] { return a.count() >= 43 && b.count() >= 43; }));
        auto outcome = outcome_of_pause(loop, b);
        QCOMPARE(outcome.groups.size(), 1u);
        QCOMPARE(outcome.groups[0].members.size(), 2u);
        QVERIFY(outcome.missing.empty());
        QVERIFY(until(loop, [&] { return a.participant.idle() && b.participant.idle(); }));
        QVERIFY(a.participant.island()->hash() == b.participant.island()->hash());
    }

    void a_late_joiner_goes_on_from_a_snapshot() {
        QTemporaryDir folder;
        ReflectorOptions options;
        options.files = FileStore::open(folder.path().toStdString()).value();
        options.router.join_messages = 5;
        auto reflector = reflect(std::move(options));
        Loop loop;
        Member a(loop, reflector->port());
        for (int i = 0; i < 20; ++i) a.add(1);
        QVERIFY(until(loop, [&] { return a.joins == 1 && a.participant.idle(); }));
        Member late(loop, reflector->port());
        QVERIFY(until(loop, [&] { return late.joins == 1 && late.participant.idle(); }));
        QVERIFY(late.from_snapshot);
        QCOMPARE(late.count(), 20);
        late.add(1);
        auto outcome = outcome_of_pause(loop, a);
        QCOMPARE(outcome.groups.size(), 1u);
        QCOMPARE(outcome.groups[0].members.size(), 2u);
    }

    void a_joiner_arrives_where_no_files_are_kept() {
        ReflectorOptions options;
        options.router.join_messages = 5;
        auto reflector = reflect(std::move(options));
        Loop loop;
        Member a(loop, reflector->port());
        for (int i = 0; i < 20; ++i) a.add(1);
        QVERIFY(until(loop, [&] { return a.joins == 1 && a.participant.idle(); }));
        Member late(loop, reflector->port());
        QVERIFY(until(loop, [&] { return late.joins == 1 && late.participant.idle(); }));
        QCOMPARE(late.count(), 20);
    }

    void cut_connections_lose_and_repeat_nothing() {
        auto reflector = reflect();
        Cable cable(reflector->port());
        Loop loop;
        Member witness(loop, reflector->port());
        Member a(loop, cable.port());
        QVERIFY(until(loop, [&] { return witness.joins == 1 && a.joins == 1; }));
        constexpr int kRounds = 20;
        for (int round = 1; round <= kRounds; ++round) {
            for (int i = 0; i < 10; ++i) a.add(1);
            cable.cut();
            for (int i = 0; i < 10; ++i) a.add(1);
            auto arrived = [&] {
                return a.participant.idle() && a.participant.controller().joined();
            };
            QVERIFY(until(loop, [&] { return arrived() && witness.count() == 20 * round; }));
            QCOMPARE(a.count(), 20 * round);
        }
        QVERIFY2(a.losses >= kRounds / 2, "the cable was hardly cut");
        QCOMPARE(cable.cuts(), a.losses);
        QCOMPARE(witness.losses, 0u);
        auto outcome = outcome_of_pause(loop, witness);
        QCOMPARE(outcome.groups.size(), 1u);
        QCOMPARE(outcome.groups[0].members.size(), 2u);
    }

    void a_viewer_watches_and_a_member_without_replica_sends() {
        auto reflector = reflect();
        Loop loop;
        Member a(loop, reflector->port());
        QVERIFY(until(loop, [&] { return a.joins == 1; }));
        Member viewer(loop, reflector->port(), true, session::Role::viewer);
        Member sender(loop, reflector->port(), false);
        QVERIFY(until(loop, [&] { return viewer.joins == 1 && sender.joins == 1; }));
        sender.add(7);
        QVERIFY(until(loop, [&] { return a.count() == 7 && viewer.count() == 7; }));
        bool left = false;
        sender.participant.leave([&] { left = true; });
        QVERIFY(until(loop, [&] { return left; }));
        QCOMPARE(sender.losses, 0u);
    }

    void what_was_sent_before_leaving_arrives() {
        auto reflector = reflect();
        Loop loop;
        Member a(loop, reflector->port());
        Member b(loop, reflector->port());
        QVERIFY(until(loop, [&] { return a.joins == 1 && b.joins == 1; }));
        bool left = false;
        b.add(3);
        b.participant.leave([&] { left = true; });
        QVERIFY(until(loop, [&] { return left && a.count() == 3; }));
    }

    void a_session_goes_on_from_a_saved_island() {
        QTemporaryDir folder;
        std::shared_ptr<FileStore> files = FileStore::open(folder.path().toStdString()).value();
        session::SessionStart start;
        {
            auto reflector = reflect();
            Loop loop;
            Member a(loop, reflector->port());
            a.add(5);
            QVERIFY(until(loop, [&] { return a.joins == 1 && a.participant.idle(); }));
            Image image = a.participant.island()->image();
            QVERIFY(files->put("saved", encode_image(image)).value() == FileStore::Put::created);
            start = {{"/files/saved", image.time, image.seq, ""}, image.app, image.code_id};
        }
        ReflectorOptions options;
        options.files = files;
        options.configure = [&](const std::string& id, session::RouterOptions& router) {
            if (id == "meeting") router.start = start;
        };
        auto reflector = reflect(std::move(options));
        Loop loop;
        Member b(loop, reflector->port());
        b.add(2);
        QVERIFY(until(loop, [&] { return b.joins == 1 && b.participant.idle(); }));
        QVERIFY(b.from_snapshot);
        QCOMPARE(b.count(), 7);
        QVERIFY(b.participant.island()->seq() > start.snapshot.seq);
    }

    void lazy_time_moves_where_a_world_needs_it() {
        ReflectorOptions options;
        options.router.mode = session::TimeMode::lazy;
        auto reflector = reflect(std::move(options));
        Loop loop;
        Member a(loop, reflector->port());
        Member b(loop, reflector->port());
        QVERIFY(until(loop, [&] { return a.joins == 1 && b.joins == 1; }));
        a.participant.send("counter", "loop");
        QVERIFY(
            until(loop, [&] { return a.participant.idle() && a.count() >= 3 && b.count() >= 3; }));
        auto outcome = outcome_of_pause(loop, a);
        QCOMPARE(outcome.groups.size(), 1u);
        QCOMPARE(outcome.groups[0].members.size(), 2u);
    }

    void another_build_is_refused_for_good() {
        auto reflector = reflect();
        Loop loop;
        Member a(loop, reflector->port());
        QVERIFY(until(loop, [&] { return a.joins == 1; }));
        Member other(loop, reflector->port(), true, session::Role::participant,
                     std::string(64, 'e'));
        QVERIFY(until(loop, [&] { return !other.failure.empty(); }));
        QVERIFY2(other.failure.find("build") != std::string::npos, other.failure.c_str());
        QCOMPARE(other.joins, 0u);
    }

    void more_than_a_reflector_takes_at_once_is_paced() {
        auto reflector = reflect();
        Loop loop;
        Member a(loop, reflector->port());
        QVERIFY(until(loop, [&] { return a.joins == 1; }));
        for (int i = 0; i < 600; ++i) a.add(1);
        QVERIFY(until(loop, [&] { return a.count() == 600; }));
        QCOMPARE(a.losses, 0u);
    }

    void a_handler_may_send() {
        auto reflector = reflect();
        Loop loop;
        std::unique_ptr<Participant> participant;
        ParticipantHandler handler;
        handler.joined = [&](const session::Joined&) {
            for (int i = 0; i < 100; ++i) participant->send("counter", "add", {1});
        };
        auto options = Member::options(session::Role::participant, counter().code_id());
        participant = std::make_unique<Participant>(
            loop, parse_url("ws://" + reflector->address()).value(), options, factory(), handler);
        QVERIFY(until(loop, [&] {
            return participant->controller().joined() && participant->idle() &&
                   participant->island()->seq().value > 100;
        }));
    }

    void what_a_handler_sends_before_it_leaves_arrives() {
        auto reflector = reflect();
        Loop loop;
        Member a(loop, reflector->port());
        QVERIFY(until(loop, [&] { return a.joins == 1; }));
        std::unique_ptr<Participant> participant;
        bool left = false;
        ParticipantHandler handler;
        handler.joined = [&](const session::Joined&) {
            participant->send("counter", "add", {1});
            participant->send("counter", "add", {10});
            participant->leave([&] { left = true; });
        };
        auto options = Member::options(session::Role::participant, counter().code_id());
        participant =
            std::make_unique<Participant>(loop, parse_url("ws://" + reflector->address()).value(),
                                          options, std::nullopt, handler);
        QVERIFY(until(loop, [&] { return left && a.count() == 11; }));
    }
};

TEST_CLASS(SessionParticipantTest)
#include "session_participant_test.moc"
