#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <memory>

#include "job.h"
#include "output.h"
#include "teatime/timegraph/export.h"
#include "teatime/timegraph/filter.h"
#include "teatime/timegraph/moment.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct ImportOptions {
    std::string file;
    std::string output;
};

/// As of a part that was exported.
void tell_of_no_start(const std::string& path) {
    auto recording = timegraph::Reader::open(path);
    auto info = recording ? recording->info() : recording.error();
    if (!info || !info->first || timegraph::filter_of(info->meta)) return;
    auto start = timegraph::first_state(*recording, *info);
    if (!start || *start || info->first->seq.value == 1) return;
    note(
        fmt::format("it begins with message {} and holds no state before that, so that it cannot "
                    "be replayed; for a part that can be: teatime trim",
                    info->first->seq.value));
}

int run(const ImportOptions& options) {
    Job job("importing");
    bool standard = options.file == "-";
    std::ifstream file;
    if (!standard) file.open(options.file, std::ios::binary);
    if (!standard && !file) return fail(unreadable(options.file + ": there is no such file"));
    std::istream& lines = standard ? std::cin : file;
    auto end = timegraph::import_jsonl(lines, standard ? "standard input" : options.file,
                                       options.output, job.watch());
    if (!end) return fail(end.error());
    print(fmt::format("{}: {}, {}", options.output, counted(end->messages, "message"),
                      to_string(end->bound)));
    tell_of_no_start(options.output);
    return kFine;
}

}  // namespace

std::function<int()> add_import(Command& command) {
    auto options = std::make_shared<ImportOptions>();
    command
        .positional("FILE", options->file,
                    "What `export --format jsonl` wrote; - is standard input")
        .required();
    command.option("-o,--output", options->output, "The recording to write (*.timegraph)")
        .required();
    command.footer(
        "Makes a recording with the same messages, byte for byte, states, votes and marks.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
