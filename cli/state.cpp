#include <fmt/format.h>

#include <memory>

#include "output.h"
#include "teatime/state/inspect.h"
#include "teatime/state/json.h"
#include "timelines.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct StateOptions {
    std::string file;
    std::string path;
    std::string at = "end";
    bool json = false;
    TimelineArguments timeline;
};

int run(const StateOptions& options) {
    auto timeline = open_at(options.file, options.at, options.timeline);
    if (!timeline) return fail(timeline.error());
    auto image = timeline->state();
    if (!image) return fail(image.error());
    auto tree = state_tree(*image, options.path);
    if (!tree) return fail(tree.error());
    if (options.json) {
        print(to_json(*tree));
    } else {
        print_tree(*tree);
    }
    return kFine;
}

}  // namespace

std::function<int()> add_state(Command& command) {
    auto options = std::make_shared<StateOptions>();
    command
        .positional("FILE", options->file, "A recording (*.timegraph) or saved Island (*.island)")
        .required();
    command.positional("PATH", options->path,
                       "Only this part: counter, counter.count, '#17.position', queue");
    command.option("--at", options->at, fmt::format("Moment: {}", kMomentForms));
    command.flag("--json", options->json, "As JSON");
    options->timeline.add_to(command);
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
