#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "teatime/state/ids.h"
#include "teatime/state/result.h"

namespace teatime::timegraph {

/// Reads column `touched` of a keyframe: ascending.
result<std::vector<ObjectId>> unpack_touched(std::string_view frame);

}  // namespace teatime::timegraph
