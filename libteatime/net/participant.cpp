#include "teatime/net/participant.h"

#include <fmt/format.h>

#include <deque>
#include <map>
#include <random>

#include "steady.h"
#include "teatime/island/input.h"
#include "teatime/net/file_store.h"
#include "teatime/state/json.h"
#include "teatime/wire/croquet.h"

namespace teatime::net {
namespace {

constexpr std::size_t kSlice = 64;  // messages between two looks at the clock
constexpr auto kTurn = std::chrono::milliseconds(4);
// A little below what Limits allow a connection by default: 200 a second, 400 at once.
constexpr std::chrono::microseconds kFrameTime{5'250};
constexpr int kFrameBurst = 350;

/// The folder of the reflector's sessions, without a slash at its end.
std::string folder_of(const Url& url) {
    std::string folder = url.target.substr(0, url.target.find('?'));
    while (folder.ends_with('/')) folder.pop_back();
    return folder;
}

std::uint64_t random_word() {
    thread_local std::random_device device;
    return std::uint64_t{device()} << 32 | device();
}

}  // namespace

class Participant::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(Loop& loop, const Url& url, session::ControllerOptions options,
         std::optional<session::IslandFactory> factory, ParticipantHandler handler,
         session::ControllerObserver* observer)
        : loop_(loop),
          session_id_(options.session_id),
          folder_(folder_of(url)),
          url_(url.with_scheme("ws").with_target(folder_ + "/" + session_id_)),
          handler_(std::move(handler)),
          controller_(std::move(options), std::move(factory), random_word, observer) {}

    void start() {
        controller_.start(steady_now(), outputs_);
        pump();
        arm();
    }
    void stop() {
        stopped_ = true;
        loop_.cancel(timer_);
        loop_.cancel(pace_);
        clients_.clear();
    }
    /// In order, whoever feeds: a handler that sends from within is served after what is at hand.
    void feed(session::ControllerInput&& input) {
        if (stopped_ || left_) return;
        inputs_.push_back(std::move(input));
        if (busy_) return;
        pump();
        run_soon();
        arm();
    }
    void leave(std::function<void()> left) {
        if (std::exchange(left_, true)) return;
        loop_.cancel(std::exchange(timer_, {}));
        done_ = left ? std::move(left) : [] {};
        if (!busy_) flush();
    }

    Loop& loop_;
    std::string session_id_;
    std::string folder_;
    Url url_;
    ParticipantHandler handler_;
    session::Controller controller_;
    std::uint64_t last_request_ = 0;
    session::Playhead view_;  // the own
    using StatesDone = std::function<void(result<std::vector<Image>>)>;
    std::map<std::uint64_t, StatesDone> states_asked_;

private:
    // What comes later must not find a Participant that is gone.
    template <class Function>
    auto guarded(Function function) {
        return [weak = weak_from_this(), function](auto&&... args) {
            if (auto self = weak.lock(); self && !self->stopped_)
                function(*self, std::forward<decltype(args)>(args)...);
        };
    }

    void pump() {
        busy_ = true;
        while (!outputs_.empty() || !inputs_.empty()) {
            session::ControllerOutputs now = std::exchange(outputs_, {});
            for (session::ControllerOutput& one : now) std::visit([this](auto& o) { on(o); }, one);
            if (inputs_.empty()) continue;
            session::ControllerInput input = std::move(inputs_.front());
            inputs_.pop_front();
            controller_.step(std::move(input), steady_now(), outputs_);
        }
        busy_ = false;
        if (left_) flush();  // a handler left: what it sent before goes first
    }

    void on(session::Connect&) {
        std::uint64_t number = ++current_;
        decoder_ = wire::ServerDecoder();
        waiting_.clear();  // the controller sends anew what counts
        allowed_at_ = {};
        ClientHandler handler;
        handler.on_open = guarded([number](Impl& self) { self.opened(number); });
        handler.on_text =
            guarded([number](Impl& self, std::string_view text) { self.received(number, text); });
        handler.on_close = guarded([number](Impl& self, std::uint16_t code, std::string_view why) {
            self.closed(number, code, why);
        });
        clients_.emplace(number, std::make_unique<Client>(loop_, url_, std::move(handler)));
    }
    void opened(std::uint64_t number) {
        if (number == current_) feed(session::Connected{});
    }
    void received(std::uint64_t number, std::string_view text) {
        if (number != current_) return;
        auto frame = decoder_.decode(text);
        if (!frame) {
            disconnect(session::CloseCode::unknown_session, frame.error().message);
            feed(session::Disconnected{1006, frame.error().message});
        } else if (*frame) {
            feed(std::move(**frame));
        }
    }
    void closed(std::uint64_t number, std::uint16_t code, std::string_view why) {
        std::string reason(why);
        loop_.post(guarded([number](Impl& self) {  // not from within its own call
            self.clients_.erase(number);
            if (self.left_ && number == self.current_) self.finish();
        }));
        if (number == current_) feed(session::Disconnected{code, std::move(reason)});
    }
    void disconnect(session::CloseCode code, const std::string& reason) {
        auto open = clients_.find(current_++);  // nobody listens to it any more
        if (open != clients_.end()) open->second->close(static_cast<std::uint16_t>(code), reason);
    }
    void finish() {
        if (auto done = std::exchange(done_, nullptr)) done();
    }

    void on(session::Disconnect& one) { disconnect(one.code, one.reason); }
    void on(session::ToRouter& one) {
        waiting_.push_back(wire::encode_client_frame(one.frame, session_id_));
        flush();
    }
    /// No faster than a reflector's Limits allow: it would cut us off.
    void flush() {
        auto open = clients_.find(current_);
        if (open == clients_.end()) {
            if (left_) loop_.post([self = shared_from_this()] { self->finish(); });
            return;
        }
        auto now = Loop::Clock::now();
        allowed_at_ = std::max(allowed_at_, now - kFrameBurst * kFrameTime);
        for (; !waiting_.empty() && allowed_at_ <= now; allowed_at_ += kFrameTime) {
            open->second->send(std::move(waiting_.front()));
            waiting_.pop_front();
        }
        if (waiting_.empty() && left_ && !busy_) open->second->close();
        if (waiting_.empty() || pace_.number) return;
        pace_ = loop_.schedule(allowed_at_, guarded([](Impl& self) {
                                   self.pace_ = {};
                                   self.flush();
                               }));
    }
    void on(session::FetchSnapshot& one) {
        std::string address = one.url;
        auto done = guarded([address](Impl& self, result<HttpResponse> response) {
            if (!response)
                self.feed(session::SnapshotFailed{address, response.error().message});
            else if (response->status != 200)
                self.feed(session::SnapshotFailed{
                    address,
                    fmt::format("the file server answers {}: {}", response->status,
                                response->body.substr(0, 200)),
                    response->status == 404 || response->status == 410});
            else
                self.feed(session::SnapshotArrived{address, std::move(response->body)});
        });
        get(address, done);
    }
    void get(const std::string& address, const std::function<void(result<HttpResponse>)>& done) {
        // Without a host it is the reflector's own, under whatever name we know it.
        result<Url> url = address.starts_with('/')
                              ? result<Url>(url_.with_scheme("http").with_target(address))
                              : parse_url(address);
        if (!url)
            loop_.post([done, error = url.error()] { done(error); });
        else
            fetch(loop_, *url, {}, done);
    }
    struct States {
        StatesDone done;
        std::vector<Image> images;
        std::size_t missing = 0;
    };
    void on(session::StateAnswer& answer) {
        auto asked = states_asked_.extract(answer.request);
        if (!asked) return;
        StatesDone& done = asked.mapped();
        if (!answer.refused.empty()) return done(unavailable(std::move(answer.refused)));
        auto states = std::make_shared<States>();
        states->done = std::move(done);
        states->images.resize(answer.states.size());
        states->missing = answer.states.size();
        for (std::size_t i = 0; i < answer.states.size(); ++i) {
            std::string address = answer.states[i].url;
            get(address, guarded([states, i, address](Impl&, const result<HttpResponse>& response) {
                    state_came(*states, i, address, response);
                }));
        }
    }
    static void state_came(States& states, std::size_t number, const std::string& address,
                           const result<HttpResponse>& response) {
        if (!states.done) return;  // one failed
        auto image = !response                 ? result<Image>(response.error())
                     : response->status != 200 ? result<Image>(unavailable(response->body))
                                               : decode_image(response->body);
        if (!image) {
            auto done = std::exchange(states.done, nullptr);
            return done(unavailable(
                fmt::format("the state {} cannot be had: {}", address, image.error().message)));
        }
        states.images[number] = std::move(*image);
        if (--states.missing == 0) std::exchange(states.done, nullptr)(std::move(states.images));
    }
    void on(session::UploadSnapshot& one) {
        std::string_view folder = folder_;
        if (folder.ends_with("/reflector")) folder.remove_suffix(10);  // a box has files beside it
        std::string path = std::string(folder) + std::string(kFilesFolder) + one.name;
        HttpRequest request;
        request.method = "PUT";
        request.headers = {{"Content-Type", "application/octet-stream"}};
        request.body = std::move(one.bytes);
        auto done =
            guarded([path, number = one.request](Impl& self, result<HttpResponse> response) {
                bool kept = response && response->status / 100 == 2;
                self.feed(session::SnapshotUploaded{number, kept ? path : std::string()});
            });
        fetch(loop_, url_.with_scheme("http").with_target(path), std::move(request), done);
    }
    template <class What>
    void tell(const std::function<void(const What&)>& handler, const What& what) {
        if (handler) handler(what);
    }
    void on(session::Joined& one) { tell(handler_.joined, one); }
    void on(session::ConnectionLost& one) { tell(handler_.lost, one); }
    void on(session::ReplicaBuilt&) {
        if (handler_.built) handler_.built();
    }
    void on(session::TimeStateChanged& one) {
        tell(handler_.time_changed, one.state);
        if (one.op) tell(handler_.op_obeyed, *one.op);
    }
    void on(session::Notice& one) {
        if (std::holds_alternative<session::Roster>(one.frame)) {
            if (handler_.members_changed) handler_.members_changed();
        } else if (auto* lease = std::get_if<session::Lease>(&one.frame)) {
            tell(handler_.lease_changed, *lease);
        } else if (auto* waiting = std::get_if<session::WaitingMessages>(&one.frame)) {
            tell(handler_.waiting_changed, *waiting);
        } else if (auto* notes = std::get_if<session::Notes>(&one.frame)) {
            for (const session::Note& note : notes->notes) tell(handler_.noted, note);
        } else if (auto* states = std::get_if<session::StateAnswer>(&one.frame)) {
            on(*states);
        } else if (std::holds_alternative<session::Playheads>(one.frame)) {
            if (handler_.playheads_changed) handler_.playheads_changed();
        } else {
            tell(handler_.notice, one.frame);
        }
    }
    void on(session::Failed& one) { tell(handler_.failed, one.error); }

    void run_soon() {
        if (std::exchange(run_posted_, true)) return;
        loop_.post(guarded([](Impl& self) {
            self.run_posted_ = false;
            self.run();
        }));
    }
    void run() {
        if (left_) return;
        auto end = Loop::Clock::now() + kTurn;
        bool more = true;
        while (more && !left_ && Loop::Clock::now() < end) {
            busy_ = true;
            more = controller_.run(kSlice, steady_now(), outputs_);
            pump();
        }
        if (handler_.progressed) handler_.progressed();
        arm();
        if (more) run_soon();
    }
    void arm() {
        auto wake = controller_.wake_at();
        if (stopped_ || left_ || !wake) return;
        Loop::Clock::time_point at(wake->time_since_epoch());
        if (timer_.number && timer_.deadline <= at) return;
        loop_.cancel(timer_);
        timer_ = loop_.schedule(at, guarded([](Impl& self) {
                                    self.timer_ = {};
                                    self.feed(session::ControllerAlarm{});
                                }));
    }

    bool stopped_ = false;
    bool left_ = false;
    bool run_posted_ = false;
    bool busy_ = false;  // within the controller or a handler
    std::deque<session::ControllerInput> inputs_;
    session::ControllerOutputs outputs_;
    std::function<void()> done_;
    std::uint64_t current_ = 0;  // the connection that counts
    std::map<std::uint64_t, std::unique_ptr<Client>> clients_;
    wire::ServerDecoder decoder_;
    std::deque<std::string> waiting_;
    Loop::Clock::time_point allowed_at_{};  // the next frame may leave
    Loop::Timer pace_;
    Loop::Timer timer_;
};

Participant::Participant(Loop& loop, const Url& url, session::ControllerOptions options,
                         std::optional<session::IslandFactory> factory, ParticipantHandler handler,
                         session::ControllerObserver* observer)
    : impl_(std::make_shared<Impl>(loop, url, std::move(options), std::move(factory),
                                   std::move(handler), observer)) {
    impl_->start();
}
Participant::~Participant() {
    impl_->stop();
}

void Participant::send(std::string_view target, std::string_view selector, Value::List arguments) {
    send_payload(call_payload(target, selector, std::move(arguments)));
}
void Participant::send_payload(std::string payload) {
    impl_->feed(session::UserSend{std::move(payload)});
}
std::uint64_t Participant::time_request(session::TimeRequest request) {
    request.request = ++impl_->last_request_;
    impl_->feed(std::move(request));
    return impl_->last_request_;
}
std::uint64_t Participant::lease_request(session::LeaseRequest::Op op, MemberId to) {
    impl_->feed(session::LeaseRequest{++impl_->last_request_, op, to});
    return impl_->last_request_;
}
std::uint64_t Participant::note(const Mark& mark, std::string text) {
    impl_->feed(session::NoteRequest{++impl_->last_request_, mark, std::move(text)});
    return impl_->last_request_;
}
void Participant::show_playhead(const Mark& mark, bool follows) {
    impl_->view_.mark = mark;
    impl_->view_.follows = follows;
    impl_->feed(session::Playhead(impl_->view_));
}
void Participant::point_at(std::string path) {
    impl_->view_.points_at = std::move(path);
    impl_->feed(session::Playhead(impl_->view_));
}
void Participant::ask_states(std::vector<MemberId> members,
                             std::function<void(result<std::vector<Image>>)> done) {
    impl_->states_asked_.emplace(++impl_->last_request_, std::move(done));
    impl_->feed(session::StateRequest{impl_->last_request_, std::move(members)});
}
void Participant::leave(std::function<void()> left) {
    impl_->leave(std::move(left));
}
const session::Controller& Participant::controller() const {
    return impl_->controller_;
}
Island* Participant::island() {
    return impl_->controller_.island();
}
bool Participant::idle() const {
    return controller().caught_up() && controller().outstanding() == 0;
}

}  // namespace teatime::net
