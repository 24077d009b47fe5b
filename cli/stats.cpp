#include "stats.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "job.h"
#include "output.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/rates.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

using timegraph::RateBy;
using timegraph::Rates;

RateBy read_by(const std::string& word) {
    if (word == "kind") return RateBy::kind;
    if (word == "target") return RateBy::target;
    if (word == "selector") return RateBy::selector;
    return word == "sender" ? RateBy::sender : RateBy::call;
}

/// The largest first, names in their order; equal ones in the order in which they came.
void sort_entries(std::vector<Rates::Entry>& entries, const std::string& by) {
    std::stable_sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) {
        if (by == "name") return a.name < b.name;
        if (by == "bytes") return a.bytes > b.bytes;
        if (by == "peak") return a.peak.messages > b.peak.messages;
        return a.messages > b.messages;
    });
}

Value entry_value(const Rates& rates, const Rates::Entry& entry) {
    return Value::Entries{{"name", entry.name},
                          {"messages", entry.messages},
                          {"bytes", entry.bytes},
                          {"messages_per_s", rates.per_second(entry.messages)},
                          {"bytes_per_s", rates.per_second(entry.bytes)},
                          {"peak_messages_per_s", entry.peak.messages},
                          {"peak_bytes_per_s", entry.peak.bytes},
                          {"peak_at", to_string(entry.peak.at)}};
}

void print_line(const Rates& rates, const Rates::Entry& entry) {
    double share =
        rates.all.messages > 0 ? 100 * double(entry.messages) / double(rates.all.messages) : 0;
    auto bytes_per_s = static_cast<std::uint64_t>(rates.per_second(entry.bytes));
    print(fmt::format("{:>12}  {:>4.0f}%  {:>10.2f}  {:>10}  {:>10}  {:>8} {:>9}  {}",
                      entry.messages, share, rates.per_second(entry.messages),
                      byte_size(entry.bytes), byte_size(bytes_per_s) + "/s", entry.peak.messages,
                      "at " + to_string(entry.peak.at), printable(entry.name)));
}

void print_rates(const Rates& rates, const StatsOptions& options) {
    print(fmt::format("{:>12}  {:>5}  {:>10}  {:>10}  {:>10}  {:>18}  {}", "messages", "share",
                      "messages/s", "bytes", "bytes/s", "busiest second", options.by));
    std::size_t shown = std::min<std::size_t>(options.limit, rates.entries.size());
    for (std::size_t i = 0; i < shown; ++i) print_line(rates, rates.entries[i]);
    if (shown < rates.entries.size()) {
        print(fmt::format("{:>12}  {} more, --limit shows them", "", rates.entries.size() - shown));
    }
    print_line(rates, rates.all);
}

int run_rates(const StatsOptions& options) {
    auto recording = timegraph::Reader::open(options.file);
    if (!recording) return fail(recording.error());
    auto interval = options.interval.in(*recording);
    if (!interval) return fail(interval.error());
    auto counted = [&] {
        Job job("counting");
        return timegraph::rates(*recording, interval->first.time, interval->second.time,
                                read_by(options.by), job.watch());
    }();
    if (!counted) return fail(counted.error());
    sort_entries(counted->entries, options.sort);
    if (!options.json) {
        print_rates(*counted, options);
        return kFine;
    }
    Value::List entries;
    for (const Rates::Entry& entry : counted->entries) {
        entries.push_back(entry_value(*counted, entry));
    }
    auto seconds = std::chrono::duration<double>(counted->length).count();
    print(to_json(Value::Entries{{"file", options.file},
                                 {"by", options.by},
                                 {"seconds", seconds},
                                 {"all", entry_value(*counted, counted->all)},
                                 {"entries", entries}}));
    return kFine;
}

}  // namespace

std::function<int()> add_stats(Command& command) {
    auto options = std::make_shared<StatsOptions>();
    command.positional("FILE", options->file, "A recording (*.timegraph)").required();
    options->interval.add_to(command);
    auto by = command.option("--by", options->by, "kind, target, selector, call or sender")
                  .one_of({"kind", "target", "selector", "call", "sender"})
                  .show_default();
    command.option("--sort", options->sort, "messages, bytes, peak or name")
        .one_of({"messages", "bytes", "peak", "name"})
        .show_default();
    command.option("--limit", options->limit, "Lines to print").show_default();
    auto cost = command.flag("--cost", options->cost, "Execute it again: what messages cost");
    command.flag("--classes", options->classes, "The same, added up for each class").excludes(by);
    cost.excludes(by);
    command.flag("--json", options->json, "One JSON object; of --cost one a line");
    options->timeline.add_executing_to(command);
    command.footer(
        "How many external messages came in a second of virtual time, how large they are "
        "unpacked,\n"
        "and the second in which most came: of kind \"call\", \"router\" (what it says itself) or\n"
        "\"other\" (as where it is encrypted), or of each target, selector, call or sender. What\n"
        "they take in the file tells `teatime du`.\n"
        "--cost needs the module: it counts all messages that are executed, those of the future\n"
        "too, how many threw, and what they cost on this machine, the dearest first. --modules "
        "and\n"
        "--in-process are for that only.");
    return [options] {
        return options->cost || options->classes ? run_cost(*options) : run_rates(*options);
    };
}

}  // namespace teatime::cli
