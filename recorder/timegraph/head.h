#pragma once

#include <array>
#include <cstdint>

#include "database.h"
#include "teatime/state/bytes.h"
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

// The columns of a row: of a Query or of what else has its functions.
template <class Row>
VirtualTime time_in(const Row& row, int column) {
    return VirtualTime(Duration(row.integer(column)));
}
template <class Row>
WallTime wall_in(const Row& row, int column) {
    return WallTime(std::chrono::microseconds(row.integer(column)));
}
/// time and seq in two columns
template <class Row>
Stamp stamp_in(const Row& row, int column) {
    return {time_in(row, column), {row.number(column + 1)}};
}
/// branch, time and n in three columns
template <class Row>
Mark mark_in(const Row& row, int column) {
    std::int64_t n = row.integer(column + 2);
    return {{row.number(column)},
            time_in(row, column + 1),
            n == INT64_MAX ? Mark::kWholeInstant : static_cast<std::uint64_t>(n)};
}

// The rows of tables.
template <class Row>
Gap gap_in(const Row& row) {
    return {stamp_in(row, 1), stamp_in(row, 3), row.string(5)};
}
template <class Row>
Vote vote_in(const Row& row) {
    return {mark_in(row, 1), {row.number(4)}, row.string(5)};
}
template <class Row>
ClockPoint clock_point_in(const Row& row) {
    return {stamp_in(row, 1), wall_in(row, 3), row.real(4)};
}
template <class Row>
Bookmark bookmark_in(const Row& row) {
    return {mark_in(row, 1), wall_in(row, 4), row.string(5), row.string(6)};
}
template <class Row>
HandlerError error_in(const Row& row) {
    return {mark_in(row, 1), {row.number(4)}, row.string(5), row.string(6)};
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

/// False where the row counts other tables.
template <class Row>
bool decode_head(const Row& row, Head& head) {
    head.commits = row.integer(1);
    head.bound = time_in(row, 2);
    head.wall = wall_in(row, 3);
    head.last = stamp_in(row, 4);
    head.messages = row.number(6);
    head.source_bytes = row.number(7);
    ByteReader reader(row.bytes(8));
    for (RowSum& sum : head.checks) {
        sum.rows = reader.fixed<std::uint64_t>();
        sum.sum = reader.fixed<std::uint64_t>();
    }
    return reader.done();
}

Head read_head(Database& database);
void insert_head(Database& database);
/// Throws where somebody else has committed since `head` was read or written here.
void check_only_writer(Database& database, const Head& head);
/// Counts up `head.commits`.
void update_head(Database& database, Head& head);

}  // namespace teatime::timegraph
