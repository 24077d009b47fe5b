#include <fmt/format.h>

#include <memory>

#include "job.h"
#include "output.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/usage.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct DuOptions {
    std::string file;
    std::uint64_t limit = 10;
    bool json = false;
};
using timegraph::Usage;

Value entries_value(const std::vector<Usage::Entry>& entries) {
    Value::List list;
    for (const Usage::Entry& entry : entries) {
        list.push_back(
            Value::Entries{{"name", entry.name}, {"count", entry.count}, {"bytes", entry.bytes}});
    }
    return list;
}

/// The largest, and what the rest takes together.
void print_entries(const std::string& title, const std::vector<Usage::Entry>& entries,
                   std::uint64_t limit) {
    if (entries.empty()) return;
    std::uint64_t whole = 0, count = 0, rest = 0;
    for (const Usage::Entry& entry : entries) whole += entry.bytes;
    auto line = [&](const std::string& name, std::uint64_t n, std::uint64_t bytes) {
        double share = whole > 0 ? 100 * double(bytes) / double(whole) : 0;
        print(fmt::format("{:>12}  {:>10}  {:>4.0f}%  {}", n, byte_size(bytes), share,
                          printable(name)));
    };
    print(fmt::format("{:>12}  {:>10}  {:>5}  {}", "count", "bytes", "share", title));
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (i < limit) {
            line(entries[i].name, entries[i].count, entries[i].bytes);
        } else {
            count += entries[i].count;
            rest += entries[i].bytes;
        }
    }
    if (entries.size() > limit) {
        line(fmt::format("({} more)", entries.size() - limit), count, rest);
    }
    print("");
}

/// Each table has a page, also if nothing is in it.
std::vector<Usage::Entry> without_empty(const std::vector<Usage::Entry>& tables) {
    std::vector<Usage::Entry> some;
    Usage::Entry empty;
    std::uint64_t n = 0;
    for (const Usage::Entry& table : tables) {
        if (table.count > 0) {
            some.push_back(table);
        } else {
            ++n;
            empty.bytes += table.bytes;
        }
    }
    empty.name = "(" + counted(n, "empty table") + ")";
    if (n > 0) some.push_back(empty);
    return some;
}

int run(const DuOptions& options) {
    Job job("reading");
    auto usage = timegraph::usage(options.file, job.watch());
    if (!usage) return fail(usage.error());
    if (options.json) {
        print(to_json(Value::Entries{{"file", options.file},
                                     {"file_bytes", usage->file_bytes},
                                     {"block_bytes", usage->block_bytes},
                                     {"source_bytes", usage->source_bytes},
                                     {"tables", entries_value(usage->tables)},
                                     {"keyframes", entries_value(usage->keyframes)},
                                     {"classes", entries_value(usage->classes)},
                                     {"messages", entries_value(usage->messages)}}));
        return kFine;
    }
    print_entries("in the file", without_empty(usage->tables), UINT64_MAX);
    print_entries("keyframes, as stored", usage->keyframes, UINT64_MAX);
    print_entries("objects in full keyframes, unpacked", usage->classes, options.limit);
    print_entries("messages, unpacked", usage->messages, options.limit);
    print(fmt::format("{}: {}, of these {} for {} of messages", options.file,
                      byte_size(usage->file_bytes), byte_size(usage->block_bytes),
                      byte_size(usage->source_bytes)));
    return kFine;
}

}  // namespace

std::function<int()> add_du(Command& command) {
    auto options = std::make_shared<DuOptions>();
    command.positional("FILE", options->file, "A recording (*.timegraph)").required();
    command.option("--limit", options->limit, "Classes and messages to list").show_default();
    command.flag("--json", options->json, "One JSON object, without limit");
    command.footer(
        "What takes the space: tables and indexes by pages, keyframes by kind, then objects by\n"
        "class and external messages by what they call, before compression. What messages cost\n"
        "to execute tells `teatime stats --cost`.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
