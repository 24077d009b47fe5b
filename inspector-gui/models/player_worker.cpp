#include "player_worker.h"

#include <sys/stat.h>

#include <algorithm>

#include "teatime/timegraph/recover.h"

namespace teatime::inspector {
namespace {

using namespace std::chrono_literals;
using replayer::StepBy;
using replayer::Watch;

// What is under way is let through for so long before a newer request cancels it, and longer each
// time that this happened in a row: else a fast hand would see nothing while it moves.
constexpr auto kGrace = 50ms;
constexpr int kMostPatience = 4;
constexpr auto kDearState = 15ms;    // a state that costs more comes when the playhead rests
constexpr auto kShowBetween = 30ms;  // Moments on the way of many steps
constexpr auto kPollWritten = 40ms, kPollClosed = 500ms;
constexpr std::uint64_t kRowsAtOnce = 20'000;  // of lists, read before a file counts as open
constexpr int kFactsShare = 10;                // facts take at most 1/10 of the thread's time

Mark before(const Mark& mark) {
    return {mark.branch, mark.time, mark.n - 1};
}

QString text(const std::string& utf8) {
    return QString::fromStdString(utf8);
}

}  // namespace

std::shared_ptr<PlayerWorker> PlayerWorker::start(std::string path,
                                                  replayer::TimelineOptions options,
                                                  std::function<void()> wake) {
    std::shared_ptr<PlayerWorker> worker(
        new PlayerWorker(std::move(path), std::move(options), std::move(wake)));
    std::thread([worker] { worker->run(); }).detach();  // see abandon()
    return worker;
}

void PlayerWorker::abandon() {
    std::lock_guard lock(mutex_);
    quit_ = true;
    wake_ = {};
    stop_.request_stop();
    changed_.notify_all();
}

bool PlayerWorker::wait_ended(std::chrono::milliseconds most) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, most, [&] { return ended_; });
}

void PlayerWorker::seek(std::uint64_t request, const Mark& mark) {
    std::lock_guard lock(mutex_);
    wanted_ = {mark, {}, request};
    changed_.notify_all();
}

void PlayerWorker::step(std::uint64_t request, StepBy by, bool forward) {
    std::lock_guard lock(mutex_);
    wanted_.steps.push_back({by, forward});
    wanted_.last = request;
    changed_.notify_all();
}

void PlayerWorker::input(const Input& input) {
    std::lock_guard lock(mutex_);
    inputs_.push_back(input);
    changed_.notify_all();
}

void PlayerWorker::cancel() {
    std::lock_guard lock(mutex_);
    wanted_.seek.reset();
    wanted_.steps.clear();
    user_cancelled_ = true;
    stop_.request_stop();
    changed_.notify_all();
}

PlayerWorker::Report PlayerWorker::take_report() {
    std::lock_guard lock(mutex_);
    Report taken = report_;
    report_.opened = {};
    report_.facts = {};
    report_.moment = {};
    report_.payloads = {};
    report_.input_failed = {};
    return taken;
}

template <class Change>
void PlayerWorker::report(Change change) {
    std::lock_guard lock(mutex_);
    change(report_);
    if (wake_) wake_();
}

bool PlayerWorker::newer_waits() {
    std::lock_guard lock(mutex_);
    return quit_ || !wanted_.nothing() || !inputs_.empty();
}

/// Cancels by itself when a newer seek waits and the grace is over. Steps wait for their turn.
Watch PlayerWorker::watch(Clock::duration grace) {
    std::lock_guard lock(mutex_);
    if (!quit_ && !user_cancelled_) stop_ = std::stop_source();
    Watch watch;
    watch.stop = stop_.get_token();
    watch.progress = [this, until = Clock::now() + grace, grace](const Mark& at) {
        report([&](Report& report) { report.at = at; });
        std::lock_guard inner(mutex_);
        bool newer = grace == Clock::duration(0) ? !wanted_.nothing() || !inputs_.empty()
                                                 : wanted_.seek.has_value();
        if (newer && Clock::now() >= until) stop_.request_stop();
    };
    return watch;
}

void PlayerWorker::run() {
    bool opened = open();
    std::unique_lock lock(mutex_);
    while (opened && !quit_) {
        user_cancelled_ = false;
        if (!wanted_.nothing()) {
            Wanted wanted = std::exchange(wanted_, {std::nullopt, {}, wanted_.last});
            lock.unlock();
            serve(std::move(wanted));
            lock.lock();
            continue;
        }
        if (!inputs_.empty()) {
            std::deque<Input> inputs = std::exchange(inputs_, {});
            lock.unlock();
            make_inputs(std::move(inputs));
            lock.lock();
            continue;
        }
        if (report_.served != wanted_.last) {  // what a cancel() took away
            report_.served = wanted_.last;
            if (wake_) wake_();
        }
        lock.unlock();
        if (!completed_) complete();
        look_for_news();
        lock.lock();
        auto poll = facts_->being_written || !facts_->has_lists ? kPollWritten : kPollClosed;
        if (!completed_) continue;
        changed_.wait_for(lock, poll,
                          [&] { return quit_ || !wanted_.nothing() || !inputs_.empty(); });
    }
    lock.unlock();
    timeline_.reset();  // ends the worker process
    lock.lock();
    ended_ = true;
    changed_.notify_all();
}

bool PlayerWorker::open() {
    file_ = look_at_file(path_);
    auto opened = replayer::Timeline::open(path_, options_);
    if (!opened) {
        report([&](Report& report) { report.failed = timegraph::with_advice(opened.error()); });
        return false;
    }
    timeline_.emplace(std::move(*opened));
    result<Scene> first_picture = Scene();
    if (!timeline_->reader()) first_picture = timeline_->draw();  // looks for the module
    auto facts = std::make_shared<RecordingFacts>(read_facts(*timeline_));
    const auto& info = facts->info;
    std::uint64_t rows = info.keyframes + info.votes + info.bookmarks + info.branches + info.edits +
                         info.errors + info.gaps;
    if (timeline_->reader() && rows <= kRowsAtOnce) {
        read_lists(*timeline_->reader(), *facts, nullptr);
    }
    if (!first_picture) facts->notes.append(text(first_picture.error().message));
    facts_ = facts;
    notes_told_ = timeline_->other_notes().size();
    report([&](Report& report) { report.opened = facts_; });
    if (!newer_waits()) show(look(timeline_->mark()));
    return true;
}

void PlayerWorker::serve(Wanted wanted) {
    int patience = 1 << std::min(cancelled_in_a_row_, kMostPatience);
    Watch watched = watch(kGrace * patience);
    Mark goal = moment_ ? moment_->mark : timeline_->begin();
    if (wanted.seek) {
        Mark asked = *wanted.seek;
        asked.branch = {};
        goal =
            std::clamp(asked, timeline_->begin(), std::max(timeline_->begin(), timeline_->end()));
    }
    auto done = carry_out(wanted, goal, watched);
    bool replaced = false;
    {
        std::lock_guard lock(mutex_);
        replaced = quit_ || (!done && watched.stop.stop_requested() && !user_cancelled_);
        user_cancelled_ = false;
    }
    if (replaced) {
        ++cancelled_in_a_row_;
        return;
    }
    cancelled_in_a_row_ = 0;
    Mark asked = wanted.seek && wanted.steps.empty() ? goal : timeline_->mark();
    if (!done && watched.stop.stop_requested()) {
        show(look(timeline_->mark()));  // stays where it has come to
    } else if (done) {
        show(look(asked));
    } else {
        auto moment = look_at_stored(asked, done.error());
        show(moment);
    }
    if (timeline_->other_notes().size() > notes_told_) refresh_facts(false);
    report([&](Report& report) { report.served = wanted.last; });
}

result<void> PlayerWorker::carry_out(const Wanted& wanted, const Mark& goal, const Watch& watched) {
    // Completing a Moment, or an error, may have left the Timeline elsewhere.
    if (wanted.seek || timeline_->mark() != goal) {
        if (auto went = timeline_->seek(goal, watched); !went) return went;
    }
    Clock::time_point shown = Clock::now();
    for (const Step& step : wanted.steps) {
        if (!timeline_->can_execute()) return {};
        auto moved = step.forward ? timeline_->step_forward(step.by, watched)
                                  : timeline_->step_backward(step.by, watched);
        if (!moved) return moved.error();
        if (watched.stop.stop_requested()) return failed("cancelled");
        if (Clock::now() - shown < kShowBetween || &step == &wanted.steps.back()) continue;
        show(look(timeline_->mark()));
        shown = Clock::now();
    }
    return {};
}

/// What the Timeline shows where it stands, as far as that is cheap.
std::shared_ptr<Moment> PlayerWorker::look(const Mark& asked) {
    if (moment_ && moment_->mark == timeline_->mark() && moment_->problem.empty()) {
        auto same = std::make_shared<Moment>(*moment_);
        same->asked = asked;
        return same;
    }
    auto moment = std::make_shared<Moment>();
    moment->asked = asked;
    moment->mark = timeline_->mark();
    moment->stored = !timeline_->can_execute() && timeline_->reader();
    auto hash = timeline_->hash();
    if (hash) {
        moment->hash = *hash;
    } else {
        moment->problem = hash.error().message;
    }
    if (facts_->can_draw) {
        auto scene = timeline_->draw();
        if (scene) {
            moment->picture = std::make_shared<const Scene>(std::move(*scene));
        } else {
            moment->problem = scene.error().message;
        }
    }
    if (state_cost_ < kDearState) {
        auto started = Clock::now();
        auto state = timeline_->state();
        state_cost_ = Clock::now() - started;
        if (state) {
            moment->state = std::make_shared<const Image>(std::move(*state));
        } else if (moment->problem.empty()) {
            moment->problem = state.error().message;
        }
    }
    return moment;
}

/// Where executing fails, the nearest stored state before is better than nothing.
std::shared_ptr<Moment> PlayerWorker::look_at_stored(const Mark& asked, const Error& error) {
    if (error.kind == ErrorKind::wrong_usage && timeline_->can_execute()) {
        auto moment = look(asked);  // there is no such Mark: it stands at the one before
        moment->problem = error.message;
        return moment;
    }
    auto moment = std::make_shared<Moment>();
    moment->asked = asked;
    moment->mark = timeline_->begin();
    moment->stored = true;
    moment->complete = true;
    moment->problem = error.message;
    const timegraph::Reader* reader = timeline_->reader();
    std::vector<Error> damaged;  // which the timeline tells
    auto keyframe = reader ? reader->keyframe_before(asked, &damaged)
                           : result<std::optional<timegraph::KeyframeInfo>>(std::nullopt);
    if (!keyframe || !*keyframe) return moment;
    moment->mark = (*keyframe)->mark;
    auto image = reader->image(**keyframe);
    if (!image) return moment;
    moment->hash = image->hash;
    moment->state = std::make_shared<const Image>(std::move(*image));
    return moment;
}

void PlayerWorker::show(std::shared_ptr<Moment> moment) {
    if (!timeline_->can_execute()) moment->complete = true;
    if (moment->mark <= timeline_->begin() && moment->state) moment->complete = true;
    completed_ = moment->complete;
    moment_ = std::move(moment);
    // A copy: what was told to others is never changed.
    report([&](Report& report) { report.moment = std::make_shared<const Moment>(*moment_); });
}

/// The message that led here and what it changed, by executing it once more.
void PlayerWorker::complete() {
    Watch watched = watch(Clock::duration(0));
    report([](Report& report) { report.completing = true; });
    auto moment = std::make_shared<Moment>(*moment_);
    auto found = find_message(*moment, watched);
    bool later = false;
    {
        std::lock_guard lock(mutex_);
        later = quit_ || !wanted_.nothing() || !inputs_.empty();
        if (user_cancelled_) completed_ = true;  // not again
    }
    if (found || (!watched.stop.stop_requested() && !later)) {
        if (!found) moment->problem = found.error().message;
        moment->complete = true;
        show(std::move(moment));
    }
    report([](Report& report) { report.completing = false; });
}

result<void> PlayerWorker::find_message(Moment& moment, const Watch& watched) {
    if (moment.mark <= timeline_->begin()) {
        if (moment.state) return {};
        if (timeline_->mark() != moment.mark) {
            if (auto went = timeline_->seek(moment.mark, watched); !went) return went;
        }
        auto state = timeline_->state();
        if (!state) return state.error();
        moment.state = std::make_shared<const Image>(std::move(*state));
        return {};
    }
    if (auto went = timeline_->seek(before(moment.mark), watched); !went) return went;
    if (newer_waits()) return failed("something newer is asked for");
    auto old = timeline_->state();
    if (!old) return old.error();
    auto message = timeline_->step(watched);
    if (!message) return message.error();
    moment.message = std::move(*message);
    if (timeline_->mark() != moment.mark) {
        return failed("executing again leads to " + to_string(timeline_->mark()) + ", not to " +
                      to_string(moment.mark));
    }
    if (!moment.state) {
        auto state = timeline_->state();
        if (!state) return state.error();
        moment.state = std::make_shared<const Image>(std::move(*state));
    }
    if (newer_waits()) return failed("something newer is asked for");
    moment.changes = diff(*old, *moment.state);
    // How far messages were handed over is of the way here, not of the message.
    std::erase_if(moment.changes, [](const Change& change) {
        return change.object.empty() && change.path == "seq";
    });
    if (moment.changes.size() > Moment::kChangesKept) {
        moment.changes_left_out = moment.changes.size() - Moment::kChangesKept;
        moment.changes.resize(Moment::kChangesKept);
    }
    return {};
}

void PlayerWorker::make_inputs(std::deque<Input> inputs) {
    QStringList payloads;
    std::string problem;
    const Mark here = moment_ ? moment_->mark : timeline_->mark();
    for (const Input& input : inputs) {
        if (timeline_->can_execute() && timeline_->mark() != here) {
            (void)timeline_->seek(here);  // input() tells what is wrong
        }
        auto made = timeline_->input(input);
        if (!made) problem = made.error().message;
        if (!made) continue;
        for (const std::string& payload : *made) payloads.append(text(payload));
    }
    report([&](Report& report) {
        report.payloads += payloads;
        if (!problem.empty()) report.input_failed = problem;
    });
}

PlayerWorker::FileState PlayerWorker::look_at_file(const std::string& path) {
    FileState state;
    auto nanoseconds = [](const timespec& time) {
        return time.tv_sec * 1'000'000'000 + time.tv_nsec;
    };
    struct stat file {};
    state.exists = ::stat(path.c_str(), &file) == 0;
    if (state.exists) {
        state.size = file.st_size;
        state.changed_ns = nanoseconds(file.st_mtim);
        state.inode = file.st_ino;
    }
    struct stat wal {};
    state.has_wal = ::stat((path + "-wal").c_str(), &wal) == 0;
    if (state.has_wal) {
        state.wal_size = wal.st_size;
        state.wal_changed_ns = nanoseconds(wal.st_mtim);
    }
    return state;
}

/// But for the bytes of the file, which move without anything new to see.
bool PlayerWorker::same_facts(const RecordingFacts& a, const RecordingFacts& b) {
    timegraph::Reader::Info left = a.info, right = b.info;
    left.file_bytes = right.file_bytes = 0;
    left.end.wall = right.end.wall = {};
    return left == right && a.begin == b.begin && a.end == b.end && a.notes == b.notes &&
           a.being_written == b.being_written && a.can_execute == b.can_execute;
}

void PlayerWorker::look_for_news() {
    if (!timeline_->reader()) return;
    Clock::time_point now = Clock::now();
    if (!facts_->has_lists) return refresh_facts(true);
    if (now - facts_at_ < std::max<Clock::duration>(kPollWritten, facts_cost_ * kFactsShare))
        return;
    FileState file = look_at_file(path_);
    bool same = file == file_ && !file.has_wal;
    FileState old = std::exchange(file_, file);
    if (same) return;
    facts_at_ = now;
    if (old.inode != file.inode || old.exists != file.exists) {
        auto facts = std::make_shared<RecordingFacts>(*facts_);
        facts->notes.append(text(file.exists
                                     ? "another file is at " + path_ +
                                           " now; what is shown is the one that was opened"
                                     : path_ + " was deleted; what is shown is read from what is "
                                               "left of it, as long as it stays open"));
        facts_ = facts;
        report([&](Report& report) { report.facts = facts_; });
        return;
    }
    if (file.exists) refresh_facts(false);
}

void PlayerWorker::refresh_facts(bool first_lists) {
    Clock::time_point started = Clock::now();
    auto facts = std::make_shared<RecordingFacts>(read_facts(*timeline_));
    notes_told_ = timeline_->other_notes().size();
    for (const QString& note : facts_->notes) {
        if (!facts->notes.contains(note)) facts->notes.append(note);
    }
    if (first_lists || !same_facts(*facts, *facts_)) {
        read_lists(*timeline_->reader(), *facts, facts_.get());
        facts_ = facts;
        report([&](Report& report) { report.facts = facts_; });
    }
    facts_at_ = Clock::now();
    facts_cost_ = facts_at_ - started;
}

}  // namespace teatime::inspector
