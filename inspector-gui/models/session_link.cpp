#include "session_link.h"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <future>
#include <utility>

#include "teatime/net/client.h"
#include "teatime/replayer/island_file.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/ring.h"

namespace teatime::inspector {
namespace {

using namespace std::chrono_literals;
constexpr auto kGoodbye = 300ms;
constexpr auto kLookAgain = 20ms;
constexpr auto kFiguresEvery = 1s;

/// Null: it is not listed.
const Value* find_session(const Value& sessions, const std::string& id) {
    for (const Value& session : *sessions.if_list()) {
        const Value* listed = session.find("id");
        if (listed && *listed == Value(id)) return &session;
    }
    return nullptr;
}

std::string text_of(const Value& session, std::string_view name) {
    const Value* value = session.find(name);
    return value && value->if_string() ? *value->if_string() : std::string();
}

/// The machine's own name may be that of another one, who knows.
bool is_this_machine(const net::Url& url) {
    return url.host == "localhost" || url.host == "::1" || url.host.starts_with("127.");
}

/// It begins with the world's own beginning or with a keyframe: before, a Player would not know
/// from where to start.
bool can_be_opened(const std::string& path) {
    // One without is what another recorder has, whose copy is about to be gone on with.
    if (!timegraph::is_being_written(path)) return false;
    auto reader = timegraph::Reader::open(path);
    if (!reader) return false;
    auto info = reader->info();
    if (!info) return false;
    if (info->keyframes > 0 || (info->first && info->first->seq.value == 1)) return true;
    auto members = reader->members();
    bool from_start = members && !members->empty() && !members->front().joined.seq;
    return from_start && !info->first && info->end.bound > kSessionStart;
}

}  // namespace

SessionLink::SessionLink(Options options, Heard heard)
    : options_(std::move(options)),
      heard_(std::move(heard)),
      thread_(std::make_unique<net::LoopThread>()) {
    thread_->loop.post([this] { start(); });
}

SessionLink::~SessionLink() {
    net::Loop& loop = thread_->loop;
    auto left = std::make_shared<std::promise<void>>();
    loop.post([this, left] {
        if (!participant_) return left->set_value();
        participant_->leave([left] { left->set_value(); });
    });
    left->get_future().wait_for(kGoodbye);
    std::promise<void> gone;
    loop.post([this, &gone] {  // not from within its own call
        participant_.reset();
        gone.set_value();
    });
    gone.get_future().wait();
}

void SessionLink::start() {
    net::Url list = options_.reflector.with_scheme("http").with_target("/sessions");
    net::fetch(thread_->loop, list, {}, [this](result<net::HttpResponse> response) {
        if (!response) return heard_.failed(response.error().message);
        auto sessions = parse_json(response->body);
        if (!sessions || !sessions->if_list()) {
            return heard_.failed(options_.reflector.text() + " is no Teatime reflector");
        }
        const Value* session = find_session(*sessions, options_.session);
        if (!session) {
            return heard_.failed(fmt::format("there is no session {} at {}", options_.session,
                                             options_.reflector.text()));
        }
        if (std::string file = text_of(*session, "file"); !file.empty()) heard_.shared(file);
        std::string recording = text_of(*session, "recording");
        if (!recording.empty() && is_this_machine(options_.reflector)) heard_.recorded(recording);
        join();
    });
}

void SessionLink::join() {
    session::ControllerOptions options;
    options.session_id = options_.session;
    options.name = options_.name;
    options.role = options_.role;
    net::ParticipantHandler handler;
    handler.joined = [this](const session::Joined& joined) {
        if (timeline_.empty()) timeline_ = joined.timeline;
        if (joined.timeline == timeline_) return heard_.joined(joined.member);
        heard_.failed("The session " + options_.session +
                      " was started anew; what is here is the one before");
    };
    handler.lost = [this](const session::ConnectionLost& lost) { heard_.lost(lost.why); };
    handler.time_changed = heard_.time_changed;
    handler.notice = heard_.notice;
    handler.members_changed = handler.playheads_changed = [this] { tell_company(); };
    handler.lease_changed = [this](const session::Lease&) { tell_company(); };
    handler.waiting_changed = [this](const session::WaitingMessages&) { tell_company(); };
    handler.noted = [this](const session::Note&) { tell_company(); };
    handler.failed = [this](const Error& error) { heard_.failed(error.message); };
    participant_.emplace(thread_->loop, options_.reflector, std::move(options), std::nullopt,
                         std::move(handler));
}

/// On the connection's thread, in order; nothing before it has joined.
template <class Call>
void SessionLink::with_participant(Call call) {
    thread_->loop.post([this, call = std::move(call)]() mutable {
        if (participant_) call(*participant_);
    });
}

void SessionLink::send(std::string payload) {
    with_participant([payload = std::move(payload)](net::Participant& participant) mutable {
        participant.send_payload(std::move(payload));
    });
}

void SessionLink::request(const session::TimeRequest& request) {
    with_participant(
        [request](net::Participant& participant) { participant.time_request(request); });
}

void SessionLink::lead(session::LeaseRequest::Op op, MemberId to) {
    with_participant(
        [op, to](net::Participant& participant) { participant.lease_request(op, to); });
}

void SessionLink::note(const Mark& mark, std::string text) {
    with_participant([mark, text = std::move(text)](net::Participant& participant) {
        participant.note(mark, text);
    });
}

void SessionLink::show_playhead(const Mark& mark, bool follows) {
    with_participant([mark, follows](net::Participant& participant) {
        participant.show_playhead(mark, follows);
    });
}

void SessionLink::point_at(std::string path) {
    with_participant([path = std::move(path)](net::Participant& participant) mutable {
        participant.point_at(std::move(path));
    });
}

void SessionLink::ask_state(std::uint64_t request, MemberId member, std::string path) {
    with_participant([this, request, member, path = std::move(path)](net::Participant& asker) {
        asker.ask_states({member}, [this, request, path](result<std::vector<Image>> states) {
            if (!states) return heard_.state(request, states.error());
            const Image& image = states->front();
            auto written = replayer::write_island_file(path, image);
            heard_.state(request, written ? result<Mark>(image.mark()) : written.error());
        });
    });
}

void SessionLink::watch_figures(bool on) {
    thread_->loop.post([this, on] {
        if (std::exchange(watching_, on) != on && on) ask_figures();
    });
}

void SessionLink::ask_figures() {
    if (!watching_) return;
    thread_->loop.cancel(std::exchange(next_figures_, {}));
    const net::Url url =
        options_.reflector.with_scheme("http").with_target("/sessions/" + options_.session);
    net::fetch(thread_->loop, url, {}, [this](const result<net::HttpResponse>& response) {
        auto figures = response && response->status == 200 ? parse_json(response->body)
                                                           : result<Value>(Value());
        if (figures && watching_) heard_.figures(*figures);
        thread_->loop.cancel(next_figures_);
        next_figures_ = thread_->loop.schedule_after(kFiguresEvery, [this] { ask_figures(); });
    });
}

void SessionLink::await_file(std::string path) {
    thread_->loop.post([this, path = std::move(path)] { look_at_file(path); });
}

void SessionLink::look_at_file(const std::string& path) {
    if (can_be_opened(path)) return heard_.file_ready();
    thread_->loop.schedule_after(kLookAgain, [this, path] { look_at_file(path); });
}

void SessionLink::fetch_file(const std::string& file, std::string path) {
    const net::Url url = options_.reflector.with_scheme("http").with_target(file);
    thread_->loop.post([this, url, path = std::move(path)] {
        auto keep = [this, url, path](const result<net::HttpResponse>& response) {
            if (!response) return heard_.failed(response.error().message);
            if (response->status != 200)
                return heard_.failed(fmt::format("{} answered {}", url.text(), response->status));
            std::ofstream out(path, std::ios::binary);
            out.write(response->body.data(), static_cast<std::streamsize>(response->body.size()));
            out.close();
            if (!out) return heard_.failed("cannot write a copy of the recording to " + path);
            heard_.file_ready();
        };
        net::fetch(thread_->loop, url, {}, keep, net::kFetchRecording);
    });
}

}  // namespace teatime::inspector
