#include "teatime/timegraph/filter.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "left_behind.h"
#include "job.h"
#include "output.h"
#include "teatime/state/json.h"
#include "verbs.h"
#include "where.h"

namespace teatime::cli {
namespace {

struct FilterOptions {
    std::string from;
    std::string to;
    Where where;
    bool json = false;
};

int run(const FilterOptions& options) {
    auto where = options.where.read();
    if (!where) return kWrongUsage;
    tell_of_left_behind(options.from);
    auto filtered = [&] {
        Job job("filtering");
        return timegraph::filter(options.from, options.to, *where, job.watch());
    }();
    if (!filtered) return fail(filtered.error());
    std::uint64_t bytes = std::filesystem::file_size(options.to);
    if (options.json) {
        print(to_json(Value::Entries{{"file", options.to},
                                     {"messages", filtered->kept},
                                     {"of", filtered->messages},
                                     {"bytes", bytes}}));
    } else {
        print(fmt::format("{}: {} of {}, {}", options.to, filtered->kept,
                          counted(filtered->messages, "message"), byte_size(bytes)));
    }
    return kFine;
}

}  // namespace

std::function<int()> add_filter(Command& command) {
    auto options = std::make_shared<FilterOptions>();
    command.positional("FILE", options->from, "A recording (*.timegraph)").required();
    options->where.add_to(command, "Messages to keep; see below").required();
    command.option("-o,--output", options->to, "The recording to write").required();
    command.flag("--json", options->json, "One JSON object");
    command.footer(
        std::string(
            "Keeps members, clocks, bookmarks and errors, and no states: what is left cannot be\n"
            "replayed. A file that exists is not overwritten.\n") +
        kExpressionHelp);
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
