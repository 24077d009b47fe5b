#include "recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "teatime/timegraph/ring.h"

namespace teatime::capture {
namespace {

constexpr std::size_t kUncommitted = 10'000;  // records kept while nothing can be written

}  // namespace

timegraph::WallTime Shared::wall() const {
    if (options.wall) return options.wall();
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
}

session::SteadyTime Shared::steady() const {
    if (options.steady) return options.steady();
    auto now = std::chrono::steady_clock::now().time_since_epoch();
    return session::SteadyTime(std::chrono::duration_cast<std::chrono::microseconds>(now));
}

bool SyncBudget::take(double per_second, session::SteadyTime now) {
    std::lock_guard lock(mutex_);
    double most = std::max(1.0, per_second / 10);
    std::chrono::duration<double> passed = now - std::exchange(filled_at_, now);
    left_ = std::min(most, left_ + std::max(0.0, passed.count()) * per_second);
    if (left_ < 1) return false;
    --left_;
    return true;
}

Recording::Recording(std::shared_ptr<Shared> shared, std::string path,
                     std::function<void()> want_snapshot)
    : shared_(std::move(shared)),
      given_path_(std::move(path)),
      want_snapshot_(std::move(want_snapshot)),
      queue_(shared_->options.queue_messages, shared_->options.queue_bytes,
             shared_->options.durability == Durability::message) {}

Recording::~Recording() {
    if (has_replica_slot_) --shared_->replicas;
}

void Recording::on_urgent(std::function<void()> poke) {
    std::lock_guard lock(poke_mutex_);
    poke_ = std::move(poke);
}

void Recording::poke() {
    std::lock_guard lock(poke_mutex_);
    if (poke_) poke_();
}

Recorder::Status Recording::status() const {
    std::lock_guard lock(mutex_);
    return status_;
}

session::SteadyTime Recording::waiting_since() const {
    return waiting_since_.value_or(session::SteadyTime::max());
}

void Recording::on_settled(std::function<void()> moved) {
    std::lock_guard lock(mutex_);
    moved_ = std::move(moved);
}

std::shared_ptr<Follower> Recording::follower() const {
    std::lock_guard lock(mutex_);
    return follower_;
}

bool Recording::turn(bool stopping) {
    auto now = shared_->steady();
    if (queue_.drain(batch_)) write_batch();
    bool over = batch_.closed || ended_ || stopping;
    if (over && !closing_) {
        closing_ = now + shared_->options.finish;
        retry_at_ = now;  // a last try
        (void)ready({last_.time, next(last_.seq)});
    }
    take_from_follower();
    commit(now);
    settle();
    look_at_space(now);
    ask_for_snapshot(now);
    return !closing_ || !close_when_done(now);
}

void Recording::write_batch() {
    if (!waiting_since_) waiting_since_ = batch_.begun;
    for (Event& event : batch_.events) {
        if (auto* message = std::get_if<session::MessagePtr>(&event)) {
            write(*message);
        } else {
            write(std::move(std::get<std::unique_ptr<Note>>(event)));
        }
    }
    batch_.events.clear();
    lost_in_queue();
    bound_ = std::max(bound_, batch_.bound);
    if (!writer_ || failure_) return;
    if (bound_ < clock_from().time)
        writer_->reach(bound_, batch_.wall);
    else
        writer_->bound(bound_, batch_.wall);
    time_since_commit_ = true;
}

void Recording::write(const session::MessagePtr& message) {
    bool can = ready(message->stamp);
    last_ = message->stamp;
    if (!can) return;
    check(writer_->append({message->stamp, message->sender, message->payload, message->extra}));
    news_since_commit_ = true;
}

void Recording::write(std::unique_ptr<Note> note) {
    if (auto* record = std::get_if<session::Record>(&note->what)) {
        if (auto* started = std::get_if<session::Started>(record); started && !started_) {
            started_ = std::move(*started);
            started_wall_ = note->wall;
            Seq before = started_->start ? started_->start->seq : Seq{};
            last_ = std::max(last_, Stamp{started_->time.time, before});
            (void)ready({started_->time.time, next(last_.seq)});
            return;
        }
    }
    if (!started_) return;
    if (auto* gap_of_member = std::get_if<MemberGap>(&note->what)) {
        if (ready(gap_of_member->before)) gap(gap_of_member->before, gap_of_member->why);
        return;
    }
    bool can = ready({last_.time, next(last_.seq)});
    Uncommitted one{std::move(note), {}};
    if (can) {
        carry_out(one);
        news_since_commit_ = true;
    }
    bool again = !used_up_ && std::holds_alternative<session::Record>(one.note->what);
    if (again && uncommitted_.size() < kUncommitted) uncommitted_.push_back(std::move(one));
}

void Recording::carry_out(Uncommitted& one) {
    one.after_commits = writer_->counters().commits;
    carry_out(*one.note);
}

void Recording::carry_out(Note& note) {
    if (auto* record = std::get_if<session::Record>(&note.what)) {
        std::visit([&](const auto& one) { on(one, note.wall); }, *record);
    } else if (auto* keyframe_of_member = std::get_if<MemberKeyframe>(&note.what)) {
        if (keyframe_of_member->touched.empty()) whole_touched_ = true;
        keyframe(std::move(keyframe_of_member->image), std::move(keyframe_of_member->touched));
    }
}

void Recording::lost_in_queue() {
    if (batch_.lost_messages == 0 && batch_.lost_notes == 0) return;
    Stamp before{last_.time, next(last_.seq)};
    if (batch_.lost_messages > 0) {
        before = {batch_.last_lost.time, next(batch_.last_lost.seq)};
        last_ = batch_.last_lost;
    }
    std::string why = fmt::format("messages came faster than they could be written; {} were lost",
                                  batch_.lost_messages);
    if (batch_.lost_notes) why += fmt::format(", and {} records", batch_.lost_notes);
    if (ready(before)) gap(before, why);
}

// ---- failures ------------------------------------------------------------------------------

/// There is a file that takes what comes next, `before`. After a failure the file goes on here when
/// that can be: what was lost is put on record.
bool Recording::ready(Stamp before) {
    if (writer_ && !failure_) return true;
    if (!started_) return false;
    auto now = shared_->steady();
    if (failure_ && now < retry_at_) return false;
    retry_at_ = now + shared_->options.retry;
    if (!closing_ && (used_up_ || (writer_ && too_little_free(writer_->path())))) return false;
    std::optional<Error> was = std::exchange(failure_, std::nullopt);
    if (!writer_) {
        auto done = start_file();
        if (!done) {
            failed_with(done.error());
            return false;
        }
        if (!was) return true;
    }
    return go_on(before, *was);
}

bool Recording::go_on(Stamp before, const Error& was) {
    if (auto there = writer_->reopen(); !there) {
        failed_with(was);  // the first reason says more
        return false;
    }
    // The commit that failed may be in the file; the next one will not tell any more.
    std::uint64_t commits = writer_->counters().commits;
    std::erase_if(uncommitted_, [&](const Uncommitted& one) {
        return one.after_commits && *one.after_commits < commits;
    });
    for (Uncommitted& one : uncommitted_) one.after_commits.reset();
    gap(before, "the recording could not be written: " + lasting_reason(was));
    if (failure_) {
        failure_ = was;
        return false;
    }
    waiting_since_ = batch_.begun;  // what waited before is in the gap
    for (std::size_t i = 0; i < uncommitted_.size() && !failure_; ++i) carry_out(uncommitted_[i]);
    return !failure_;
}

/// What the file may say for good and to whom it is given: not where it lies, nor what to do now.
std::string Recording::lasting_reason(const Error& error) const {
    std::string why = error.message.substr(0, error.message.find("; "));
    std::filesystem::path path = writer_->path();
    for (const std::string& place :
         {path.string() + ": ", path.string(), (path.parent_path() / "").string()}) {
        for (std::size_t at; place != "/" && (at = why.find(place)) != why.npos && !place.empty();)
            why.erase(at, place.size());
    }
    return why;
}

void Recording::check(const result<void>& done) {
    if (!done && !failure_) failed_with(done.error());
}

void Recording::failed_with(const Error& error) {
    failure_ = error;
    waiting_since_.reset();  // for a gap
    retry_at_ = shared_->steady() + shared_->options.retry;
    whole_touched_ = true;  // a keyframe may have been lost with the rest
    bool known;
    {
        std::lock_guard lock(mutex_);
        known = !std::exchange(status_.error, error.message).empty();
    }
    if (!known) report("nothing is recorded, the session goes on: " + error.message);
}

void Recording::report(const std::string& sentence) const {
    if (shared_->options.report) shared_->options.report(sentence);
}

void Recording::gap(Stamp before, const std::string& why) {
    auto done = writer_->gap(before, why);
    if (!done) return check(done);
    Seq last = writer_->counters().last.seq;
    tell_if_it_goes_on();
    if (!untold_) {
        std::lock_guard lock(mutex_);
        ++status_.gaps;
    }
    std::uint64_t missing = before.seq > next(last) ? before.seq.value - last.value - 1 : 0;
    untold_ = {before.seq, missing, why};
    if (missing == 0) return;
    whole_touched_ = true;
    snapshot_needed_ = true;
    needed_from_ = {before.seq.value - 1};
    asked_ = false;
}

/// Not when the gap is on record: on a full disk that has room, and the next message has not.
void Recording::tell_if_it_goes_on() {
    if (untold_ && writer_->counters().last.seq >= untold_->before) tell_of_gap("goes on");
}

void Recording::tell_of_gap(const char* how) {
    {
        std::lock_guard lock(mutex_);
        status_.error.clear();
    }
    report(fmt::format("{} {}, without {} message{}: {}", writer_->path(), how, untold_->missing,
                       untold_->missing == 1 ? "" : "s", untold_->why));
    untold_.reset();
}

void Recording::commit(session::SteadyTime now) {
    if (!writer_ || failure_) return;
    bool due =
        news_since_commit_ || closing_ || now - committed_at_ >= shared_->options.idle_commit;
    if (!due || !(news_since_commit_ || time_since_commit_) || !may_sync(now)) return;
    if (longest_wait_ > told_wait_ + told_wait_ / 4) tell_longest_wait();
    if (!failure_) check(writer_->commit());
    if (!failure_) committed(now);
}

/// Who waits for a commit is not made to wait for those of others too.
bool Recording::may_sync(session::SteadyTime now) const {
    const CaptureOptions& options = shared_->options;
    if (closing_ || options.durability == Durability::message) return true;
    return options.syncs_per_second <= 0 || shared_->syncs.take(options.syncs_per_second, now);
}

/// The bound that really held: whatever was handed over was in the file within it.
void Recording::tell_longest_wait() {
    told_wait_ = longest_wait_;
    auto whole = std::chrono::ceil<std::chrono::milliseconds>(longest_wait_);
    check(writer_->meta(timegraph::kCommittedWithin, to_string(Duration(whole))));
}

void Recording::committed(session::SteadyTime now) {
    if (waiting_since_) {
        longest_wait_ = std::max(longest_wait_, Duration(shared_->steady() - *waiting_since_));
        waiting_since_.reset();
    }
    committed_at_ = now;
    news_since_commit_ = time_since_commit_ = false;
    uncommitted_.clear();
    tell_if_it_goes_on();
    auto counters = writer_->counters();
    std::lock_guard lock(mutex_);
    status_.messages = counters.messages;
    status_.last = counters.last;
}

/// What was taken from the queue is committed now, or will be in a gap.
void Recording::settle() {
    if (settled_.exchange(last_.seq.value, std::memory_order_acq_rel) == last_.seq.value) return;
    std::function<void()> moved;
    {
        std::lock_guard lock(mutex_);
        moved = moved_;
    }
    if (moved) moved();
}

/// The replica may see the end first; nobody waits for it.
bool Recording::close_when_done(session::SteadyTime now) {
    if (!writer_) return true;
    bool late = now >= *closing_;
    if (follower_) {
        bool ready = late || failure_ || follower_->finished(writer_->counters().last, bound_);
        // In the middle of a turn its reader keeps the -wal and -shm files alive.
        bool stopped = ready && follower_->stop();
        if (!stopped && !late) return false;
    }
    take_from_follower();
    if (!failure_ && longest_wait_ > told_wait_) tell_longest_wait();
    if (auto done = writer_->close(); !done) failed_with(done.error());
    auto counters = writer_->counters();
    if (failure_) {
        report(fmt::format("{} ends without {} message{}{}: {}", writer_->path(),
                           last_.seq.value - counters.last.seq.value,
                           last_.seq == next(counters.last.seq) ? "" : "s",
                           untold_ ? "" : ", and could not say so itself", failure_->message));
    } else {
        tell_if_it_goes_on();
        if (untold_) tell_of_gap("ends");
    }
    std::lock_guard lock(mutex_);
    if (shared_->options.space.ring()) (void)timegraph::release_ring(writer_->path());
    status_.messages = counters.messages;
    status_.last = counters.last;
    follower_.reset();
    if (std::exchange(has_replica_slot_, false)) --shared_->replicas;
    return true;
}

// ---- states --------------------------------------------------------------------------------

void Recording::start_follower(std::optional<Image> from) {
    const CaptureOptions& options = shared_->options;
    if (!options.replica || started_->session.kind != session::Kind::native) return;
    if (!has_replica_slot_) {
        if (shared_->replicas.fetch_add(1) >= options.replicas) {
            --shared_->replicas;
            return;
        }
        has_replica_slot_ = true;
    }
    auto replica = options.replica(started_->session);
    if (!replica) return;
    auto follower = std::make_shared<Follower>(std::move(replica), writer_->path(),
                                               started_->session.id, options.keyframes,
                                               [shared = shared_] { return shared->steady(); });
    if (from) follower->restart(std::move(*from));
    std::lock_guard lock(mutex_);
    follower_ = std::move(follower);
}

bool Recording::follows() const {
    return follower_ && !follower_->failed() && !follower_->lost();
}

void Recording::take_from_follower() {
    if (!follower_) return;
    Follower::Found found = follower_->take();
    if (follower_->lost() && !snapshot_needed_ && !restarted_) {
        snapshot_needed_ = true;
        needed_from_ = last_.seq;
    }
    if (!follower_->lost()) restarted_ = false;
    if (!writer_ || failure_) return;
    if (found.errors.empty() && !found.keyframe && !found.failure) return;
    news_since_commit_ = true;
    for (const timegraph::HandlerError& error : found.errors) {
        if (!failure_) check(writer_->error(error));
    }
    if (found.keyframe && !failure_) {
        if (found.whole) whole_touched_ = true;
        keyframe(std::move(found.keyframe->image), std::move(found.keyframe->touched));
    }
    if (!found.failure) return;
    report(fmt::format("{}: the recorder's replica fell at {}, messages are recorded on: {}",
                       writer_->path(), to_string(found.failure->mark), found.failure->sentence));
    if (!failure_) check(writer_->error(*found.failure));
}

void Recording::keyframe(Image image, std::vector<ObjectId> touched) {
    if (whole_touched_) {  // no object of this state may be taken for untouched
        for (const Image::Object& object : image.objects) touched.push_back(object.id);
        std::sort(touched.begin(), touched.end());
        touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
        whole_touched_ = false;
    }
    check(writer_->keyframe(std::move(image), touched));
}

/// Where the replica cannot give states, members must.
void Recording::ask_for_snapshot(session::SteadyTime now) {
    if (!want_snapshot_ || !writer_ || failure_ || closing_) return;
    const CaptureOptions& options = shared_->options;
    bool native = started_->session.kind == session::Kind::native;
    bool ring = options.space.ring();  // can drop only what is before a state
    Duration every = options.snapshot_every;
    if (options.space.keep > Duration(0)) every = std::min(every, options.writer.whole_every);
    if (writer_->wants_whole_state()) every = options.snapshot_retry;
    bool regular = (native || ring) && !follows() && last_.seq > asked_seq_ &&
                   (!asked_ || now - asked_at_ >= every);
    bool urgent = snapshot_needed_ && (!asked_ || now - asked_at_ >= options.snapshot_retry);
    if (!regular && !urgent) return;
    asked_ = true;
    asked_at_ = now;
    asked_seq_ = last_.seq;
    want_snapshot_();
}

}  // namespace teatime::capture
