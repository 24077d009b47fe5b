#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "online.h"
#include "teatime/replayer/timeline.h"
#include "teatime/session/time_control.h"
#include "temporary_folder.h"

namespace teatime::cli {

/// A shared recording as one who looks at it has it: a copy of the file and a playhead in it, which
/// steps and plays both ways. Knows nothing of the others. Used by one thread.
class SharedReplay {
public:
    /// Fetches the file from its reflector. Without its module states are stored ones only.
    static result<std::unique_ptr<SharedReplay>> fetch(
        const SessionAddress& address, const ListedSession& session,
        const std::vector<std::filesystem::path>& modules);

    const Mark& mark() const { return mark_; }
    result<Hash128> hash() { return timeline_.hash(); }
    result<Image> state() { return timeline_.state(); }

    /// Outside the recording: to its nearer end. Ends playing.
    result<void> go(const Mark& mark);
    /// One step back, or as a live session would obey. Resume and until play on from here.
    result<void> back(const session::TimeRequest& step);
    result<void> obey(const session::TimeRequest& request);

    bool playing() const { return until_.has_value(); }
    const session::Rate& rate() const { return rate_; }
    /// To where playing has come to by now.
    result<void> play_on();

private:
    explicit SharedReplay(std::unique_ptr<TemporaryFolder> folder, replayer::Timeline timeline)
        : folder_(std::move(folder)), timeline_(std::move(timeline)), mark_(timeline_.mark()) {}
    result<void> seek(const Mark& mark);
    result<void> step(const session::TimeRequest& request, bool forward);
    void play(const Mark& until);

    std::unique_ptr<TemporaryFolder> folder_;
    replayer::Timeline timeline_;
    Mark mark_;  ///< as asked for: the last message executed may be long before
    session::Rate rate_;
    std::optional<Mark> until_;  ///< it plays up to here
    VirtualTime from_;           ///< where it was at `since_`
    std::chrono::steady_clock::time_point since_;
};

}  // namespace teatime::cli
