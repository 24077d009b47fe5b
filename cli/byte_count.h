#pragma once

#include <cstdint>
#include <string_view>

#include "teatime/state/result.h"

namespace teatime::cli {

/// `200MB`, `1.5 GB`, `4096B`: units of thousands. 0 needs none.
result<std::uint64_t> parse_byte_count(std::string_view text);
bool is_byte_count(std::string_view text);  ///< rather than a time

}  // namespace teatime::cli
