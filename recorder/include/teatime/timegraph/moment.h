#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "teatime/state/mark.h"
#include "teatime/state/result.h"
#include "teatime/timegraph/reader.h"

namespace teatime::timegraph {

/// What people may write for a moment of a recording; for help and errors.
inline constexpr const char* kMomentForms =
    "12.5s, 500ms, 1:02:03.25, start, end, a Mark (12.5s#3), or wall clock "
    "(2026-11-20T14:32:05, UTC)";

/// The state that a recording begins with where it was joined, cut or went on from a saved Island
/// (meta "started_from"); none: it begins with the world's own beginning, at 0s#0.
result<std::optional<KeyframeInfo>> first_state(const Reader& recording, const Reader::Info& info);

/// A moment of a recording from `begin` to `end`. One outside it is an error that names the range;
/// `time_at` tells when the session was at a wall time.
result<Mark> parse_moment(std::string_view text, const Mark& begin, VirtualTime end,
                          const std::function<result<VirtualTime>(WallTime)>& time_at);

}  // namespace teatime::timegraph
