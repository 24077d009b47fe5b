#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "teatime/replayer/session.h"

namespace teatime::timegraph {
class Reader;
}

namespace teatime::replayer {

struct TimelineOptions {
    std::vector<std::filesystem::path> modules;  ///< named by the user; see ModulePaths
    bool in_process = false;                     ///< else in a worker, which a module may crash
    bool execute = true;  ///< false: stored states only, no code of the module is loaded
    /// A worker that works on one message for longer hangs.
    std::chrono::milliseconds hang{10'000};
    std::size_t checkpoint_bytes = std::size_t{256} << 20;  ///< memory for states on the way
};

/// How a long call is followed and ended. Both are looked at about every 20 ms.
struct Watch {
    std::function<void(const Mark& at)> progress;
    std::stop_token stop;
};

enum class StepBy { message, instant, external };

/// The policy of replay: any Mark of a recording (or of a saved Island), forwards and backwards.
/// Decides which keyframe or checkpoint to start from, feeds the recorded messages, and restarts a
/// worker that its module took down. What it shows at a Mark never depends on the way there.
///
/// Where the module is missing, has another schema or the session is foreign, states come from
/// stored keyframes only: can_execute() is false, notes() tells why, and seek() goes to the last
/// keyframe at or before the Mark.
///
/// Used by one thread at a time. After an error it stands where mark() says and can be used on.
class Timeline {
public:
    /// Opens a `.timegraph` or a saved `.island` (a timeline of one point) and stands at begin().
    static result<Timeline> open(const std::string& path, const TimelineOptions& options = {});
    Timeline(Timeline&&) noexcept;
    Timeline& operator=(Timeline&&) noexcept;
    ~Timeline();

    const std::string& path() const;
    /// What the user should know, a line each: another build of the module, no module, gaps.
    std::vector<std::string> notes() const;
    /// Without why_not_executed(), for who says that elsewhere.
    const std::vector<std::string>& other_notes() const;
    bool can_execute() const;
    const std::string& why_not_executed() const;  ///< empty where it can
    const Code* code() const;                     ///< of the module in use; null without
    const std::string& module_path() const;       ///< where one was found, in use or not
    const timegraph::Reader* reader() const;      ///< null for a saved Island

    Mark begin() const;        ///< where execution starts: `0s#0` or the first keyframe
    Mark end() const;          ///< of what is recorded so far; grows while it is being written
    const Mark& mark() const;  ///< after the last executed message

    /// To any Mark between begin() and end(); outside is an error that names the range. Keyframes
    /// that are damaged are passed over, which notes() then tells. Cost: one
    /// restore, then execution from the nearest keyframe, checkpoint or the current position.
    result<void> seek(const Mark& mark, const Watch& watch = {});
    result<void> seek(VirtualTime time, const Watch& watch = {}) {
        return seek(Mark{BranchId{}, time, Mark::kWholeInstant}, watch);
    }

    /// Executes everything up to `mark`, forwards only, without taking a stored state as a
    /// shortcut: for checking them.
    result<void> play_to(const Mark& mark, const Watch& watch = {});

    /// The same, told as asked: `what` gives what RunResults hold and where to stop earlier; its
    /// `until` and `wall` are set here. `tell` gets each part of the run in turn, and ends it by
    /// returning false. Where the module crashes, everything before that message has been told.
    result<void> observe(const Mark& mark, const RunLimit& what,
                         const std::function<bool(const RunResult&)>& tell,
                         const Watch& watch = {});

    /// Executes the next message and tells what it was; empty at the end.
    result<std::optional<ExecutedInfo>> step(const Watch& watch = {});
    /// False at the end: nothing moved. By external: to after the next external message, or to the
    /// end where there is none.
    result<bool> step_forward(StepBy by = StepBy::message, const Watch& watch = {});
    /// False at the begin: nothing moved. By message: one less. By instant: to the end of the
    /// instant before. By external: to before the last external message, or to the begin. The first
    /// of a row re-executes up to one keyframe interval, those after it a small part.
    result<bool> step_backward(StepBy by = StepBy::message, const Watch& watch = {});

    result<Hash128> hash();
    /// The state here, without external messages stamped later than here.
    result<Image> state();
    result<Scene> draw();  ///< an error without the module
    /// What the world makes of a gesture here; see Session::input(). An error without the module.
    result<std::vector<std::string>> input(const Input& input);

    /// Errors thrown by handlers on the way so far, in order of their Marks, each once; at most
    /// 10,000.
    std::vector<HandlerError> errors() const;

    class Impl;

private:
    explicit Timeline(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace teatime::replayer
