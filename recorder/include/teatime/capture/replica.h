#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "teatime/state/image.h"
#include "teatime/timegraph/records.h"

namespace teatime::capture {

/// The recorder's own replica of a native world: makes keyframes and finds the errors that handlers
/// throw. Runs what is in the recording, never on the session's thread, so it may be slow, and it
/// may fail: in production it is behind a worker process. Used by one thread at a time.
///
/// Every function returns within a time of its own. An error is final: the module crashed or hung,
/// or the message was not understood; the sentence names the Mark and the message.
class Replica {
public:
    struct Ran {
        std::uint64_t executed = 0;
        bool more = false;                ///< the budget is used up
        Mark mark;                        ///< position reached
        std::optional<VirtualTime> next;  ///< of the next pending message
        std::vector<timegraph::HandlerError> errors;
    };
    struct State {
        Image image;
        std::vector<ObjectId> touched;  ///< ascending; since the state before, or since the start
    };

    virtual ~Replica() = default;

    virtual result<void> start(const std::string& session_id) = 0;
    virtual result<void> restore(const Image& image) = 0;

    /// Enqueues `messages`, then executes at most `budget` of what is due up to and including
    /// `bound`.
    virtual result<Ran> run(const std::vector<timegraph::Message>& messages, VirtualTime bound,
                            std::size_t budget) = 0;
    virtual result<State> state() = 0;
};

}  // namespace teatime::capture
