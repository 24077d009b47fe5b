#include "teatime/timegraph/copy.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "job.h"
#include "output.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct CopyOptions {
    std::string from;
    std::string to;
};

int run(const CopyOptions& options) {
    {
        Job job("copying");
        auto copied = timegraph::copy(options.from, options.to, job.watch());
        if (!copied) return fail(copied.error());
    }
    print(fmt::format("{}: {}", options.to, byte_size(std::filesystem::file_size(options.to))));
    return kFine;
}

}  // namespace

std::function<int()> add_copy(Command& command) {
    auto options = std::make_shared<CopyOptions>();
    command.positional("FILE", options->from, "A recording (*.timegraph)").required();
    command.positional("COPY", options->to, "The file to write").required();
    command.footer(
        "Copies a recording that is being written, too, as of its last commit: cp would miss what\n"
        "stands in the files beside it. Until the copy is done, about 8 s for a GB, the "
        "recording's\n"
        "-wal grows by what is recorded meanwhile: 40 kB and the messages with each commit.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
