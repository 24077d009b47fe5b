#include <fmt/format.h>

#include <fstream>
#include <memory>

#include "output.h"
#include "teatime/island/scene.h"
#include "timelines.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct RenderOptions {
    std::string file;
    std::string at = "end";
    std::string output = "-";
    double width = 800;
    TimelineArguments timeline;
};

int run(const RenderOptions& options) {
    if (options.output != "-" && !options.output.ends_with(".svg")) {
        return fail(wrong_usage(options.output + ": pictures are SVG; name it *.svg"));
    }
    auto timeline = open_timeline(options.file, options.timeline, true);
    if (!timeline) return fail(timeline.error());
    if (timeline->reader() && !timeline->can_execute()) {
        return fail(unreadable(options.file + " cannot be drawn: " + timeline->why_not_executed()));
    }
    auto at = parse_moment(options.at, *timeline);
    if (!at) return fail(at.error());
    if (auto moved = seek(*timeline, *at); !moved) return fail(moved.error());
    auto scene = timeline->draw();
    if (!scene) return fail(scene.error());
    if (!timeline->code()->can_draw) {
        return fail(failed(timeline->code()->app +
                           " has no picture: its root has no void draw(teatime::Scene&) const"));
    }
    std::string title = timeline->code()->app + " at " + options.at;
    std::string svg = to_svg(*scene, title, options.width);
    if (options.output == "-") {
        print(svg);
    } else {
        std::ofstream file(options.output, std::ios::binary);
        file << svg;
        file.close();
        if (!file) return fail(failed("cannot write " + options.output));
    }
    return scene->problem().empty() ? kFine : fail(failed(scene->problem()));
}

}  // namespace

std::function<int()> add_render(Command& command) {
    auto options = std::make_shared<RenderOptions>();
    command
        .positional("FILE", options->file, "A recording (*.timegraph) or saved Island (*.island)")
        .required();
    command.option("--at", options->at, fmt::format("Moment: {}", kMomentForms));
    command.option("-o,--output", options->output, "SVG file; - is standard output");
    command.option("--width", options->width, "Of the picture, in pixels").between(16, 16384);
    options->timeline.add_executing_to(command);
    command.footer(
        "Exit code 1: the world has no draw(), so there is nothing to see, or draw() threw.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
