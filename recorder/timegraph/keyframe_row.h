#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "teatime/state/ids.h"
#include "teatime/state/result.h"

namespace teatime::timegraph {

/// Reads column `touched` of a keyframe.
result<std::vector<ObjectId>> unpack_touched(std::string_view frame, std::size_t limit);

}  // namespace teatime::timegraph
