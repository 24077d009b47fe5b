#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "teatime/island/island.h"
#include "teatime/island/scene.h"
#include "teatime/state/image.h"
#include "teatime/state/result.h"

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

struct RunLimit {
    Mark until{BranchId{}, VirtualTime::max(), Mark::kWholeInstant};  ///< executes nothing beyond
    std::uint64_t messages = std::numeric_limits<std::uint64_t>::max();
    std::chrono::nanoseconds wall{0};  ///< 0 = as long as it takes; looked at between messages
    bool stop_after_error = false;
    bool stop_after_external = false;
    bool steps = false;  ///< report each message in RunResult::steps
};

struct RunResult {
    enum class Stop : std::uint8_t { until, bound, messages, wall, error, external };
    Stop stop = Stop::until;  ///< `until`: more is due, but beyond it; `bound`: nothing more is due
    std::uint64_t executed = 0;
    std::uint64_t error_count = 0;
    std::vector<HandlerError> errors;  ///< the first kErrorsKept of this run
    std::vector<Step> steps;
    static constexpr std::size_t kErrorsKept = 1000;
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

    virtual result<Checkpoint> checkpoint() = 0;  ///< O(size), in memory
    virtual result<void> restore_checkpoint(std::uint64_t id) = 0;
    virtual result<void> drop_checkpoint(std::uint64_t id) = 0;

    const Position& position() const { return position_; }
    const Mark& mark() const { return position_.mark; }
    /// False once the process behind it is gone: every call returns the error that told so.
    virtual bool alive() const { return true; }

protected:
    Code code_;
    Position position_;
};

}  // namespace teatime::replayer
