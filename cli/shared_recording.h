#pragma once

#include <cstdint>
#include <string>

#include "teatime/state/result.h"

namespace teatime::cli {

/// Lets people look at a recording together until a signal comes: a reflector with one session,
/// whose playhead is moved by who leads. Everyone fetches a copy of the file as it is now. Their
/// notes are added to the file itself. Returns the exit code.
int share_recording(const std::string& file, const std::string& host, std::uint16_t port);

}  // namespace teatime::cli
