#pragma once

#include <map>
#include <string>

#include "teatime/timegraph/records.h"

namespace teatime::timegraph {

/// Of a recording that does not begin as its session did, but with its first keyframe.
inline constexpr const char* kStartedFrom = "started_from";

/// Of a run of the session: another one has the same id and other messages.
inline constexpr const char* kTimeline = "timeline";

/// The hash before the first block, as 64 hex digits, where the oldest blocks were dropped.
inline constexpr const char* kChainStart = "chain_start";

/// The rows of table meta that say it; empty values are left out.
std::map<std::string, std::string> meta_names(const Meta& meta);

}  // namespace teatime::timegraph
