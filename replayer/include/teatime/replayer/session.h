#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "teatime/island/input.h"
#include "teatime/island/island.h"
#include "teatime/island/scene.h"
#include "teatime/replayer/tally.h"
#include "teatime/state/image.h"
#include "teatime/state/result.h"
#include "teatime/state/value.h"

namespace teatime::replayer {

/// One executed message.
struct ExecutedInfo {
    struct Cause {
        bool external = false;
        std::uint64_t order = 0;
        bool operator==(const Cause&) const = default;
    };
    Mark mark;  ///< after it
    bool external = false;
    std::uint64_t order = 0;     ///< external: Seq; internal: count over the Island's life
    std::optional<Cause> cause;  ///< internal: the message that sent it, where still known
    MemberId sender;
    ObjectId target;
    std::string target_name;  ///< `counter` or `#17`
    std::string class_name;   ///< empty where there was no target
    std::string selector;
    std::string arguments;  ///< as text, `1, "red"`; long ones are shortened
    std::string text;       ///< the call for people: `counter.add(2) from member 1`
    std::optional<HandlerError> error;
};

/// Where a run has executed a message.
struct Step {
    VirtualTime time;
    std::uint64_t n = 0;
    bool external = false;
    Mark mark() const { return {BranchId{}, time, n}; }
    bool operator==(const Step&) const = default;
};

/// A watched path has this value from here on.
struct ValueChange {
    std::uint32_t path = 0;      ///< index into RunLimit::watch
    bool at_start = false;       ///< the value where the run began; `step` is that place
    Step step;                   ///< the message that changed it
    std::optional<Value> value;  ///< empty where there is no such thing: object or element gone
    bool operator==(const ValueChange&) const = default;
};

/// How far a run goes, and what it tells beside where it came. Telling is bounded: a run ends with
/// Stop::full when its result is large enough, and the next one goes on from there.
struct RunLimit {
    Mark until{BranchId{}, VirtualTime::max(), Mark::kWholeInstant};  ///< executes nothing beyond
    std::uint64_t messages = std::numeric_limits<std::uint64_t>::max();
    std::chrono::nanoseconds wall{0};  ///< 0 = as long as it takes; looked at between messages
    bool stop_after_error = false;
    bool stop_after_external = false;
    /// Stops after this message and reports it in RunResult::details.
    std::optional<ExecutedInfo::Cause> find;

    bool steps = false;    ///< report each message in RunResult::steps
    bool details = false;  ///< each in RunResult::details, as step() does; some us a message
    /// Fields of objects as in state_tree(): `counter.count`, `#17.position.x`. Their values at the
    /// start and every change go to RunResult::values. About 2 ns for a message that does not touch
    /// their objects, else the encoding of the object. A path that can name no object is an error.
    std::vector<std::string> watch;
    std::optional<TallyRequest> tally;  ///< count and time them in RunResult::tally
};

struct RunResult {
    enum class Stop : std::uint8_t { until, bound, messages, wall, error, external, found, full };
    Stop stop = Stop::until;  ///< `until`: more is due, but beyond it; `bound`: nothing more is due
    std::uint64_t executed = 0;
    std::uint64_t error_count = 0;
    std::vector<HandlerError> errors;  ///< the first kErrorsKept of this run
    std::vector<Step> steps;
    std::vector<ExecutedInfo> details;  ///< at most kDetailsKept
    std::vector<ValueChange> values;    ///< at most about kValuesKept and kValueBytesKept
    Tally tally;
    static constexpr std::size_t kErrorsKept = 1000;
    static constexpr std::size_t kDetailsKept = 20'000;
    static constexpr std::size_t kValuesKept = 100'000;
    static constexpr std::size_t kValueBytesKept = std::size_t{16} << 20;
};

/// Where a session stands.
struct Position {
    Mark mark;                        ///< after the last executed message
    std::optional<VirtualTime> next;  ///< of the next pending message, due or not
    bool next_is_external = false;
    Seq seq;  ///< last enqueued
    bool operator==(const Position&) const = default;
};

/// Which code a session runs.
struct Code {
    std::string app;
    std::string code_id;
    std::string path;  ///< empty where linked in
    bool can_draw = false;
    bool can_input = false;
};

/// A state kept inside the session.
struct Checkpoint {
    std::uint64_t id = 0;
    std::size_t bytes = 0;  ///< memory that it takes, about
};

/// The mechanism of replay: one Island somewhere, driven by plain data. Nothing that points into
/// the Island leaves it, so it may as well be in another process. No policy: what to execute from
/// where is a Timeline's business.
///
/// Used by one thread at a time. Calls other than start() and restore() need a state: before, they
/// are a wrong_usage error. An error whose call changed nothing leaves the session usable; see
/// alive().
class Session {
public:
    Session() = default;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    virtual ~Session() = default;

    const Code& code() const { return code_; }

    /// The world as it begins.
    virtual result<void> start(const std::string& session_id) = 0;
    /// Goes on from a state. The error of another schema names class and field. O(size).
    virtual result<void> restore(const Image& image) = 0;

    /// Appends stamped messages. A worker answers with the next call: an error shows up there.
    virtual result<void> enqueue(std::vector<ExternalMessage> messages) = 0;
    /// Allows execution up to and including `bound`; never lowers it.
    virtual result<void> set_bound(VirtualTime bound) = 0;

    /// Executes one message that is due; empty where there is none.
    virtual result<std::optional<ExecutedInfo>> step() = 0;
    /// Executes what is due up to the limit. In a worker the whole run is one round trip.
    virtual result<RunResult> run(const RunLimit& limit) = 0;

    virtual result<Hash128> hash() = 0;
    virtual result<Image> image() = 0;  ///< O(size)
    /// Objects touched since the last call or restore.
    virtual result<std::vector<ObjectId>> take_touched() = 0;
    virtual result<Scene> draw() = 0;  ///< Requires: code().can_draw; else it is empty
    /// What the world makes of a gesture here: payloads of external messages, to be sent by whoever
    /// takes part in the session. Changes nothing. Requires: code().can_input; else it is empty.
    virtual result<std::vector<std::string>> input(const Input& input) = 0;

    virtual result<Checkpoint> checkpoint() = 0;  ///< O(size), in memory
    virtual result<void> restore_checkpoint(std::uint64_t id) = 0;
    virtual result<void> drop_checkpoint(std::uint64_t id) = 0;

    const Position& position() const { return position_; }
    const Mark& mark() const { return position_.mark; }
    /// False once the process behind it is gone: every call returns the error that told so.
    virtual bool alive() const { return true; }
    /// After the message that took that process down there would be this Mark; empty while alive,
    /// or where no message was to blame.
    virtual std::optional<Mark> died_at() const { return std::nullopt; }

protected:
    Code code_;
    Position position_;
};

}  // namespace teatime::replayer
