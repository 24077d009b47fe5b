#include "teatime/capture/member_recording.h"

#include <algorithm>

#include "teatime/session/time_control.h"
#include "teatime/state/json.h"

namespace teatime::capture {
namespace {

/// The member votes at multiples of this: keyframes are made there.
KeyframeOptions on_grid_of(KeyframeOptions options, Duration vote_interval) {
    if (vote_interval > Duration(0)) options.grid = vote_interval;
    return options;
}

constexpr std::string_view kUsersPayload = R"({"what":"users")";

/// As the session's clock runs when its members have obeyed all that came with the join.
session::TimeState time_at_join(const session::Sync& sync) {
    if (!sync.native) return {};
    session::TimeState state = sync.native->at_start;
    for (const session::MessagePtr& message : sync.messages) {
        if (message->sender) continue;
        if (auto op = session::parse_time_payload(message->payload))
            state.apply(*op, message->stamp.time);
    }
    return state;
}

/// The bound may be far behind the clock where time is lazy.
Stamp place_of_join(const session::Sync& sync) {
    VirtualTime clock;  // messages are stamped in whole milliseconds
    if (sync.native) clock = std::chrono::floor<std::chrono::milliseconds>(sync.native->clock);
    return {std::max(sync.time, clock), sync.seq};
}

}  // namespace

MemberRecording::MemberRecording(std::unique_ptr<Recorder> recorder, Options options)
    : recorder_(std::move(recorder)), options_(std::move(options)), policy_(options_.keyframes) {}

session::SteadyTime MemberRecording::now() const {
    if (options_.steady) return options_.steady();
    auto since = std::chrono::steady_clock::now().time_since_epoch();
    return session::SteadyTime(std::chrono::duration_cast<std::chrono::microseconds>(since));
}

void MemberRecording::started(const session::Sync& sync, const std::string* image, bool) {
    if (!timeline_.empty() && sync.session.timeline != timeline_) {
        stopped_ =
            "The reflector has started the session anew; the recording ends where the old "
            "one ended.";
        recorder_->close();
    }
    if (!stopped_.empty()) return;
    bool first = timeline_.empty();
    joined_ = place_of_join(sync);
    // Without one, from the start: what is recorded already is recognised by its seq.
    auto state = image ? decode_image(*image) : result<Image>(Image());
    if (first)
        begin(sync, image && state ? &*state : nullptr);
    else
        recorder_->record(session::TimeChanged{joined_, time_at_join(sync)});
    running_since_.reset();
    if (!image) return;
    if (!state) {  // the Controller has just restored it
        stopped_ = "The snapshot of the session cannot be recorded: " + state.error().message;
        return;
    }
    if (last_ && state->seq > last_) {
        Stamp before{std::max(state->time, sync.snapshot->time), next(state->seq)};
        recorder_->gap(before, "the member was not connected, and went on from a snapshot");
    }
    bool new_here = state->seq > last_ || !last_ || (first && state->mark() > earlier_state());
    last_ = std::max(last_, state->seq);
    next_keyframe_ = policy_.next_after(std::max(state->time, earlier_state().time));
    if (new_here) recorder_->keyframe(std::move(*state), {});
    if (sync.messages.empty()) recorder_->bound(sync.time);  // all that comes while time stands
}

void MemberRecording::begin(const session::Sync& sync, const Image* state) {
    policy_ = KeyframePolicy(on_grid_of(options_.keyframes, sync.session.vote_interval));
    next_keyframe_ = policy_.next_after(kSessionStart);
    timeline_ = sync.session.timeline;
    begun_ = sync.snapshot ? Stamp{sync.snapshot->time, sync.snapshot->seq} : Stamp{};
    if (state && options_.earlier) earlier_ = options_.earlier(sync, *state);
    if (earlier_) {
        recorder_->go_on();
        begun_ = earlier_->last;
        last_ = begun_.seq;
        joined_ = {std::max(joined_.time, begun_.time), std::max(joined_.seq, begun_.seq)};
        for (const timegraph::Member& member : earlier_->members)
            if (!member.left) members_.insert(member.id);
    }
    session::Started started{sync.session, {}, time_at_join(sync), {}, joined_};
    started.session.app = options_.app;
    started.session.code_id = options_.code_id;
    std::string name;
    append_json_string(name, options_.app);  // as native members tell it when they join
    started.details_json = "{\"name\":" + name + "}";
    started.time.time = begun_.time;
    recorder_->record(std::move(started));
    if (sync.native) member_ = sync.native->member;
    if (!members_.insert(member_).second) return;
    recorder_->record(
        session::MemberJoined{joined_, member_, options_.name, {}, options_.role, false});
}

/// Who they are the router tells by number only.
void MemberRecording::users(const session::Message& message) {
    auto told = parse_json(message.payload);
    if (!told) return;
    auto each = [&](std::string_view name, auto&& take) {
        const Value* list = told->find(name);
        if (!list || !list->if_list()) return;
        for (const Value& one : *list->if_list()) {
            const std::int64_t* number = one.if_int();
            if (number && *number > 0) take(MemberId{static_cast<std::uint64_t>(*number)});
        }
    };
    each("joined", [&](MemberId member) { is_here(member, message.stamp); });
    each("left", [&](MemberId member) {
        is_here(member, begun_);
        members_.erase(member);
        recorder_->record(session::MemberLeft{message.stamp, member});
    });
}

void MemberRecording::is_here(MemberId member, const Stamp& since) {
    if (!members_.insert(member).second) return;
    recorder_->record(
        session::MemberJoined{since, member, {}, {}, session::Role::participant, false});
}

void MemberRecording::stamped(const session::MessagePtr& message) {
    running_since_.reset();
    if (!stopped_.empty() || message->stamp.seq <= last_) return;
    last_ = message->stamp.seq;
    recorder_->message(message);
    if (message->sender)
        is_here(message->sender, begun_);  // since before what is recorded
    else if (message->payload.starts_with(kUsersPayload))
        users(*message);
}

void MemberRecording::bound(VirtualTime bound) {
    running_since_.reset();
    if (stopped_.empty()) recorder_->bound(bound);
}

void MemberRecording::voted(const session::Vote& vote) {
    running_since_.reset();
    if (!stopped_.empty()) return;
    recorder_->record(session::VoteCast{member_, vote.mark, vote.hash});
    // A vote comes only where something happened since the last one.
    if (vote.mark.time >= next_keyframe_) keyframe();
    next_keyframe_ = policy_.next_after(vote.mark.time);
}

/// Time from one message to the next is what it cost to execute it, while nothing else came.
void MemberRecording::executed(const Executed&) {
    auto at = now();
    if (running_since_) policy_.ran(at - *running_since_);
    running_since_ = at;
}

void MemberRecording::time_changed(const Stamp& at, const session::TimeState& state) {
    if (stopped_.empty() && at.seq > joined_.seq)
        recorder_->record(session::TimeChanged{at, state});
}

void MemberRecording::noted(const session::Note& note) {
    if (stopped_.empty()) recorder_->record(note);
}

Mark MemberRecording::earlier_state() const {
    return earlier_ ? earlier_->state : Mark{};
}

void MemberRecording::keyframe() {
    Island* island = island_ ? island_() : nullptr;
    if (!island) return;
    auto before = now();
    Image image = island->image();
    policy_.made(now() - before);
    recorder_->keyframe(std::move(image), island->take_touched());
}

}  // namespace teatime::capture
