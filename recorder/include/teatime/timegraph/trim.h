#pragma once

#include <optional>
#include <string>

#include "teatime/state/image.h"
#include "teatime/state/result.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/watch.h"

namespace teatime::timegraph {

struct Trimmed {
    std::optional<Mark> begin;  ///< of its first state; none: it begins as `reader` does
    Reader::End end;
};

/// Makes `to_file` a recording of its own of all between two times, both included. It begins with
/// `start`, the state before the first message at `from`; without one with the last keyframe before
/// that, or where there is none as the whole recording does, but for a filtered one, which does not
/// replay anyway. Everything inside stays as it is,
/// hashes and Marks too; blocks and chain are made anew. Refuses to overwrite; nothing is left
/// after an error. O(what is inside).
result<Trimmed> trim(const Reader& reader, VirtualTime from, VirtualTime to,
                     std::optional<Image> start, const std::string& to_file,
                     const Watch& watch = {});

/// Makes `to_file` the same recording anew, as small as it can be: full blocks, no free space.
/// Branches are not taken over. Refuses to overwrite; nothing is left after an error.
result<Reader::End> compact(const Reader& reader, const std::string& to_file,
                            const Watch& watch = {});

}  // namespace teatime::timegraph
