#pragma once

#include <optional>

#include "teatime/replayer/session.h"
#include "teatime/timegraph/reader.h"

namespace teatime::replayer {

/// Brings the messages of a recording to a session as it needs them. Never gives it any beyond what
/// is asked for, so that a state at a Mark does not depend on the way there.
class Feed {
public:
    /// Without a reader there are no messages. The reader must outlive it.
    explicit Feed(const timegraph::Reader* reader) : reader_(reader) {}

    /// The session has everything up to `seq` and stands at `time`: goes on with the next message.
    void restart(Seq seq, VirtualTime time);

    /// Gives the session its messages up to and including `to`, about `at_most` of them, and sets
    /// its bound as far as it then has everything; returns that bound. An error where messages are
    /// missing on the way, also where none that is recorded follows.
    result<VirtualTime> feed(Session& session, VirtualTime to, std::size_t at_most);

    /// Time of the first message that was not given yet; empty where there is none.
    result<std::optional<VirtualTime>> next_time();

    Seq given() const { return given_; }
    /// A keyframe may hold messages that were announced when it was made, happen later, and are
    /// missing in the recording. Until when states from elsewhere lack them; min() where none does.
    result<VirtualTime> past_gap(const timegraph::KeyframeInfo& keyframe) const;

private:
    result<void> look_ahead();
    result<void> nothing_missing(VirtualTime to) const;

    const timegraph::Reader* reader_;
    std::optional<timegraph::Reader::Cursor> cursor_;
    std::optional<timegraph::Message> ahead_;
    Seq given_;
    VirtualTime stood_;  ///< at restart(): that state is known, whatever is missing
};

}  // namespace teatime::replayer
