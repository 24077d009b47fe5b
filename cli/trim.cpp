#include "teatime/timegraph/trim.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "interrupt.h"
#include "job.h"
#include "left_behind.h"
#include "output.h"
#include "teatime/replayer/stretches.h"
#include "teatime/timegraph/filter.h"
#include "timelines.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct TrimOptions {
    std::string file;
    std::string output;
    Interval interval;
    std::string every;
    TimelineArguments timeline;
};

constexpr std::int64_t kMostParts = 10'000;

/// Where messages before `mark` are missing: the next Mark at which the state is known,
/// VirtualTime::max() if there is none.
result<std::optional<Mark>> known_again(const replayer::Timeline& timeline, const Mark& mark) {
    auto parts = replayer::stretches(timeline);
    if (!parts) return parts.error();
    for (const replayer::Stretch& part : *parts) {
        if (mark < part.from) return std::optional(part.from);
        if (mark <= part.to) return std::optional<Mark>();
    }
    return std::optional(Mark{BranchId{}, VirtualTime::max(), 0});
}

/// To the state before `from`; where that is not known, to the next one up to `to`, and says so.
result<void> go_to_start(replayer::Timeline& timeline, VirtualTime from, VirtualTime to, Job& job) {
    Mark before{BranchId{}, from, 0};
    replayer::Watch watch{[&job](const Mark&) { job.update(0); }, job.token()};
    auto moved = timeline.seek(before, watch);
    if (moved || interrupted()) return moved;
    auto again = known_again(timeline, before);
    if (!again) return again.error();
    if (!*again || (*again)->time > to) return moved;
    note(fmt::format("{}: {}", moved.error().message, to_string(**again)));
    return timeline.seek(**again, watch);
}

/// A recording of one part, with the state before it where that can be executed.
result<timegraph::Trimmed> write_part(replayer::Timeline& timeline, VirtualTime from,
                                      VirtualTime to, const std::string& output, Job& job) {
    std::optional<Image> start;
    if (timeline.can_execute() && Mark{BranchId{}, from, 0} > timeline.begin()) {
        if (auto moved = go_to_start(timeline, from, to, job); !moved) return moved.error();
        from = std::max(from, timeline.mark().time);
        auto state = timeline.state();
        if (!state) return state.error();
        start = std::move(*state);
    }
    return timegraph::trim(*timeline.reader(), from, to, std::move(start), output, job.watch());
}

/// No state is stored from which it could replay, though it should.
bool begins_as_the_whole(const replayer::Timeline& timeline, VirtualTime from,
                         const timegraph::Trimmed& part) {
    if (part.begin || from <= timeline.begin().time) return false;
    auto info = timeline.reader()->info();
    return info && !timegraph::filter_of(info->meta);
}

void print_part(const replayer::Timeline& timeline, VirtualTime from, const std::string& output,
                const timegraph::Trimmed& part) {
    bool whole = from <= timeline.begin().time || begins_as_the_whole(timeline, from, part);
    std::string begin = part.begin ? to_string(*part.begin) : whole ? "start" : to_string(from);
    print(fmt::format("{}: {} to {}, {}", output, begin, to_string(part.end.bound),
                      counted(part.end.messages, "message")));
}

int run_trim(const TrimOptions& options) {
    auto timeline = only_recording(open_timeline(options.file, options.timeline));
    if (!timeline) return fail(timeline.error());
    auto interval = options.interval.in(*timeline->reader());
    if (!interval) return fail(interval.error());
    tell_of_left_behind(*timeline->reader());
    Job job("trimming");
    VirtualTime from = interval->first.time;
    auto part = write_part(*timeline, from, interval->second.time, options.output, job);
    if (!part) return fail(part.error());
    if (!timeline->can_execute() && part->begin && part->begin->time < from) {
        note(fmt::format("it begins at {}, with the last stored state before {}",
                         to_string(*part->begin), to_string(from)));
    }
    if (begins_as_the_whole(*timeline, from, *part)) {
        note("no state is stored before that, so it begins as the recording does");
    }
    print_part(*timeline, from, options.output, *part);
    return kFine;
}

std::string part_name(std::string name, std::int64_t index) {
    std::string number = std::to_string(index + 1);
    for (std::size_t at = 0; (at = name.find("%d", at)) != name.npos; at += number.size()) {
        name.replace(at, 2, number);
    }
    return name;
}

result<void> names_are_free(const std::string& output, std::int64_t parts) {
    if (parts > kMostParts) {
        return wrong_usage(fmt::format(
            "that would make {} parts, of at most {}; make --every longer", parts, kMostParts));
    }
    for (std::int64_t i = 0; i < parts; ++i) {
        std::error_code ignored;
        if (!std::filesystem::exists(part_name(output, i), ignored)) continue;
        return wrong_usage(
            fmt::format("{} exists already; choose another name", part_name(output, i)));
    }
    return {};
}

/// Removes what was written, but for when all is.
class SplitParts {
public:
    ~SplitParts() {
        for (const std::string& each : paths_) ::unlink(each.c_str());
    }
    void add(const std::string& path) { paths_.push_back(path); }
    bool empty() const { return paths_.empty(); }
    void keep() { paths_.clear(); }

private:
    std::vector<std::string> paths_;
};

/// Why a part from there could not be made: messages are missing, and no state follows in it.
bool nothing_is_known(const replayer::Timeline& timeline, VirtualTime from, const Error& error) {
    if (error.kind != ErrorKind::unreadable || interrupted()) return false;
    auto again = known_again(timeline, {BranchId{}, from, 0});
    return again && *again;
}

int run_split(const TrimOptions& options) {
    auto every = parse_duration(options.every);
    if (!every) return fail(every.error());
    if (*every <= Duration(0)) return fail(wrong_usage("--every must be above 0"));
    if (options.output.find("%d") == std::string::npos) {
        return fail(wrong_usage("--output needs a %d, where the number of the part goes"));
    }
    auto timeline = only_recording(open_timeline(options.file, options.timeline));
    if (!timeline) return fail(timeline.error());
    tell_of_left_behind(*timeline->reader());
    VirtualTime begin = timeline->begin().time;
    std::int64_t parts = (timeline->end().time - begin) / *every + 1;
    if (auto named = names_are_free(options.output, parts); !named) return fail(named.error());
    Job job("splitting");
    SplitParts written;
    std::optional<Error> missing;
    bool told = false;
    for (std::int64_t i = 0; i < parts; ++i) {
        VirtualTime from = begin + i * *every, to = from + *every - Duration(1);
        std::string output = part_name(options.output, i);
        auto part = write_part(*timeline, from, to, output, job);
        if (part) {
            if (begins_as_the_whole(*timeline, from, *part) && !std::exchange(told, true)) {
                note("no state is stored from which parts could begin: they begin as the whole");
            }
            print_part(*timeline, from, output, *part);
            written.add(output);
        } else if (nothing_is_known(*timeline, from, part.error())) {
            missing = part.error();
            note(fmt::format("{} is not made: {}", output, missing->message));
        } else {
            return fail(part.error());
        }
    }
    if (missing && written.empty()) return fail(*missing);
    written.keep();
    return kFine;
}

}  // namespace

std::function<int()> add_trim(Command& command) {
    auto options = std::make_shared<TrimOptions>();
    command.positional("FILE", options->file, "A recording (*.timegraph)").required();
    options->interval.add_to(command);
    command.option("-o,--output", options->output, "The recording to write").required();
    options->timeline.add_to(command);
    command.footer(
        "A recording of its own of all from --from to --to. It begins with the state right before\n"
        "--from, for which it is executed up to there; without the module it begins earlier, with\n"
        "the last stored state. Where messages before --from are missing, it begins with the next\n"
        "state behind them. Of --from and --to whole instants count, also where they are Marks.\n"
        "States, votes and Marks inside stay as they are.");
    return [options] { return run_trim(*options); };
}

std::function<int()> add_split(Command& command) {
    auto options = std::make_shared<TrimOptions>();
    command.positional("FILE", options->file, "A recording (*.timegraph)").required();
    command.option("--every", options->every, "Length of a part: 10min, 30s").required();
    command.option("-o,--output", options->output, "Names of the parts: NAME-%d.timegraph")
        .required();
    options->timeline.add_to(command);
    command.footer("Each part is a recording of its own, as from `teatime trim`.");
    return [options] { return run_split(*options); };
}

}  // namespace teatime::cli
