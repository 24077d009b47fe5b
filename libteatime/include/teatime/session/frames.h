#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "teatime/session/close_code.h"
#include "teatime/session/time_control.h"
#include "teatime/session/together.h"
#include "teatime/state/hash.h"
#include "teatime/state/ids.h"
#include "teatime/state/mark.h"

/// What travels between a router and its clients, as plain structs. A dialect turns it into bytes
/// and back. Texts named `_json` are JSON texts, taken from and put into frames verbatim.
namespace teatime::session {

/// Names a connection within the driver; never reused while a Router lives.
using ConnectionId = StrongId<struct ConnectionTag>;

enum class Kind : std::uint8_t { undecided, native, croquet };
enum class TimeMode : std::uint8_t { heartbeat, lazy };
/// A stamped message: `[time, seq, payload ... extra]`. Immutable, shared by history, frames and
/// capture.
struct Message {
    Stamp stamp;
    MemberId sender;      ///< 0 = the router itself
    std::string payload;  ///< JSON text of the third element, verbatim
    std::string
        extra;  ///< JSON text of what follows it, with its leading comma; native: `,<sender>`
};
using MessagePtr = std::shared_ptr<const Message>;

/// Where a snapshot is. Replicas go on from it with the message after `seq`.
struct SnapshotInfo {
    std::string url;
    VirtualTime time;
    Seq seq;
    std::string hash;  ///< as its maker wrote it
};

// ---- client to router ----------------------------------------------------------------------

/// Of the flags that a Croquet client may ask for in JOIN, those that are known.
struct CroquetFlags {
    bool rawtime = false;     ///< messages end with the milliseconds since the session began
    bool microverse = false;  ///< only told to all
};

struct JoinRequest {
    Kind kind = Kind::croquet;  ///< native where the frame has a `teatime` key
    std::string details_json;   ///< the whole args object, for the recording
    std::string tove;           ///< kept from the creator, handed to all

    struct Croquet {
        std::string user_json;         ///< reflected in `users`; empty: not announced
        std::optional<Duration> tick;  ///< the creator's counts; the creator must have one
        Duration delay{0};             ///< with tick: clients tick on by themselves for so long
        std::optional<Rate> scale;     ///< the creator's counts
        std::optional<Duration> leave_delay;  ///< absent = 0; the last JOIN's counts
        CroquetFlags flags;                   ///< the last JOIN's count
    } croquet;

    struct Native {
        std::string app;
        std::string code_id;
        std::string name;  ///< of the member, for people
        Role role = Role::participant;
        bool replica = true;   ///< has an Island: gets the history, votes, reports, gives snapshots
        std::string timeline;  ///< rejoin: as in the Sync before
        std::string token;     ///< rejoin: as in the Sync before
        Seq last_seq;          ///< rejoin: last message received
    } native;
};

struct Send {
    std::string payload;
    std::string extra;  ///< Croquet: reflected; native: ignored, the router writes the sender
    std::uint64_t number = 0;  ///< native: 1 for the member's first, then +1 each, over reconnects
    Duration debounce{0};  ///< with message_id: dropped if reflected less than this (steady) ago
    std::string message_id;
};

/// A vote of a Croquet client (protocol part 6).
struct Tutti {
    std::string send_time_json;
    VirtualTime send_time;
    std::string payload_json;          ///< a JSON string literal; equal texts are equal votes
    std::optional<std::string> first;  ///< payload of firstMsg, to be stamped with the first vote
    std::string first_extra;
    bool wants_vote = false;
    std::string tally_target_json;
    std::string key_json;  ///< a JSON string literal
};

struct Snap {
    std::uint64_t request = 0;  ///< native: of the Requ; Croquet: 0
    SnapshotInfo snapshot;
    bool dissident = false;  ///< of a minority: only noted
};

struct Vote {
    Mark mark;  ///< on the grid of the session's vote interval, a whole instant
    Hash128 hash;
};

/// Lazy time: announce a bound when the clock gets there.
struct Pull {
    VirtualTime time;
};

/// Croquet TICKS: changes tick and rate at run time.
struct Ticks {
    std::optional<Duration> tick;
    Duration delay{0};
    std::optional<Rate> scale;  ///< absent = 1
};

/// The states of members' replicas, all after exactly the same frames: what differs where replicas
/// do. Of anybody, as a viewer may have a replica itself. Joiners never start from one of these.
struct StateRequest {
    std::uint64_t request = 0;  ///< as TimeRequest::request, of one count with these
    std::vector<MemberId> members;
};

using ClientFrame = std::variant<Send, JoinRequest, Tutti, Snap, Vote, StepReport, Pull, Ticks,
                                 TimeRequest, LeaseRequest, NoteRequest, StateRequest, Playhead>;

// ---- router to client ----------------------------------------------------------------------

/// Moves the bound.
struct Tick {
    VirtualTime time;
    bool may_skip =
        true;  ///< for a client whose socket has unsent bytes; false in lazy time: no other follows
};

struct SessionInfo {
    std::string id;
    Kind kind = Kind::undecided;
    std::string app;       ///< native
    std::string code_id;   ///< native
    std::string timeline;  ///< random, new for each incarnation
    TimeMode mode = TimeMode::heartbeat;
    Duration tick{0};
    Duration vote_interval{0};
};

/// The answer to a join. From here on the connection is part of every broadcast.
struct Sync {
    SessionInfo session;
    VirtualTime time;  ///< bound (while paused: the frozen clock); >= last of messages
    Seq seq;           ///< last stamped
    std::optional<SnapshotInfo> snapshot;
    std::vector<MessagePtr> messages;  ///< all after the snapshot, or since the start
    std::string tove;
    CroquetFlags flags;

    struct Native {
        MemberId member;
        std::string token;       ///< secret: who shows it is this member
        bool resumed = false;    ///< messages go on after the join's last_seq: keep the Island
        bool known = false;      ///< the token was recognised: `sent` counts
        std::uint64_t sent = 0;  ///< last number of own sends accepted or refused
        std::vector<std::uint64_t> held;  ///< those of them that wait for their stamp, ascending
        MemberId puller;
        VirtualTime clock;   ///< the router's now: lazy replicas estimate from it when they are due
        TimeState at_start;  ///< time as it stood before the first of `messages`
    };
    std::optional<Native> native;
};
using SyncPtr = std::shared_ptr<const Sync>;

/// Members that agree on one state.
struct Agreement {
    Mark mark;
    Hash128 hash;
    std::vector<MemberId> members;
};

/// For people. `refused` names the own send that was not accepted, 0 = none.
struct Info {
    std::string code;
    std::string message;
    std::string level = "warning";
    std::uint64_t refused = 0;
    std::vector<Agreement> groups = {};  ///< code SPLIT: who voted for which state, most first
};

/// Make a snapshot. Native: of exactly the state after all frames before this one; answer with a
/// Snap.
struct Requ {
    std::uint64_t request = 0;
};

/// Lazy time: who pulls from now on.
struct Puller {
    MemberId member;
};

/// What came of a pause or step. groups[0] counts: most members, at a tie the one with the oldest.
/// Members are participants with a replica; viewers are named only where they differ from those.
struct StepOutcome {
    TimeOp op;
    std::vector<Agreement> groups;  ///< more than one: a split
    std::vector<MemberId> missing;  ///< did not report in time
    TimeState state;

    /// The instant of the Mark asked for has fewer messages than that; replicas stand at its end.
    bool ended_early() const {
        return op.by == StepBy::mark && !groups.empty() && groups[0].mark != op.mark;
    }
};

/// To who asked: done, or refused with a sentence. Pause, step and until: after their outcome.
struct TimeAnswer {
    std::uint64_t request = 0;
    std::string refused;  ///< empty = done
    TimeState state;
    std::shared_ptr<const StepOutcome> outcome;  ///< of a pause, a step or an until
};

/// To who sent a StateRequest: where the states are, in the order of the members asked for.
struct StateAnswer {
    std::uint64_t request = 0;
    std::string refused;  ///< a sentence; empty = here they are
    std::vector<SnapshotInfo> states;
};

using Frame =
    std::variant<MessagePtr, Tick, SyncPtr, Info, Requ, Puller, std::shared_ptr<const StepOutcome>,
                 TimeAnswer, Answer, StateAnswer, Roster, Lease, WaitingMessages, Notes, Playheads>;

}  // namespace teatime::session
