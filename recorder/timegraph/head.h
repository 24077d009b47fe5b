#pragma once

#include <array>
#include <cstdint>

#include "database.h"
#include "teatime/state/ids.h"
#include "teatime/state/mark.h"
#include "teatime/timegraph/layout.h"
#include "teatime/timegraph/records.h"

namespace teatime::timegraph {

inline Cell cell(VirtualTime time) {
    return static_cast<std::int64_t>(time.time_since_epoch().count());
}
inline Cell cell(WallTime wall) {
    return static_cast<std::int64_t>(wall.time_since_epoch().count());
}
template <class Tag>
Cell cell(StrongId<Tag> id) {
    return static_cast<std::int64_t>(id.value);
}
/// SQLite's integers are signed: the whole instant is the largest of them.
inline Cell cell_of_n(std::uint64_t n) {
    constexpr std::uint64_t kLargest = INT64_MAX;
    return static_cast<std::int64_t>(n < kLargest ? n : kLargest);
}

inline VirtualTime time_in(const Query& query, int column) {
    return VirtualTime(Duration(query.integer(column)));
}
inline WallTime wall_in(const Query& query, int column) {
    return WallTime(std::chrono::microseconds(query.integer(column)));
}
/// time and seq in two columns
inline Stamp stamp_in(const Query& query, int column) {
    return {time_in(query, column), {query.number(column + 1)}};
}
/// branch, time and n in three columns
inline Mark mark_in(const Query& query, int column) {
    std::int64_t n = query.integer(column + 2);
    return {{query.number(column)},
            time_in(query, column + 1),
            n == INT64_MAX ? Mark::kWholeInstant : static_cast<std::uint64_t>(n)};
}

/// The row of table head.
struct Head {
    std::int64_t commits = 0;
    VirtualTime bound = kSessionStart;
    WallTime wall{};
    Stamp last;
    std::uint64_t messages = 0;
    std::uint64_t source_bytes = 0;
    std::array<RowSum, kTables.size()> checks{};

    RowSum& sum(Table table) { return checks[static_cast<std::size_t>(table)]; }
    std::uint64_t rows(Table table) const { return checks[static_cast<std::size_t>(table)].rows; }
};

Head read_head(Database& database);
void insert_head(Database& database);
/// Throws where somebody else has committed since `head` was read or written here.
void check_only_writer(Database& database, const Head& head);
/// Counts up `head.commits`.
void update_head(Database& database, Head& head);

}  // namespace teatime::timegraph
