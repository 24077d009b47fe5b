#include <algorithm>
#include <csignal>
#include <new>

#include "output.h"
#include "verbs.h"

namespace teatime::cli {

std::span<const Verb> all_verbs() {
    static constexpr Verb kVerbs[] = {
        {"serve", "Run a reflector, and record what it stamps", add_serve},
        {"sessions", "List the sessions of a reflector", add_sessions},
        {"join", "Take part in a session with a replica, without a window", add_join},
        {"send", "Send messages to a session", add_send},
        {"time", "Pause, step, resume or scale a session's time", add_time},
        {"debug", "Pause, step and note in a session, together with others", add_debug},
        {"record", "Record a session as a viewing member", add_record},
        {"replay", "Execute a recording again and print its messages", add_replay},
        {"info", "What a recording holds", add_info},
        {"log", "Print the external messages of a recording", add_log},
        {"state", "Show the state of an Island at any moment", add_state},
        {"values", "Print how fields change over time", add_values},
        {"why", "Which message made a field what it is, and what led to it", add_why},
        {"stats", "How many messages came when, and what they cost", add_stats},
        {"diff", "Compare the states at two moments", add_diff},
        {"render", "Draw the world at any moment as SVG", add_render},
        {"verify", "Check a recording, and that it replays to the same states", add_verify},
        {"copy", "Copy a recording, also one that is being written", add_copy},
        {"keep", "Stop a ring from dropping what is old", add_keep},
        {"filter", "Keep some messages of a recording, to share them", add_filter},
        {"redact", "Put pseudonyms in the place of names and values, to share it", add_redact},
        {"recover", "Save what can still be read of a damaged recording", add_recover},
        {"trim", "Make a recording of a part", add_trim},
        {"split", "Make recordings of parts of equal length", add_split},
        {"merge", "Put recordings of one session together", add_merge},
        {"compact", "Write a recording anew, as small as it can be", add_compact},
        {"du", "What takes the space of a recording", add_du},
        {"export", "Write a recording as JSON lines, CSV, MCAP or a trace", add_export},
        {"import", "Make a recording of JSON lines", add_import},
        {"save", "Save an Island as a file to go on from", add_save},
        {"inspect", "See it in a window: scrub, step, compare, take part", add_inspect},
        {"completion", "Print a script that completes verbs and options", add_completion},
    };
    return kVerbs;
}

namespace {

int run(int argc, char** argv) {
    Program program("teatime", "Record, rebuild and compare replicated worlds.", TEATIME_VERSION);
    program.footer(
        "`teatime VERB --help` tells more. Exit codes: 0 fine or same, 1 differs or a check "
        "failed,\n2 wrong usage, 3 unreadable input.");
    program.break_help();
    std::vector<std::pair<Command, std::function<int()>>> verbs;
    for (const Verb& verb : all_verbs()) {
        Command command = program.verb(verb.name, verb.summary);
        verbs.emplace_back(command, verb.add(command));
    }
    std::string word = argc > 1 ? argv[1] : "";
    bool verb = std::any_of(all_verbs().begin(), all_verbs().end(),
                            [&](const Verb& one) { return one.name == word; });
    if (!verb && !word.starts_with('-')) {
        std::string what = word.empty() ? "what to do?" : "there is no verb \"" + word + "\";";
        return fail(wrong_usage(what + " `teatime --help` lists the verbs"));
    }
    auto parsed = program.parse(argc, argv);
    if (!parsed) {
        std::string help = verb ? word + " --help" : "--help";
        return fail(wrong_usage(parsed.error().message + "; see `teatime " + help + "`"));
    }
    if (!*parsed) return kFine;
    for (const auto& [command, action] : verbs) {
        if (command.named()) return action();
    }
    return kWrongUsage;
}

}  // namespace
}  // namespace teatime::cli

int main(int argc, char** argv) {
    using namespace teatime::cli;
    std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is seen by the write
    try {
        return end_output(run(argc, argv));
    } catch (const std::bad_alloc&) {
        return end_output(fail(teatime::failed("there is not enough memory for this")));
    }
}
