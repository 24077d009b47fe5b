#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "teatime/capture/earlier.h"
#include "teatime/capture/keyframe_policy.h"
#include "teatime/capture/recorder.h"
#include "teatime/session/controller.h"

namespace teatime::capture {

/// Records what one replica sees: its messages, bounds, votes, states and gaps, from the state that
/// it joined with. The observer of a Controller; used by its thread. Keyframes come from the
/// member's own Island where it votes (whole instants of the session's vote grid): without votes
/// there is only the first.
class MemberRecording final : public session::ControllerObserver {
public:
    struct Options {
        std::string app;
        std::string code_id;
        std::string name;  ///< of this member
        session::Role role = session::Role::viewer;
        KeyframeOptions keyframes;
        std::function<session::SteadyTime()> steady;  ///< empty: the system's
        /// Asked on joining with a snapshot: puts what was before into the file, see take_over().
        /// Nothing, or no function: the file begins with the snapshot.
        std::function<std::optional<Earlier>(const session::Sync&, const Image&)> earlier;
    };

    MemberRecording(std::unique_ptr<Recorder> recorder, Options options);

    /// Where the replica is: `controller.island()`. To be set before the controller is started.
    void watch(std::function<Island*()> island) { island_ = std::move(island); }

    const Recorder& recorder() const { return *recorder_; }

    /// Why nothing more is recorded; empty = all is well.
    const std::string& stopped() const { return stopped_; }

    void started(const session::Sync& sync, const std::string* image, bool gap) override;
    void stamped(const session::MessagePtr& message) override;
    void bound(VirtualTime bound) override;
    void voted(const session::Vote& vote) override;
    void executed(const Executed& executed) override;
    void time_changed(const Stamp& at, const session::TimeState& state) override;
    void noted(const session::Note& note) override;

private:
    void begin(const session::Sync& sync, const Image* state);
    void users(const session::Message& message);
    void is_here(MemberId member, const Stamp& since);
    Mark earlier_state() const;
    session::SteadyTime now() const;
    void keyframe();

    std::unique_ptr<Recorder> recorder_;
    const Options options_;
    std::function<Island*()> island_;
    std::string stopped_;
    std::optional<Earlier> earlier_;
    std::string timeline_;  ///< empty: nothing is recorded yet
    MemberId member_;
    Stamp begun_;                 ///< with the state, or nothing, before all that is recorded
    Stamp joined_;                ///< where the session stood; all up to there is history
    std::set<MemberId> members_;  ///< as far as the file knows
    Seq last_;
    KeyframePolicy policy_;
    VirtualTime next_keyframe_;
    std::optional<session::SteadyTime> running_since_;
};

}  // namespace teatime::capture
