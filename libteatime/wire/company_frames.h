#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "teatime/session/frames.h"

/// What a server tells its native clients of each other: the args of the frames.
namespace teatime::wire {

/// `MEMBERS`, `LEAD`, `WAITING`, `NOTES`, `VIEWS`.
std::string_view company_action(const session::Roster&);
std::string_view company_action(const session::Lease&);
std::string_view company_action(const session::WaitingMessages&);
std::string_view company_action(const session::Notes&);
std::string_view company_action(const session::Playheads&);

void append_args(std::string& out, const session::Roster& roster);
void append_args(std::string& out, const session::Lease& lease);
void append_args(std::string& out, const session::WaitingMessages& waiting);
void append_args(std::string& out, const session::Notes& notes);
void append_args(std::string& out, const session::Playheads& playheads);

/// Whether these are frames of that sort.
bool is_company_action(std::string_view action);
/// Nothing where the args are not what they must be. Requires: is_company_action(action).
std::optional<session::Frame> read_company_frame(std::string_view action, std::string_view args);

}  // namespace teatime::wire
