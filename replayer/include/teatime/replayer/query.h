#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "teatime/replayer/tally.h"
#include "teatime/replayer/timeline.h"

/// Questions about a stretch of history, answered by executing it again. Each moves the timeline
/// and takes as long as it takes: give them a Timeline of their own, in a thread of its own, and
/// cancel by the Watch.
namespace teatime::replayer {

/// The values of paths where `from` is, then each change up to `to`, in order. What is skipped
/// unread: stretches between keyframes in which no object of the paths was touched. Paths as in
/// RunLimit::watch.
result<void> values(Timeline& timeline, const std::vector<std::string>& paths, const Mark& from,
                    const Mark& to, const std::function<void(const ValueChange&)>& tell,
                    const Watch& watch = {});

/// A numeric path over time, reduced for drawing.
struct ValueTrack {
    struct Column {
        double first = 0, last = 0, min = 0, max = 0;
        std::uint64_t changes = 0;  ///< inside; 0: it kept the value all the time
        bool defined = false;       ///< false: nowhere a number
    };
    std::vector<Column> columns;  ///< equal parts of the stretch
};

/// What of a value a track shows: any finite number, booleans as 0 and 1, durations as seconds.
std::optional<double> number_of(const std::optional<Value>& value);

/// The same as tracks of `columns` parts each; bounded memory however many changes there are.
/// What is no number is not defined: see number_of().
result<std::vector<ValueTrack>> value_tracks(Timeline& timeline,
                                             const std::vector<std::string>& paths,
                                             const Mark& from, const Mark& to, std::size_t columns,
                                             const Watch& watch = {});

/// Who changed a path last.
struct Write {
    std::optional<ExecutedInfo> message;  ///< empty: nobody since the begin of the recording
    Mark since;  ///< the value is as it is from here on: after the message, else the begin of what
                 ///< is recorded without a gap
    std::optional<Value> old_value;  ///< empty: there was no such thing
    std::optional<Value> new_value;
};

/// The last message at or before `at` that changed the value of `path`; writing the same value is
/// no change. Goes backwards from keyframe to keyframe, and executes only stretches in which the
/// object was touched.
result<Write> who_wrote(Timeline& timeline, const std::string& path, const Mark& at,
                        const Watch& watch = {});

/// How a message came about.
struct CauseChain {
    std::vector<ExecutedInfo> links;  ///< the message asked for first, then who sent it, and so on
    bool complete = false;            ///< the last link is external, or was sent by init()
    std::string end;                  ///< where it is not: a sentence that tells why
};

/// From the message that leads to `mark`, back to the external message that started it all; at most
/// `most` links. Each costs a few keyframes to look into and one stretch to execute.
result<CauseChain> cause_chain(Timeline& timeline, const Mark& mark, std::size_t most = 100,
                               const Watch& watch = {});

/// Counts of one stretch in `columns` equal parts, for when a Survey's resolution is too coarse.
/// Cell::bucket is the column.
result<Tally> tally(Timeline& timeline, VirtualTime from, VirtualTime to, std::size_t columns,
                    const Watch& watch = {});

}  // namespace teatime::replayer
