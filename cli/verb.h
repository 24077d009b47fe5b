#pragma once

#include <functional>
#include <span>

#include "command.h"

namespace teatime::cli {

/// Exit codes of every verb.
inline constexpr int kFine = 0;     ///< done; same
inline constexpr int kDiffers = 1;  ///< differs, or a check failed
inline constexpr int kWrongUsage = 2;
inline constexpr int kUnreadable = 3;  ///< input that cannot be read, server that cannot be reached

/// One verb of the command line, in a file of its own. add() declares its options on `command` and
/// returns what to do once they are parsed.
struct Verb {
    const char* name;
    const char* summary;
    std::function<int()> (*add)(Command& command);
};

/// In the order of --help.
std::span<const Verb> all_verbs();

}  // namespace teatime::cli
