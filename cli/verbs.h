#pragma once

#include "verb.h"

/// The verbs, each defined in the file of its name (record beside join, split beside trim).
namespace teatime::cli {

std::function<int()> add_serve(Command& command);
std::function<int()> add_sessions(Command& command);
std::function<int()> add_join(Command& command);
std::function<int()> add_send(Command& command);
std::function<int()> add_time(Command& command);
std::function<int()> add_debug(Command& command);
std::function<int()> add_record(Command& command);
std::function<int()> add_replay(Command& command);
std::function<int()> add_info(Command& command);
std::function<int()> add_log(Command& command);
std::function<int()> add_state(Command& command);
std::function<int()> add_values(Command& command);
std::function<int()> add_why(Command& command);
std::function<int()> add_stats(Command& command);
std::function<int()> add_diff(Command& command);
std::function<int()> add_render(Command& command);
std::function<int()> add_save(Command& command);
std::function<int()> add_copy(Command& command);
std::function<int()> add_keep(Command& command);
std::function<int()> add_filter(Command& command);
std::function<int()> add_redact(Command& command);
std::function<int()> add_verify(Command& command);
std::function<int()> add_recover(Command& command);
std::function<int()> add_merge(Command& command);
std::function<int()> add_compact(Command& command);
std::function<int()> add_du(Command& command);
std::function<int()> add_export(Command& command);
std::function<int()> add_import(Command& command);
std::function<int()> add_trim(Command& command);
std::function<int()> add_split(Command& command);
std::function<int()> add_inspect(Command& command);
std::function<int()> add_completion(Command& command);

}  // namespace teatime::cli
