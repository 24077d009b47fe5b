#include <fmt/format.h>

#include <memory>

#include "call.h"
#include "online.h"
#include "output.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct Options {
    std::string url;
    std::string session;
    std::vector<std::string> calls;
};

int run(const Options& options) {
    auto address = parse_address(options.url, options.session);
    if (!address) return fail(address.error());
    std::vector<Call> calls;
    for (const std::string& text : options.calls) {
        auto call = parse_call(text);
        if (!call) return fail(call.error());
        calls.push_back(std::move(*call));
    }
    Tool tool(*address, session::Role::participant);
    tool.notice = [&](const session::Frame& frame) {
        const auto* info = std::get_if<session::Info>(&frame);
        if (info && info->refused != 0) tool.finish(failed(info->message));
    };
    bool sent = false;
    tool.joined = [&] {
        for (Call& call : calls) {
            tool.participant().send(call.target, call.selector, call.arguments);
        }
        sent = true;
    };
    // Stamped, or kept by a paused session for its next step.
    tool.progressed = [&] {
        const session::Controller& controller = tool.participant().controller();
        if (sent && (controller.outstanding() == 0 || controller.time().paused)) tool.finish(kFine);
    };
    auto outcome = tool.run();
    return outcome ? *outcome : fail(outcome.error());
}

}  // namespace

std::function<int()> add_send(CLI::App& command) {
    auto options = std::make_shared<Options>();
    command.add_option("URL", options->url, kUrlHelp)->required();
    command.add_option("SESSION", options->session, "Its session id")->required();
    command.add_option("MESSAGE", options->calls, "target.selector(arguments as JSON)")->required();
    command.footer("Example: teatime send ws://127.0.0.1:9090 counter 'counter.add(2)'");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
