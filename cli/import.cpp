#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <memory>

#include "job.h"
#include "output.h"
#include "teatime/timegraph/export.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct ImportOptions {
    std::string file;
    std::string output;
};

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
    return kFine;
}

}  // namespace

std::function<int()> add_import(Command& command) {
    auto options = std::make_shared<ImportOptions>();
    command.positional("FILE", options->file, "What `export --format jsonl` wrote; - is standard input")
        .required();
    command.option("-o,--output", options->output, "The recording to write (*.timegraph)")
        .required();
    command.footer(
        "Makes a recording with the same messages, byte for byte, states, votes and marks.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
