#pragma once

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "teatime/session/router.h"

/// A Router, its connections and a clock that the test moves: what each client was sent, in order.
namespace teatime::session {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Hub {
    struct Client {
        bool synced = false;
        std::vector<Frame> frames;
        std::optional<Close> closed;

        template <class T>
        std::vector<T> all() const {
            std::vector<T> found;
            for (const Frame& frame : frames) {
                if (auto* one = std::get_if<T>(&frame)) found.push_back(*one);
            }
            return found;
        }
        /// Every message known to it: of its last Sync and since.
        std::vector<MessagePtr> messages() const {
            std::vector<MessagePtr> found;
            for (const Frame& frame : frames) {
                if (auto* sync = std::get_if<SyncPtr>(&frame)) found = (*sync)->messages;
                if (auto* message = std::get_if<MessagePtr>(&frame)) found.push_back(*message);
            }
            return found;
        }
        SyncPtr sync() const {
            auto syncs = all<SyncPtr>();
            return syncs.empty() ? nullptr : syncs.back();
        }
        std::vector<TimeAnswer> answers() const { return all<TimeAnswer>(); }
    };

    explicit Hub(RouterOptions options = {}, std::uint64_t seed = 1)
        : random(seed), router("session", std::move(options), [this] { return random(); }) {}
    Hub(const Hub&) = delete;

    void step(RouterInput input) {
        out.clear();
        router.step(std::move(input), now, out);
        for (RouterOutput& one : out) carry_out(one);
    }
    void send(std::uint64_t connection, ClientFrame frame) {
        step({{connection}, std::move(frame)});
    }
    void gone(std::uint64_t connection, bool for_good = false) {
        clients[connection].synced = false;
        step({{connection}, Gone{for_good}});
    }
    /// Lets time pass, with every alarm at its moment.
    void pass(Duration duration) {
        SteadyTime end = now + duration;
        for (int turns = 0; turns < 1'000'000; ++turns) {
            auto due = router.wake_at();
            if (!due || *due > end) break;
            now = std::max(now, *due);
            step({{}, Alarm{}});
        }
        now = end;
    }
    template <class T>
    std::vector<T> records() const {
        std::vector<T> found;
        for (const Record& record : recorded) {
            if (auto* one = std::get_if<T>(&record)) found.push_back(*one);
        }
        return found;
    }

    // Clients of both kinds.
    void join_croquet(std::uint64_t connection, const std::string& user,
                      Duration leave_delay = Duration(0),
                      std::optional<Duration> tick = milliseconds(50), Duration delay = Duration(0),
                      CroquetFlags flags = {}) {
        JoinRequest request;
        request.kind = Kind::croquet;
        if (!user.empty()) request.croquet.user_json = "\"" + user + "\"";
        request.croquet.tick = tick;
        request.croquet.delay = delay;
        request.croquet.leave_delay = leave_delay;
        request.croquet.flags = flags;
        send(connection, request);
    }
    static JoinRequest native(Role role = Role::participant, bool replica = true) {
        JoinRequest request;
        request.kind = Kind::native;
        request.native.app = "counter";
        request.native.code_id = std::string(64, 'a');
        request.native.role = role;
        request.native.replica = replica;
        return request;
    }
    void join_native(std::uint64_t connection) { send(connection, native()); }
    void say(std::uint64_t connection, const std::string& text, std::string extra = ",0") {
        Send one;
        one.payload = "\"" + text + "\"";
        one.extra = std::move(extra);
        one.number = ++numbers[connection];
        send(connection, one);
    }
    Client& operator[](std::uint64_t connection) { return clients[connection]; }

    std::mt19937_64 random;
    SteadyTime now{};
    Router router;
    RouterOutputs out;
    std::map<std::uint64_t, Client> clients;
    std::map<std::uint64_t, std::uint64_t> numbers;
    std::vector<Record> recorded;
    std::vector<MessagePtr> reflected;
    std::size_t ticks = 0;

private:
    void carry_out(RouterOutput& output) {
        if (auto* all = std::get_if<Broadcast>(&output)) {
            if (auto* message = std::get_if<MessagePtr>(&all->frame)) reflected.push_back(*message);
            ticks += std::holds_alternative<Tick>(all->frame);
            for (auto& [id, client] : clients) {
                if (client.synced) client.frames.push_back(all->frame);
            }
        } else if (auto* one = std::get_if<SendTo>(&output)) {
            Client& client = clients[one->connection.value];
            client.frames.push_back(one->frame);
            if (std::holds_alternative<SyncPtr>(one->frame)) client.synced = true;
        } else if (auto* close = std::get_if<Close>(&output)) {
            clients[close->connection.value].synced = false;
            clients[close->connection.value].closed = *close;
        } else {
            recorded.push_back(std::get<Record>(output));
        }
    }
};

/// One seed per run, printed; TEATIME_SEED gives it again.
inline std::uint64_t seed_of_test() {
    static const std::uint64_t kSeed = [] {
        const char* given = std::getenv("TEATIME_SEED");
        std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
        std::fprintf(stderr, "TEATIME_SEED=%llu\n", static_cast<unsigned long long>(seed));
        return seed;
    }();
    return kSeed;
}

inline std::string texts(const std::vector<MessagePtr>& messages) {
    std::string all;
    for (const MessagePtr& message : messages) {
        if (message->sender) all += message->payload.substr(1, message->payload.size() - 2) + " ";
    }
    return all;
}

}  // namespace teatime::session
