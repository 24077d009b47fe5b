#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "teatime/island/island.h"
#include "teatime/session/frames.h"
#include "teatime/session/router_options.h"
#include "teatime/session/steady_time.h"

namespace teatime::session {

/// How a controller makes its replica.
struct IslandFactory {
    std::function<result<std::unique_ptr<Island>>(const std::string& session_id)> create;
    std::function<result<std::unique_ptr<Island>>(const Image&)> restore;
};

struct ControllerOptions {
    using ms = std::chrono::milliseconds;

    std::string session_id;
    std::string app;
    std::string code_id;
    std::string name;
    Role role = Role::participant;
    std::optional<VirtualTime> wanted;  ///< lazy time: asked for as if the world needed it

    std::size_t outstanding = 10'000;         ///< own sends not yet reflected
    std::size_t buffered_messages = 500'000;  ///< received, not yet executed
    std::size_t buffered_bytes = 256u << 20;
    Duration first_delay = ms(0);  ///< of reconnecting and fetching; then (d + 100 ms) * (1 .. 2)
    Duration most_delay = ms(30'000);
    Duration sync_deadline = ms(10'000);      ///< from connected to Sync
    Duration snapshot_deadline = ms(30'000);  ///< of one try
    Duration pull_overdue = ms(1'000);
    Duration playhead_every = ms(100);  ///< least time between two of the own
};

/// Told of what goes through a replica: views, recorders. Called within step() and run().
class ControllerObserver {
public:
    virtual ~ControllerObserver() = default;
    /// The replica starts (again) from this image, or from nothing. `gap`: messages were missed
    /// since.
    virtual void started(const Sync& sync, const std::string* image, bool gap) {
        (void)sync, (void)image, (void)gap;
    }
    /// In the order of Seq, each once, before it is executed.
    virtual void stamped(const MessagePtr& message) { (void)message; }
    virtual void bound(VirtualTime bound) { (void)bound; }
    virtual void voted(const Vote& vote) { (void)vote; }
    virtual void executed(const Executed& executed) { (void)executed; }
    /// A change of time is obeyed, up to its end: from `at` on time goes as `state` says. Those
    /// that came with the join too.
    virtual void time_changed(const Stamp& at, const TimeState& state) { (void)at, (void)state; }
    /// Each once, those before the join too.
    virtual void noted(const Note& note) { (void)note; }
};

// ---- inputs --------------------------------------------------------------------------------

struct Connected {};
struct Disconnected {
    std::uint16_t code = 1006;
    std::string reason;
};
struct SnapshotArrived {
    std::string url;
    std::string bytes;  ///< encode_image()
};
struct SnapshotFailed {
    std::string url;
    std::string why;
    bool gone = false;  ///< the file server has no such file: it would not help to try again
};
struct SnapshotUploaded {
    std::uint64_t request = 0;
    std::string url;  ///< empty = failed
};
struct UserSend {
    std::string payload;  ///< JSON text: `"[\"counter\",\"add\",2]"`
};
struct ControllerAlarm {};

using ControllerInput =
    std::variant<Connected, Disconnected, Frame, SnapshotArrived, SnapshotFailed, SnapshotUploaded,
                 UserSend, TimeRequest, LeaseRequest, NoteRequest, StateRequest, Playhead,
                 ControllerAlarm>;

// ---- outputs -------------------------------------------------------------------------------

struct Connect {};  ///< open a connection; then Connected or Disconnected comes back
/// Close it and forget it: nothing of it is an input any more, its Disconnected neither.
struct Disconnect {
    CloseCode code;
    std::string reason;
};
struct ToRouter {
    ClientFrame frame;
};
struct FetchSnapshot {
    std::string url;
};
struct UploadSnapshot {
    std::uint64_t request = 0;
    std::string name;   ///< path below the session's files, unique by content
    std::string bytes;  ///< encode_image()
};

/// For the program around it.
struct Joined {
    MemberId member;
    bool again = false;    ///< the replica went on after a lost connection
    std::string timeline;  ///< another than before: the session was started anew
};
struct ConnectionLost {
    std::string why;
    SteadyTime retry_at;
};
struct ReplicaBuilt {};  ///< island() is there (anew)
struct TimeStateChanged {
    TimeState state;
    std::optional<TimeOp> op;  ///< by which; none: an outcome told where time stands
};
/// An Info, StepOutcome, TimeAnswer, Answer or StateAnswer from the router, an Info of the
/// controller itself; or a Roster, Lease, WaitingMessages, Notes (new ones only) or Playheads, by
/// which company() has just changed.
struct Notice {
    Frame frame;
};
struct Failed {  ///< final
    Error error;
};

using ControllerOutput =
    std::variant<Connect, Disconnect, ToRouter, FetchSnapshot, UploadSnapshot, Joined,
                 ConnectionLost, ReplicaBuilt, TimeStateChanged, Notice, Failed>;
using ControllerOutputs = std::vector<ControllerOutput>;

/// The non-replicated side of one native replica: joins, buffers, runs the Island as far as the
/// router allows, votes, gives snapshots, rejoins after a lost connection without losing or
/// repeating a message; where the session was started anew meanwhile, sends to the one before are
/// dropped and an Info says how many. No sockets, clock or threads; used by one thread at a time.
/// Without a factory it has no replica (a tool that controls time, takes notes or sends messages).
///
/// Requests (of time, the lead, a note, states) that are without an answer when the connection is
/// lost are asked again on the next one, and obeyed once. Each gets exactly one answer: while there
/// is no connection a refusal at once, and one where the session has begun anew meanwhile.
///
/// Frames are obeyed in the order received: a program of messages, bounds, steps and snapshot
/// requests, worked off by run(). A slow replica therefore does the same as a fast one, only later.
class Controller {
public:
    Controller(ControllerOptions options, std::optional<IslandFactory> factory, Random64 random,
               ControllerObserver* observer = nullptr);
    ~Controller();

    /// Asks for the first connection.
    void start(SteadyTime now, ControllerOutputs& out);

    void step(ControllerInput&& input, SteadyTime now, ControllerOutputs& out);

    /// Executes at most `budget` messages; true: there is more to do now.
    bool run(std::size_t budget, SteadyTime now, ControllerOutputs& out);

    std::optional<SteadyTime> wake_at() const;

    /// The replica, for views; null before it is built. Running it is the controller's alone.
    Island* island();
    MemberId member() const;          ///< 0 before joined
    bool joined() const;              ///< connected and synced
    bool caught_up() const;           ///< everything received is executed
    const TimeState& time() const;    ///< as far as the replica has obeyed
    const Company& company() const;   ///< who is here, who drives, and so on
    VirtualTime bound() const;        ///< up to where the replica may run
    std::size_t outstanding() const;  ///< own sends neither reflected, refused nor dropped

    class Impl;

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace teatime::session
