#include "teatime/timegraph/recover.h"

#include <fmt/format.h>

#include <memory>

#include "job.h"
#include "left_behind.h"
#include "output.h"
#include "teatime/state/json.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct RecoverOptions {
    std::string from;
    std::string to;
    bool json = false;
};
constexpr int kLossy = 3;
constexpr int kNothing = 1;

void print_json(const RecoverOptions& options, const timegraph::Recovery& recovery) {
    Value::List lost;
    for (const timegraph::Problem& problem : recovery.lost) {
        auto time = [](const std::optional<VirtualTime>& at) {
            return at ? Value(to_string(*at)) : Value();
        };
        lost.push_back(Value::Entries{{"table", problem.table},
                                      {"row", problem.row},
                                      {"from", time(problem.from)},
                                      {"to", time(problem.to)},
                                      {"what", problem.what}});
    }
    print(to_json(Value::Entries{{"file", options.to},
                                 {"messages", recovery.messages},
                                 {"keyframes", recovery.keyframes},
                                 {"rows", recovery.rows},
                                 {"lost", lost}}));
}

void print_text(const RecoverOptions& options, const timegraph::Recovery& recovery) {
    for (const timegraph::Problem& problem : recovery.lost) {
        print("lost: " + printable(timegraph::to_string(problem)));
    }
    if (recovery.rows == 0) return;
    print(fmt::format("{}: {} and {}{}", options.to, counted(recovery.messages, "message"),
                      counted(recovery.keyframes, "keyframe"),
                      recovery.lost.empty() ? "; nothing is lost" : " recovered"));
}

int run(const RecoverOptions& options) {
    tell_of_left_behind(options.from);
    Job job("recovering");
    auto recovery = timegraph::recover(options.from, options.to, job.watch());
    if (!recovery) return fail(recovery.error());
    if (options.json) {
        print_json(options, *recovery);
    } else {
        print_text(options, *recovery);
    }
    if (recovery->rows > 0) return recovery->lost.empty() ? kFine : kLossy;
    note(options.from + ": nothing of a recording can be found in it");
    return kNothing;
}

}  // namespace

std::function<int()> add_recover(Command& command) {
    auto options = std::make_shared<RecoverOptions>();
    command.positional("IN", options->from, "A damaged recording, with its -wal beside it")
        .required();
    command.positional("OUT", options->to, "The recording to write").required();
    command.flag("--json", options->json, "One JSON object");
    command.footer(
        "Writes all that can still be read, and says what is lost; where messages are, a gap is\n"
        "put on record, and replay goes on behind it at the next keyframe. Exit code 0: nothing\n"
        "is lost, 3: something is, or IN cannot be read at all, 1: there was nothing to recover.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
