#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "lanes.h"
#include "teatime/replayer/timeline.h"

namespace teatime::inspector {

/// A message with what tells its lane.
struct NearMessage {
    Single single;
    MemberId sender;  ///< of an external one
    QString call;     ///< of one from inside: Class.selector
};

/// All messages of a stretch of time, or as many as are worth telling apart.
struct NearMessages {
    VirtualTime from, to;               ///< `to`: at most the end of the recording, then
    std::vector<NearMessage> messages;  ///< by Mark
    bool too_many = false;              ///< more than `most`: nothing is kept
};

/// Finds them by executing the stretch, or, where that cannot be, the external ones by reading. An
/// error is an empty stretch: the timeline's owner tells of it elsewhere. Cost: a seek and some us
/// a message.
NearMessages near_messages(replayer::Timeline& timeline, VirtualTime from, VirtualTime to,
                           std::size_t most, const std::stop_token& stop);

}  // namespace teatime::inspector
