#include "teatime/timegraph/export.h"

#include <fmt/format.h>

#include <memory>

#include "left_behind.h"
#include "job.h"
#include "output_file.h"
#include "teatime/replayer/trace.h"
#include "timelines.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct ExportOptions {
    std::string file;
    std::string format;
    std::string output = "-";
    Interval interval;
    TimelineArguments timeline;
};

using Write = result<void> (*)(const timegraph::Reader&, VirtualTime, VirtualTime,
                               const timegraph::Sink&, const timegraph::Watch&);

Write writer_of(const std::string& format) {
    if (format == "csv") return timegraph::export_csv;
    if (format == "mcap") return timegraph::export_mcap;
    return timegraph::export_jsonl;
}

result<void> write_lines(const ExportOptions& options, const timegraph::Sink& sink, Job& job) {
    auto recording = timegraph::Reader::open(options.file);
    if (!recording) return recording.error();
    auto interval = options.interval.in(*recording);
    if (!interval) return interval.error();
    tell_of_left_behind(*recording);
    auto begin = parse_moment("start", *recording);
    if (!begin) return begin.error();
    bool from_begin = interval->first == *begin;
    return writer_of(options.format)(*recording,
                                     from_begin ? VirtualTime::min() : interval->first.time,
                                     interval->second.time, sink, job.watch());
}

result<void> write_trace(const ExportOptions& options, const timegraph::Sink& sink, Job& job) {
    auto timeline = only_recording(open_timeline(options.file, options.timeline));
    if (!timeline) return timeline.error();
    auto interval = options.interval.in(*timeline->reader());
    if (!interval) return interval.error();
    tell_of_left_behind(*timeline->reader());
    const auto [from, to] = *interval;
    auto whole = static_cast<double>((to.time - from.time).count()) + 1;
    replayer::Watch watch{[&job, start = from.time, whole](const Mark& at) {
                              job.update(static_cast<double>((at.time - start).count()) / whole);
                          },
                          job.token()};
    return replayer::write_trace(*timeline, from, to, sink, watch);
}

int run(const ExportOptions& options) {
    Job job("exporting");
    auto file = OutputFile::create(options.output);
    if (!file) return fail(file.error());
    timegraph::Sink sink = [&](std::string_view bytes) { return file->write(bytes); };
    auto written = options.format == "chrome-trace" ? write_trace(options, sink, job)
                                                    : write_lines(options, sink, job);
    if (written) written = file->keep();
    return written ? kFine : fail(written.error());
}

}  // namespace

std::function<int()> add_export(Command& command) {
    auto options = std::make_shared<ExportOptions>();
    command.positional("FILE", options->file, "A recording (*.timegraph)").required();
    command.option("--format", options->format, "jsonl, csv, mcap or chrome-trace")
        .required()
        .one_of({"jsonl", "csv", "mcap", "chrome-trace"});
    command.option("-o,--output", options->output, "File to write; - is standard output")
        .show_default();
    options->interval.add_to(command);
    options->timeline.add_to(command);
    command.footer(
        "jsonl holds everything, and `teatime import` makes an equal recording of it. csv and "
        "mcap\n"
        "(https://mcap.dev) hold the external messages, chrome-trace (for "
        "https://ui.perfetto.dev)\n"
        "all that are executed, with arrows from each to those that it sent; without the module\n"
        "that is the external ones. --modules, --no-execute and --in-process are for that only.\n"
        "mcap is logged at the wall clock; before a recording knows it as reckoned from where it\n"
        "does, without one at virtual time; `log_time` of its metadata tells which.\n"
        "A line of jsonl is an object of some \"kind\": timegraph (first), meta, joined, left,\n"
        "clock, message, gap, keyframe, vote, bookmark, error, file, end (last).");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
