#include "teatime/timegraph/usage.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "database.h"
#include "need.h"
#include "new_file.h"
#include "part.h"
#include "teatime/timegraph/reader.h"

namespace teatime::timegraph {
namespace {

using Entries = std::map<std::string, Usage::Entry>;

void add_to(Entries& entries, const std::string& name, std::uint64_t count, std::uint64_t bytes) {
    Usage::Entry& entry = entries[name];
    entry.name = name;
    entry.count += count;
    entry.bytes += bytes;
}

std::vector<Usage::Entry> by_bytes(const Entries& entries) {
    std::vector<Usage::Entry> sorted;
    for (const auto& [name, entry] : entries) sorted.push_back(entry);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
    return sorted;
}

/// By SQLite's own count of its pages.
void count_pages(Database& database, Usage& usage) {
    Entries entries;
    Query pages(database, "SELECT name, sum(pgsize) FROM dbstat GROUP BY name");
    while (pages.next()) {
        std::string name = pages.string(0);
        auto is_it = [&](const TableLayout& layout) { return layout.name == name; };
        bool table = std::any_of(kTables.begin(), kTables.end(), is_it);
        bool index = std::any_of(kIndexes.begin(), kIndexes.end(), is_it);
        std::uint64_t rows = 1;
        if (table) {
            Query count(database, fmt::format("SELECT count(*) FROM {}", name).c_str());
            if (count.next()) rows = count.number(0);
        }
        add_to(entries, table ? name : index ? "indexes" : "schema", rows, pages.number(1));
    }
    Query free(database, "PRAGMA freelist_count");
    if (free.next() && free.number(0) > 0) {
        add_to(entries, "free pages", free.number(0), free.number(0) * kPageSize);
    }
    for (const char* suffix : {"", "-wal"}) {
        std::error_code none;
        auto bytes = std::filesystem::file_size(database.path() + suffix, none);
        if (none || bytes == 0) continue;
        usage.file_bytes += bytes;
        if (*suffix) add_to(entries, suffix, 1, bytes);
    }
    usage.tables = by_bytes(entries);
}

void count_stored(Database& database, Usage& usage) {
    Query blocks(database, "SELECT coalesce(sum(length(data)), 0) FROM blocks");
    if (blocks.next()) usage.block_bytes = blocks.number(0);
    Query tail(database, "SELECT coalesce(sum(length(data)), 0) FROM tail");
    if (tail.next()) usage.block_bytes += tail.number(0);
    constexpr const char* kKinds[] = {"full", "delta", "foreign"};
    Entries kinds;
    Query states(database,
                 "SELECT kind, count(*), sum(length(data) + length(touched)) FROM keyframes "
                 "WHERE kind BETWEEN 0 AND 2 GROUP BY kind");
    while (states.next()) {
        add_to(kinds, kKinds[states.number(0)], states.number(1), states.number(2));
    }
    usage.keyframes = by_bytes(kinds);
}

void count_classes(const Reader& reader, const Watch& watch, Usage& usage) {
    Entries classes;
    for (const KeyframeInfo& keyframe : need(reader.keyframes())) {
        go_on(watch, 0);
        if (keyframe.kind != KeyframeInfo::Kind::full) continue;
        Image image = need(reader.image(keyframe));
        for (const Image::Object& object : image.objects) {
            add_to(classes, image.schemas[object.schema].class_name, 1, object.fields.size());
        }
    }
    usage.classes = by_bytes(classes);
}

void count_messages(const Reader& reader, const Watch& watch, Usage& usage) {
    Entries messages;
    std::string name;
    StretchProgress progress(reader, VirtualTime::min(), VirtualTime::max(), watch);
    Reader::Cursor cursor = reader.messages();
    while (cursor.next()) {
        progress.at(cursor.stamp().time);
        Fields call = cursor.fields();
        name = "(no call)";
        if (call.is_call()) (name = call.target()).append(".").append(call.selector());
        bool room = messages.size() < Usage::kMostMessages || messages.contains(name);
        std::uint64_t bytes = cursor.text_bytes();
        add_to(messages, room ? name : "(others)", 1, bytes);
        usage.source_bytes += bytes;
    }
    need(cursor.status());
    usage.messages = by_bytes(messages);
}

}  // namespace

result<Usage> usage(const std::string& path, const Watch& watch) {
    return guarded([&] {
        Usage found;
        Reader reader = need(Reader::open(path));
        Database database(path, Database::Use::read);
        count_pages(database, found);
        count_stored(database, found);
        count_classes(reader, watch, found);
        count_messages(reader, watch, found);
        return found;
    });
}

}  // namespace teatime::timegraph
