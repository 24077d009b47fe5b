#include <fmt/format.h>

#include <algorithm>

#include "output.h"
#include "stats.h"
#include "teatime/replayer/query.h"
#include "teatime/state/json.h"
#include "verb.h"

namespace teatime::cli {
namespace {

using replayer::TallyEntry;

std::string name_of(const TallyEntry& entry) {
    if (entry.class_name.empty() && entry.selector.empty()) return "(members)";
    if (entry.class_name.empty()) return "(nobody)." + entry.selector;
    return entry.selector.empty() ? entry.class_name : entry.class_name + "." + entry.selector;
}

/// One entry for each class, whatever it was told and by whom.
std::vector<TallyEntry> by_class(const std::vector<TallyEntry>& entries) {
    std::vector<TallyEntry> all;
    for (const TallyEntry& entry : entries) {
        auto found = std::find_if(all.begin(), all.end(), [&](const TallyEntry& each) {
            return each.class_name == entry.class_name;
        });
        if (found == all.end()) {
            found = all.insert(found, TallyEntry{});
            found->class_name = entry.class_name;
        }
        found->count += entry.count;
        found->errors += entry.errors;
        found->time += entry.time;
    }
    return all;
}

double microseconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double, std::micro>(time).count();
}

void print_json(const std::vector<TallyEntry>& entries, bool classes) {
    for (const TallyEntry& entry : entries) {
        Value::Entries line{{"class", entry.class_name}};
        if (!classes) {
            line.emplace_back("selector", entry.selector);
            line.emplace_back("external", entry.external);
        }
        line.emplace_back("count", entry.count);
        line.emplace_back("errors", entry.errors);
        line.emplace_back("microseconds", microseconds(entry.time));
        print(to_json(line));
    }
}

void print_table(const std::vector<TallyEntry>& entries, bool classes) {
    double whole = 0;
    for (const TallyEntry& entry : entries) whole += microseconds(entry.time);
    print(fmt::format("{:>12}  {:>8}  {:>11}  {:>11}  {:>5}  {}", "messages", "errors",
                      "us/message", "ms in all", "share", classes ? "class" : "message"));
    for (const TallyEntry& entry : entries) {
        double time = microseconds(entry.time);
        print(fmt::format("{:>12}  {:>8}  {:>11.2f}  {:>11.2f}  {:>4.0f}%  {}{}", entry.count,
                          entry.errors, time / static_cast<double>(entry.count), time / 1000,
                          whole > 0 ? 100 * time / whole : 0, printable(name_of(entry)),
                          entry.external ? "  from outside" : ""));
    }
}

}  // namespace

int run_cost(const StatsOptions& options) {
    auto timeline = open_executable(options.file, options.timeline);
    if (!timeline) return fail(timeline.error());
    auto from = parse_moment(options.interval.from, *timeline);
    if (!from) return fail(from.error());
    auto to = parse_moment(options.interval.to, *timeline);
    if (!to) return fail(to.error());
    if (*to < *from) return fail(wrong_usage("--to is before --from"));
    ProgressLine line("executing");
    auto counted = replayer::tally(*timeline, from->time, to->time + Duration(1), 1,
                                   shown_on(line, *from, *to));
    if (!counted) return fail(counted.error());
    std::vector<TallyEntry> entries =
        options.classes ? by_class(counted->entries) : std::move(counted->entries);
    std::sort(entries.begin(), entries.end(),
              [](const TallyEntry& a, const TallyEntry& b) { return a.time > b.time; });
    if (options.json) {
        print_json(entries, options.classes);
    } else {
        print_table(entries, options.classes);
    }
    return kFine;
}

}  // namespace teatime::cli
