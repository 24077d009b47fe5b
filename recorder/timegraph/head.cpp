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
    if (!decode_head(query, head)) {
        database.damaged("its head row does not count these tables");
    }
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
