#include "teatime/session/controller.h"

#include <algorithm>

#include "controller_impl.h"

namespace teatime::session {
namespace {

constexpr Duration kStable = std::chrono::seconds(5);  // joined for so long: back-off begins anew

}  // namespace

Controller::Controller(ControllerOptions options, std::optional<IslandFactory> factory,
                       Random64 random, ControllerObserver* observer)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(factory), std::move(random),
                                   observer)) {}
Controller::~Controller() = default;
void Controller::start(SteadyTime now, ControllerOutputs& out) {
    impl_->start(now, out);
}
void Controller::step(ControllerInput&& input, SteadyTime now, ControllerOutputs& out) {
    impl_->step(std::move(input), now, out);
}
bool Controller::run(std::size_t budget, SteadyTime now, ControllerOutputs& out) {
    return impl_->run(budget, now, out);
}
std::optional<SteadyTime> Controller::wake_at() const {
    return impl_->wake_at();
}
Island* Controller::island() {
    return impl_->island_.get();
}
MemberId Controller::member() const {
    return impl_->member_;
}
bool Controller::joined() const {
    return impl_->state_ == Impl::State::joined;
}
bool Controller::caught_up() const {
    return impl_->built_ && impl_->program_.empty();
}
const TimeState& Controller::time() const {
    return impl_->time_;
}
const Company& Controller::company() const {
    return impl_->company_;
}
VirtualTime Controller::bound() const {
    return impl_->bound_;
}
std::size_t Controller::outstanding() const {
    return impl_->outstanding_.size();
}

Controller::Impl::Impl(ControllerOptions options, std::optional<IslandFactory> factory,
                       Random64 random, ControllerObserver* observer)
    : options_(std::move(options)),
      factory_(std::move(factory)),
      random_(std::move(random)),
      observer_(observer) {
    static ControllerObserver nobody;
    if (!observer_) observer_ = &nobody;
}

// ---- connection ----------------------------------------------------------------------------

void Controller::Impl::start(SteadyTime now, ControllerOutputs& out) {
    now_ = now;
    out_ = &out;
    state_ = State::connecting;
    deadline_ = now_ + options_.sync_deadline;
    say(Connect{});
}

void Controller::Impl::step(ControllerInput&& input, SteadyTime now, ControllerOutputs& out) {
    now_ = std::max(now, now_);
    out_ = &out;
    if (state_ == State::failed) return;
    std::visit([&](auto& one) { on(one); }, input);
}

void Controller::Impl::on(Connected&) {
    if (state_ != State::connecting) return;
    state_ = State::joining;
    deadline_ = now_ + options_.sync_deadline;
    JoinRequest request;
    request.kind = Kind::native;
    request.native.app = options_.app;
    request.native.code_id = options_.code_id;
    request.native.name = options_.name;
    request.native.role = options_.role;
    request.native.replica = factory_.has_value();
    request.native.token = token_;
    if (built_) {  // else there is nothing that could go on
        request.native.timeline = session_.timeline;
        request.native.last_seq = received_;
    }
    say(ToRouter{std::move(request)});
}

void Controller::Impl::on(Disconnected& lost) {
    if (state_ == State::waiting || state_ == State::idle) return;  // our own doing
    std::string why = lost.reason.empty() ? "The connection was lost." : lost.reason;
    const auto code = static_cast<CloseCode>(lost.code);
    // Who has been in the session waits for a participant to be back in it.
    bool comes_back = code == CloseCode::no_session && !token_.empty();
    if (lost.code >= 1000 && !reconnects(code) && !comes_back) {
        fail(unavailable(why + " (code " + std::to_string(lost.code) + ")"));
    } else {
        retry(std::move(why));
    }
}

/// Back-off as Croquet clients do: at once, then (d + 100 ms) * (1 .. 2) up to 30 s.
Duration Controller::Impl::longer(Duration delay) {
    delay += std::chrono::milliseconds(100);
    delay +=
        Duration(static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(delay.count())));
    return std::min(options_.most_delay, delay);
}

void Controller::Impl::retry(std::string why) {
    if (state_ == State::joined && now_ - joined_at_ >= kStable) delay_ = options_.first_delay;
    state_ = State::waiting;
    retry_at_ = now_ + delay_;
    delay_ = longer(delay_);
    pulled_.reset();
    uploads_.clear();
    say(ConnectionLost{std::move(why), retry_at_});
}

void Controller::Impl::drop_connection(CloseCode code, std::string why) {
    say(Disconnect{code, why});
    retry(std::move(why));
}

void Controller::Impl::fail(Error error) {
    state_ = State::failed;
    for (const Asked& one : std::exchange(asked_, {})) refuse(one.request, error.message.c_str());
    say(Failed{std::move(error)});
}

void Controller::Impl::on(ControllerAlarm&) {
    if (state_ == State::waiting && now_ >= retry_at_) {
        state_ = State::connecting;
        deadline_ = now_ + options_.sync_deadline;
        say(Connect{});
    } else if ((state_ == State::connecting || state_ == State::joining) && now_ >= deadline_) {
        drop_connection(CloseCode::unknown_session,
                        "The reflector did not answer the join in time.");
    }
    if (loading_ && now_ >= fetch_due_) {
        if (fetching_) {
            SnapshotFailed late{loading_->snapshot->url, "it took too long"};
            on(late);
        } else {
            fetch();
        }
    }
    if (!playhead_shown_) show_playhead();
    pull();
}

std::optional<SteadyTime> Controller::Impl::wake_at() const {
    std::optional<SteadyTime> at;
    auto earlier = [&](std::optional<SteadyTime> other) {
        if (other && (!at || *other < *at)) at = other;
    };
    if (state_ == State::waiting) earlier(retry_at_);
    if (state_ == State::connecting || state_ == State::joining) earlier(deadline_);
    if (loading_ && state_ != State::failed) earlier(fetch_due_);
    if (!playhead_shown_ && state_ == State::joined)
        earlier(playhead_at_ + options_.playhead_every);
    earlier(overdue_at());
    return at;
}

void Controller::Impl::to_router(ClientFrame frame) {
    if (state_ == State::joined) say(ToRouter{std::move(frame)});
}

// ---- frames --------------------------------------------------------------------------------

void Controller::Impl::on(Frame& frame) {
    bool expected = state_ == State::joined ||
                    (state_ == State::joining && std::holds_alternative<SyncPtr>(frame));
    if (!expected) return;  // of a connection given up, or too early
    std::visit([&](auto& one) { on_frame(one); }, frame);
}

void Controller::Impl::on_frame(SyncPtr& sync) {
    if (state_ != State::joining) {
        drop_connection(CloseCode::unknown_session, "The reflector sent a second SYNC.");
        return;
    }
    if (!sync->native) {
        fail(unavailable("This session has no native replicas, or the reflector knows none."));
        return;
    }
    const Sync::Native& native = *sync->native;
    bool again = native.resumed && built_;
    state_ = State::joined;
    joined_at_ = now_;
    // The notes of one session are known by their numbers; all else is told anew.
    bool same_session = session_.timeline == sync->session.timeline;
    std::vector<Note> notes = same_session ? std::move(company_.notes) : std::vector<Note>();
    company_ = {};
    company_.notes = std::move(notes);
    if (!session_.timeline.empty() && !same_session) drop_sends();
    session_ = sync->session;
    member_ = native.member;
    token_ = native.token;
    puller_ = native.puller;
    pulled_.reset();
    heard(native.clock);
    if (!again && !load(sync)) return;
    for (const MessagePtr& message : sync->messages) {
        if (!take(message)) return;
    }
    received_ = sync->seq;
    Tick bound{sync->time};
    on_frame(bound);
    heard(native.clock);
    say(Joined{member_, again, session_.timeline});
    take_sends(native);
    ask_again(native.known);
    playhead_shown_ = !playhead_;
    if (playhead_) show_playhead();
    if (reported_) to_router(*reported_);  // may have been lost; the session waits for one
}

/// Begins a replica from what the Sync brings.
bool Controller::Impl::load(const SyncPtr& sync) {
    forget_replica();
    heard_ = {};
    time_ = sync->native->at_start;
    bound_ = {};
    received_ = sync->snapshot ? sync->snapshot->seq : Seq{};
    if (!factory_) {
        received_ = sync->seq;
        built_ = true;
        return true;
    }
    loading_ = sync;
    if (sync->snapshot) {
        fetch_delay_ = options_.first_delay;
        fetch();
        return true;
    }
    auto island = factory_->create(session_.id);
    if (!island) {
        fail(island.error());
        return false;
    }
    built(std::move(*island), nullptr);
    return true;
}

void Controller::Impl::built(std::unique_ptr<Island> island, const std::string* image) {
    island_ = std::move(island);
    built_ = true;
    SyncPtr sync = std::move(loading_);
    loading_ = nullptr;
    if (sync->snapshot) bound_ = sync->snapshot->time;
    Duration grid = session_.vote_interval;
    if (grid > Duration(0)) {
        Duration since = std::max(island_->now().time_since_epoch(), Duration(1));
        next_vote_ = VirtualTime((since + grid - Duration(1)) / grid * grid);
    }
    observer_->started(*sync, image, had_replica_);
    had_replica_ = true;
    say(ReplicaBuilt{});
}

void Controller::Impl::forget_replica() {
    island_.reset();
    built_ = false;
    loading_ = nullptr;
    program_.clear();
    program_bytes_ = 0;
    instant_.reset();
    reported_.reset();
    voted_at_.reset();
    uploads_.clear();
}

/// The next message, into the program. False: the connection is given up.
bool Controller::Impl::take(MessagePtr message) {
    if (message->stamp.seq != next(received_)) {
        drop_connection(CloseCode::unknown_session,
                        "Expected message " + std::to_string(next(received_).value) + ", got " +
                            std::to_string(message->stamp.seq.value) + ".");
        return false;
    }
    if (program_.size() >= options_.buffered_messages ||
        program_bytes_ >= options_.buffered_bytes) {
        forget_replica();
        drop_connection(CloseCode::unresponsive,
                        "This replica is too far behind; it starts again from a snapshot.");
        return false;
    }
    received_ = message->stamp.seq;
    program_bytes_ += message->payload.size();
    program_.push_back({std::move(message)});
    return true;
}

/// The router's clock has passed `time`.
void Controller::Impl::heard(VirtualTime time) {
    heard_ = std::max(heard_, time);
    heard_at_ = now_;
}

void Controller::Impl::on_frame(MessagePtr& message) {
    heard(message->stamp.time);
    bool own = message->sender == member_;
    if (take(std::move(message)) && own && !outstanding_.empty()) outstanding_.pop_front();
}

void Controller::Impl::on_frame(Tick& tick) {
    heard(tick.time);
    auto* last = program_.empty() ? nullptr : std::get_if<Tick>(&program_.back().what);
    if (last)
        last->time = std::max(last->time, tick.time);
    else
        program_.push_back({tick});
}

void Controller::Impl::on_frame(Requ& requ) {
    program_.push_back({requ});
}

void Controller::Impl::on_frame(Puller& puller) {
    puller_ = puller.member;
    pulled_.reset();
    pull();
}

void Controller::Impl::on_frame(Info& info) {
    if (info.refused) {
        std::erase_if(outstanding_,
                      [&](const Outstanding& one) { return one.number == info.refused; });
    }
    say(Notice{std::move(info)});
}

void Controller::Impl::on_frame(std::shared_ptr<const StepOutcome>& outcome) {
    if (reported_ && reported_->id <= outcome->op.id) reported_.reset();
    if (!factory_) {  // nothing here knows where a step led
        time_ = outcome->state;
        say(TimeStateChanged{time_, std::nullopt});
    }
    say(Notice{std::move(outcome)});
}

// ---- sends ---------------------------------------------------------------------------------

void Controller::Impl::on(UserSend& send) {
    auto refuse = [&](const char* code, const char* sentence) {
        say(Notice{Info{code, sentence, "warning", 0}});
    };
    if (options_.role == Role::viewer) return refuse("NOT_GRANTED", "A viewer sends no messages.");
    if (outstanding_.size() >= options_.outstanding) {
        return refuse("NOT_SENT",
                      "Too many messages sent wait for the reflector; this one was not sent.");
    }
    outstanding_.push_back({++last_number_, std::move(send.payload)});
    if (state_ == State::joined) send_outstanding(outstanding_.back());
}

void Controller::Impl::send_outstanding(const Outstanding& one) {
    Send send;
    send.payload = one.payload;
    send.number = one.number;
    to_router(std::move(send));
}

/// They were meant for the session as it was before.
void Controller::Impl::drop_sends() {
    const std::size_t count = std::exchange(outstanding_, {}).size();
    if (count == 0) return;
    say(Notice{Info{"NOT_DELIVERED",
                    std::to_string(count) +
                        (count == 1 ? " message sent before the connection came back was"
                                    : " messages sent before the connection came back were") +
                        " not delivered: the session was started anew.",
                    "warning", 0}});
}

/// What the router took before the connection was lost is not sent again; the rest is. What waits
/// there for its stamp stays outstanding: of that, too, is told where it will not come.
void Controller::Impl::take_sends(const Sync::Native& native) {
    std::uint64_t taken = 0;
    if (native.known) {
        taken = native.sent;
        std::erase_if(outstanding_, [&](const Outstanding& one) {
            return one.number <= taken &&
                   !std::binary_search(native.held.begin(), native.held.end(), one.number);
        });
        last_number_ = outstanding_.empty() ? taken : std::max(taken, outstanding_.back().number);
    } else {  // a router that never saw us counts from 1
        last_number_ = 0;
        for (Outstanding& one : outstanding_) one.number = ++last_number_;
    }
    for (const Outstanding& one : outstanding_) {
        if (one.number > taken) send_outstanding(one);
    }
}

// ---- requests ------------------------------------------------------------------------------

template <class Request>
void Controller::Impl::ask(Request& request) {
    if (state_ != State::joined) return refuse(request, "Not connected to the session.");
    if (asked_.size() >= kRequestsUnanswered)
        return refuse(request, "Too many requests wait for an answer.");
    if (request.request) asked_.push_back({request.request, request});
    to_router(request);
}

void Controller::Impl::refuse(const ClientFrame& request, const char* sentence) {
    if (auto* time = std::get_if<TimeRequest>(&request)) {
        say(Notice{TimeAnswer{time->request, sentence, time_, nullptr}});
    } else if (auto* lease = std::get_if<LeaseRequest>(&request)) {
        say(Notice{Answer{lease->request, sentence}});
    } else if (auto* states = std::get_if<StateRequest>(&request)) {
        say(Notice{StateAnswer{states->request, sentence, {}}});
    } else {
        say(Notice{Answer{std::get<NoteRequest>(request).request, sentence}});
    }
}

/// What was answered on a connection lost meanwhile may be answered twice: told once.
template <class OneAnswer>
void Controller::Impl::answered(OneAnswer& answer) {
    auto waited =
        std::erase_if(asked_, [&](const Asked& one) { return one.number == answer.request; });
    if (waited || answer.request == 0) say(Notice{std::move(answer)});
}

/// A router that knows us answers what it did already; another has begun the session anew.
void Controller::Impl::ask_again(bool known) {
    if (known) {
        for (const Asked& one : asked_) to_router(one.request);
        return;
    }
    for (const Asked& one : std::exchange(asked_, {}))
        refuse(one.request, "The connection was lost, and the session has begun anew.");
}

// ---- the others ----------------------------------------------------------------------------

void Controller::Impl::on_frame(Roster& roster) {
    company_.take(roster);
    say(Notice{std::move(roster)});
}

void Controller::Impl::on_frame(Lease& lease) {
    company_.lease = lease;
    say(Notice{std::move(lease)});
}

void Controller::Impl::on_frame(WaitingMessages& waiting) {
    company_.waiting = waiting;
    say(Notice{std::move(waiting)});
}

void Controller::Impl::on_frame(Notes& notes) {
    notes.notes = company_.take(notes);
    for (const Note& note : notes.notes) observer_->noted(note);
    if (!notes.notes.empty()) say(Notice{std::move(notes)});
}

void Controller::Impl::on_frame(Playheads& playheads) {
    company_.take(playheads, member_);
    say(Notice{std::move(playheads)});
}

void Controller::Impl::on(Playhead& playhead) {
    if (playhead_ == playhead) return;
    playhead_ = playhead;
    playhead_shown_ = false;
    show_playhead();
}

/// The latest, no more often than is of use.
void Controller::Impl::show_playhead() {
    if (state_ != State::joined || now_ < playhead_at_ + options_.playhead_every) return;
    playhead_shown_ = true;
    playhead_at_ = now_;
    to_router(*playhead_);
}

// ---- snapshots -----------------------------------------------------------------------------

void Controller::Impl::fetch() {
    fetching_ = true;
    fetch_due_ = now_ + options_.snapshot_deadline;
    say(FetchSnapshot{loading_->snapshot->url});
}

/// A file server that is away comes back: what the session does meanwhile waits here. A snapshot
/// that is gone for good does not: who rejoins without the state that it was given gets another.
void Controller::Impl::on(SnapshotFailed& failed) {
    if (!loading_ || failed.url != loading_->snapshot->url) return;
    if (failed.gone) return start_again("The snapshot " + failed.url + " is gone: " + failed.why);
    if (!fetching_) return;  // an earlier try, given up
    fetching_ = false;
    fetch_due_ = now_ + fetch_delay_;
    auto wait = std::chrono::ceil<std::chrono::milliseconds>(fetch_delay_).count();
    fetch_delay_ = longer(fetch_delay_);
    say(Notice{Info{"NO_SNAPSHOT",
                    "The snapshot " + failed.url + " could not be fetched: " + failed.why +
                        "; trying again in " + std::to_string(wait) + " ms.",
                    "warning", 0}});
}

void Controller::Impl::on(SnapshotArrived& arrived) {
    if (!loading_ || arrived.url != loading_->snapshot->url) return;
    auto image = decode_image(arrived.bytes);
    if (!image)
        return start_again("The snapshot " + arrived.url + " is damaged: " + image.error().message);
    if (image->seq != loading_->snapshot->seq) {
        return start_again("The snapshot " + arrived.url +
                           " is not of the message that it was announced for");
    }
    auto island = factory_->restore(*image);
    if (!island) return fail(island.error());
    built(std::move(*island), &arrived.bytes);
}

/// Joins anew, without a state.
void Controller::Impl::start_again(std::string why) {
    forget_replica();
    if (state_ == State::joined)
        drop_connection(CloseCode::unknown_session,
                        std::move(why) + "; this replica starts again from another.");
}

void Controller::Impl::on(SnapshotUploaded& uploaded) {
    auto at = std::find_if(uploads_.begin(), uploads_.end(),
                           [&](const Upload& one) { return one.request == uploaded.request; });
    if (at == uploads_.end()) return;
    at->info.url = std::move(uploaded.url);  // empty: the router asks another
    to_router(Snap{at->request, std::move(at->info), false});
    uploads_.erase(at);
}

}  // namespace teatime::session
