#pragma once

#include "verb.h"

/// The verbs, each defined in the file of its name (record beside join).
namespace teatime::cli {

std::function<int()> add_serve(CLI::App& command);
std::function<int()> add_sessions(CLI::App& command);
std::function<int()> add_join(CLI::App& command);
std::function<int()> add_send(CLI::App& command);
std::function<int()> add_time(CLI::App& command);
std::function<int()> add_debug(CLI::App& command);
std::function<int()> add_record(CLI::App& command);
std::function<int()> add_replay(CLI::App& command);
std::function<int()> add_info(CLI::App& command);
std::function<int()> add_log(CLI::App& command);
std::function<int()> add_state(CLI::App& command);
std::function<int()> add_values(CLI::App& command);
std::function<int()> add_why(CLI::App& command);
std::function<int()> add_stats(CLI::App& command);
std::function<int()> add_diff(CLI::App& command);
std::function<int()> add_render(CLI::App& command);
std::function<int()> add_save(CLI::App& command);
std::function<int()> add_verify(CLI::App& command);
std::function<int()> add_inspect(CLI::App& command);
std::function<int()> add_completion(CLI::App& command);

}  // namespace teatime::cli
