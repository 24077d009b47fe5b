#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "command.h"
#include "moment.h"
#include "output.h"
#include "teatime/replayer/timeline.h"
#include "teatime/state/value.h"

namespace teatime::cli {

/// Options of every verb that may run a module's code.
struct TimelineArguments {
    std::vector<std::filesystem::path> modules;
    bool no_execute = false;
    bool in_process = false;

    void add_to(Command& command);
    void add_executing_to(Command& command);  ///< of a verb to which stored states are no help
};

/// Opens a recording or a saved Island; its notes go to standard error, module paths named by the
/// user are remembered. `tells_why_not`: the verb says itself why nothing is executed.
result<replayer::Timeline> open_timeline(const std::string& path,
                                         const TimelineArguments& arguments,
                                         bool tells_why_not = false);

/// The same for what must be executed: without its module it is an error.
result<replayer::Timeline> open_executable(const std::string& path,
                                           const TimelineArguments& arguments);

/// An error where what was opened is a saved Island, which has no course.
result<replayer::Timeline> only_recording(result<replayer::Timeline> opened);

/// A moment of a recording or, trivially, of a saved Island.
result<Mark> parse_moment(std::string_view text, const replayer::Timeline& timeline);

/// For a long job over a part of a recording, forwards or backwards: shows on the line how far it
/// is.
replayer::Watch shown_on(ProgressLine& line, const Mark& from, const Mark& to);

/// An executed message as --json shows it.
Value executed_value(const replayer::ExecutedInfo& message);

/// Stands at the moment, with progress on a terminal; a note says which stored state it is where
/// nothing is executed.
result<void> seek(replayer::Timeline& timeline, const Mark& mark);

/// Opens it and stands at that moment.
result<replayer::Timeline> open_at(const std::string& path, const std::string& moment,
                                   const TimelineArguments& arguments);

/// `FILE@T`, or `FILE` for its end. A recording's name may contain @: the last one counts.
struct Place {
    std::string file;
    std::string moment;
};
Place parse_place(const std::string& text);

}  // namespace teatime::cli
