#include "teatime/session/router.h"

#include <algorithm>

#include "router_impl.h"
#include "teatime/state/assert.h"

namespace teatime::session {
namespace {

constexpr std::size_t kDebounceKeys = 64;
constexpr Duration kMostDebounce = std::chrono::seconds(60);

/// Of what follows a payload, the JSON text `,a,b`; where nothing does, it is what follows.
void set_last_element(std::string& extra, std::int64_t value) {
    std::size_t last = 0;
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < extra.size(); ++i) {
        char c = extra[i];
        if (c == '"') in_string = !in_string;
        if (in_string) {
            i += c == '\\';  // and what it escapes
        } else if (c == '[' || c == '{') {
            ++depth;
        } else if (c == ']' || c == '}') {
            --depth;
        } else if (c == ',' && depth == 0) {
            last = i;
        }
    }
    extra.replace(last, extra.npos, "," + std::to_string(value));
}

}  // namespace

Router::Router(std::string session_id, RouterOptions options, Random64 random)
    : impl_(std::make_unique<Impl>(std::move(session_id), std::move(options), std::move(random))) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;
void Router::step(RouterInput&& input, SteadyTime now, RouterOutputs& out) {
    impl_->step(std::move(input), now, out);
}
std::optional<SteadyTime> Router::wake_at() const {
    return impl_->wake_at();
}
Seq Router::last_seq() const {
    return impl_->last_seq();
}
Kind Router::kind() const {
    return impl_->kind();
}
bool Router::ended() const {
    return impl_->ended();
}
RouterStatus Router::status(SteadyTime now) const {
    return impl_->status(now);
}
std::vector<RouterMember> Router::members() const {
    return impl_->members();
}

Router::Impl::Impl(std::string session_id, RouterOptions options, Random64 random)
    : options_(std::move(options)), random_(std::move(random)) {
    info_.id = std::move(session_id);
    info_.timeline = random_text();
    info_.vote_interval = options_.vote_interval;
}

void Router::Impl::step(RouterInput&& input, SteadyTime now, RouterOutputs& out) {
    now_ = std::max(now, now_);
    out_ = &out;
    if (ended_) return;
    if (options_.recording && !shared_) share(*options_.recording);
    until_due();
    if (auto* frame = std::get_if<ClientFrame>(&input.what)) {
        client_frame(input.connection, *frame);
    } else if (auto* left = std::get_if<Gone>(&input.what)) {
        gone(input.connection, left->for_good);
    } else if (std::holds_alternative<SnapshotWanted>(input.what)) {
        snapshot_wanted();
    } else {
        // Here only: where the reflector stood still, what members said meanwhile comes before.
        if (alarm_ && now_ >= *alarm_) do_what_is_due();
        pull_due();
        if (auto due = tick_due(); due && now_ >= *due) tick();
    }
}

void Router::Impl::client_frame(ConnectionId connection, ClientFrame& frame) {
    Member* member = find(connection);
    if (auto* request = std::get_if<JoinRequest>(&frame); request && !member) {
        join(connection, *request);
        return;
    }
    if (!member || !member->synced) {
        bool waits = member != nullptr;
        if (waits) disconnected(*member, true);
        close(connection, CloseCode::malformed,
              waits ? "Nothing may be sent between JOIN and SYNC."
                    : "The first frame must be a JOIN.");
        return;
    }
    std::visit([&](auto& one) { on(*member, one); }, frame);
}

void Router::Impl::on(Member& member, JoinRequest&) {
    ConnectionId connection = member.connection;
    disconnected(member, false);
    close(connection, CloseCode::malformed, "This connection has joined already.");
}

// ---- stamping ------------------------------------------------------------------------------

/// Whole milliseconds, not below any bound announced; where that has a fraction, up to 1 ms ahead.
VirtualTime Router::Impl::next_stamp() const {
    VirtualTime least = std::max({announced_, last_tick_ + delay_, above_});
    return std::max(floor_ms(clock_.at(now_)), ceil_ms(least));
}

const MessagePtr& Router::Impl::stamp(MemberId sender, std::string payload, std::string extra) {
    TEATIME_ASSERT(!stepping(), "no stamp while replicas step to a time not known yet");
    announced_ = next_stamp();
    last_frame_ = now_;
    auto message = std::make_shared<const Message>(
        Message{{announced_, next(history_.last())}, sender, std::move(payload), std::move(extra)});
    history_.add(message);
    out_->push_back(Broadcast{std::move(message)});
    return std::get<MessagePtr>(std::get<Broadcast>(out_->back()).frame);
}

void Router::Impl::on(Member& member, Send& send) {
    if (member.kind == Kind::native) {
        if (shared_) {
            refuse(member, send.number, "NOT_GRANTED", "A recording takes no messages.");
            return;
        }
        if (member.role == Role::viewer) {
            refuse(member, send.number, "NOT_GRANTED", "A viewer sends no messages.");
            return;
        }
        if (send.number <= member.sent) return;  // repeated after a reconnect: it was taken then
        if (send.number != member.sent + 1) {
            ConnectionId connection = member.connection;
            disconnected(member, false);
            close(connection, CloseCode::unknown_session,
                  "A message sent is missing; rejoin and send again.");
            return;
        }
    } else if (!send.message_id.empty() && debounced(send)) {
        return;
    }
    if (!room_for_sends(member, send.number)) return;
    member.sent = send.number;
    accept({member.id, std::move(send.payload), std::move(send.extra), send.number});
}

void Router::Impl::accept(Waiting&& one) {
    if (clock_.paused()) {
        held_bytes_ += one.payload.size();
        held_.push_back(std::move(one));
        waiting_changed();
    } else if (delay_ > Duration(0) &&
               (!delayed_.empty() || clock_.at(now_) < last_tick_ + delay_)) {
        delayed_.push_back(std::move(one));
        alarm(clock_.when(last_tick_ + delay_).value_or(now_));
    } else {
        stamp_send(std::move(one));
    }
}

void Router::Impl::stamp_send(Waiting&& send) {
    // The world learns of a member before it gets a message from it.
    if (info_.kind == Kind::native) {
        if (!joined_.empty()) flush_users();
        send.extra = "," + std::to_string(send.sender.value);
    } else if (flags_.rawtime) {
        set_last_element(send.extra,
                         std::chrono::floor<std::chrono::milliseconds>(now_ - started_).count());
    }
    stamp(send.sender, std::move(send.payload), std::move(send.extra));
    history_grew();
}

void Router::Impl::release_delayed() {
    if (delayed_.empty() || clock_.paused()) return;
    auto due = clock_.when(last_tick_ + delay_);
    if (due && now_ < *due) {
        alarm(*due);
        return;
    }
    std::deque<Waiting> batch;
    batch.swap(delayed_);
    for (Waiting& one : batch) stamp_send(std::move(one));
}

bool Router::Impl::debounced(const Send& send) {
    Duration quiet = std::min(send.debounce, kMostDebounce);
    auto known = debounce_.find(send.message_id);
    if (known != debounce_.end()) {
        if (now_ - known->second < quiet) return true;
        known->second = now_;
        return false;
    }
    if (debounce_.size() >= kDebounceKeys) {
        debounce_.erase(std::min_element(debounce_.begin(), debounce_.end(),
                                         [](auto& a, auto& b) { return a.second < b.second; }));
    }
    debounce_.emplace(send.message_id, now_);
    return false;
}

bool Router::Impl::room_for_sends(Member& member, std::uint64_t number) {
    if (clock_.paused()) {
        if (held_.size() < options_.held && held_bytes_ < options_.held_bytes) return true;
        refuse(member, number, "PAUSED",
               "The session is paused and no more messages can wait; resume it.");
        return false;
    }
    if (history_.size() + delayed_.size() < options_.history_limit &&
        history_.bytes() < options_.history_bytes) {
        return true;
    }
    refuse(member, number, "MISSING_SNAPSHOT",
           "The session cannot keep more messages until a member has made a snapshot.");
    history_grew();
    return false;
}

void Router::Impl::refuse(Member& member, std::uint64_t number, const char* code,
                          std::string sentence) {
    if (member.kind == Kind::native && number > member.sent) member.sent = number;
    send(member, Info{code, std::move(sentence), "warning", number});
}

void Router::Impl::on(Member& member, Ticks& ticks) {
    if (info_.kind != Kind::croquet || member.kind != Kind::croquet) return;
    if (ticks.tick) {
        info_.tick = std::clamp(*ticks.tick, options_.min_tick, options_.max_tick);
        delay_ = std::clamp(ticks.delay, Duration(0), info_.tick);
    }
    clock_.set_rate(now_, ticks.scale.value_or(Rate{}));
    history_.add_time(time_state());
    record(TimeChanged{here(), time_state()});
}

// ---- ticks, deadlines ----------------------------------------------------------------------

std::optional<SteadyTime> Router::Impl::tick_due() const {
    if (synced_ == 0 || stepping() || !delayed_.empty())
        return std::nullopt;  // a batch comes first
    if (info_.kind == Kind::croquet) {
        return last_frame_ +
               (clock_.paused() ? std::max(info_.tick, options_.paused_tick) : info_.tick);
    }
    if (clock_.paused() || info_.mode == TimeMode::lazy) return std::nullopt;
    return last_frame_ + info_.tick;
}

void Router::Impl::tick() {
    VirtualTime time = clock_.at(now_);
    if (!clock_.paused()) time = floor_ms(time);  // frozen time may have been stepped to any
    time = std::max(time, announced_);
    // Clients run `delay` on from a tick by themselves: frozen time must not creep past itself.
    if (clock_.paused()) time = std::max(last_tick_, time - delay_);
    announced_ = std::max(announced_, time);
    last_tick_ = time;
    last_frame_ = now_;
    broadcast(Tick{time});
}

std::optional<SteadyTime> Router::Impl::wake_at() const {
    if (ended_) return std::nullopt;
    std::optional<SteadyTime> at = alarm_;
    auto earlier = [&](std::optional<SteadyTime> other) {
        if (other && (!at || *other < *at)) at = other;
    };
    earlier(tick_due());
    if (until_) earlier(clock_.when(until_->mark.time));
    if (pull_ && synced_ > 0) earlier(clock_.when(*pull_));
    return at;
}

void Router::Impl::do_what_is_due() {
    alarm_.reset();  // everything below sets its next one again
    release_delayed();
    members_due();
    if (users_due_ && now_ >= *users_due_) flush_users();
    if (users_due_) alarm(*users_due_);
    votes_due();
    snapshot_due();
    states_due();
    lease_due();
    company_due();
    if (stepping_) {
        if (now_ >= stepping_->ballot.deadline)
            finish_step();
        else
            alarm(stepping_->ballot.deadline);
    }
    if (empty_since_) {
        if (now_ >= *empty_since_ + options_.empty_session) {
            ended_ = true;
            record(Ended{});
        } else {
            alarm(*empty_since_ + options_.empty_session);
        }
    }
}

// ---- small things --------------------------------------------------------------------------

void Router::Impl::close(ConnectionId connection, CloseCode code, std::string_view sentence) {
    std::size_t size = std::min(sentence.size(), static_cast<std::size_t>(kCloseReasonBytes));
    while (size < sentence.size() && size > 0 && (sentence[size] & 0xC0) == 0x80)
        --size;  // whole characters
    out_->push_back(Close{connection, code, std::string(sentence.substr(0, size))});
}

Router::Impl::Member* Router::Impl::find(ConnectionId connection) {
    auto at = connections_.find(connection);
    return at == connections_.end() ? nullptr : at->second;
}

Router::Impl::Member* Router::Impl::find(MemberId member) {
    auto at = members_.find(member);
    return at == members_.end() ? nullptr : &at->second;
}

RouterStatus Router::Impl::status(SteadyTime now) const {
    RouterStatus status;
    status.session = info_;
    status.name = name_;
    for (auto& [id, member] : members_) {
        if (member.connection)
            ++(member.role == Role::viewer ? status.viewers : status.participants);
    }
    VirtualTime clock = clock_.at(std::max(now, now_));
    status.time = clock_.paused() ? clock : std::max(announced_, clock);  // as time_state()
    status.seq = history_.last();
    status.control = time_state();
    status.control.time = status.time;
    status.history = history_.size();
    status.snapshot = snapshot_;
    status.puller = puller_;
    status.lease = lease();
    if (options_.recording) status.file = options_.recording->file;
    if (shared_) status.time = shared_->mark.time;
    return status;
}

}  // namespace teatime::session
