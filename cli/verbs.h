#pragma once

#include "verb.h"

/// The verbs, each defined in the file of its name.
namespace teatime::cli {

std::function<int()> add_info(CLI::App& command);
std::function<int()> add_log(CLI::App& command);

}  // namespace teatime::cli
