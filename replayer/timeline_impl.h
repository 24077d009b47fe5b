#pragma once

#include <map>
#include <set>

#include "checkpoints.h"
#include "feed.h"
#include "teatime/replayer/timeline.h"
#include "teatime/timegraph/reader.h"
#include "trail.h"

namespace teatime::replayer {

class Timeline::Impl {
public:
    Impl(std::string the_path, TimelineOptions the_options)
        : path(std::move(the_path)),
          options(std::move(the_options)),
          checkpoints(options.checkpoint_bytes) {}

    // Opening (timeline_open.cpp)
    result<void> open();
    result<void> open_recording();
    result<void> open_saved();
    result<void> find_begin(const timegraph::Reader::Info& info);
    result<void> attach(const std::string& app, const std::string& code_id);
    result<void> check_schema();
    void give_up_execution(const Error& error);
    result<void> connect();

    // Moving (timeline.cpp)
    result<void> alive();
    result<void> ready(const Watch& watch);
    result<void> check_range(const Mark& mark) const;
    result<void> travel(const Mark& target, const Watch& watch);
    result<void> run_to(const Mark& target, const Watch& watch, bool keep_checkpoints,
                        Trail* collected);
    result<void> observe(const Mark& target, RunLimit what,
                         const std::function<bool(const RunResult&)>& tell, const Watch& watch);
    result<void> observe_until_crash(RunLimit what,
                                     const std::function<bool(const RunResult&)>& tell,
                                     const Watch& watch);
    result<std::optional<ExecutedInfo>> step(const Watch& watch);
    result<bool> step_forward(StepBy by, const Watch& watch);
    result<bool> step_external(const Watch& watch);
    result<bool> step_backward(StepBy by, const Watch& watch);
    result<void> extend_trail(const Mark& here, const Watch& watch);
    result<std::optional<VirtualTime>> next_time();
    result<void> show_keyframe(const Mark& mark);
    result<void> place_checkpoint();
    void remember(const std::vector<HandlerError>& thrown);
    Mark end() const;

    /// From where a state can be made: a checkpoint, a keyframe, or the start of the world.
    struct Base {
        Mark mark;
        std::optional<std::uint64_t> checkpoint;
        std::optional<timegraph::KeyframeInfo> keyframe;
    };
    result<Base> best_base(const Mark& limit);
    result<void> restore(const Base& base);
    result<Base> restore_best(const Mark& limit);
    result<std::optional<timegraph::KeyframeInfo>> keyframe_before(Mark limit);
    void pass_over(const Error& damage);

    const std::string path;
    const TimelineOptions options;
    std::vector<std::string> notes;

    std::optional<timegraph::Reader> reader;  ///< none: a saved Island
    Image saved;
    std::string module_path;
    std::string session_id;
    std::optional<timegraph::KeyframeInfo> first_keyframe;  ///< none: begins at the very start
    std::set<std::string> damage;                           ///< of keyframes, told in notes
    std::set<std::int64_t> cannot_be_read;  ///< keyframes whose state or what it is based on is
    Mark begin{BranchId{}, kSessionStart, 0};

    std::unique_ptr<Session> session;              ///< none: stored states only
    std::string no_session;                        ///< why
    bool gave_up = false;                          ///< a session was wanted
    bool placed = false;                           ///< the session has a state
    Mark stands{begin};                            ///< last known position; survives the session
    std::optional<timegraph::KeyframeInfo> shown;  ///< without a session
    Feed feed{nullptr};
    Checkpoints checkpoints;
    std::chrono::nanoseconds checkpoint_cost{250'000};
    std::chrono::nanoseconds since_checkpoint{0};
    Trail trail;
    std::map<Mark, HandlerError> errors;
};

}  // namespace teatime::replayer
