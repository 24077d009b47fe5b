#include "teatime/net/reflector.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "reflector_impl.h"
#include "steady.h"
#include "teatime/wire/json_scanner.h"

namespace teatime::net {
namespace {

using session::CloseCode;

constexpr std::size_t kLongestId = 256;

Loop::Clock::time_point to_loop(session::SteadyTime time) {
    return Loop::Clock::time_point(time.time_since_epoch());
}

/// The last path segment: `wss://host/box/reflector/<id>?token=x`.
std::string_view session_id_of(std::string_view target) {
    target = target.substr(0, target.find('?'));
    return target.substr(target.rfind('/') + 1);
}

/// Tokens are secrets: straight from the system.
std::uint64_t strong_random() {
    thread_local std::random_device device;
    return std::uint64_t{device()} << 32 | device();
}

}  // namespace

Reflector::Reflector(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reflector::~Reflector() = default;
std::uint16_t Reflector::port() const {
    return impl_->server().port();
}
std::string Reflector::address() const {
    return impl_->server().address();
}
void Reflector::stop() {
    impl_->stop();
}
result<std::unique_ptr<Reflector>> Reflector::start(ReflectorOptions options) {
    auto impl = std::make_unique<Impl>(std::move(options));
    if (auto started = impl->start(); !started) return started.error();
    return std::unique_ptr<Reflector>(new Reflector(std::move(impl)));
}

Reflector::Impl::Session::Session(std::string session_id, session::RouterOptions router_options)
    : id(session_id), router(std::move(session_id), std::move(router_options), strong_random) {}

result<void> Reflector::Impl::start() {
    auto server = Server::start(*this, options_.server);
    if (!server) return server.error();
    server_ = std::move(*server);
    shards_.resize(server_->threads());
    for (std::size_t i = 0; i < shards_.size(); ++i) shards_[i].loop = &server_->loop(i);
    if (options_.files) disk_ = std::make_unique<LoopThread>();
    gate_->impl = this;
    for (const std::string& id : options_.shared) {
        Shard& shard = shards_[thread_of(id) % shards_.size()];
        shard.loop->post([this, &shard, id] {
            if (Session* session = open_session(shard, id))
                step(shard, *session, {{}, session::Alarm{}});
        });
    }
    ready_.count_down();
    return {};
}

void Reflector::Impl::stop() {
    {
        const std::lock_guard lock(gate_->mutex);
        if (!gate_->impl) return;
        gate_->impl = nullptr;
    }
    server_->stop();
    disk_.reset();
    shards_.clear();  // sinks finish
}

// ---- connections ---------------------------------------------------------------------------

std::size_t Reflector::Impl::thread_of(std::string_view target) {
    return std::hash<std::string_view>{}(session_id_of(target));
}

void Reflector::Impl::on_open(Connection& connection) {
    ready_.wait();
    auto* attachment = new Attachment{&connection, nullptr, false, false, {}};
    connection.user = attachment;
    std::string_view id = session_id_of(connection.target());
    if (id.empty() || id.size() > kLongestId) {
        close(*attachment, CloseCode::outdated, "The last part of the path must be a session id.");
        return;
    }
    attachment->join_deadline =
        shard_of(connection).loop->schedule_after(options_.join_deadline, [this, attachment] {
            close(*attachment, CloseCode::never_joined, "No JOIN came in time.");
        });
}

void Reflector::Impl::on_close(Connection& connection, std::uint16_t code, std::string_view) {
    std::unique_ptr<Attachment> attachment(static_cast<Attachment*>(connection.user));
    Shard& shard = shard_of(connection);
    shard.loop->cancel(attachment->join_deadline);
    Session* session = attachment->session;
    if (!session) return;
    detach(*attachment);
    bool for_good = code == static_cast<std::uint16_t>(CloseCode::normal);
    step(shard, *session, {{connection.id()}, session::Gone{for_good}});
}

void Reflector::Impl::on_text(Connection& connection, std::string_view text) {
    auto& attachment = *static_cast<Attachment*>(connection.user);
    if (attachment.closing) return;
    Session* session = attachment.session;
    auto input = wire::decode_client_frame(text, session ? session->router.last_seq() : Seq());
    if (auto* ping = std::get_if<wire::Ping>(&input)) {
        connection.send(make_text_frame(wire::encode_pong(*ping)));
        return;
    }
    if (auto* refused = std::get_if<wire::Refused>(&input)) {
        refuse_client(connection, refused->code, refused->reason);
        return;
    }
    auto* frame = std::get_if<session::ClientFrame>(&input);
    if (!frame) return;  // nothing to do for PULSE and the like
    Shard& shard = shard_of(connection);
    if (!session) {
        if (!std::holds_alternative<session::JoinRequest>(*frame)) {
            refuse_client(connection, CloseCode::malformed, "The first frame must be a JOIN.");
            return;
        }
        shard.loop->cancel(std::exchange(attachment.join_deadline, {}));
        session = open_session(shard, std::string(session_id_of(connection.target())));
        if (!session) {
            return close(attachment, CloseCode::session_full,
                         "This reflector carries as many sessions as it may.");
        }
        attachment.session = session;
        session->attached.emplace(session::ConnectionId{connection.id()}, &attachment);
    }
    step(shard, *session, {{connection.id()}, std::move(*frame)});
}

/// Closes a connection that the router would not.
void Reflector::Impl::refuse_client(Connection& connection, CloseCode code,
                                    std::string_view reason) {
    auto& attachment = *static_cast<Attachment*>(connection.user);
    if (Session* session = attachment.session) {
        detach(attachment);
        step(shard_of(connection), *session, {{connection.id()}, session::Gone{}});
    }
    close(attachment, code, reason);
}

void Reflector::Impl::close(Attachment& attachment, CloseCode code, std::string_view reason) {
    attachment.closing = true;
    attachment.connection->close(static_cast<std::uint16_t>(code), reason);
}

void Reflector::Impl::detach(Attachment& attachment) {
    Session& session = *attachment.session;
    session.attached.erase(session::ConnectionId{attachment.connection->id()});
    if (attachment.synced) std::erase(session.synced, &attachment);
    attachment.session = nullptr;
    attachment.synced = false;
}

// ---- sessions ------------------------------------------------------------------------------

/// Null: there are as many as there may be.
Reflector::Impl::Session* Reflector::Impl::open_session(Shard& shard, std::string id) {
    auto known = shard.sessions.find(id);
    if (known != shard.sessions.end()) return known->second.get();
    if (session_count_.fetch_add(1) >= options_.sessions) {
        --session_count_;
        return nullptr;
    }
    session::RouterOptions router = options_.router;
    if (options_.configure) options_.configure(id, router);
    auto session = std::make_unique<Session>(id, std::move(router));
    session->incarnation = ++last_incarnation_;
    return shard.sessions.emplace(std::move(id), std::move(session)).first->second.get();
}

void Reflector::Impl::step(Shard& shard, Session& session, session::RouterInput&& input) {
    session.outputs.clear();
    session.router.step(std::move(input), steady_now(), session.outputs);
    if (!session.sink) {
        for (const session::RouterOutput& output : session.outputs) {
            auto* record = std::get_if<session::Record>(&output);
            if (!record) continue;
            if (auto* started = std::get_if<session::Started>(record))
                begin(shard, session, *started);
        }
    }
    if (session.sink) session.sink->take(session.outputs);
    if (may_tell(session))
        carry_out(session, session.outputs);
    else
        hold(session);
    bool refused = session.router.kind() == session::Kind::undecided && session.attached.empty();
    if (!refused && !session.router.ended()) {
        arm(shard, session);
        return;
    }
    shard.loop->cancel(session.timer);
    drop_held(session);
    while (!session.attached.empty()) detach(*session.attached.begin()->second);
    --session_count_;
    shard.sessions.erase(std::string(session.id));
}

void Reflector::Impl::begin(Shard& shard, Session& session, const session::Started& started) {
    std::string_view name, app;
    wire::read_object(started.details_json, {{"name", name}, {"appId", app}});
    session.name = wire::to_text(name).value_or(session.id);
    session.app = wire::to_text(app).value_or(session.name);
    if (!options_.sink) return;
    auto later = later_in(shard, session);
    session.sink = options_.sink(started, [later](session::RouterInput input) {
        later([input](Impl& impl, Shard& home, Session& same) mutable {
            impl.step(home, same, std::move(input));
        });
    });
    if (!session.sink) return;
    session.sink->on_more_may_be_told(
        [later] { later([](Impl& impl, Shard&, Session& same) { impl.release(same); }); });
}

/// For work from other threads: runs it on the session's own, if there still is this session.
Reflector::Impl::Later Reflector::Impl::later_in(const Shard& shard, const Session& session) {
    auto index = static_cast<std::size_t>(&shard - shards_.data());
    return [gate = gate_, index, id = session.id,
            incarnation = session.incarnation](SessionWork work) {
        const std::lock_guard lock(gate->mutex);
        if (!gate->impl) return;
        gate->impl->shards_[index].loop->post(
            [impl = gate->impl, index, id, incarnation, work = std::move(work)] {
                Shard& home = impl->shards_[index];
                auto found = home.sessions.find(id);
                if (found != home.sessions.end() && found->second->incarnation == incarnation)
                    work(*impl, home, *found->second);
            });
    };
}

/// A timer that is early only looks again, so it is not moved with every stamp.
void Reflector::Impl::arm(Shard& shard, Session& session) {
    auto wake = session.router.wake_at();
    if (!wake) return;
    Loop::Clock::time_point at = to_loop(*wake);
    if (session.timer.number && session.timer.deadline <= at) return;
    shard.loop->cancel(session.timer);
    session.timer = shard.loop->schedule(at, [this, &shard, &session] {
        session.timer = {};
        step(shard, session, {{}, session::Alarm{}});
    });
}

// ---- what waits until it is recorded -----------------------------------------------------------

bool Reflector::Impl::may_tell(const Session& session) {
    return session.held.empty() &&
           (!session.sink || session.router.last_seq() <= session.sink->may_be_told());
}

void Reflector::Impl::hold(Session& session) {
    for (const session::RouterOutput& output : session.outputs) {
        auto* end = std::get_if<session::Close>(&output);
        auto found = end ? session.attached.find(end->connection) : session.attached.end();
        // The router has forgotten it, and must not be asked what it still sends.
        if (found != session.attached.end()) found->second->closing = true;
    }
    session.held.push_back({session.router.last_seq(), std::exchange(session.outputs, {})});
}

void Reflector::Impl::release(Session& session) {
    Seq known = session.sink->may_be_told();
    while (!session.held.empty() && session.held.front().up_to <= known) {
        carry_out(session, session.held.front().outputs);
        session.held.pop_front();
    }
}

/// The session is over before it was known what is recorded.
void Reflector::Impl::drop_held(Session& session) {
    for (const Held& held : session.held) {
        for (const session::RouterOutput& output : held.outputs) {
            if (auto* end = std::get_if<session::Close>(&output)) close(session, *end);
        }
    }
    session.held.clear();
}

// ---- outputs ---------------------------------------------------------------------------------

void Reflector::Impl::carry_out(Session& session, const session::RouterOutputs& outputs) {
    for (const session::RouterOutput& output : outputs) {
        if (auto* all = std::get_if<session::Broadcast>(&output)) {
            broadcast(session, all->frame);
        } else if (auto* to = std::get_if<session::SendTo>(&output)) {
            send(session, *to);
        } else if (auto* end = std::get_if<session::Close>(&output)) {
            close(session, *end);
        }
    }
}

void Reflector::Impl::broadcast(Session& session, const session::Frame& frame) {
    if (session.synced.empty()) return;
    SharedFrame bytes = make_text_frame(wire::encode_frame(frame, session.id));
    Loop::Clock::time_point now = Loop::Clock::now();
    if (std::holds_alternative<session::MessagePtr>(frame)) session.messages.add(now);
    session.frames.add(now, session.synced.size());
    auto* tick = std::get_if<session::Tick>(&frame);
    bool may_skip = tick && tick->may_skip;
    for (Attachment* attachment : session.synced) {
        if (may_skip && attachment->connection->queued_bytes() > 0) continue;
        attachment->connection->send(bytes);
    }
}

void Reflector::Impl::send(Session& session, const session::SendTo& to) {
    auto found = session.attached.find(to.connection);
    if (found == session.attached.end()) return;
    Attachment& attachment = *found->second;
    attachment.connection->send(make_text_frame(wire::encode_frame(to.frame, session.id)));
    if (attachment.synced || !std::holds_alternative<session::SyncPtr>(to.frame)) return;
    attachment.synced = true;
    session.synced.push_back(&attachment);
    attachment.connection->confirm();
}

void Reflector::Impl::close(Session& session, const session::Close& end) {
    auto found = session.attached.find(end.connection);
    if (found == session.attached.end()) return;
    Attachment& attachment = *found->second;
    detach(attachment);
    close(attachment, end.code, end.reason);
}

}  // namespace teatime::net
