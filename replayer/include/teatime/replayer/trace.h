#pragma once

#include "teatime/replayer/timeline.h"
#include "teatime/timegraph/export.h"

namespace teatime::replayer {

/// What was executed between two Marks as trace events, the JSON that Perfetto and chrome://tracing
/// show: a slice for each message on the track of its target, and an arrow from the message that
/// sent it. Their clock is virtual time; a message takes none, so each is drawn 1 us long, and
/// those of an instant one behind the other. Where messages are missing stands an instant event that
/// says so, and it goes on with the next state. Where nothing can be executed it is the external
/// messages only. Moves the timeline; takes as long as execution, and memory for each message's
/// place. Requires: timeline.reader().
result<void> write_trace(Timeline& timeline, const Mark& from, const Mark& to,
                         const timegraph::Sink& sink, const Watch& watch = {});

}  // namespace teatime::replayer
