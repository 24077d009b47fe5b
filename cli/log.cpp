#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <limits>
#include <memory>
#include <thread>

#include "interrupt.h"
#include "moment.h"
#include "output.h"
#include "teatime/state/inspect.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/reader.h"
#include "verbs.h"
#include "where.h"

namespace teatime::cli {
namespace {

struct LogOptions {
    std::string file;
    Interval interval;
    Where where;
    std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
    bool follow = false;
    bool json = false;
};

void print_message(const timegraph::MessageView& message, bool json) {
    if (json) {
        result<Value> payload = parse_json(message.payload);
        Value::Entries line{{"time", to_string(message.stamp.time)},
                            {"seq", message.stamp.seq.value},
                            {"sender", message.sender.value},
                            {"payload", payload ? *payload : Value(message.payload)},
                            {"extra", message.extra}};
        if (auto call = payload ? decode_call(*payload) : std::nullopt) {
            line.emplace_back("target", std::move(call->target));
            line.emplace_back("selector", std::move(call->selector));
            line.emplace_back("arguments", std::move(call->arguments));
        }
        print(to_json(line));
        return;
    }
    std::string sender = message.sender ? std::to_string(message.sender.value) : "-";
    print(fmt::format("{:>12}  {:>8}  {:>4}  {}", to_string(message.stamp.time),
                      message.stamp.seq.value, sender, describe_payload(message.payload)));
}

/// Prints what is there; how many more may be printed is counted down. `search.after` moves behind
/// what was looked at.
result<void> print_messages(const timegraph::Reader& recording, timegraph::Reader::Search& search,
                            LogOptions& options) {
    timegraph::Reader::Cursor cursor = recording.search(search);
    for (; options.limit > 0 && !std::ferror(stdout) && cursor.next(); --options.limit) {
        print_message(cursor.message(), options.json);
        if (interrupted()) break;
    }
    search.after = cursor.position();
    return cursor.status();
}

/// The recording is open only while it is read: an open one could not become a single file when its
/// writer closes it.
result<void> follow(timegraph::Reader::Search& search, LogOptions& options) {
    if (isatty(STDERR_FILENO) == 1) {
        note(fmt::format("waiting for messages in {}; Ctrl-C ends it", options.file));
    }
    while (options.limit > 0 && !interrupted()) {
        flush_output();
        if (std::ferror(stdout)) break;  // the reader of our output has gone
        // The writer commits ten times a second.
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        auto recording = timegraph::Reader::open(options.file);
        if (!recording) return recording.error();
        if (auto printed = print_messages(*recording, search, options); !printed) return printed;
    }
    return {};
}

int run(LogOptions& options) {
    auto where = options.where.read();
    if (!where) return kWrongUsage;
    if (options.follow && options.interval.to != "end") {
        return fail(wrong_usage("--follow goes on without an end; leave out --to"));
    }
    if (options.follow) catch_interrupts();
    timegraph::Reader::Search search{.where = *where};
    search.go_on = [](Seq) { return !interrupted(); };
    {
        auto recording = timegraph::Reader::open(options.file);
        if (!recording) return fail(recording.error());
        auto interval = options.interval.in(*recording);
        if (!interval) return fail(interval.error());
        search.from = interval->first.time;
        if (!options.follow) search.to = interval->second.time;
        if (!options.json) {
            print(fmt::format("{:>12}  {:>8}  {:>4}  {}", "time", "message", "from", "what"));
        }
        auto printed = print_messages(*recording, search, options);
        if (!printed) return fail(printed.error());
    }
    if (!options.follow) return kFine;
    auto followed = follow(search, options);
    return followed ? kFine : fail(followed.error());
}

}  // namespace

std::function<int()> add_log(Command& command) {
    auto options = std::make_shared<LogOptions>();
    command.positional("FILE", options->file, "A recording (*.timegraph)").required();
    options->interval.add_to(command);
    options->where.add_to(command, "Only messages for which this holds; see below");
    command.option("--limit", options->limit, "Print at most so many messages");
    command.flag("-f,--follow", options->follow,
                 "Go on with what is being recorded, until interrupted");
    command.flag("--json", options->json,
                 "One JSON object a line; of a call with target, selector and arguments");
    command.footer(
        std::string("Blocks of the recording that cannot have what is looked for are not read.\n") +
        kExpressionHelp);
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
