#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "block.h"
#include "body_decoder.h"
#include "meta_names.h"
#include "teatime/timegraph/ring.h"
#include "writer_impl.h"

namespace teatime::timegraph {
namespace {

/// The second state that needs no other one: where the recording may begin next.
std::optional<RingStart> second_start(Database& database) {
    Query query(database,
                "SELECT id, branch, time, n, seq FROM keyframes WHERE branch = 0 AND kind <> 1 "
                "ORDER BY id LIMIT 2");
    if (!query.next() || !query.next()) return {};
    return RingStart{query.integer(0), mark_in(query, 1), {query.number(4)}};
}

std::uint64_t source_bytes_of(const BlockRow& row, std::size_t largest) {
    std::string body;
    BodyDecoder decoder;
    if (!unpack(row.data, largest, body) || !decoder.open(body, row.n)) return 0;
    std::uint64_t bytes = 0;
    for (Stamp stamp; decoder.next_stamp(stamp) && decoder.load();) bytes += decoder.text_size();
    return bytes;
}

}  // namespace

std::size_t Writer::Impl::size_of(std::initializer_list<Cell> cells) {
    std::size_t bytes = 0;
    for (const Cell& cell : cells) {
        auto* text = std::get_if<Text>(&cell);
        auto* blob = std::get_if<Blob>(&cell);
        bytes += text ? text->bytes.size() : blob ? blob->bytes.size() : sizeof(std::int64_t);
    }
    return bytes;
}

bool Writer::Impl::next_is_whole(VirtualTime time) const {
    if (!keyframe_base || deltas >= kDeltasPerFull) return true;
    bool late = options.whole_every > Duration(0) && time - whole_at >= options.whole_every;
    bool much = options.whole_every_bytes > 0 && since_whole >= options.whole_every_bytes;
    return late || much;
}

bool Writer::wants_whole_state() const {
    const Impl& impl = *impl_;
    std::uint64_t most = impl.options.whole_every_bytes;
    return most > 0 && impl.since_whole >= most;
}

void Writer::Impl::remove(Table table, const char* where, std::initializer_list<Cell> cells) {
    std::string from =
        fmt::format(" FROM {} WHERE {}", kTables[static_cast<std::size_t>(table)].name, where);
    RowSum& sum = head.sum(table);
    {
        Query query(*database, ("SELECT \"check\"" + from).c_str(), cells);
        while (query.next()) {
            --sum.rows;
            sum.sum -= query.number(0);
        }
    }
    database->run(("DELETE" + from).c_str(), cells);
    changed = true;
}

void Writer::Impl::set_meta(std::string_view name, std::string_view value) {
    remove(Table::meta, "name = ?1", {Text{name}});
    insert(Table::meta, {id(Table::meta), Text{name}, Text{value}});
}

/// Those of which nothing is needed after message `up_to`; returns the last message dropped.
Seq Writer::Impl::drop_blocks(Seq up_to) {
    Seq last;
    {
        Query query(*database,
                    "SELECT * FROM blocks WHERE branch = 0 AND last_seq <= ?1 ORDER BY last_seq",
                    {cell(up_to)});
        std::string hash;
        while (query.next_checked(Table::blocks)) {
            BlockRow row(query);
            head.messages -= row.n;
            head.source_bytes -= source_bytes_of(row, database->largest(Table::blocks));
            block_bytes -= std::min<std::uint64_t>(block_bytes, row.data.size());
            last = row.last.seq;
            hash = row.hash;
        }
        if (!last) return last;
        set_meta(kChainStart,
                 to_hex({reinterpret_cast<const std::uint8_t*>(hash.data()), hash.size()}));
    }
    remove(Table::blocks, "branch = 0 AND last_seq <= ?1", {cell(up_to)});
    return last;
}

void Writer::Impl::drop_before(const RingStart& start) {
    auto earlier = {cell(start.mark.time), cell_of_n(start.mark.n)};
    if (Seq last = drop_blocks(start.seq)) remove(Table::gaps, "before_seq <= ?1", {cell(last)});
    remove(Table::keyframes, "branch = 0 AND id < ?1", {start.id});
    remove(Table::votes, "branch = 0 AND (time, n) < (?1, ?2)", earlier);
    remove(Table::bookmarks, "branch = 0 AND (time, n) < (?1, ?2)", earlier);
    remove(Table::errors, "branch = 0 AND (time, n) < (?1, ?2)", earlier);
    remove(Table::clock, "id < (SELECT max(id) FROM clock WHERE time <= ?1)",
           {cell(start.mark.time)});
    remove(Table::members, "member IN (SELECT member FROM members WHERE here = 0 AND seq <= ?1)",
           {cell(start.seq)});
    remove(Table::files, "seq < ?1", {cell(start.seq)});
}

result<std::optional<Mark>> Writer::drop_oldest(VirtualTime before) {
    Impl& impl = *impl_;
    if (impl.failure) return *impl.failure;
    if (impl.closed) return impl.closed_already();
    std::optional<RingStart> start;
    auto looked = guarded([&] { start = second_start(*impl.database); });
    if (!looked) {
        impl.stop(looked.error());
        return looked.error();
    }
    if (!start || start->mark.time > before) return std::optional<Mark>();
    bool dropped = false;
    auto done = impl.change([&] {
        dropped = !ring_is_frozen(impl.path);  // under the lock that freeze_ring() takes too
        if (dropped) impl.drop_before(*start);
        impl.commit();
    });
    if (!done) return done.error();
    return dropped ? std::optional(start->mark) : std::nullopt;
}

result<std::uint64_t> Writer::used_bytes() const {
    const Impl& impl = *impl_;
    if (impl.failure) return *impl.failure;
    if (impl.closed) return impl.closed_already();
    return guarded([&] {
        auto pages = [&](const char* pragma) {
            Query query(*impl.database, pragma);
            return query.next() ? query.number(0) : 0;
        };
        return (pages("PRAGMA page_count") - pages("PRAGMA freelist_count")) * kPageSize;
    });
}

result<std::uint64_t> Writer::disk_bytes() const {
    const Impl& impl = *impl_;
    if (impl.failure) return *impl.failure;
    if (impl.closed) return impl.closed_already();
    return guarded([&] {
        Query query(*impl.database, "PRAGMA page_count");
        std::uint64_t pages = query.next() ? query.number(0) : 0;
        std::error_code error;
        std::uintmax_t wal = std::filesystem::file_size(impl.path + "-wal", error);
        return pages * kPageSize + (error ? 0 : wal);
    });
}

}  // namespace teatime::timegraph
