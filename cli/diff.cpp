#include <fmt/format.h>

#include <memory>
#include <vector>

#include "online.h"
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
    std::vector<std::string> of;
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

/// What is compared, and how it is called.
struct Two {
    Image before, after;
    std::string before_name, after_name;
};

result<Two> two_members(const DiffOptions& options) {
    if (options.of.size() != 2 || !options.b.empty()) {
        return wrong_usage("of a session two members are compared: URL --of MEMBER --of MEMBER");
    }
    auto address = parse_address(options.a, {});
    if (!address) return address.error();
    auto states = member_states(*address, options.of);
    if (!states) return states.error();
    MemberState &one = states->front(), &other = states->back();
    return Two{std::move(one.image), std::move(other.image), printable(one.name) + " at ",
               printable(other.name) + " at "};
}

result<Two> two_moments(const DiffOptions& options) {
    if (options.b.empty()) return wrong_usage("B is required; see `teatime diff --help`");
    Place a = parse_place(options.a);
    Place b = parse_place(options.b);
    if (b.file.empty()) b.file = a.file;  // `run.timegraph@10s @20s`
    auto timeline = open_timeline(a.file, options.timeline);
    if (!timeline) return timeline.error();
    auto before = state_at(*timeline, a.moment);
    if (!before) return before.error();
    if (b.file != a.file) {
        timeline = open_timeline(b.file, options.timeline);
        if (!timeline) return timeline.error();
    }
    auto after = state_at(*timeline, b.moment);
    if (!after) return after.error();
    return Two{std::move(*before), std::move(*after), {}, {}};
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
    // A moment may have colons in it, so a URL is one by its scheme here.
    bool session = !options.of.empty() || options.a.find("://") != std::string::npos;
    auto two = session ? two_members(options) : two_moments(options);
    if (!two) return fail(two.error());
    const Mark before = two->before.mark(), after = two->after.mark();
    if (session && before != after) {
        note(fmt::format("after the same messages {}{} and {}{}", two->before_name,
                         to_string(before), two->after_name, to_string(after)));
    }

    if (auto builds = built_differently(two->before, two->after); !builds.empty()) note(builds);

    std::vector<Change> changes = diff(two->before, two->after);
    for (std::size_t i = 0; i < changes.size() && i < options.limit; ++i) {
        print_change(changes[i], options.json);
    }
    if (changes.size() > options.limit) {
        note(fmt::format("{} more differences; see --limit", changes.size() - options.limit));
    }
    if (changes.empty() && !options.json) {
        print(fmt::format("same: {}{} and {}{} both have state {}", two->before_name,
                          to_string(before), two->after_name, to_string(after),
                          to_string(two->before.hash)));
    }
    return changes.empty() ? kFine : kDiffers;
}

}  // namespace

std::function<int()> add_diff(Command& command) {
    auto options = std::make_shared<DiffOptions>();
    command
        .positional("A", options->a,
                    "FILE@T: a recording or saved Island, and a moment of it; or a session: "
                    "ws://host:port/session")
        .required();
    command.positional("B", options->b, "FILE@T, or @T for another moment of the same file");
    command.option("--of", options->of,
                   "Of a session, twice: a member whose replica is compared, by number or name");
    command.option("--limit", options->limit, "Print at most so many differences");
    command.flag("--json", options->json, "One JSON object a difference");
    options->timeline.add_to(command);
    command.footer(fmt::format("A moment is {}", kMomentForms) +
                   ".\nExit code 0: same states, also of two builds, which is told; 1: different."
                   "\nExample: teatime diff ws://127.0.0.1:9090/counter --of Ann --of 2");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
