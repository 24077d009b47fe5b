#include <fmt/format.h>

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

struct Options {
    std::string source;
    std::string session;
    std::string at = "end";
    std::string output;
    TimelineArguments timeline;
};

bool is_url(const std::string& text) {
    return text.starts_with("ws://") || text.starts_with("http://");
}

/// The state that a viewing member arrives at: it joins, catches up and leaves.
result<Image> live_image(const Options& options) {
    auto address = parse_address(options.source, options.session);
    if (!address) return address.error();
    auto app = app_of_session(options.source, address->session);
    if (!app) return app.error();
    auto module = load_module(*app, options.timeline.modules);
    if (!module) return module.error();

    net::Loop loop;
    result<Image> outcome = unavailable("interrupted");
    auto end = [&](result<Image> with) {
        outcome = std::move(with);
        loop.stop();
    };
    session::ControllerOptions controller;
    controller.session_id = address->session;
    controller.app = (*module)->app();
    controller.code_id = (*module)->code_id();
    controller.name = "teatime save";
    controller.role = session::Role::viewer;
    std::optional<net::Participant> participant;
    net::ParticipantHandler handler;
    handler.progressed = [&] {
        if (participant->idle() && participant->island()) end(participant->island()->image());
    };
    handler.failed = [&](const Error& error) { end(error); };
    handler.lost = [&](const session::ConnectionLost& lost) { end(unavailable(lost.why)); };
    loop.on_signal([&](int) { loop.stop(); });
    participant.emplace(loop, address->reflector, std::move(controller), island_factory(**module),
                        std::move(handler));
    loop.run();
    return outcome;
}

result<Image> recorded_image(const Options& options) {
    auto timeline = open_at(options.source, options.at, options.timeline);
    if (!timeline) return timeline.error();
    return timeline->state();
}

int run(const Options& options) {
    auto image = is_url(options.source) ? live_image(options) : recorded_image(options);
    if (!image) return fail(image.error());
    if (auto written = replayer::write_island_file(options.output, *image); !written) {
        return fail(written.error());
    }
    print(fmt::format("{}: {} at {}, state {}", options.output, image->app,
                      to_string(image->mark()), to_string(image->hash)));
    return kFine;
}

}  // namespace

std::function<int()> add_save(CLI::App& command) {
    auto options = std::make_shared<Options>();
    command.add_option("SOURCE", options->source, "A recording, or ws://host:port/session")
        ->required();
    command.add_option("--session", options->session, "Session id, where the URL names none");
    command.add_option("--at", options->at, std::string("Moment of a recording: ") + kMomentForms);
    command.add_option("-o,--output", options->output, "The file to write (*.island)")->required();
    options->timeline.add_to(command);
    command.footer("Go on from it with `teatime serve --restore X.island`.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
