#include "teatime/timegraph/merge.h"

#include <fmt/format.h>

#include <memory>

#include "left_behind.h"
#include "job.h"
#include "output.h"
#include "teatime/state/json.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct MergeOptions {
    std::vector<std::string> files;
    std::string output;
    bool json = false;
};

int run(const MergeOptions& options) {
    for (const std::string& file : options.files) tell_of_left_behind(file);
    Job job("merging");
    auto merged = timegraph::merge(options.files, options.output, job.watch());
    if (!merged) return fail(merged.error());
    if (options.json) {
        Value::List conflicts;
        for (const std::string& conflict : merged->conflicts) conflicts.push_back(conflict);
        print(to_json(Value::Entries{{"file", options.output},
                                     {"messages", merged->end.messages},
                                     {"conflict_count", merged->conflict_count},
                                     {"conflicts", conflicts}}));
    } else {
        for (const std::string& conflict : merged->conflicts) {
            print("conflict: " + printable(conflict));
        }
        if (merged->conflict_count > merged->conflicts.size()) {
            print(fmt::format("and {} more", merged->conflict_count - merged->conflicts.size()));
        }
        print(fmt::format("{}: {}, {}, {}", options.output,
                          counted(merged->end.messages, "message"), to_string(merged->end.bound),
                          counted(merged->conflict_count, "conflict")));
    }
    return merged->conflict_count == 0 ? kFine : kDiffers;
}

}  // namespace

std::function<int()> add_merge(Command& command) {
    auto options = std::make_shared<MergeOptions>();
    command.positional("FILE", options->files, "Recordings of one session (*.timegraph)")
        .required();
    command.option("-o,--output", options->output, "The recording to write").required();
    command.flag("--json", options->json, "One JSON object");
    command.footer(
        "Puts together what was recorded at several places: what one of them lacks, another may\n"
        "have. Where they differ, the one that begins first is believed. Exit code 1: they differ\n"
        "in a message, a state or a vote; the recording is written all the same. Of what was\n"
        "filtered or redacted, merge the recordings that it was made of.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
