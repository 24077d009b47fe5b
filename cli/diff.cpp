#include <fmt/format.h>

#include <memory>

#include "output.h"
#include "teatime/state/inspect.h"
#include "teatime/state/json.h"
#include "timelines.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct DiffOptions {
    std::string a;
    std::string b;
    bool json = false;
    std::size_t limit = 1000;
    TimelineArguments timeline;
};

result<Image> state_at(replayer::Timeline& timeline, const std::string& moment) {
    auto mark = parse_moment(moment, timeline);
    if (!mark) return mark.error();
    if (auto moved = seek(timeline, *mark); !moved) return moved.error();
    return timeline.state();
}

std::string where(const Change& change) {
    if (change.object.empty()) return change.path;
    return change.path.empty() ? change.object : change.object + "." + change.path;
}

void print_change(const Change& change, bool json) {
    const char* what = change.what == Change::What::changed ? "changed"
                       : change.what == Change::What::added ? "added"
                                                            : "removed";
    if (json) {
        return print(to_json(Value::Entries{{"what", what},
                                            {"object", change.object},
                                            {"path", change.path},
                                            {"before", change.before},
                                            {"after", change.after}}));
    }
    std::string place = printable(where(change));
    switch (change.what) {
        case Change::What::changed:
            print(fmt::format("{}: {} -> {}", place, shown(change.before), shown(change.after)));
            break;
        case Change::What::added:
            print(fmt::format("+ {}: {}", place, shown(change.after)));
            break;
        case Change::What::removed:
            print(fmt::format("- {}: {}", place, shown(change.before)));
            break;
    }
}

int run(const DiffOptions& options) {
    Place a = parse_place(options.a);
    Place b = parse_place(options.b);
    if (b.file.empty()) b.file = a.file;  // `run.timegraph@10s @20s`
    auto timeline = open_timeline(a.file, options.timeline);
    if (!timeline) return fail(timeline.error());
    auto before = state_at(*timeline, a.moment);
    if (!before) return fail(before.error());
    if (b.file != a.file) {
        timeline = open_timeline(b.file, options.timeline);
        if (!timeline) return fail(timeline.error());
    }
    auto after = state_at(*timeline, b.moment);
    if (!after) return fail(after.error());

    std::vector<Change> changes = diff(*before, *after);
    for (std::size_t i = 0; i < changes.size() && i < options.limit; ++i) {
        print_change(changes[i], options.json);
    }
    if (changes.size() > options.limit) {
        note(fmt::format("{} more differences; see --limit", changes.size() - options.limit));
    }
    if (changes.empty() && !options.json) {
        print(fmt::format("same: {} and {} both have state {}", to_string(before->mark()),
                          to_string(after->mark()), to_string(before->hash)));
    }
    return changes.empty() ? kFine : kDiffers;
}

}  // namespace

std::function<int()> add_diff(Command& command) {
    auto options = std::make_shared<DiffOptions>();
    command.positional("A", options->a, "FILE@T: a recording or saved Island, and a moment of it")
        .required();
    command.positional("B", options->b, "FILE@T, or @T for another moment of the same file")
        .required();
    command.option("--limit", options->limit, "Print at most so many differences");
    command.flag("--json", options->json, "One JSON object a difference");
    options->timeline.add_to(command);
    command.footer(fmt::format("A moment is {}", kMomentForms) +
                   ".\nExit code 0: same, 1: different.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
