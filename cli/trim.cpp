#include "teatime/timegraph/trim.h"

#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "left_behind.h"
#include "job.h"
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

/// A recording of one part, with the state before it where that can be executed.
result<timegraph::Trimmed> write_part(replayer::Timeline& timeline, VirtualTime from,
                                      VirtualTime to, const std::string& output, Job& job) {
    std::optional<Image> start;
    Mark before{BranchId{}, from, 0};
    if (timeline.can_execute() && before > timeline.begin()) {
        replayer::Watch watch{[&job](const Mark&) { job.update(0); }, job.token()};
        if (auto moved = timeline.seek(before, watch); !moved) return moved.error();
        auto state = timeline.state();
        if (!state) return state.error();
        start = std::move(*state);
    }
    return timegraph::trim(*timeline.reader(), from, to, std::move(start), output, job.watch());
}

void print_part(const std::string& output, const timegraph::Trimmed& part) {
    print(fmt::format("{}: {} to {}, {}", output,
                      part.begin ? to_string(*part.begin) : std::string("start"),
                      to_string(part.end.bound), counted(part.end.messages, "message")));
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
    if (!part->begin && from > timeline->begin().time) {
        note("no state is stored before that, so it begins as the recording does");
    }
    print_part(options.output, *part);
    return kFine;
}

int run_split(const TrimOptions& options) {
    auto every = parse_duration(options.every);
    if (!every) return fail(every.error());
    if (*every <= Duration(0)) return fail(wrong_usage("--every must be above 0"));
    std::size_t number = options.output.find("%d");
    if (number == std::string::npos) {
        return fail(wrong_usage("--output needs a %d, where the number of the part goes"));
    }
    auto timeline = only_recording(open_timeline(options.file, options.timeline));
    if (!timeline) return fail(timeline.error());
    tell_of_left_behind(*timeline->reader());
    Job job("splitting");
    std::vector<std::string> written;
    VirtualTime end = timeline->end().time, from = kSessionStart;
    for (; from <= end; from += *every) {
        std::string output = options.output;
        output.replace(number, 2, std::to_string(written.size() + 1));
        auto part = write_part(*timeline, from, from + *every - Duration(1), output, job);
        if (!part) {
            for (const std::string& each : written) ::unlink(each.c_str());
            return fail(part.error());
        }
        print_part(output, *part);
        written.push_back(output);
    }
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
        "the last stored state. States, votes and Marks inside stay as they are.");
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
