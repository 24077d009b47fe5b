#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "recording.h"
#include "teatime/state/json.h"
#include "teatime/state/state_hash.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/ring.h"

namespace teatime::capture {
namespace {

constexpr std::size_t kNameBytes = 40;
constexpr int kSameNames = 1'000;

/// Only what no file system, shell or person takes for something else.
std::string sanitised(std::string_view text, std::size_t most, std::string_view otherwise) {
    std::string safe;
    for (unsigned char c : text.substr(0, most)) {
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        bool inner = !safe.empty() && (c == '.' || c == '-' || c == '_');
        if (plain || inner)
            safe += static_cast<char>(c);
        else if (!safe.empty() && safe.back() != '_')
            safe += '_';
    }
    while (!safe.empty() && (safe.back() == '_' || safe.back() == '.')) safe.pop_back();
    return safe.empty() ? std::string(otherwise) : safe;
}

std::string text_of(const Value& object, std::string_view name) {
    const Value* value = object.find(name);
    if (!value || value->is_null()) return {};
    auto* text = value->if_string();
    return text ? *text : to_json(*value);
}

/// `600s or 200000000 bytes`
std::string ring_words(const SpaceLimits& space) {
    std::string words = space.keep > Duration(0) ? to_string(space.keep) : "";
    if (space.keep_bytes == 0) return words;
    return fmt::format("{}{}{} bytes", words, words.empty() ? "" : " or ", space.keep_bytes);
}

/// All that is needed to serve the session again, and to tell what it was.
timegraph::Meta describe(const session::Started& started, const CaptureOptions& options) {
    const session::SessionInfo& info = started.session;
    timegraph::Meta meta;
    meta.kind = info.kind == session::Kind::croquet ? "croquet" : "native";
    meta.app = info.app;
    meta.code_id = info.code_id;
    meta.session = info.id;
    meta.router = options.router;
    meta.recorder = options.recorder;
    meta.tick = info.tick;
    auto& more = meta.more;
    more[timegraph::kTimeline] = info.timeline;
    more[timegraph::kJoin] = started.details_json;
    more[timegraph::kTimeMode] = info.mode == session::TimeMode::lazy ? "lazy" : "heartbeat";
    bool each = options.durability == Durability::message;
    more[timegraph::kDurability] = each ? timegraph::kEachMessage : to_string(options.commit);
    if (options.space.ring()) more[timegraph::kRing] = ring_words(options.space);
    more[timegraph::kVoteInterval] = std::to_string(info.vote_interval.count());
    if (started.start) more[timegraph::kStartedFrom] = started.start->url;
    if (auto join = parse_json(started.details_json)) {
        meta.name = text_of(*join, "name");
        if (meta.app.empty()) meta.app = text_of(*join, "appId");
        if (meta.app.empty()) meta.app = meta.name;
        more[timegraph::kTove] = text_of(*join, "tove");
        more[timegraph::kFlags] = text_of(*join, "flags");
        if (const Value* ticks = join->find("ticks"))
            more[timegraph::kDelay] = text_of(*ticks, "delay");
    }
    return meta;
}

double rate_of(const session::TimeState& state) {
    if (state.paused) return 0;
    return static_cast<double>(state.rate.num) / state.rate.den;
}

}  // namespace

std::string recording_name(std::string_view app, std::string_view session_id,
                           timegraph::WallTime wall) {
    auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(wall);
    std::time_t time = seconds.time_since_epoch().count();
    return fmt::format("{}-{}-{:%Y%m%dT%H%M%SZ}.timegraph", sanitised(app, kNameBytes, "session"),
                       sanitised(session_id, 8, "0"), fmt::gmtime(time));
}

result<void> Recording::start_file() {
    const CaptureOptions& options = shared_->options;
    timegraph::Meta meta = describe(*started_, options);
    std::string path = given_path_;
    if (path.empty()) {
        std::string app = meta.app.empty() ? meta.name : meta.app;
        std::filesystem::path wanted = std::filesystem::path(options.folder) /
                                       recording_name(app, meta.session, started_wall_);
        std::error_code ignored;
        path = wanted.string();
        for (int n = 2; n < kSameNames && std::filesystem::exists(path, ignored); ++n) {
            path =
                (wanted.parent_path() / wanted.stem()).string() + fmt::format("-{}.timegraph", n);
        }
    }
    if (auto refused = too_little_free(path)) return *refused;
    auto writer = goes_on_ ? timegraph::Writer::open(path, options.writer)
                           : timegraph::Writer::create(path, meta, options.writer);
    if (!writer) return writer.error();
    writer_.emplace(std::move(*writer));
    const Stamp there = writer_->counters().last;
    last_ = std::max(last_, there);
    {
        std::lock_guard lock(mutex_);
        status_.path = path;
        status_.error.clear();
    }
    if (!goes_on_ || there.seq < clock_from().seq)  // else it knows how time went
        check(writer_->clock({clock_from(), started_wall_, rate_of(started_->time)}));
    if (goes_on_) {  // from here on
        check(writer_->meta(timegraph::kRecorderMeta, meta.recorder));
        check(writer_->meta(timegraph::kDurability, meta.more[timegraph::kDurability]));
    }
    news_since_commit_ = true;
    if (started_->start)
        snapshot(*started_->start);
    else
        start_follower(std::nullopt);
    return {};
}

/// Before it no wall time is known.
Stamp Recording::clock_from() const {
    if (started_->joined) return *started_->joined;
    return {started_->time.time, started_->start ? started_->start->seq : Seq{}};
}

void Recording::on(const session::Started&, timegraph::WallTime) {}  // the first made the file

void Recording::on(const session::MemberJoined& joined, timegraph::WallTime) {
    if (joined.again) return;
    const std::string& name = joined.name.empty() ? joined.user_json : joined.name;
    const char* role = joined.role == session::Role::viewer ? "viewer" : "participant";
    check(writer_->member_joined(joined.member, name, role, joined.at));
}

void Recording::on(const session::MemberLeft& left, timegraph::WallTime) {
    check(writer_->member_left(left.member, left.at));
}

void Recording::on(const session::VoteCast& vote, timegraph::WallTime) {
    check(writer_->vote({vote.mark, vote.member, to_string(vote.hash)}));
}

void Recording::on(const session::Split& split, timegraph::WallTime wall) {
    if (split.groups.empty()) return;
    std::string sentence = "Replicas differ:";
    for (const session::Agreement& group : split.groups) {
        sentence += fmt::format(" {} at", to_string(group.hash));
        for (MemberId member : group.members) sentence += fmt::format(" #{}", member.value);
        sentence += ";";
    }
    sentence.back() = '.';
    check(writer_->bookmark({split.groups[0].mark, wall, "reflector", sentence}));
}

void Recording::on(const session::TimeChanged& changed, timegraph::WallTime wall) {
    check(writer_->clock({changed.at, wall, rate_of(changed.state)}));
}

/// A pause or step has moved the session's time, which no message or tick tells.
void Recording::on(const std::shared_ptr<const session::StepOutcome>& outcome,
                   timegraph::WallTime wall) {
    bound_ = std::max(bound_, outcome->state.time);
    check(writer_->clock({{outcome->state.time, last_.seq}, wall, rate_of(outcome->state)}));
}

void Recording::on(const session::Note& note, timegraph::WallTime wall) {
    check(writer_->bookmark({note.mark, wall, note.author, note.text}));
}

void Recording::on(const session::Ended&, timegraph::WallTime) {
    ended_ = true;
}

// ---- snapshots of members --------------------------------------------------------------------

void Recording::on(const session::SnapshotTaken& taken, timegraph::WallTime wall) {
    if (taken.dissident) {
        Mark mark{{}, taken.snapshot.time, Mark::kWholeInstant};
        check(writer_->bookmark({mark, wall, "reflector",
                                 fmt::format("Member #{} is of a minority; its snapshot is {}.",
                                             taken.by.value, taken.snapshot.url)}));
        return;
    }
    snapshot(taken.snapshot);
}

void Recording::snapshot(const session::SnapshotInfo& info) {
    bool native = started_->session.kind == session::Kind::native;
    bool wanted = snapshot_needed_ ? info.seq >= needed_from_ : !follows();
    if (native && !wanted) return;
    if (!shared_->options.fetch) return;
    auto bytes = shared_->options.fetch(info.url);
    result<void> kept;
    if (!bytes)
        kept = bytes.error();
    else
        kept = native ? keep_native(info, *bytes) : keep_foreign(info, *bytes);
    if (kept) {
        if (info.seq >= needed_from_) snapshot_needed_ = false;
        return;
    }
    if (failure_) return;
    Mark mark{{}, info.time, Mark::kWholeInstant};
    check(writer_->bookmark(
        {mark, shared_->wall(), "recorder",
         fmt::format("The snapshot {} could not be kept: {}", info.url, kept.error().message)}));
}

result<void> Recording::keep_native(const session::SnapshotInfo& info, const std::string& bytes) {
    auto image = decode_image(bytes);
    if (!image) return image.error();
    bool same = image->seq == info.seq && to_string(image->hash) == info.hash &&
                state_hash(*image) == image->hash;
    if (!same) return unreadable("it is not of the state that it was announced for");
    whole_touched_ = true;
    keyframe(*image, {});
    if (failure_) return *failure_;
    if (!follower_) {
        start_follower(std::move(*image));
    } else if (!follower_->failed()) {
        follower_->restart(std::move(*image));
        restarted_ = true;
    }
    return {};
}

/// The keyframe's bytes are the path of the file's copy.
result<void> Recording::keep_foreign(const session::SnapshotInfo& info, const std::string& bytes) {
    check(writer_->commit());  // so that a reader sees the messages of its instant
    if (failure_) return *failure_;
    auto reader = timegraph::Reader::open(writer_->path());
    if (!reader) return reader.error();
    Mark mark{{}, info.time, 0};
    auto messages = reader->messages(info.time, info.time);
    while (messages.next()) mark.n += messages.message().stamp.seq <= info.seq;
    check(writer_->file({{info.time, info.seq}, info.url, bytes}));
    if (!failure_) check(writer_->foreign_keyframe(mark, info.seq, info.hash, info.url));
    if (failure_) return *failure_;
    return {};
}

}  // namespace teatime::capture
