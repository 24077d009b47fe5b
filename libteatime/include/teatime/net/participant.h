#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "teatime/net/client.h"
#include "teatime/net/loop.h"
#include "teatime/net/url.h"
#include "teatime/session/controller.h"
#include "teatime/state/value.h"

namespace teatime::net {

/// What a Participant tells, on its loop. Any may be empty; a Participant must not be destroyed
/// from within.
struct ParticipantHandler {
    std::function<void(const session::Joined&)> joined;
    std::function<void(const session::ConnectionLost&)> lost;  ///< it will come back by itself
    std::function<void()> built;                               ///< island() is there, or is another
    std::function<void()> progressed;  ///< messages were executed, or the bound moved
    std::function<void(const session::TimeState&)> time_changed;
    std::function<void(const session::TimeOp&)> op_obeyed;  ///< what changed it, and who asked
    /// An Info, StepOutcome, TimeAnswer or Answer.
    std::function<void(const session::Frame&)> notice;
    std::function<void(const Error&)> failed;  ///< final

    // Of controller().company(), which has it already.
    std::function<void()> members_changed;
    std::function<void(const session::Lease&)> lease_changed;
    std::function<void(const session::WaitingMessages&)> waiting_changed;
    std::function<void(const session::Note&)> noted;  ///< each once, those before the join too
    std::function<void()> playheads_changed;
};

/// A Controller with a connection: joins a session, runs its replica, gives and takes snapshots,
/// comes back after a lost connection. Lives on one loop's thread, like all of its calls. Several
/// on one loop are fine. The replica runs in slices of a few milliseconds, between which frames and
/// timers have their turn.
class Participant {
public:
    /// `url` is the reflector's, ws://host:9090; the session id is appended. Joins at once.
    /// Without a factory it has no replica. `observer` must live as long.
    Participant(Loop& loop, const Url& url, session::ControllerOptions options,
                std::optional<session::IslandFactory> factory, ParticipantHandler handler = {},
                session::ControllerObserver* observer = nullptr);
    /// Cuts the connection; the others see it leave after the rejoin window.
    ~Participant();

    void send(std::string_view target, std::string_view selector, Value::List arguments = {});
    /// For what makes payloads itself. JSON text.
    void send_payload(std::string payload);
    /// Gives it a number and returns that: a TimeAnswer of this number is a notice later.
    std::uint64_t time_request(session::TimeRequest request);
    /// Likewise; an Answer of this number is a notice later. Time requests are obeyed of who leads,
    /// see session::Lease.
    std::uint64_t lease_request(session::LeaseRequest::Op op, MemberId to = {});
    std::uint64_t note(const Mark& mark, std::string text);
    /// Where the own view stands, as often as it moves; costs next to nothing.
    void show_playhead(const Mark& mark, bool follows);
    /// What in the own view everyone is to look at, until another or, empty, nothing is.
    /// Nothing, too, where it is longer than session::kLongestPointedAt.
    void point_at(std::string path);
    /// The states of these members' replicas, all after the same frames, in this order: the Marks
    /// are equal where the replicas did the same. `done` is called once, on the loop, unless this
    /// ends before; the error is a sentence of who could not give its state.
    void ask_states(std::vector<MemberId> members,
                    std::function<void(result<std::vector<Image>>)> done);

    /// Leaves for good: sends what waits, closes with 1000. `left` is called when that is done.
    void leave(std::function<void()> left = {});

    const session::Controller& controller() const;
    Island* island();  ///< as Controller::island()
    /// Everything received is executed and everything sent has come back.
    bool idle() const;

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace teatime::net
