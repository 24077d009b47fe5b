#include <fmt/format.h>

#include <chrono>
#include <limits>
#include <memory>
#include <thread>

#include "moment.h"
#include "output.h"
#include "teatime/state/inspect.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/reader.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct LogOptions {
    std::string file;
    Interval interval;
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

int run(const LogOptions& options) {
    auto recording = timegraph::Reader::open(options.file);
    if (!recording) return fail(recording.error());
    auto interval = options.interval.in(*recording);
    if (!interval) return fail(interval.error());
    VirtualTime last = options.follow ? VirtualTime::max() : interval->second.time;
    timegraph::Reader::Cursor cursor = recording->messages(interval->first.time, last);
    if (!options.json) {
        print(fmt::format("{:>12}  {:>8}  {:>4}  {}", "time", "message", "from", "what"));
    }
    std::uint64_t printed = 0;
    while (printed < options.limit) {
        if (cursor.next()) {
            print_message(cursor.message(), options.json);
            ++printed;
        } else if (!cursor.status()) {
            return fail(cursor.status().error());
        } else if (options.follow) {
            std::fflush(stdout);
            // The writer commits ten times a second.
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        } else {
            break;
        }
        if (std::ferror(stdout)) return kFine;  // the reader of our output has gone
    }
    return kFine;
}

}  // namespace

std::function<int()> add_log(Command& command) {
    auto options = std::make_shared<LogOptions>();
    command.positional("FILE", options->file, "A recording (*.timegraph)").required();
    options->interval.add_to(command);
    command.option("--limit", options->limit, "Print at most so many messages");
    command.flag("-f,--follow", options->follow,
                 "Go on with what is being recorded, until interrupted");
    command.flag("--json", options->json,
                 "One JSON object a line; of a call with target, selector and arguments");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
