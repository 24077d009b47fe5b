#include "net.h"

#include <QtGlobal>

#include "teatime/island/object.h"

namespace pulse {

using namespace teatime;

/// What makes a replica diverge: a handler that asks something outside the Island.
static bool outside = false;

/// Idle until told to loop; then beats at odd microseconds, often several messages in one instant.
class World : public Object {
public:
    void add(std::int64_t n) {
        total += n;
        from.push_back(static_cast<std::int64_t>(sender().value) * 1'000'000 + n);
        future(Duration::zero(), &World::echo);
    }
    void loop(std::int64_t times) { future(Duration(3'300), &World::beat, times); }
    void member_joined(MemberId member) { members.insert(member.value); }
    void member_left(MemberId member) { members.erase(member.value); }

    std::int64_t total = 0;
    std::int64_t beats = 0;
    std::vector<std::int64_t> from;
    std::set<std::uint64_t> members;

private:
    void echo() { total += static_cast<std::int64_t>(random().below(3)); }
    void beat(std::int64_t left) {
        ++beats;
        if (outside) ++total;
        if (random().chance(0.5)) future(Duration::zero(), &World::echo);
        if (left > 1) future(Duration(random().between(500, 40'000)), &World::beat, left - 1);
    }
    BOOST_DESCRIBE_CLASS(World, (Object), (add, loop, total, beats, from, members), (),
                         (echo, beat))
};

const Module& module() {
    static constexpr ModuleDescriptor kDescriptor =
        detail::describe_module<World>("counter", "aaaa");
    return **Module::from(kDescriptor);
}

}  // namespace pulse

namespace teatime::session {

std::string call(const std::string& selector, std::int64_t number) {
    return "\"[\\\"root\\\",\\\"" + selector + "\\\"," + std::to_string(number) + "]\"";
}

Duration Net::latency() {
    return Duration(
        static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most_latency.count() + 1)));
}

template <class Queue, class What>
void Net::post(Queue& queue, What what) {
    SteadyTime at = now + latency();
    if (!queue.empty()) at = std::max(at, queue.back().first);  // a connection keeps order
    queue.emplace_back(at, std::move(what));
}

Net::Net(RouterOptions options, std::uint64_t seed, Duration latency)
    : random(seed), most_latency(latency), router_options(options) {
    router_options.lease = Duration(0);  // all control time, but where it is about that
    restart_router();
}

void Net::restart_router() {
    for (auto& one : replicas) lose(*one, 1006);
    router.emplace("session", router_options, [this] { return random(); });
}

Net::Replica& Net::add(Role role, bool replica, std::string code,
                       std::unique_ptr<ControllerObserver> observer, std::string name) {
    auto& one = *replicas.emplace_back(std::make_unique<Replica>());
    ControllerOptions options;
    options.session_id = "session";
    options.app = "counter";
    options.code_id = code;
    options.role = role;
    options.name = std::move(name);
    std::optional<IslandFactory> factory;
    if (replica) {
        factory = IslandFactory{
            [](const std::string& id) { return Island::create(pulse::module(), id); },
            [](const Image& image) { return Island::restore(pulse::module(), image); }};
    }
    one.observer = std::move(observer);
    one.controller = std::make_unique<Controller>(
        options, factory, [this] { return random(); }, one.observer.get());
    ControllerOutputs out;
    one.controller->start(now, out);
    carry_out(one, out);
    return one;
}

void Net::kill(Replica& one) {
    one.hung = true;
    lose(one, 1006);
    one.inbox.clear();
}

void Net::time(Replica& one, TimeRequest request) {
    request.request = ++last_request;
    input(one, request);
}

bool Net::turn(SteadyTime end) {
    std::optional<SteadyTime> first;
    std::function<void()> what;
    auto candidate = [&](SteadyTime at, std::function<void()> action) {
        if (at > end || (first && *first <= at)) return;
        first = at;
        what = std::move(action);
    };
    if (auto at = router->wake_at()) candidate(*at, [this] { route({{}, Alarm{}}); });
    for (auto& ptr : replicas) {
        Replica& one = *ptr;
        if (!one.outbox.empty()) {
            candidate(one.outbox.front().first, [this, &one] {
                RouterInput frame = std::move(one.outbox.front().second);
                one.outbox.pop_front();
                route(std::move(frame));
            });
        }
        if (one.hung) continue;
        if (!one.inbox.empty()) {
            candidate(one.inbox.front().first, [this, &one] {
                ControllerInput frame = std::move(one.inbox.front().second);
                one.inbox.pop_front();
                input(one, std::move(frame));
            });
        }
        if (auto at = one.controller->wake_at())
            candidate(*at, [this, &one] { input(one, ControllerAlarm{}); });
    }
    if (!first) return false;
    now = std::max(now, *first);
    what();
    ++events;
    return true;
}

void Net::pass(Duration duration) {
    SteadyTime end = now + duration;
    for (std::size_t turns = 0; turn(end); ++turns) {
        if (turns > 3'000'000) qFatal("the network never rests");
    }
    now = end;
}

void Net::lose(Replica& one, std::uint16_t code, const std::string& reason) {
    if (one.connection == 0) return;
    std::uint64_t connection = one.connection;
    one.connection = 0;
    synced.erase(connection);
    one.outbox.clear();
    std::erase_if(one.inbox,
                  [](auto& entry) { return std::holds_alternative<Frame>(entry.second); });
    post(one.inbox, Disconnected{code, reason});
    route({{connection}, Gone{}});
}

void Net::route(RouterInput frame) {
    RouterOutputs out;
    router->step(std::move(frame), now, out);
    if (tap) tap(out);
    for (RouterOutput& output : out) {
        if (auto* all = std::get_if<Broadcast>(&output)) {
            ++broadcasts;
            if (auto* message = std::get_if<MessagePtr>(&all->frame)) reflected.push_back(*message);
            for (std::uint64_t connection : synced) {
                if (Replica* one = of({connection})) post(one->inbox, all->frame);
            }
        } else if (auto* to = std::get_if<SendTo>(&output)) {
            if (std::holds_alternative<SyncPtr>(to->frame)) synced.insert(to->connection.value);
            if (Replica* one = of(to->connection)) post(one->inbox, to->frame);
        } else if (auto* close = std::get_if<Close>(&output)) {
            synced.erase(close->connection.value);
            if (Replica* one = of(close->connection)) {
                one->connection = 0;
                one->outbox.clear();
                post(one->inbox,
                     Disconnected{static_cast<std::uint16_t>(close->code), close->reason});
            }
        } else {
            recorded.push_back(std::get<Record>(output));
        }
    }
}

void Net::input(Replica& one, ControllerInput what) {
    if (one.hung) return;
    ControllerOutputs out;
    one.controller->step(std::move(what), now, out);
    pulse::outside = one.astray;
    while (one.controller->run(budget, now, out)) {
    }
    pulse::outside = false;
    carry_out(one, out);
}

void Net::carry_out(Replica& one, ControllerOutputs& outputs) {
    for (ControllerOutput& output : outputs) {
        if (std::holds_alternative<Connect>(output)) {
            one.connection = ++last_connection;
            post(one.inbox, Connected{});
        } else if (std::holds_alternative<Disconnect>(output)) {
            std::uint64_t connection = one.connection;
            one.connection = 0;
            one.outbox.clear();
            one.inbox.clear();
            synced.erase(connection);
            route({{connection}, Gone{}});
        } else if (auto* frame = std::get_if<ToRouter>(&output)) {
            ++one.frames_sent;
            if (one.connection)
                post(one.outbox, RouterInput{{one.connection}, std::move(frame->frame)});
        } else if (auto* fetch = std::get_if<FetchSnapshot>(&output)) {
            auto file = files.find(fetch->url);
            if (files_away)
                post(one.inbox, SnapshotFailed{fetch->url, "connection refused"});
            else if (file == files.end())
                post(one.inbox, SnapshotFailed{fetch->url, "404", true});
            else
                post(one.inbox, SnapshotArrived{fetch->url, file->second});
        } else if (auto* upload = std::get_if<UploadSnapshot>(&output)) {
            if (one.loses_uploads) continue;
            files["files/" + upload->name] = std::move(upload->bytes);
            post(one.inbox, SnapshotUploaded{upload->request, "files/" + upload->name});
        } else if (auto* joined = std::get_if<Joined>(&output)) {
            ++one.joins;
            one.resumed += joined->again;
        } else if (std::holds_alternative<ReplicaBuilt>(output)) {
            ++one.built;
        } else if (auto* notice = std::get_if<Notice>(&output)) {
            if (auto* info = std::get_if<Info>(&notice->frame)) one.infos.push_back(*info);
            if (auto* answer = std::get_if<TimeAnswer>(&notice->frame))
                one.answers.push_back(*answer);
            if (auto* answer = std::get_if<Answer>(&notice->frame)) one.said.push_back(*answer);
            if (auto* answer = std::get_if<StateAnswer>(&notice->frame))
                one.states.push_back(*answer);
            if (auto* outcome = std::get_if<std::shared_ptr<const StepOutcome>>(&notice->frame)) {
                one.outcomes.push_back(**outcome);
            }
        } else if (auto* failed = std::get_if<Failed>(&output)) {
            one.failed = std::move(failed->error);
        }
    }
}

Net::Replica* Net::of(ConnectionId connection) {
    for (auto& one : replicas) {
        if (one->connection == connection.value) return one.get();
    }
    return nullptr;
}

}  // namespace teatime::session
