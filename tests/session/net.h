#pragma once

#include <deque>
#include <functional>
#include <set>

#include "hub.h"
#include "teatime/session/controller.h"

/// A small world, and a Router with Controllers around it on a clock and a network that the test
/// owns.
namespace pulse {
const teatime::Module& module();
}  // namespace pulse

namespace teatime::session {

inline constexpr auto kPause = TimeRequest::Op::pause;
inline constexpr auto kResume = TimeRequest::Op::resume;

std::string call(const std::string& selector, std::int64_t number);

inline Mark at(Duration time, std::uint64_t n = Mark::kWholeInstant) {
    return {{}, VirtualTime(time), n};
}

struct Net {
    struct Replica {
        std::unique_ptr<Controller> controller;
        std::unique_ptr<ControllerObserver> observer;
        std::uint64_t connection = 0;
        bool hung = false;
        bool loses_uploads = false;
        bool astray = false;
        std::deque<std::pair<SteadyTime, ControllerInput>> inbox;
        std::deque<std::pair<SteadyTime, RouterInput>> outbox;
        std::vector<StepOutcome> outcomes;
        std::vector<TimeAnswer> answers;
        std::vector<Answer> said;
        std::vector<StateAnswer> states;
        std::vector<Info> infos;
        std::size_t joins = 0;
        std::size_t resumed = 0;
        std::size_t built = 0;
        std::size_t frames_sent = 0;
        std::optional<Error> failed;
    };

    explicit Net(RouterOptions options = {}, std::uint64_t seed = 1,
                 Duration latency = milliseconds(5));

    /// A new incarnation: all connections and the history are gone.
    void restart_router();

    Replica& add(Role role = Role::participant, bool replica = true, std::string code = "aaaa",
                 std::unique_ptr<ControllerObserver> observer = nullptr, std::string name = {});

    /// The connection breaks: what is under way is lost, both ends learn of it.
    void cut(Replica& one) { lose(one, 1006); }
    /// The process dies.
    void kill(Replica& one);
    /// The process stands still, its connection stays.
    void hang(Replica& one) { one.hung = true; }

    void say(Replica& one, std::string payload) { input(one, UserSend{std::move(payload)}); }
    void time(Replica& one, TimeRequest request);
    void lead(Replica& one, LeaseRequest::Op op, MemberId to = {}) {
        input(one, LeaseRequest{++last_request, op, to});
    }
    void note(Replica& one, const Mark& mark, std::string text) {
        input(one, NoteRequest{++last_request, mark, std::move(text)});
    }
    void states(Replica& one, std::vector<MemberId> members) {
        input(one, StateRequest{++last_request, std::move(members)});
    }
    void look(Replica& one, const Mark& mark, bool follows = false, std::string points_at = {}) {
        input(one, Playhead{{}, mark, follows, std::move(points_at)});
    }
    static TimeRequest until(const Mark& mark) {
        TimeRequest request = op(TimeRequest::Op::until);
        request.mark = mark;
        return request;
    }
    static TimeRequest step_to(const Mark& mark) {
        TimeRequest request = step(StepBy::mark);
        request.mark = mark;
        return request;
    }
    static TimeRequest step(StepBy by, Duration duration = {}) {
        TimeRequest request;
        request.op = TimeRequest::Op::step;
        request.by = by;
        request.duration = duration;
        return request;
    }
    static TimeRequest op(TimeRequest::Op op) {
        TimeRequest request;
        request.op = op;
        return request;
    }

    void want_snapshot() { route({{}, SnapshotWanted{}}); }

    /// One event; false: none before `end`.
    bool turn(SteadyTime end);
    void pass(Duration duration);

    template <class T>
    std::size_t count() const {
        std::size_t number = 0;
        for (const Record& record : recorded) number += std::holds_alternative<T>(record);
        return number;
    }

    std::mt19937_64 random;
    Duration most_latency;
    RouterOptions router_options;
    SteadyTime now{};
    std::optional<Router> router;
    std::vector<std::unique_ptr<Replica>> replicas;
    std::map<std::string, std::string> files;
    bool files_away = false;  ///< their server does not answer
    std::vector<Record> recorded;
    std::vector<MessagePtr> reflected;
    std::function<void(const RouterOutputs&)> tap;  ///< as a recorder has it
    std::size_t broadcasts = 0;
    std::size_t events = 0;
    std::size_t budget = 1'000'000;
    std::uint64_t last_request = 0;

private:
    Duration latency();
    template <class Queue, class What>
    void post(Queue& queue, What what);
    void lose(Replica& one, std::uint16_t code, const std::string& reason = {});
    Replica* of(ConnectionId connection);
    void route(RouterInput frame);
    void input(Replica& one, ControllerInput what);
    void carry_out(Replica& one, ControllerOutputs& outputs);

    std::set<std::uint64_t> synced;
    std::uint64_t last_connection = 0;
};

}  // namespace teatime::session
