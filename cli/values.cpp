#include <fmt/format.h>

#include <memory>

#include "output.h"
#include "teatime/replayer/query.h"
#include "teatime/state/json.h"
#include "timelines.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct ValuesOptions {
    std::string file;
    std::vector<std::string> paths;
    std::string from = "start";
    std::string to = "end";
    bool csv = false;
    bool json = false;
    TimelineArguments timeline;
};

/// A cell of RFC 4180.
std::string csv_cell(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (char letter : text) quoted += letter == '"' ? "\"\"" : std::string(1, letter);
    return quoted + '"';
}

std::string csv_value(const std::optional<Value>& value) {
    if (!value || value->is_null()) return "";
    const std::string* text = value->if_string();
    return csv_cell(text ? *text : to_json(*value));
}

/// `12.5`, for programs that plot.
std::string seconds(VirtualTime time) {
    std::string text = to_string(time);
    text.pop_back();
    return text;
}

void print_change(const ValuesOptions& options, const replayer::ValueChange& change) {
    const std::string& path = options.paths[change.path];
    std::string mark = to_string(change.step.mark());
    if (options.csv) {
        print(fmt::format("{},{},{},{}", seconds(change.step.time), mark, csv_cell(path),
                          csv_value(change.value)));
    } else if (options.json) {
        print(to_json(Value::Entries{{"mark", mark},
                                     {"path", path},
                                     {"exists", change.value.has_value()},
                                     {"value", change.value.value_or(Value())}}));
    } else {
        print(fmt::format("{:>14}  {}: {}", mark, printable(path),
                          change.value ? shown(*change.value) : "(gone)"));
    }
}

int run(const ValuesOptions& options) {
    auto timeline = open_executable(options.file, options.timeline);
    if (!timeline) return fail(timeline.error());
    auto from = parse_moment(options.from, *timeline);
    if (!from) return fail(from.error());
    auto to = parse_moment(options.to, *timeline);
    if (!to) return fail(to.error());
    if (*to < *from) return fail(wrong_usage("--to is before --from"));

    std::vector<bool> existed(options.paths.size());
    if (options.csv) print("seconds,mark,path,value");
    auto tell = [&](const replayer::ValueChange& change) {
        if (!change.value && !existed[change.path]) return;  // not yet there
        existed[change.path] = true;
        print_change(options, change);
    };
    auto told = replayer::values(*timeline, options.paths, *from, *to, tell);
    if (!told) return fail(told.error());
    bool all = true;
    for (std::size_t i = 0; i < existed.size(); ++i) {
        if (existed[i]) continue;
        all = false;
        note(fmt::format("there was no {} between {} and {}", printable(options.paths[i]),
                         to_string(*from), to_string(*to)));
    }
    return all ? kFine : kDiffers;
}

}  // namespace

std::function<int()> add_values(Command& command) {
    auto options = std::make_shared<ValuesOptions>();
    command.positional("FILE", options->file, "A recording (*.timegraph)").required();
    command.positional("PATH", options->paths, "Fields of objects: counter.count '#17.position.x'")
        .required();
    command.option("--from", options->from, fmt::format("First moment: {}", kMomentForms));
    command.option("--to", options->to, "Last moment, in the same forms");
    Option csv = command.flag("--csv", options->csv, "A table: seconds,mark,path,value");
    command.flag("--json", options->json, "One JSON object a line").excludes(csv);
    options->timeline.add_executing_to(command);
    command.footer(
        "Prints what each field is at the first moment, then each change with the Mark after the\n"
        "message that made it. Stretches in which the objects were not touched are not executed.\n"
        "Exit code 1: one of the fields was never there.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
