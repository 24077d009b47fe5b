#include "head.h"

#include <fmt/format.h>

#include "teatime/state/bytes.h"

namespace teatime::timegraph {
namespace {

std::string encode(const std::array<RowSum, kTables.size()>& checks) {
    std::string bytes;
    ByteWriter writer(bytes);
    for (const RowSum& sum : checks) {
        writer.fixed(sum.rows);
        writer.fixed(sum.sum);
    }
    return bytes;
}

}  // namespace

Head read_head(Database& database) {
    Query query(database, "SELECT * FROM head WHERE id = 1");
    if (!query.next_checked(Table::head)) database.damaged("its head row is missing");
    Head head;
    head.commits = query.integer(1);
    head.bound = time_in(query, 2);
    head.wall = wall_in(query, 3);
    head.last = stamp_in(query, 4);
    head.messages = query.number(6);
    head.source_bytes = query.number(7);
    ByteReader reader(query.bytes(8));
    for (RowSum& sum : head.checks) {
        sum.rows = reader.fixed<std::uint64_t>();
        sum.sum = reader.fixed<std::uint64_t>();
    }
    if (!reader.done()) database.damaged("its head row does not count these tables");
    return head;
}

void insert_head(Database& database) {
    std::string checks = encode({});
    std::int64_t zero = 0;
    database.insert(Table::head,
                    {std::int64_t{1}, zero, zero, zero, zero, zero, zero, zero, Blob{checks}});
}

void check_only_writer(Database& database, const Head& head) {
    Query query(database, "SELECT commits FROM head WHERE id = 1");
    if (query.next() && query.integer(0) == head.commits) return;
    throw Failure{failed(
        fmt::format("another program has written to {} in the meantime; a recording has one writer",
                    database.path()))};
}

void update_head(Database& database, Head& head) {
    std::string checks = encode(head.checks);
    std::initializer_list<Cell> cells = {std::int64_t{1},
                                         head.commits + 1,
                                         cell(head.bound),
                                         cell(head.wall),
                                         cell(head.last.time),
                                         cell(head.last.seq),
                                         static_cast<std::int64_t>(head.messages),
                                         static_cast<std::int64_t>(head.source_bytes),
                                         Blob{checks}};
    RowCheck check(Table::head);
    for (const Cell& each : cells) check.add(each);
    Query query(database,
                "UPDATE head SET commits = ?2, bound = ?3, wall = ?4, last_time = ?5, "
                "last_seq = ?6, messages = ?7, source_bytes = ?8, checks = ?9, \"check\" = ?10 "
                "WHERE id = ?1",
                cells);
    query.bind(10, check.value());
    query.next();
    ++head.commits;
}

}  // namespace teatime::timegraph
