#pragma once

#include "verb.h"

/// The verbs, each defined in the file of its name.
namespace teatime::cli {

std::function<int()> add_state(CLI::App& command);
std::function<int()> add_diff(CLI::App& command);
std::function<int()> add_render(CLI::App& command);
std::function<int()> add_replay(CLI::App& command);
std::function<int()> add_completion(CLI::App& command);
std::function<int()> add_info(CLI::App& command);
std::function<int()> add_log(CLI::App& command);

}  // namespace teatime::cli
