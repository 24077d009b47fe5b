#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "output.h"
#include "shared_recording.h"
#include "teatime/net/url.h"
#include "teatime/replayer/stretches.h"
#include "teatime/session/time_control.h"
#include "teatime/state/json.h"
#include "timelines.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct ReplayOptions {
    std::string file;
    Interval interval;
    std::string rate;
    bool internal = false;
    bool quiet = false;
    bool json = false;
    bool serve = false;
    std::string host = "127.0.0.1";
    std::uint16_t port = net::kDefaultPort;
    TimelineArguments timeline;
};

void print_executed(const replayer::ExecutedInfo& message, bool json) {
    if (json) return print(to_json(executed_value(message)));
    print(fmt::format("{:>14}  {} {}{}", to_string(message.mark), message.external ? "*" : " ",
                      printable(message.text),
                      message.error
                          ? "  ! " + printable(message.error->type + ": " + message.error->sentence)
                          : ""));
}

/// Waits until `time` is due at the rate asked for.
class Pace {
public:
    Pace(VirtualTime from, const std::string& rate) : from_(from) {
        if (rate.empty()) return;
        auto parsed = session::parse_rate(rate);
        if (parsed) rate_ = *parsed;
    }
    void wait_for(VirtualTime time) const {
        if (!rate_) return;
        std::this_thread::sleep_until(start_ + (time - from_) * rate_->den / rate_->num);
    }

private:
    VirtualTime from_;
    std::optional<session::Rate> rate_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Where messages are missing: to the next state from which on they are not, up to `to`. False
/// where there is none, or something else is wrong.
result<bool> go_on_behind_gap(replayer::Timeline& timeline, const Mark& to, const Error& error,
                              bool json) {
    auto parts = replayer::stretches(timeline);
    if (!parts) return parts.error();
    auto behind = std::find_if(parts->begin(), parts->end(), [&](const replayer::Stretch& part) {
        return part.from > timeline.mark();
    });
    if (behind == parts->end() || behind->from > to) return false;
    if (behind != parts->begin() && timeline.mark() < std::prev(behind)->to) {
        // Up to the gap nothing is wrong.
        auto before = timeline.play_to(std::prev(behind)->to);
        if (!before) return before.error();
    }
    if (json) {
        print(to_json(Value::Entries{{"mark", to_string(behind->from)}, {"gap", error.message}}));
    } else {
        print(fmt::format("{:>14}  ! {}", to_string(behind->from), error.message));
    }
    auto there = seek(timeline, behind->from);
    return there ? result<bool>(true) : there.error();
}

int run(const ReplayOptions& options) {
    if (options.serve) return share_recording(options.file, options.host, options.port);
    if (!options.rate.empty()) {
        auto rate = session::parse_rate(options.rate);
        if (!rate) return fail(rate.error());
    }
    auto timeline = open_executable(options.file, options.timeline);
    if (!timeline) return fail(timeline.error());
    auto interval = options.interval.in(*timeline->reader());
    if (!interval) return fail(interval.error());
    const auto [from, to] = *interval;
    if (auto moved = seek(*timeline, std::max(from, timeline->begin())); !moved) {
        return fail(moved.error());
    }
    Pace pace(from.time, options.rate);
    bool each = !options.quiet || !options.rate.empty();
    while (each) {
        auto message = timeline->step();
        if (!message) {
            auto goes_on = go_on_behind_gap(*timeline, to, message.error(), options.json);
            if (!goes_on) return fail(goes_on.error());
            if (!*goes_on) return fail(message.error());
            continue;
        }
        if (!*message) break;
        if ((*message)->mark > to) break;
        pace.wait_for((*message)->mark.time);
        bool wanted = (*message)->external || options.internal || (*message)->error;
        if (wanted && !options.quiet) print_executed(**message, options.json);
    }
    if (auto moved = seek(*timeline, to); !moved) return fail(moved.error());
    auto hash = timeline->hash();
    if (!hash) return fail(hash.error());
    if (options.json) {
        print(to_json(Value::Entries{{"mark", to_string(to)}, {"hash", to_string(*hash)}}));
    } else {
        print(fmt::format("{:>14}  state {}", to_string(to), to_string(*hash)));
    }
    return kFine;
}

}  // namespace

std::function<int()> add_replay(Command& command) {
    auto options = std::make_shared<ReplayOptions>();
    command.positional("FILE", options->file, "A recording (*.timegraph)").required();
    options->interval.add_to(command);
    command.option("--rate", options->rate,
                   "Virtual seconds a second, 1/64 to 64; without it as fast as it goes");
    command.flag("-i,--internal", options->internal,
                 "Print future messages as well, not only external ones (*) and errors (!)");
    command.flag("-q,--quiet", options->quiet, "Only the final state");
    command.flag("--json", options->json, "One JSON object a line");
    options->timeline.add_executing_to(command);
    command.flag("--serve", options->serve,
                 "Share it: all who join with `teatime inspect` or `teatime debug` look at one "
                 "playhead, which is moved by who leads; their notes are kept in FILE");
    command.option("--host", options->host, "--serve: address to listen at").show_default();
    command.option("--port", options->port, "--serve: 0 chooses a free one")
        .between(0, 65535)
        .show_default();
    command.footer(
        "With --serve the first line tells the address of the session, for example\n"
        "ws://127.0.0.1:9090/painter. SIGINT or SIGTERM ends it.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
