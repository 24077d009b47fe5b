#include <fmt/format.h>

#include <memory>

#include "left_behind.h"
#include "job.h"
#include "output.h"
#include "teatime/timegraph/trim.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct CompactOptions {
    std::string from;
    std::string to;
};

int run(const CompactOptions& options) {
    auto recording = timegraph::Reader::open(options.from);
    if (!recording) return fail(recording.error());
    auto before = recording->info();
    if (!before) return fail(before.error());
    tell_of_left_behind(*recording);
    Job job("compacting");
    auto end = timegraph::compact(*recording, options.to, job.watch());
    if (!end) return fail(end.error());
    auto compacted = timegraph::Reader::open(options.to);
    if (!compacted) return fail(compacted.error());
    auto after = compacted->info();
    if (!after) return fail(after.error());
    print(fmt::format("{}: {} instead of {}", options.to, byte_size(after->file_bytes),
                      byte_size(before->file_bytes)));
    return kFine;
}

}  // namespace

std::function<int()> add_compact(Command& command) {
    auto options = std::make_shared<CompactOptions>();
    command.positional("FILE", options->from, "A recording (*.timegraph)").required();
    command.positional("OUT", options->to, "The recording to write").required();
    command.footer(
        "Writes the same recording anew, with full blocks, summaries for searches and no free "
        "space.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
