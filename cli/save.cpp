#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "member.h"
#include "online.h"
#include "output.h"
#include "teatime/replayer/island_file.h"
#include "timelines.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct SaveOptions {
    std::string source;
    std::string session;
    std::string at;
    std::string of;
    std::string output;
    TimelineArguments timeline;
};

/// A file's name may have a colon in it, too.
bool is_url(const std::string& text) {
    if (text.find("://") != std::string::npos) return true;
    bool has_port = text.find(':') < text.find('/');
    std::error_code ignored;
    return has_port && !std::filesystem::exists(text, ignored) && net::parse_url(text);
}

/// The state that a viewing member arrives at: it joins, catches up and leaves. Or the one that
/// another member has.
result<Image> live_image(const SaveOptions& options) {
    if (!options.at.empty()) {
        return wrong_usage("--at is for recordings; a session is saved as it is now");
    }
    auto address = parse_address(options.source, options.session);
    if (!address) return address.error();
    if (!options.of.empty()) {
        auto states = member_states(*address, {options.of});
        if (!states) return states.error();
        return std::move(states->front().image);
    }
    auto session = find_native_session(*address);
    if (!session) return session.error();
    auto module = load_module(session->app, options.timeline.modules, session->code_id);
    if (!module) return module.error();
    Tool tool(*address, session::Role::viewer, *module);
    std::optional<Image> image;
    tool.progressed = [&] {
        net::Participant& viewer = tool.participant();
        if (image || !viewer.idle() || !viewer.island()) return;
        image = viewer.island()->image();
        tool.finish(kFine);
    };
    auto outcome = tool.run();
    if (!outcome) return outcome.error();
    return std::move(*image);
}

result<Image> recorded_image(const SaveOptions& options) {
    auto timeline =
        open_at(options.source, options.at.empty() ? "end" : options.at, options.timeline);
    if (!timeline) return timeline.error();
    return timeline->state();
}

int run(const SaveOptions& options) {
    auto image = is_url(options.source) || !options.of.empty() ? live_image(options)
                                                               : recorded_image(options);
    if (!image) return fail(image.error());
    if (auto written = replayer::write_island_file(options.output, *image); !written) {
        return fail(written.error());
    }
    print(fmt::format("{}: {} at {}, state {}", options.output, image->app,
                      to_string(image->mark()), to_string(image->hash)));
    return kFine;
}

}  // namespace

std::function<int()> add_save(Command& command) {
    auto options = std::make_shared<SaveOptions>();
    command
        .positional("SOURCE", options->source,
                    "A recording, or a session: ws://host:port/session (or host:port/session)")
        .required();
    command.option("--session", options->session, "Session id, where the URL names none");
    command.option("--at", options->at,
                   fmt::format("Moment of a recording (default: end): {}", kMomentForms));
    command.option("--of", options->of,
                   "Of a session: the state of this member's replica, named by number or name");
    command.option("-o,--output", options->output, "The file to write (*.island)").required();
    options->timeline.add_to(command);
    command.footer("Go on from it with `teatime serve --restore X.island`.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
