#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "teatime/state/hash.h"
#include "teatime/state/ids.h"
#include "teatime/state/mark.h"
#include "teatime/state/result.h"

namespace teatime::session {

/// Virtual time per steady time, an exact fraction in lowest terms within 1/64 .. 64.
struct Rate {
    std::uint32_t num = 1;
    std::uint32_t den = 1;
    bool operator==(const Rate&) const = default;

    /// Reduces and clamps to 1/64 .. 64 (as the reference does with TICKS.scale). Requires: both >
    /// 0.
    static Rate of(std::uint64_t num, std::uint64_t den);
};

/// `0.25`, `4`, `1/64`: a decimal with at most six places or a fraction. An error outside 1/64
/// .. 64.
result<Rate> parse_rate(std::string_view text);
std::string to_string(
    Rate rate);  ///< `4`, `0.25` where that is exact within six places, else `1/3`

/// How far a step goes. Only native sessions know `message` and `instant`: their clients execute
/// one message.
enum class StepBy : std::uint8_t {
    message,   ///< the next message of the queue, whatever it is
    instant,   ///< everything at the time of the next message
    external,  ///< up to and including the next external message that waits at the router
    duration,  ///< virtual time, whole instants
    mark       ///< to exactly this Mark ahead
};

/// What somebody asks of a session's time. Native sessions only: `until` lets time run, at its rate
/// and with all messages, up to exactly a Mark, where all replicas stop and report as after a
/// step; a pause, a resume or another until on the way takes its place. `step by mark` goes there
/// at once, and messages wait. Where the instant has fewer messages than the Mark's, its end is the
/// place.
struct TimeRequest {
    enum class Op : std::uint8_t { pause, resume, rate, step, until };
    /// Chosen by the asker, returned in the answer: above those before of the same member, so that
    /// one repeated after a lost connection is obeyed once. 0 = not to be repeated.
    std::uint64_t request = 0;
    Op op = Op::pause;
    Rate rate;                    ///< op rate
    StepBy by = StepBy::message;  ///< op step
    Duration duration{0};         ///< by duration; > 0
    Mark mark{};                  ///< op until, by mark: on the trunk, ahead of the session
};

/// Requests of one member that may be without an answer at a time.
inline constexpr std::size_t kRequestsUnanswered = 64;

/// One change of a session's time, as stamped, reflected and recorded: the router's message
/// `{"what":"time",...}`. Replicas obey it at its place in the order of Seq.
struct TimeOp {
    TimeRequest::Op op = TimeRequest::Op::pause;
    std::uint64_t id = 0;  ///< 1 for the session's first, then +1 each; named in reports
    MemberId asker;        ///< 0 = the server
    Rate rate;
    StepBy by = StepBy::message;
    Seq external;    ///< by external: the message to stop after
    VirtualTime to;  ///< by duration: the new time, a whole instant
    Mark mark{};     ///< op until, by mark
    bool operator==(const TimeOp&) const = default;
};

/// JSON text of the payload:
/// `{"what":"time","op":"step","id":4,"asker":2,"by":"duration","to":"1250.5"}`.
std::string to_payload(const TimeOp& op);
/// Nothing where the payload is no time message (any other text, including malformed). A few ns
/// then.
std::optional<TimeOp> parse_time_payload(std::string_view payload);

/// Where a session's time stands.
struct TimeState {
    bool paused = false;
    Rate rate;
    VirtualTime time;             ///< the router's clock; frozen while paused
    std::uint64_t last_op = 0;    ///< id of the last TimeOp
    std::uint64_t held = 0;       ///< external messages that wait for resume or `step external`
    std::optional<Mark> until{};  ///< runs to this Mark only
    bool operator==(const TimeState&) const = default;

    /// The state after `op`, stamped at `stamped`. Held is the router's alone.
    void apply(const TimeOp& op, VirtualTime stamped);
};

/// What one replica says after it obeyed a pause or a step.
struct StepReport {
    std::uint64_t id = 0;  ///< of the TimeOp
    Mark mark;
    Hash128 hash;
    std::optional<VirtualTime> next;  ///< of its next pending message
};

}  // namespace teatime::session
