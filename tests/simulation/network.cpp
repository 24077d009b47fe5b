#include "network.h"

namespace simulation {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kSendQueue = 200;  // frames not read: the reflector cuts the connection
constexpr std::size_t kUnsent = 4;       // frames on the way that may be in the socket still
constexpr std::uint16_t kAbnormal = 1006;

}  // namespace

ConnectionId Network::connect(ClientEnd& client) {
    auto made = std::make_shared<Connection>();
    made->id = {++last_id_};
    made->client = &client;
    for (Pipe* pipe : {&made->up, &made->down}) {
        pipe->latency = dice_.between(Duration(200), milliseconds(30));
        if (faults_.strikes(Fault::slow_link, 0.5))
            pipe->latency = dice_.between(milliseconds(100), milliseconds(1'500));
    }
    connections_[made->id] = made;
    Moment when = scheduler_.now() + made->up.latency + made->down.latency;
    if (!server_.up() || faults_.strikes(Fault::refused, 0.5)) {
        tell_client(made, when, kAbnormal, "Nobody answers.");
        return made->id;
    }
    made->server_open = true;
    made->up.last = made->down.last = when;
    client.deliver_at(when, [this, made] {
        if (made->client_open && !made->down.broken)
            made->client->from_server(made->id, Connected{});
    });
    return made->id;
}

Network::Ptr Network::find(ConnectionId connection) {
    auto at = connections_.find(connection);
    return at == connections_.end() ? nullptr : at->second;
}

/// In order, behind what is under way already.
void Network::post(const Ptr& connection, Pipe Connection::*which, Process& to,
                   Scheduler::Action arrive) {
    Pipe& pipe = *connection.*which;
    if (pipe.broken) return;  // into the void
    Duration jitter = dice_.between(Duration(0), pipe.latency);
    Moment when = std::max(scheduler_.now() + pipe.latency + jitter, pipe.clogged_until);
    when = std::max(when, pipe.last + pipe.per_frame);
    pipe.last = when;
    ++pipe.flying;
    to.deliver_at(when, [connection, which, arrive = std::move(arrive)] {
        Pipe& through = *connection.*which;
        --through.flying;
        if (!through.broken) arrive();
    });
}

void Network::to_server(ConnectionId id, ClientFrame frame) {
    Ptr one = find(id);
    if (!one || !one->client_open) return;
    post(one, &Connection::up, server_, [this, one, frame = std::move(frame)]() mutable {
        if (one->server_open) server_.from_client(one->id, std::move(frame));
    });
}

void Network::to_client(ConnectionId id, const Frame& frame) {
    Ptr one = find(id);
    if (!one || !one->server_open || one->overflown) return;
    auto* tick = std::get_if<Tick>(&frame);
    if (tick && tick->may_skip && one->down.flying > kUnsent) return;
    if (one->down.flying >= kSendQueue) {
        faults_.happened(Fault::overflow);
        one->overflown = true;
        close_client(one, CloseCode::unresponsive, "This connection cannot keep up.");
        tell_server(one, scheduler_.now(), false);  // not within: the router tells everybody now
        return;
    }
    post(one, &Connection::down, *one->client, [one, frame] {
        if (one->client_open) one->client->from_server(one->id, frame);
    });
}

void Network::close_by_client(ConnectionId id, CloseCode code) {
    Ptr one = find(id);
    if (!one || !one->client_open) return;
    one->client_open = false;
    bool for_good = code == CloseCode::normal;
    post(one, &Connection::up, server_, [this, one, for_good] {
        if (!one->server_open) return;
        one->server_open = false;
        server_.client_gone(one->id, for_good);
    });
}

void Network::close_by_server(ConnectionId id, CloseCode code, std::string reason) {
    Ptr one = find(id);
    if (!one || !one->server_open) return;
    one->server_open = false;
    close_client(one, code, std::move(reason));
}

void Network::close_client(const Ptr& one, CloseCode code, std::string reason) {
    post(one, &Connection::down, *one->client, [one, code, reason = std::move(reason)] {
        if (!one->client_open) return;
        one->client_open = false;
        one->client->from_server(one->id, Disconnected{static_cast<std::uint16_t>(code), reason});
    });
}

void Network::tell_client(const Ptr& one, Moment when, std::uint16_t code, std::string reason) {
    one->client->deliver_at(when, [one, code, reason = std::move(reason)] {
        if (!one->client_open) return;
        one->client_open = false;
        one->client->from_server(one->id, Disconnected{code, reason});
    });
}

void Network::tell_server(const Ptr& one, Moment when, bool for_good) {
    server_.deliver_at(when, [this, one, for_good] {
        if (!one->server_open) return;
        one->server_open = false;
        server_.client_gone(one->id, for_good);
    });
}

// ---- trouble -------------------------------------------------------------------------------

void Network::break_pipes(Connection& one) {
    if (one.up.flying + one.down.flying > 0) faults_.happened(Fault::lost_in_flight);
    one.up.broken = one.down.broken = true;
}

void Network::cut(ConnectionId id) {
    Ptr one = find(id);
    if (!one) return;
    break_pipes(*one);
    Moment now = scheduler_.now();
    tell_client(one, now + dice_.between(Duration(0), milliseconds(1'000)), kAbnormal, "");
    tell_server(one, now + dice_.between(Duration(0), milliseconds(3'000)), false);
}

void Network::half_open(ConnectionId id) {
    Ptr one = find(id);
    if (!one) return;
    break_pipes(*one);
    Moment now = scheduler_.now();
    tell_client(one, now + dice_.between(milliseconds(2'000), milliseconds(8'000)), kAbnormal, "");
    tell_server(one, now + dice_.between(milliseconds(2'000), milliseconds(8'000)), false);
}

void Network::clog(ConnectionId id, Duration how_long) {
    Ptr one = find(id);
    if (!one) return;
    Pipe& pipe = dice_.chance(0.5) ? one->up : one->down;
    pipe.clogged_until = scheduler_.now() + how_long;
}

void Network::slow_reader(ConnectionId id, Duration per_frame) {
    if (Ptr one = find(id)) one->down.per_frame = per_frame;
}

void Network::process_died(const Process& process) {
    for (auto& [id, one] : connections_) {
        if (&process == one->client && one->client_open) {
            one->client_open = false;
            break_pipes(*one);
            tell_server(one, scheduler_.now() + dice_.between(Duration(0), milliseconds(2'000)),
                        false);
        } else if (&process == &server_ && (one->server_open || one->client_open)) {
            one->server_open = false;
            break_pipes(*one);
            tell_client(one, scheduler_.now() + dice_.between(Duration(0), milliseconds(2'000)),
                        kAbnormal, "");
        }
    }
}

void Network::heal() {
    for (auto& [id, one] : connections_) {
        Moment soon = scheduler_.now() + milliseconds(1'000);
        if (std::max(one->up.last, one->down.last) > soon) cut(id);  // what is under way comes late
        for (Pipe* pipe : {&one->up, &one->down}) {
            pipe->per_frame = {};
            pipe->clogged_until = {};
            pipe->latency = std::min(pipe->latency, Duration(milliseconds(20)));
        }
    }
}

std::vector<ConnectionId> Network::open() const {
    std::vector<ConnectionId> ids;
    for (auto& [id, one] : connections_) {
        if (one->client_open && one->server_open && !one->up.broken) ids.push_back(id);
    }
    return ids;
}

}  // namespace simulation
