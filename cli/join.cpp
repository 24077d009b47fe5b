#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "call.h"
#include "hosting.h"
#include "member.h"
#include "online.h"
#include "output.h"
#include "teatime/state/inspect.h"
#include "teatime/state/json.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct JoinOptions {
    std::string url;
    std::string app;
    std::string session;
    std::string name = "teatime";
    std::vector<std::filesystem::path> modules;
    std::vector<std::string> sends;
    std::string script;
    std::string duration;
    std::string until;
    std::vector<std::string> report;
    std::string record;
    std::string commit;
    std::string begin_with;
    bool host = false;
    bool view = false;
};

/// Between controller and recording: notes the exact state after a moment, and the errors of
/// handlers; those from before the join are counted only.
class Watcher : public session::ControllerObserver {
public:
    std::function<Island*()> island;
    session::ControllerObserver* next = nullptr;
    std::optional<VirtualTime> until;
    std::function<void(VirtualTime)> reached;
    std::function<void(const Executed&)> threw;

    /// Requires: what came with the join is executed.
    void tell_earlier_errors() {
        if (earlier_errors_ == 0) return;
        note(counted(earlier_errors_, "earlier error"));
        earlier_errors_ = 0;
    }

    void started(const session::Sync& sync, const std::string* image, bool gap) override {
        joined_.reset();
        if (sync.seq) joined_ = Stamp{sync.time, sync.seq};
        if (next) next->started(sync, image, gap);
    }
    void stamped(const session::MessagePtr& message) override {
        if (next) next->stamped(message);
    }
    /// All messages up to a time are here once the bound is above it.
    void bound(VirtualTime bound) override {
        if (until && bound > *until && island()) {
            island()->set_bound(*until);
            while (auto done = island()->execute_next()) executed(*done);
            reached(*std::exchange(until, std::nullopt));
        }
        if (next) next->bound(bound);
    }
    void voted(const session::Vote& vote) override {
        if (next) next->voted(vote);
    }
    void executed(const Executed& executed) override {
        bool early = is_earlier(executed);
        if (executed.error) early ? void(++earlier_errors_) : threw(executed);
        if (next) next->executed(executed);
    }
    void time_changed(const Stamp& at, const session::TimeState& state) override {
        if (next) next->time_changed(at, state);
    }
    void noted(const session::Note& note) override {
        if (next) next->noted(note);
    }

private:
    /// By Seq: a message of our own may have the very time of the join.
    bool is_earlier(const Executed& executed) {
        if (joined_ && executed.external && executed.order > joined_->seq.value) joined_.reset();
        return joined_ && executed.time <= joined_->time;
    }

    std::optional<Stamp> joined_;  // what came with it; none: all of that is executed
    std::size_t earlier_errors_ = 0;
};

/// One member of a session, from join to report.
class Join {
public:
    Join(const JoinOptions& options, SessionAddress address, const Module& module)
        : options_(options), address_(std::move(address)), module_(module) {}

    result<void> prepare();
    result<int> run();

private:
    void start();
    void give_up_after(Duration patience);
    void lost(const std::string& why);
    void notice(const session::Frame& frame);
    void threw(const Executed& executed);
    void script();
    void make_report(const Mark& mark);
    void leave();
    void end(result<int> outcome) {
        outcome_ = std::move(outcome);
        loop_.stop();
    }

    const JoinOptions& options_;
    const SessionAddress address_;
    const Module& module_;
    std::vector<ScriptLine> lines_;
    std::size_t next_line_ = 0;
    std::optional<Duration> duration_;
    net::Loop loop_;
    Watcher watcher_;
    std::unique_ptr<MemberFile> file_;
    std::optional<net::Participant> participant_;
    std::vector<std::string> report_;
    std::string lost_;      // why there is no connection, as told last
    std::string info_;      // as told last
    bool differs_ = false;  // replicas, or a message of our own was not taken
    result<int> outcome_ = kFine;
    bool started_ = false;
    bool leaving_ = false;
};

result<void> read_script(std::istream& in, std::vector<ScriptLine>& lines) {
    std::string text;
    for (int number = 1; std::getline(in, text); ++number) {
        auto line = parse_script_line(text);
        if (!line) return wrong_usage(fmt::format("line {}: {}", number, line.error().message));
        if (line->what != ScriptLine::What::nothing) lines.push_back(std::move(*line));
    }
    return {};
}

result<void> Join::prepare() {
    for (const std::string& text : options_.sends) {
        auto call = parse_call(text);
        if (!call) return call.error();
        lines_.push_back({ScriptLine::What::call, std::move(*call), {}});
    }
    if (options_.script == "-") {
        if (auto read = read_script(std::cin, lines_); !read) return read.error();
    } else if (!options_.script.empty()) {
        std::ifstream file(options_.script);
        if (!file) return unreadable("cannot read the script " + options_.script);
        if (auto read = read_script(file, lines_); !read) return read.error();
    }
    if (!options_.duration.empty()) {
        auto duration = parse_duration(options_.duration);
        if (!duration) return duration.error();
        duration_ = *duration;
    }
    if (!options_.until.empty()) {
        auto until = parse_duration(options_.until);
        if (!until) return until.error();
        watcher_.until = VirtualTime(*until);
    }
    if (!options_.record.empty()) {
        MemberFile::Options file_options;
        file_options.member_name = options_.name;
        file_options.role = options_.view ? session::Role::viewer : session::Role::participant;
        file_options.begin_with = options_.begin_with;
        if (!options_.commit.empty()) {
            auto parsed = parse_duration(options_.commit);
            if (!parsed) return parsed.error();
            if (*parsed <= Duration(0)) return wrong_usage("--commit takes a time above 0");
            file_options.commit = *parsed;
        }
        auto file = MemberFile::create(options_.record, module_, file_options);
        if (!file) return file.error();
        file_ = std::move(*file);
        watcher_.next = &file_->recording();
        file_->recording().watch(
            [this] { return participant_ ? participant_->island() : nullptr; });
    }
    return {};
}

void Join::start() {
    if (started_) return;
    started_ = true;
    if (duration_) loop_.schedule_after(*duration_, [this] { leave(); });
    script();
}

/// Not before somebody has refused: a connection on its way may come to be within kPatience.
void Join::give_up_after(Duration patience) {
    loop_.schedule_after(patience, [this, patience] {
        if (started_ || leaving_) return;
        if (lost_.empty() && patience < kPatience) return give_up_after(kPatience - patience);
        std::string why = lost_.empty() ? address_.reflector.text() + " does not answer" : lost_;
        end(unavailable(why + "; gave up after " + to_string(duration_.value_or(kPatience))));
    });
}

void Join::lost(const std::string& why) {
    if (lost_ != why) note(why + "; trying again");
    lost_ = why;
}

void Join::notice(const session::Frame& frame) {
    const auto* info = std::get_if<session::Info>(&frame);
    if (!info) return;
    const bool own = info->refused != 0 || info->code == "NOT_DELIVERED";
    if (own || info->code == "SPLIT") differs_ = true;
    if (own || info_ != info->message) note(info->message);
    info_ = info->message;
}

void Join::threw(const Executed& executed) {
    const HandlerError& error = *executed.error;
    if (executed.external && executed.sender == participant_->controller().member()) {
        differs_ = true;
    }
    note(fmt::format("{} in {} at {}: {}", error.type, executed.selector, to_string(error.mark),
                     error.sentence));
}

/// Sends up to the next wait; the rest later.
void Join::script() {
    while (next_line_ < lines_.size() && !leaving_) {
        const ScriptLine& line = lines_[next_line_++];
        if (line.what == ScriptLine::What::wait) {
            loop_.schedule_after(line.wait, [this] { script(); });
            return;
        }
        participant_->send(line.call.target, line.call.selector, line.call.arguments);
    }
}

void Join::make_report(const Mark& mark) {
    Island* island = participant_->island();
    if (!island) return;
    for (const std::string& what : options_.report) {
        if (what == "hash") {
            report_.push_back(to_string(mark) + "  " + to_string(island->hash()));
            continue;
        }
        auto tree = state_tree(island->image());
        report_.push_back(tree ? to_json(*tree) : tree.error().message);
    }
}

void Join::leave() {
    if (leaving_) return;
    leaving_ = true;
    if (report_.empty() && participant_->island()) make_report(participant_->island()->mark());
    participant_->leave([this] { end(outcome_); });
}

result<int> Join::run() {
    session::ControllerOptions options;
    options.session_id = address_.session;
    options.app = module_.app();
    options.code_id = module_.code_id();
    options.name = options_.name;
    options.role = options_.view ? session::Role::viewer : session::Role::participant;
    if (watcher_.until) options.wanted = *watcher_.until + Duration(1);
    net::ParticipantHandler handler;
    handler.joined = [this](const session::Joined& joined) {
        note(fmt::format("{} session {} as member {}", joined.again ? "again in" : "joined",
                         address_.session, joined.member.value));
        lost_.clear();
        start();
    };
    handler.lost = [this](const session::ConnectionLost& one) { lost(one.why); };
    handler.notice = [this](const session::Frame& frame) { notice(frame); };
    handler.built = [this] {  // a recording has an end where its session had
        if (file_ && !file_->recording().stopped().empty()) leave();
    };
    handler.progressed = [this] {
        if (participant_->controller().caught_up()) watcher_.tell_earlier_errors();
    };
    handler.failed = [this](const Error& error) { end(error); };
    watcher_.island = [this] { return participant_ ? participant_->island() : nullptr; };
    watcher_.threw = [this](const Executed& executed) { threw(executed); };
    watcher_.reached = [this](VirtualTime until) {
        VirtualTime bound = participant_->island()->bound();
        if (bound > until) {
            note(fmt::format("{} is past: this member joined with the state of {}",
                             to_string(until), to_string(bound)));
        }
        make_report(Mark{{}, bound, Mark::kWholeInstant});
        loop_.post([this] { leave(); });  // not from within the controller
    };
    loop_.on_signal([this](int) { leaving_ ? end(kFine) : leave(); });
    participant_.emplace(loop_, address_.reflector, std::move(options), island_factory(module_),
                         std::move(handler), &watcher_);
    give_up_after(duration_.value_or(kPatience));
    loop_.run();
    participant_.reset();
    for (const std::string& line : report_) print(line);
    if (file_) {
        if (auto closed = file_->close(); !closed) return closed.error();
    }
    if (outcome_ && differs_) return kDiffers;
    return outcome_;
}

int run(const JoinOptions& options, const std::string& code_id) {
    auto module = load_module(options.app, options.modules, code_id);
    if (!module) return fail(module.error());
    auto address = parse_address(options.url, options.session, (*module)->app());
    if (!address) return fail(address.error());
    std::unique_ptr<Hosting> hosting;
    if (options.host) {
        HostingOptions host;
        host.host = address->reflector.host;
        host.port = address->reflector.port;
        host.modules = options.modules;
        auto started = Hosting::start(host);
        if (!started) return fail(started.error());
        hosting = std::move(*started);
        auto url = net::parse_url(hosting->url());
        if (!url) return fail(url.error());
        address->reflector = *url;
        note("hosting at " + hosting->url());
    }
    Join join(options, *address, **module);
    if (auto ready = join.prepare(); !ready) return fail(ready.error());
    auto outcome = join.run();
    return outcome ? *outcome : fail(outcome.error());
}

void add_common(Command& command, JoinOptions& options) {
    add_modules(command, options.modules);
    command.option("--name", options.name, "Of this member, for people").show_default();
    command.option("--for", options.duration, "Leave after this time: 10s, 500ms");
    command.option("--until", options.until, "Leave at this virtual time");
    command
        .option("--report", options.report,
                "At the end print hash (with its Mark), state, or both: hash,state")
        .separated_by(',')
        .one_of({"hash", "state"});
}

}  // namespace

std::function<int()> add_join(Command& command) {
    auto options = std::make_shared<JoinOptions>();
    command.positional("URL", options->url, kSessionUrlHelp).required();
    command.option("--app", options->app, "App id, or path of its module").required();
    command.option("--session", options->session, "Session id (default: of the URL, else app)");
    add_common(command, *options);
    command.option("--send", options->sends,
                   "Message to send at once: target.selector(JSON arguments); may be repeated");
    command.option("--script", options->script,
                   "File of such messages, a line each, and `wait 200ms` lines; - is standard "
                   "input");
    command.option("--record", options->record, "Record what this member sees into this file");
    command.flag("--view", options->view, "Only look: send nothing, be nobody in the world");
    command.flag("--host", options->host, "Carry the session in this process, at the URL");
    command.footer(
        "Example: teatime join ws://127.0.0.1:9090 --app counter --send 'counter.add(2)' "
        "--for 5s --report hash\n"
        "Exit code 1: replicas differed, a message of its own was refused, not delivered or\n"
        "threw, or its recording ended because the session was started anew. 3: there was no\n"
        "connection within --for, or 10 s without it; once joined, it tries on for ever.");
    return [options] { return run(*options, {}); };
}

std::function<int()> add_record(Command& command) {
    auto options = std::make_shared<JoinOptions>();
    options->view = true;
    command.positional("URL", options->url, kSessionUrlHelp).required();
    command.positional("SESSION", options->session, "Session id, where the URL names none");
    command.option("-o,--output", options->record, "The recording to write (*.timegraph)")
        .required();
    command.option("--app", options->app, "App id or module path (default: as the session says)");
    command.option("--commit", options->commit,
                   "How soon others see in the file what came: 20ms (default: 100ms, and "
                   "1s where only time has passed)");
    command
        .option("--begin-with", options->begin_with,
                "Begin with all that this recording of the session has, such as the reflector's "
                "own, instead of with the join")
        .value_name("FILE");
    add_common(command, *options);
    command.footer(
        "Exit code 1: replicas differed, or the session was started anew, which ends the "
        "recording.\n"
        "3: no connection within --for, or 10 s.");
    return [options] {
        if (!options->app.empty()) return run(*options, {});
        auto address = parse_address(options->url, options->session);
        if (!address) return fail(address.error());
        auto session = find_native_session(*address);
        if (!session) return fail(session.error());
        options->app = session->app;
        return run(*options, session->code_id);
    };
}

}  // namespace teatime::cli
