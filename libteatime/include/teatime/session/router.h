#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "teatime/session/frames.h"
#include "teatime/session/router_options.h"
#include "teatime/session/steady_time.h"

namespace teatime::session {

// ---- inputs --------------------------------------------------------------------------------

/// The connection is closed. `for_good`: by the client with code 1000, so it will not come back.
struct Gone {
    bool for_good = false;
};
struct Alarm {};  ///< wake_at() has come
/// A recorder needs a state to go on from. Asks members for it, of all messages up to now, unless
/// one is asked already; SnapshotTaken tells of it.
struct SnapshotWanted {};

struct RouterInput {
    ConnectionId connection;  ///< of a ClientFrame or Gone
    std::variant<ClientFrame, Gone, Alarm, SnapshotWanted> what;
};

// ---- outputs: to be carried out in order -----------------------------------------------------

/// To every connection that was sent a Sync and neither closed nor gone since. Encode it once.
struct Broadcast {
    Frame frame;
};

struct SendTo {
    ConnectionId connection;
    Frame frame;
};

/// Close it after what was sent. The router has forgotten it already.
struct Close {
    ConnectionId connection;
    CloseCode code;
    std::string reason;  ///< a sentence, at most kCloseReasonBytes
};

/// The first join has decided what session this is.
struct Started {
    SessionInfo session;
    std::string details_json;  ///< the creator's JOIN
    TimeState time;
    std::optional<SnapshotInfo> start;
    /// Recorded by a member that came later: where the session stood then. All before it is
    /// history, of which nobody knows when it was.
    std::optional<Stamp> joined{};
};

struct MemberJoined {
    Stamp at;  ///< of the `users` message where the world is told, else of the last message
    MemberId member;
    std::string name;       ///< native
    std::string user_json;  ///< Croquet
    Role role = Role::participant;
    bool again = false;  ///< the same member on a new connection
};

struct MemberLeft {
    Stamp at;
    MemberId member;
};

struct VoteCast {
    MemberId member;
    Mark mark;
    Hash128 hash;
};

/// Replicas differ at a Mark.
struct Split {
    std::vector<Agreement> groups;  ///< most members first
};

/// A snapshot that late joiners start from (or, where dissident, that a minority made).
struct SnapshotTaken {
    SnapshotInfo snapshot;
    MemberId by;
    bool dissident = false;
};

/// Time was changed by a stamped message, or (TICKS.scale) without one.
struct TimeChanged {
    Stamp at;
    TimeState state;
};

/// The session is over: nobody came back. Delete the Router.
struct Ended {};

/// What a recording needs beside the messages and ticks that are broadcast.
using Record = std::variant<Started, MemberJoined, MemberLeft, VoteCast, Split, SnapshotTaken,
                            TimeChanged, std::shared_ptr<const StepOutcome>, Note, Ended>;

using RouterOutput = std::variant<Broadcast, SendTo, Close, Record>;
using RouterOutputs = std::vector<RouterOutput>;

/// For `GET /sessions` and the like.
struct RouterStatus {
    SessionInfo session;
    std::string name;  ///< of the creator's app, as told
    std::size_t participants = 0;
    std::size_t viewers = 0;
    VirtualTime time;
    Seq seq;
    TimeState control;
    std::size_t history = 0;
    std::optional<SnapshotInfo> snapshot;
    MemberId puller;
    Lease lease;
    std::string file;  ///< of a shared recording, else empty
};

/// One member, for its driver.
struct RouterMember {
    MemberInfo info;
    ConnectionId connection;  ///< 0 = lost
};

/// Stamps and reflects the messages of one session: the engine of a reflector. Knows no sockets,
/// clock, threads or JSON frames; a driver (or a member that hosts the session, or a simulation)
/// feeds it and carries out what it says. Used by one thread at a time.
///
/// Every stamped message is exactly one Broadcast, in the order of Seq; every bound that replicas
/// may run to is a Broadcast message or Tick, so that what a recorder sees is what replicas see. A
/// joiner's Sync ends with the `users` message that names it where that was stamped for it.
///
/// Equal times are safe: a later stamp is >= any bound announced, and may equal it. A replica that
/// ran to that bound has executed the internal messages of the instant, one that did not still
/// executes them first, since internal ones precede external ones of the same time whenever they
/// were made. Only where replicas report a Mark (pause, step) later stamps are strictly above: the
/// Mark would name another state otherwise. A paused native world stands still: joins, leaves and
/// sends are stamped when it goes on.
class Router {
public:
    Router(std::string session_id, RouterOptions options, Random64 random);
    ~Router();
    Router(Router&&) noexcept;
    Router& operator=(Router&&) noexcept;

    /// Appends to `out`. Malformed or untimely input closes its connection and nothing else. `now`
    /// going back is read as standing still. A Send costs one allocation beside its payload.
    void step(RouterInput&& input, SteadyTime now, RouterOutputs& out);

    /// When the next Alarm is due. Changes with every step.
    std::optional<SteadyTime> wake_at() const;

    Seq last_seq() const;
    Kind kind() const;
    bool ended() const;
    RouterStatus status(SteadyTime now) const;
    std::vector<RouterMember> members() const;

    class Impl;

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace teatime::session
