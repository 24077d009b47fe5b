#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "teatime/session/time_control.h"
#include "teatime/state/result.h"

namespace teatime::cli {

/// One line that a person types in `teatime debug`.
struct DebugLine {
    enum class What {
        nothing,
        time,
        lead,
        hand,
        release,
        note,
        notes,
        who,
        where,
        waiting,
        state,
        point,
        follow,
        go,
        back,
        help,
        quit
    };
    What what = What::nothing;
    session::TimeRequest time;  ///< what time or back
    std::optional<Mark> mark;   ///< of a note that names one, what go
    std::string
        text;  ///< who gets the lead, a note's text, a path of the state; point: empty = at nothing
};

/// An error says what could be written.
result<DebugLine> parse_debug_line(std::string_view text);

inline constexpr const char* kDebugHelp =
    "pause                 all replicas stop at one Mark; ends an `until` too\n"
    "resume                time runs again\n"
    "rate 4                1/64 to 64 times as fast\n"
    "step                  the next message; also: step instant, step external, step 500ms\n"
    "step to 12.5s#3       to a Mark at once; messages wait\n"
    "until 12.5s           run up to a time or a Mark, then pause\n"
    "lead | release        take the lead, give it up; the first to ask of time has it\n"
    "hand NAME             give the lead to a member, by name or number\n"
    "note TEXT             for all and the recording; note @12.5s#3 TEXT for a moment\n"
    "notes                 all that were written\n"
    "who                   members, and who leads\n"
    "where                 time as it stands\n"
    "waiting               messages that wait while paused\n"
    "state [PATH]          the world's state, or a part of it\n"
    "point PATH            show everyone an object or field; point alone: no longer\n"
    "follow                print messages as they come; again: no more\n"
    "quit                  leave";

/// What is different in a shared recording.
inline constexpr const char* kDebugRecordingHelp =
    "Of a recording that is shared (`teatime replay FILE --serve`) who leads moves the "
    "playhead:\n\n"
    "step | back           the next or last message; also: instant, external, 500ms\n"
    "go 12.5s#3            anywhere\n"
    "resume | pause        play, at the rate; until 12.5s: up to there\n"
    "follow                go with who leads, after a look of your own";

}  // namespace teatime::cli
