#include "recordings.h"

#include "../capture/island_replica.h"
#include "stage_module.h"
#include "teatime/replayer/verify.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/verify.h"

namespace simulation {
namespace {

using std::chrono::milliseconds;

constexpr auto kBegin = timegraph::WallTime(std::chrono::hours(24 * 365 * 50));
constexpr int kMostTurns = 10'000;

}  // namespace

void Recordings::start_service() {
    capture::CaptureOptions options;
    options.folder = habits_.folder;
    options.router = options.recorder = "simulation";
    options.writer_threads = options.replica_threads = 0;
    options.commit = habits_.commit;
    options.retry = milliseconds(500);
    options.snapshot_retry = milliseconds(1'000);
    options.snapshot_every = milliseconds(10'000);
    options.finish = milliseconds(20);
    options.queue_messages = habits_.queue;
    options.writer.vfs = Disk::kName;
    options.writer.block_bytes = 4'096;
    options.fetch = [this](const std::string& url) -> result<std::string> {
        auto file = files_.find(url);
        if (file == files_.end()) return unavailable("it is gone");
        return file->second;
    };
    if (habits_.replica) {
        options.replica = [](const SessionInfo&) {
            return std::make_unique<capture::IslandReplica>(module());
        };
    }
    options.wall = [this] { return kBegin + scheduler_.now().time_since_epoch() + wall_offset_; };
    // Work takes time: each look at the clock finds it a little later.
    options.steady = [this] {
        return SteadyTime(scheduler_.now().time_since_epoch() + Duration(++looks_at_clock_ * 20));
    };
    service_ = std::move(*capture::CaptureService::create(std::move(options)));
}

void Recordings::begin(std::function<void()> want_snapshot) {
    if (!service_) start_service();
    Recording& recording = recordings_.emplace_back();
    recording.path = habits_.folder + "/" + std::to_string(recordings_.size()) + ".timegraph";
    bool small_queue = habits_.queue < 200'000;
    recording.may_lack = small_queue || Disk::instance().trouble() != Disk::Trouble::none;
    recording.recorder = service_->record_to(recording.path, std::move(want_snapshot));
    recording_ = true;
}

void Recordings::take(const RouterOutputs& outputs) {
    if (!recording_) return;
    Recording& recording = recordings_.back();
    if (!recording.in) recording.in = ledger_.current();
    recording.recorder->take(outputs);
}

void Recordings::turn() {
    if (!service_) return;
    for (int i = 0; i < kMostTurns && service_->turn(); ++i) {
    }
    if (!recording_) return;
    Recording& recording = recordings_.back();
    auto status = recording.recorder->status();
    recording.committed = std::max(recording.committed, status.last.seq);
    if (!recording.in || recording.may_lack) return;
    bool empty = recording.in->messages.empty();
    if (status.error.empty() && !empty && recording.committed != recording.in->last())
        ledger_.fail("After a commit the recording ends at " +
                     std::to_string(recording.committed.value) + ", reflected was " +
                     std::to_string(recording.in->last().value));
}

void Recordings::end() {
    if (std::exchange(recording_, false)) recordings_.back().recorder.reset();
}

void Recordings::kill() {
    Disk& disk = Disk::instance();
    Disk::Trouble before = disk.trouble();
    disk.set(Disk::Trouble::dead);
    if (recording_) recordings_.back().killed = true;
    end();
    service_.reset();
    disk.set(before);
}

void Recordings::close() {
    end();
    if (!service_) return;
    turn();
    service_->close();
    service_.reset();
}

void Recordings::trouble(Disk::Trouble trouble) {
    Disk::instance().set(trouble);
    if (trouble == Disk::Trouble::none) return;
    for (Recording& recording : recordings_) recording.may_lack = true;
}

// ---- what came of it -----------------------------------------------------------------------

void Recordings::check() {
    for (const Recording& recording : recordings_) {
        if (ledger_.failure().empty() && recording.in) check(recording);
    }
}

void Recordings::check(const Recording& recording) {
    auto wrong = [&](const std::string& why) {
        ledger_.fail("The recording " + recording.path + ": " + why);
    };
    auto reader = timegraph::Reader::open(recording.path);
    if (!reader) {
        bool never_begun = recording.committed == Seq{} && (recording.killed || recording.may_lack);
        if (!never_begun) wrong(reader.error().message);
        return;
    }
    check_messages(recording, *reader);
    check_notes(recording, *reader);
    auto verified = timegraph::verify(recording.path);
    if (!verified) return wrong(verified.error().message);
    if (!verified->problems.empty()) return wrong(to_string(verified->problems.front()));
    check_replay(recording);
}

/// Recorded is what was reflected, byte for byte; what is missing is a gap that tells why.
void Recordings::check_messages(const Recording& recording, const timegraph::Reader& reader) {
    auto wrong = [&](const std::string& why) {
        ledger_.fail("The recording " + recording.path + ": " + why);
    };
    const Incarnation& in = *recording.in;
    auto found = reader.gaps();
    if (!found) return wrong(found.error().message);
    gaps += found->size();
    for (const timegraph::Gap& gap : *found) {
        scheduler_.say("recording", "gap from " + std::to_string(gap.after.seq.value) + " to " +
                                        std::to_string(gap.before.seq.value) + ": " + gap.why);
    }
    if (!found->empty() && !recording.may_lack) return wrong("has a gap: " + found->front().why);

    std::vector<timegraph::Message> all;
    Seq last = in.before_first();
    auto cursor = reader.messages();
    while (cursor.next()) {
        const timegraph::MessageView& message = cursor.message();
        Seq seq = message.stamp.seq;
        if (seq <= last || seq > in.last())
            return wrong("has message " + std::to_string(seq.value) + " after " +
                         std::to_string(last.value));
        if (seq != next(last)) {
            bool told = std::any_of(found->begin(), found->end(), [&](const timegraph::Gap& gap) {
                return gap.after.seq <= last && gap.before.seq == seq;
            });
            if (!told)
                return wrong("lacks messages after " + std::to_string(last.value) +
                             " without a gap");
        }
        last = seq;
        const Message& was = *in.message(seq);
        bool same = message.stamp == was.stamp && message.sender == was.sender &&
                    message.payload == was.payload && message.extra == was.extra;
        if (!same)
            return wrong("has another message " + std::to_string(seq.value) +
                         " than was reflected");
        all.push_back(message.copy());
    }
    if (!cursor.status()) return wrong(cursor.status().error().message);
    messages += all.size();
    if (last < recording.committed)
        return wrong("ends at " + std::to_string(last.value) + ", committed was " +
                     std::to_string(recording.committed.value));
    bool whole = !recording.killed && !recording.may_lack;
    if (whole && last != in.last()) return wrong("lacks the end");
    if (last.value - in.before_first().value == all.size()) check_states(in, all);
}

/// Notes are bookmarks; only what was written in the last moment of a process may be missing.
void Recordings::check_notes(const Recording& recording, const timegraph::Reader& reader) {
    auto bookmarks = reader.bookmarks();
    if (recording.may_lack || !bookmarks) return;
    using Text = std::tuple<Mark, std::string, std::string>;
    std::multiset<Text> written, said;
    for (const timegraph::Bookmark& one : *bookmarks) {
        if (one.author != "reflector" && one.author != "recorder")
            written.emplace(one.mark, one.author, one.comment);
    }
    for (const Note& one : recording.in->notes) said.emplace(one.mark, one.author, one.text);
    bool kept = std::includes(said.begin(), said.end(), written.begin(), written.end());
    if (!kept || (!recording.killed && written.size() < said.size()))
        ledger_.fail("The recording " + recording.path + " has other notes than were told");
}

/// Executing the recording comes to the state that replicas had, after each message.
void Recordings::check_states(const Incarnation& in, const std::vector<timegraph::Message>& all) {
    result<std::unique_ptr<Island>> island = failed("");
    if (in.start) {
        auto image = decode_image(files_.at(in.start->url));
        island = Island::restore(module(), *image);
    } else {
        island = Island::create(module(), in.session.id);
    }
    Island& replica = **island;
    for (const timegraph::Message& message : all) {
        auto queued = replica.enqueue({message.stamp, message.sender, message.payload});
        if (!queued) return ledger_.fail("Replay: " + queued.error().message);
        auto known = in.after.find(message.stamp.seq);
        replica.set_bound(message.stamp.time);
        while (auto done = replica.execute_next()) {
            if (!done->external) continue;
            if (known == in.after.end() || done->order != message.stamp.seq.value) continue;
            ++replayed;
            // Where replicas stepped, they had the step queued behind it: part of no state.
            Incarnation::State state{replica.mark(), replica.hash(), known->second.queued};
            if (!(state == known->second))
                return ledger_.fail(
                    "Replay is at " + to_string(state.mark) + " with " + to_string(state.hash) +
                    " after message " + std::to_string(done->order) + ", replicas were at " +
                    to_string(known->second.mark) + " with " + to_string(known->second.hash));
        }
    }
}

/// What `teatime verify` says of it.
void Recordings::check_replay(const Recording& recording) {
    replayer::TimelineOptions options;
    options.modules = {module().path()};
    options.in_process = true;
    auto timeline = replayer::Timeline::open(recording.path, options);
    if (!timeline) {
        if (!recording.may_lack && !recording.killed)
            ledger_.fail("The recording " + recording.path +
                         " cannot be replayed: " + timeline.error().message);
        return;
    }
    auto report = replayer::verify_replay(*timeline);
    if (!report && recording.may_lack) return;  // nothing to go on from behind a gap
    if (!report) return ledger_.fail("Verifying " + recording.path + ": " + report.error().message);
    votes += report->votes_agree;
    if (report->first_difference)
        ledger_.fail("The recording " + recording.path + " differs from its replay at " +
                     to_string(report->first_difference->mark) +
                     (report->first_difference->keyframe ? " in a keyframe" : " in a vote"));
    bool could = recording.may_lack || recording.killed;
    if (!report->executed && !could)
        ledger_.fail("The recording " + recording.path + " is not replayed: " + report->why_not);
}

}  // namespace simulation
