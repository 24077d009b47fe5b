#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "teatime/capture/keyframe_policy.h"
#include "teatime/capture/replica.h"
#include "teatime/session/steady_time.h"
#include "teatime/timegraph/reader.h"

namespace teatime::capture {

/// Runs a Replica along the recording's own file, as far as it is committed: so it needs no queue,
/// may be slow, and starts again at any state that the file holds. turn() belongs to a replica
/// thread, all else to the writer's.
class Follower {
public:
    struct Found {
        std::vector<timegraph::HandlerError> errors;
        std::optional<Replica::State> keyframe;
        std::optional<timegraph::HandlerError> failure;  ///< it is gone for good
        bool whole = false;  ///< keyframe: the first since a restart, `touched` is not known
    };

    Follower(std::unique_ptr<Replica> replica, std::string path, std::string session_id,
             const KeyframeOptions& options, std::function<session::SteadyTime()> steady);

    /// A slice of work, about 10 ms; true: there is more to do now.
    bool turn();

    /// Goes on from this state, which is in the file.
    void restart(Image image);
    /// A state is needed, not only when the next one would be due.
    void hurry() { hurry_ = true; }
    /// Lets go of the file, so that it can be closed as one. False during a turn: try again.
    bool stop();
    Found take();
    bool failed() const { return state_ == State::failed; }
    bool lost() const { return state_ == State::lost; }  ///< needs a restart
    /// Has run all messages up to `last` and time up to `bound`, or never will.
    bool finished(Stamp last, VirtualTime bound) const;

private:
    enum class State { fresh, running, lost, failed };

    bool prepare();
    bool read_ahead(const timegraph::Reader::End& end);
    bool run_slice(VirtualTime known);
    void make_keyframe();
    void fail(const Error& error);

    std::unique_ptr<Replica> replica_;
    const std::string path_;
    const std::string session_id_;
    KeyframePolicy policy_;
    std::function<session::SteadyTime()> steady_;
    std::atomic<State> state_{State::fresh};
    std::atomic<bool> hurry_{false};

    std::mutex turning_;  ///< only stop() ever competes for it
    // The replica thread's.
    std::optional<timegraph::Reader> reader_;
    std::optional<timegraph::Reader::Cursor> cursor_;
    std::deque<timegraph::Message> ahead_;  ///< read, later than what may run now
    std::size_t ahead_bytes_ = 0;
    timegraph::Reader::End seen_;
    bool rests_ = false;      ///< there was nothing to do before seen_ changes
    bool gap_ahead_ = false;  ///< after ahead_
    bool whole_ = false;
    std::optional<VirtualTime> goal_;
    bool to_mark_ = false;  ///< goal_ is where a keyframe belongs
    Seq read_;
    Seq given_;             ///< last that the replica has
    VirtualTime position_;  ///< all up to here is executed
    Mark mark_;
    std::uint64_t executed_ = 0;  ///< since the keyframe before

    mutable std::mutex mutex_;  ///< of all below
    Found found_;
    std::optional<Image> restart_;
    Stamp reached_;
};

}  // namespace teatime::capture
