#include <fmt/format.h>

#include <memory>
#include <utility>

#include "call.h"
#include "member.h"
#include "online.h"
#include "output.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct SendOptions {
    std::string url;
    std::string session;
    std::vector<std::string> calls;
    std::vector<std::filesystem::path> modules;
    bool no_check = false;
};

/// The session's own build where it is found here; else none, and why is said.
result<const Module*> module_to_check(const SessionAddress& address, const SendOptions& options) {
    if (auto named = ModulePaths::check(options.modules); !named) return named.error();
    auto session = find_session(address);
    if (!session) return session.error();
    const Module* none = nullptr;
    if (!session->native) return none;  // the router refuses
    auto module = load_module(session->app, options.modules, session->code_id);
    if (module && (*module)->code_id() == session->code_id) return module;
    note("sent without a check: " +
         (module ? (*module)->path().string() + " is another build than the session's"
                 : module.error().message));
    return none;
}

class Sender {
public:
    Sender(Tool& tool, std::vector<Call> calls, bool checks)
        : tool_(tool), calls_(std::move(calls)), checks_(checks) {
        tool_.joined = [this] { send(); };
        tool_.progressed = [this] { look(); };
        tool_.on_executed = [this](const Executed& executed) { executed_one(executed); };
        tool_.notice = [this](const session::Frame& frame) {
            const auto* info = std::get_if<session::Info>(&frame);
            if (info && info->refused != 0) tool_.finish(failed(info->message));
        };
    }

private:
    void send() {
        for (Call& call : calls_) {
            tool_.participant().send(call.target, call.selector, call.arguments);
        }
        sent_ = true;
    }
    /// Messages are executed in the order in which they were sent.
    void executed_one(const Executed& executed) {
        net::Participant& self = tool_.participant();
        if (!executed.external || executed.sender != self.controller().member()) return;
        const Call& call = calls_.at(executed_++);
        if (!executed.error) return;
        failed_ = true;
        note(fmt::format("{}.{} at {}: {}: {}", call.target, call.selector,
                         to_string(executed.error->mark), executed.error->type,
                         executed.error->sentence));
    }
    void look() {
        const session::Controller& controller = tool_.participant().controller();
        if (!sent_) return;
        if (controller.outstanding() == 0) {
            if (!checks_ || executed_ == calls_.size()) tool_.finish(failed_ ? kDiffers : kFine);
        } else if (controller.caught_up() && controller.time().paused) {
            note("the session is paused: what was sent waits there, unchecked, for its next step");
            tool_.finish(failed_ ? kDiffers : kFine);
        }
    }

    Tool& tool_;
    std::vector<Call> calls_;
    const bool checks_;
    bool sent_ = false;
    bool failed_ = false;
    std::size_t executed_ = 0;
};

int run(SendOptions options) {
    if (names_session(options.url) && !options.session.empty()) {
        options.calls.insert(options.calls.begin(), std::exchange(options.session, {}));
    }
    auto address = parse_address(options.url, options.session);
    if (!address) return fail(address.error());
    if (options.calls.empty()) {
        return fail(wrong_usage("MESSAGE is required; see `teatime send --help`"));
    }
    std::vector<Call> calls;
    for (const std::string& text : options.calls) {
        auto call = parse_call(text);
        if (!call) return fail(call.error());
        calls.push_back(std::move(*call));
    }
    const Module* module = nullptr;
    if (!options.no_check) {
        auto found = module_to_check(*address, options);
        if (!found) return fail(found.error());
        module = *found;
    }
    Tool tool(*address, session::Role::participant, module);
    Sender sender(tool, std::move(calls), module != nullptr);
    auto outcome = tool.run();
    return outcome ? *outcome : fail(outcome.error());
}

}  // namespace

std::function<int()> add_send(Command& command) {
    auto options = std::make_shared<SendOptions>();
    command.positional("URL", options->url, kSessionUrlHelp).required();
    command.positional("SESSION", options->session, "Session id, where the URL names none");
    command.positional("MESSAGE", options->calls, "target.selector(arguments as JSON)");
    add_modules(command, options->modules);
    command.flag("--no-check", options->no_check,
                 "Only send: build no replica, do not wait until it has executed");
    command.footer(
        "Where the session's module is found here, the messages are executed in a replica of this\n"
        "command's own as well: an unknown target or selector, wrong arguments and what a handler\n"
        "throws are told. Else only that the reflector took them is known, and that is said.\n"
        "Exit code 1: the world or the session refused a message.\n"
        "The sender is a member: the world sees it join before its message, and leave after it.\n"
        "Example: teatime send ws://127.0.0.1:9090 counter 'counter.add(2)'\n"
        "The same: teatime send ws://127.0.0.1:9090/counter 'counter.add(2)'");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
