#include "teatime/replayer/timeline.h"

#include <algorithm>

#include "mark_steps.h"
#include "teatime/timegraph/recover.h"
#include "timeline_impl.h"

namespace teatime::replayer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 4096;              // messages given to a session at once
constexpr std::chrono::milliseconds kLook{20};    // between looks at the stop token
constexpr std::chrono::milliseconds kDensest{1};  // execution between two checkpoints
constexpr int kCheckpointShare = 8;               // checkpoints cost at most 1/8 of execution
constexpr std::size_t kErrorsKept = 10'000;
constexpr std::size_t kDamageTold = 3;  // keyframes

}  // namespace

Mark Timeline::Impl::end() const {
    if (!reader) return begin;
    auto head = reader->end();
    VirtualTime last = head ? std::max(head->bound, head->last.time) : begin.time;
    return std::max(begin, Mark{BranchId{}, last, Mark::kWholeInstant});
}

/// The worker runs; restarted where its module took it down.
result<void> Timeline::Impl::alive() {
    if (!session) return wrong_usage("cannot execute: " + no_session);
    return session->alive() ? result<void>() : connect();
}

/// The worker runs and stands where this timeline stands.
result<void> Timeline::Impl::ready(const Watch& watch) {
    if (auto up = alive(); !up) return up;
    const Mark target = stands;  // which moves on the way
    return placed ? result<void>() : travel(target, watch);
}

result<void> Timeline::Impl::check_range(const Mark& mark) const {
    Mark last = end();
    if (mark.branch == BranchId{} && begin <= mark && mark <= last) return {};
    // At the begin itself, times may be written as whole instants.
    return wrong_usage(to_string(mark) + " is outside the recording, which goes from " +
                       to_string(begin) + " to " + to_string(last));
}

result<Timeline::Impl::Base> Timeline::Impl::best_base(const Mark& limit) {
    Base base{begin, std::nullopt, first_keyframe};
    if (auto kept = checkpoints.last_at_or_before(limit); kept && kept->mark >= base.mark) {
        base = {kept->mark, kept->id, std::nullopt};
    }
    if (reader) {
        auto keyframe = keyframe_before(limit);
        if (!keyframe) return keyframe.error();
        auto outlives = *keyframe ? feed.past_gap(**keyframe) : result<VirtualTime>(begin.time);
        if (!outlives) return outlives.error();
        // Checkpoints in between may lack messages that it holds, and that are missing.
        if (*keyframe && ((*keyframe)->mark > base.mark || *outlives >= base.mark.time)) {
            Mark mark = (*keyframe)->mark;
            base = {mark, std::nullopt, std::move(**keyframe)};
        }
    }
    return base;
}

result<void> Timeline::Impl::restore(const Base& base) {
    placed = false;
    result<void> restored;
    if (base.checkpoint) {
        restored = session->restore_checkpoint(*base.checkpoint);
    } else if (base.keyframe) {
        auto image = reader->image(*base.keyframe);
        if (!image && cannot_be_read.insert(base.keyframe->id).second) pass_over(image.error());
        restored = image ? session->restore(*image) : result<void>(image.error());
    } else {
        restored = reader ? session->start(session_id) : session->restore(saved);
    }
    if (!restored) return restored;
    placed = true;
    stands = session->mark();
    feed.restart(session->position().seq, session->mark().time);
    since_checkpoint = {};
    return {};
}

/// From an earlier state where that of a keyframe cannot be read. Where messages are missing on the
/// way from there, executing them is the error.
result<Timeline::Impl::Base> Timeline::Impl::restore_best(const Mark& limit) {
    for (;;) {
        const std::size_t known = cannot_be_read.size();
        auto base = best_base(limit);
        if (!base) return base;
        auto restored = restore(*base);
        if (restored) return base;
        if (cannot_be_read.size() == known) return restored.error();
    }
}

result<std::optional<timegraph::KeyframeInfo>> Timeline::Impl::keyframe_before(Mark limit) {
    for (;;) {
        std::vector<Error> damaged;
        auto found = reader->keyframe_before(limit, &damaged);
        for (const Error& each : damaged) pass_over(each);
        if (!found || !*found || !cannot_be_read.contains((*found)->id)) return found;
        limit = just_before((*found)->mark);
    }
}

/// A recording may have very many keyframes: the first few tell enough.
void Timeline::Impl::pass_over(const Error& damaged) {
    if (damage.size() < kDamageTold && damage.insert(damaged.message).second)
        notes.push_back(timegraph::with_advice(damaged));
}

result<void> Timeline::Impl::travel(const Mark& target, const Watch& watch) {
    auto base = best_base(target);
    if (!base) return base.error();
    bool stay = placed && session->mark() <= target && session->mark() >= base->mark;
    if (stay && base->keyframe && base->keyframe->seq > feed.given()) {
        auto outlives = feed.past_gap(*base->keyframe);
        if (!outlives) return outlives.error();
        stay = session->mark().time > *outlives;
    }
    if (!stay) {
        if (auto restored = restore_best(target); !restored) return restored.error();
    }
    return run_to(target, watch, true, nullptr);
}

result<void> Timeline::Impl::run_to(const Mark& target, const Watch& watch, bool keep_checkpoints,
                                    Trail* collected) {
    if (session->mark() == target) return {};  // though messages of this instant may be missing
    for (;;) {
        auto bound = feed.feed(*session, target.time, kBatch);
        if (!bound) return bound.error();
        auto between =
            std::max<std::chrono::nanoseconds>(kDensest, checkpoint_cost * kCheckpointShare);
        RunLimit limit;
        limit.until = target;
        limit.wall = keep_checkpoints ? std::min<std::chrono::nanoseconds>(between, kLook) : kLook;
        limit.steps = collected != nullptr;
        Clock::time_point started = Clock::now();
        auto ran = session->run(limit);
        if (!ran) return ran.error();
        stands = session->mark();
        since_checkpoint += Clock::now() - started;
        remember(ran->errors);
        if (collected) collected->append(ran->steps);
        if (keep_checkpoints && since_checkpoint >= between) {
            if (auto kept = place_checkpoint(); !kept) return kept;
        }
        if (ran->stop != RunResult::Stop::wall && *bound >= target.time) return {};
        if (watch.progress) watch.progress(stands);
        if (watch.stop.stop_requested()) return failed("cancelled at " + to_string(stands));
    }
}

result<void> Timeline::Impl::observe(const Mark& target, RunLimit what,
                                     const std::function<bool(const RunResult&)>& tell,
                                     const Watch& watch) {
    what.until = target;
    what.wall = kLook;
    for (bool first = true;; first = false) {
        auto bound = feed.feed(*session, target.time, kBatch);
        if (!bound) return bound.error();
        auto ran = session->run(what);
        if (!ran) {
            (void)observe_until_crash(what, tell, watch);
            return ran.error();
        }
        stands = session->mark();
        remember(ran->errors);
        what.messages -= ran->executed;
        if (what.tally) what.tally->executed += ran->executed;
        if (!first) std::erase_if(ran->values, [](const auto& change) { return change.at_start; });
        if (!tell(*ran)) return {};
        using Stop = RunResult::Stop;
        bool reached = ran->stop == Stop::until || ran->stop == Stop::bound;
        if (reached && *bound >= target.time) return {};
        if (!reached && ran->stop != Stop::wall && ran->stop != Stop::full) return {};
        if (watch.progress) watch.progress(stands);
        if (watch.stop.stop_requested()) return failed("cancelled at " + to_string(stands));
    }
}

/// What a worker executed in the run that took it down is lost with it: once more, up to there.
result<void> Timeline::Impl::observe_until_crash(RunLimit what,
                                                 const std::function<bool(const RunResult&)>& tell,
                                                 const Watch& watch) {
    auto died_at = session->died_at();
    if (!died_at || *died_at <= stands || *died_at > what.until) return {};
    placed = false;
    if (auto up = ready(watch); !up) return up;
    return observe(just_before(*died_at), std::move(what), tell, watch);
}

result<void> Timeline::Impl::place_checkpoint() {
    since_checkpoint = {};
    if (checkpoints.contains(stands)) return {};
    Clock::time_point started = Clock::now();
    auto kept = session->checkpoint();
    if (!kept) return kept.error();
    checkpoint_cost = Clock::now() - started;
    for (std::uint64_t id : checkpoints.add(stands, *kept)) {
        if (auto dropped = session->drop_checkpoint(id); !dropped) return dropped;
    }
    return {};
}

void Timeline::Impl::remember(const std::vector<HandlerError>& thrown) {
    for (const HandlerError& error : thrown) {
        if (errors.size() >= kErrorsKept) return;
        errors.emplace(error.mark, error);
    }
}

result<void> Timeline::Impl::show_keyframe(const Mark& mark) {
    if (!reader) return {};
    auto found = keyframe_before(mark);
    if (!found) return found.error();
    shown = std::move(*found);
    stands = shown ? shown->mark : begin;
    return {};
}

/// Of the next message, recorded or internal, up to the end of the recording.
result<std::optional<VirtualTime>> Timeline::Impl::next_time() {
    auto external = feed.next_time();
    if (!external) return external;
    std::optional<VirtualTime> next = session->position().next;
    if (*external && (!next || **external < *next)) next = *external;
    return next && *next <= end().time ? next : std::nullopt;
}

result<std::optional<ExecutedInfo>> Timeline::Impl::step(const Watch& watch) {
    if (auto up = ready(watch); !up) return up.error();
    for (;;) {
        auto time = next_time();
        if (!time) return time.error();
        if (!*time) return std::optional<ExecutedInfo>();
        auto fed = feed.feed(*session, **time, std::numeric_limits<std::size_t>::max());
        if (!fed) return fed.error();
        const Mark before = stands;
        auto executed = session->step();
        if (!executed) return executed;
        stands = session->mark();
        if (!*executed) continue;  // fed was a message that no model sees
        if (trail.end() == before) {
            trail.append({{stands.time, stands.n, (*executed)->external}});
        }
        if ((*executed)->error) remember({*(*executed)->error});
        return executed;
    }
}

result<bool> Timeline::Impl::step_forward(StepBy by, const Watch& watch) {
    if (by == StepBy::external) return step_external(watch);
    auto first = step(watch);
    if (!first) return first.error();
    if (!*first) return false;
    if (by == StepBy::message) return true;
    auto ran = run_to({BranchId{}, stands.time, Mark::kWholeInstant}, watch, true, nullptr);
    return ran ? result<bool>(true) : ran.error();
}

result<bool> Timeline::Impl::step_external(const Watch& watch) {
    if (auto up = ready(watch); !up) return up.error();
    const Mark from = stands;
    const Mark last = end();
    for (;;) {
        auto bound = feed.feed(*session, last.time, kBatch);
        if (!bound) return bound.error();
        RunLimit limit;
        limit.until = last;
        limit.wall = kLook;
        limit.stop_after_external = true;
        auto ran = session->run(limit);
        if (!ran) return ran.error();
        stands = session->mark();
        remember(ran->errors);
        if (ran->stop == RunResult::Stop::external) return true;
        if (ran->stop != RunResult::Stop::wall && *bound >= last.time) return stands != from;
        if (watch.progress) watch.progress(stands);
        if (watch.stop.stop_requested()) return failed("cancelled at " + to_string(stands));
    }
}

result<bool> Timeline::Impl::step_backward(StepBy by, const Watch& watch) {
    if (auto up = ready(watch); !up) return up.error();
    const Mark here = stands;
    if (here <= begin) return false;
    if (!trail.covers(here)) trail.restart(here);
    for (;;) {
        if (auto goal = trail.before(here, by, trail.base() <= begin)) {
            auto went = travel(*goal, watch);
            return went ? result<bool>(true) : went.error();
        }
        if (auto extended = extend_trail(here, watch); !extended) return extended.error();
    }
}

result<void> Timeline::Impl::extend_trail(const Mark& here, const Watch& watch) {
    const Mark to = trail.base();
    auto base = restore_best(just_before(to));
    if (!base) return base.error();
    if (base->keyframe) {  // decoding it again for the next step back would cost more
        if (auto kept = place_checkpoint(); !kept) return kept;
    }
    Trail earlier;
    earlier.restart(stands);
    if (auto ran = run_to(to, watch, true, &earlier); !ran) return ran;
    if (earlier.end() != to) {
        return failed("executing from " + to_string(base->mark) + " leads to " +
                      to_string(earlier.end()) + ", not by " + to_string(to) +
                      ": this is not the code that was recorded, or a replica diverged");
    }
    trail.prepend(std::move(earlier), here);
    return {};
}

Timeline::Timeline(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Timeline::Timeline(Timeline&&) noexcept = default;
Timeline& Timeline::operator=(Timeline&&) noexcept = default;
Timeline::~Timeline() = default;

result<Timeline> Timeline::open(const std::string& path, const TimelineOptions& options) {
    auto impl = std::make_unique<Impl>(path, options);
    if (auto opened = impl->open(); !opened) return opened.error();
    return Timeline(std::move(impl));
}

const std::string& Timeline::path() const {
    return impl_->path;
}
std::vector<std::string> Timeline::notes() const {
    std::vector<std::string> all = impl_->notes;
    if (impl_->gave_up) {
        all.push_back("not executed, only stored states are shown: " + impl_->no_session);
    }
    return all;
}
const std::vector<std::string>& Timeline::other_notes() const {
    return impl_->notes;
}
bool Timeline::can_execute() const {
    return impl_->session && impl_->reader;
}
const std::string& Timeline::why_not_executed() const {
    return impl_->no_session;
}
const Code* Timeline::code() const {
    return impl_->session ? &impl_->session->code() : nullptr;
}
const std::string& Timeline::module_path() const {
    return impl_->module_path;
}
const timegraph::Reader* Timeline::reader() const {
    return impl_->reader ? &*impl_->reader : nullptr;
}
Mark Timeline::begin() const {
    return impl_->begin;
}
Mark Timeline::end() const {
    return impl_->end();
}
const Mark& Timeline::mark() const {
    return impl_->stands;
}

result<void> Timeline::seek(const Mark& mark, const Watch& watch) {
    if (auto inside = impl_->check_range(mark); !inside) return inside;
    if (!can_execute()) return impl_->show_keyframe(mark);
    if (auto up = impl_->alive(); !up) return up;
    if (auto went = impl_->travel(mark, watch); !went) return went;
    const Mark& at = impl_->stands;
    std::uint64_t there = at.time == mark.time ? at.n : 0;
    if (!mark.whole_instant() && there < mark.n) {
        return wrong_usage("there is no " + to_string(mark) + ": " + std::to_string(there) +
                           " messages are executed at " + to_string(mark.time));
    }
    return {};
}

result<void> Timeline::play_to(const Mark& mark, const Watch& watch) {
    if (auto inside = impl_->check_range(mark); !inside) return inside;
    if (auto up = impl_->ready(watch); !up) return up;
    if (mark < impl_->stands) {
        return wrong_usage("cannot play to " + to_string(mark) + ": it is before " +
                           to_string(impl_->stands));
    }
    return impl_->run_to(mark, watch, false, nullptr);
}

result<void> Timeline::observe(const Mark& mark, const RunLimit& what,
                               const std::function<bool(const RunResult&)>& tell,
                               const Watch& watch) {
    if (auto inside = impl_->check_range(mark); !inside) return inside;
    if (auto up = impl_->ready(watch); !up) return up;
    if (mark < impl_->stands) {
        return wrong_usage("cannot play to " + to_string(mark) + ": it is before " +
                           to_string(impl_->stands));
    }
    return impl_->observe(mark, what, tell, watch);
}

result<std::optional<ExecutedInfo>> Timeline::step(const Watch& watch) {
    return impl_->step(watch);
}
result<bool> Timeline::step_forward(StepBy by, const Watch& watch) {
    return impl_->step_forward(by, watch);
}
result<bool> Timeline::step_backward(StepBy by, const Watch& watch) {
    return impl_->step_backward(by, watch);
}

result<Hash128> Timeline::hash() {
    if (!impl_->reader) return impl_->saved.hash;
    if (!can_execute()) {
        Hash128 hash;
        if (impl_->shown && parse_hash(impl_->shown->hash, hash)) return hash;
        return wrong_usage("no state is known at " + to_string(mark()) + ": " + impl_->no_session);
    }
    if (auto up = impl_->ready({}); !up) return up.error();
    return impl_->session->hash();
}

result<Image> Timeline::state() {
    if (!impl_->reader) return impl_->saved;
    if (!can_execute()) {
        if (!impl_->shown) {
            return wrong_usage("no state is stored at or before " + to_string(mark()) + ", and " +
                               impl_->no_session);
        }
        return impl_->reader->image(*impl_->shown);
    }
    if (auto up = impl_->ready({}); !up) return up.error();
    auto image = impl_->session->image();
    if (!image) return image;
    // A keyframe may hold messages that were announced, but have not happened here.
    auto later = std::find_if(image->queue.begin(), image->queue.end(), [&](const auto& message) {
        return message.external && message.time > image->time;
    });
    if (later != image->queue.end()) {
        image->seq = {later->order - 1};
        std::erase_if(image->queue, [&](const Image::Message& message) {
            return message.external && message.time > image->time;
        });
    }
    return image;
}

result<Scene> Timeline::draw() {
    if (!impl_->reader && !impl_->session) {
        auto attached = impl_->attach(impl_->saved.app, impl_->saved.code_id);
        if (!attached) {
            impl_->session.reset();
            return attached.error();
        }
    }
    if (auto up = impl_->ready({}); !up) return up.error();
    return impl_->session->draw();
}

result<std::vector<std::string>> Timeline::input(const Input& input) {
    if (auto up = impl_->ready({}); !up) return up.error();
    return impl_->session->input(input);
}

std::vector<HandlerError> Timeline::errors() const {
    std::vector<HandlerError> all;
    for (const auto& [mark, error] : impl_->errors) all.push_back(error);
    return all;
}

}  // namespace teatime::replayer
