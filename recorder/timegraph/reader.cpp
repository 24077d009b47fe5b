#include "teatime/timegraph/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "block.h"
#include "database.h"
#include "head.h"
#include "meta_names.h"
#include "zstd_frame.h"

namespace teatime::timegraph {
namespace {

Reader::End end_of(const Head& head) {
    return {head.bound, head.wall, head.last, head.messages, head.source_bytes};
}

Meta read_meta(Database& database) {
    std::map<std::string, std::string> names;
    {
        Query query(database, "SELECT * FROM meta ORDER BY id");
        while (query.next_checked(Table::meta)) names[query.string(1)] = query.string(2);
    }
    auto take = [&](const char* name) {
        auto node = names.extract(name);
        return node ? std::move(node.mapped()) : std::string();
    };
    Meta meta;
    for (auto [name, text] : kMetaTexts) meta.*text = take(name);
    std::string tick = take(kTickMeta);
    std::int64_t microseconds = 0;
    std::from_chars(tick.data(), tick.data() + tick.size(), microseconds);
    meta.tick = Duration(microseconds);
    meta.more = std::move(names);
    return meta;
}

/// base + (to - from) * factor, for clocks of any file: never overflows. A long double holds every
/// 64-bit integer, so with a factor of 1 the result is exact.
std::int64_t project(std::int64_t base, std::int64_t from, std::int64_t to, double factor) {
    constexpr long double kFar = 9e18L;
    long double sum = static_cast<long double>(base) +
                      (static_cast<long double>(to) - static_cast<long double>(from)) * factor;
    return std::llround(std::clamp(sum, -kFar, kFar));
}

std::int64_t count(VirtualTime time) {
    return time.time_since_epoch().count();
}
std::int64_t count(WallTime wall) {
    return wall.time_since_epoch().count();
}

std::optional<Stamp> first_stamp(Database& database) {
    Query block(database, "SELECT * FROM blocks WHERE branch = 0 ORDER BY last_seq LIMIT 1");
    if (block.next_checked(Table::blocks)) return BlockRow(block).first;
    Query tail(database, "SELECT * FROM tail WHERE branch = 0 ORDER BY id LIMIT 1");
    if (tail.next_checked(Table::tail)) return TailRow(tail).first;
    return std::nullopt;
}

}  // namespace

Reader::Reader(std::unique_ptr<Database> database) : database_(std::move(database)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

result<Reader> Reader::open(const std::string& path, const ReaderOptions& options) {
    return guarded([&] {
        auto use = options.untrusted ? Database::Use::read_untrusted : Database::Use::read;
        auto database = std::make_unique<Database>(path, use);
        read_head(*database);
        return Reader(std::move(database));
    });
}

const std::string& Reader::path() const {
    return database_->path();
}

result<Reader::End> Reader::end() const {
    return guarded([&] { return end_of(read_head(*database_)); });
}

result<Reader::Info> Reader::info() const {
    return guarded([&] {
        ReadTransaction transaction(*database_);
        Head head = read_head(*database_);
        Info info;
        info.meta = read_meta(*database_);
        info.format = kFormatVersion;
        info.end = end_of(head);
        info.blocks = head.rows(Table::blocks);
        info.keyframes = head.rows(Table::keyframes);
        info.votes = head.rows(Table::votes);
        info.bookmarks = head.rows(Table::bookmarks);
        info.branches = head.rows(Table::branches);
        info.edits = head.rows(Table::edits);
        info.gaps = head.rows(Table::gaps);
        info.errors = head.rows(Table::errors);
        info.files = head.rows(Table::files);
        info.other_tables = database_->other_tables();
        info.first = first_stamp(*database_);
        for (const char* suffix : {"", "-wal"}) {
            std::error_code error;
            auto size = std::filesystem::file_size(database_->path() + suffix, error);
            if (!error) info.file_bytes += size;
        }
        return info;
    });
}

result<std::vector<Reader::Batch>> Reader::batches(Seq after) const {
    return guarded([&] {
        ReadTransaction transaction(*database_);
        std::vector<Batch> batches;
        for (const char* table :
             {"SELECT first_time, first_seq, last_time, last_seq, n FROM blocks "
              "WHERE branch = 0 AND last_seq > ?1 ORDER BY last_seq",
              "SELECT first_time, first_seq, last_time, last_seq, n FROM tail "
              "WHERE branch = 0 AND id > ?1 ORDER BY id"}) {
            Query query(*database_, table, {cell(after)});
            while (query.next()) {
                batches.push_back({stamp_in(query, 0), stamp_in(query, 2), query.number(4)});
            }
        }
        return batches;
    });
}

result<std::vector<Vote>> Reader::votes(const Mark& from, const Mark& to) const {
    return guarded([&] {
        std::vector<Vote> votes;
        Query query(*database_,
                    "SELECT * FROM votes WHERE branch = ?1 AND (time, n) >= (?2, ?3) "
                    "AND (time, n) <= (?4, ?5) ORDER BY time, n, id",
                    {cell(from.branch), cell(from.time), cell_of_n(from.n), cell(to.time),
                     cell_of_n(to.n)});
        while (query.next_checked(Table::votes)) {
            votes.push_back(vote_in(query));
        }
        return votes;
    });
}

result<std::vector<ClockPoint>> Reader::clock() const {
    return guarded([&] {
        std::vector<ClockPoint> points;
        Query query(*database_, "SELECT * FROM clock ORDER BY id");
        while (query.next_checked(Table::clock)) points.push_back(clock_point_in(query));
        return points;
    });
}

result<std::vector<Bookmark>> Reader::bookmarks() const {
    return guarded([&] {
        std::vector<Bookmark> bookmarks;
        Query query(*database_, "SELECT * FROM bookmarks ORDER BY branch, time, n, id");
        while (query.next_checked(Table::bookmarks)) {
            bookmarks.push_back(bookmark_in(query));
        }
        return bookmarks;
    });
}

result<std::vector<Member>> Reader::members() const {
    return guarded([&] {
        std::vector<Member> members;
        Query query(*database_, "SELECT * FROM members ORDER BY id");
        while (query.next_checked(Table::members)) {
            MemberId id{query.number(1)};
            if (query.integer(2) != 0) {
                members.push_back({id, query.string(5), query.string(6), stamp_in(query, 3), {}});
                continue;
            }
            auto here = std::find_if(members.rbegin(), members.rend(), [&](const Member& member) {
                return member.id == id && !member.left;
            });
            if (here != members.rend()) here->left = stamp_in(query, 3);
        }
        return members;
    });
}

result<std::vector<Gap>> Reader::gaps() const {
    return guarded([&] {
        std::vector<Gap> gaps;
        Query query(*database_, "SELECT * FROM gaps ORDER BY after_seq, id");
        while (query.next_checked(Table::gaps)) gaps.push_back(gap_in(query));
        return gaps;
    });
}

result<std::vector<HandlerError>> Reader::errors() const {
    return guarded([&] {
        std::vector<HandlerError> errors;
        Query query(*database_, "SELECT * FROM errors ORDER BY id");
        while (query.next_checked(Table::errors)) {
            errors.push_back(error_in(query));
        }
        return errors;
    });
}

result<std::vector<ForeignFile>> Reader::files() const {
    return guarded([&] {
        std::vector<ForeignFile> files;
        Query query(*database_, "SELECT * FROM files ORDER BY id");
        while (query.next_checked(Table::files)) {
            ForeignFile file{stamp_in(query, 1), query.string(3), {}};
            auto unpacked = unpack(query.bytes(6), database_->largest(Table::files), file.bytes);
            if (!unpacked) {
                database_->damaged(
                    fmt::format("file {}: {}", query.integer(0), unpacked.error().message));
            }
            files.push_back(std::move(file));
        }
        return files;
    });
}

WallTime wall_at(const ClockPoint& point, VirtualTime time) {
    double factor = point.rate > 0 ? 1 / point.rate : 0;
    return WallTime{std::chrono::microseconds(
        project(count(point.wall), count(point.stamp.time), count(time), factor))};
}

result<WallTime> Reader::wall_at(VirtualTime time) const {
    return guarded([&] {
        ReadTransaction transaction(*database_);
        VirtualTime bound = read_head(*database_).bound;
        Query before(*database_,
                     "SELECT * FROM clock WHERE time <= ?1 ORDER BY time DESC, id DESC LIMIT 1",
                     {cell(time)});
        if (time > bound || !before.next_checked(Table::clock)) {
            throw Failure{wrong_usage(
                fmt::format("{}: no wall clock is known for {}; the recording ends at {}", path(),
                            to_string(time), to_string(bound)))};
        }
        ClockPoint point = clock_point_in(before);
        WallTime wall = timegraph::wall_at(point, time);
        Query after(*database_, "SELECT * FROM clock WHERE time > ?1 ORDER BY time, id LIMIT 1",
                    {cell(time)});
        if (after.next_checked(Table::clock)) wall = std::min(wall, clock_point_in(after).wall);
        return wall;
    });
}

result<VirtualTime> Reader::time_at(WallTime wall) const {
    return guarded([&] {
        ReadTransaction transaction(*database_);
        Head head = read_head(*database_);
        Query before(*database_,
                     "SELECT * FROM clock WHERE wall <= ?1 ORDER BY wall DESC, id DESC LIMIT 1",
                     {cell(wall)});
        if (!before.next_checked(Table::clock)) {
            throw Failure{wrong_usage(fmt::format(
                "{}: that is before the recording, or it knows no wall clock", path()))};
        }
        ClockPoint point = clock_point_in(before);
        std::int64_t projected =
            project(count(point.stamp.time), count(point.wall), count(wall), point.rate);
        VirtualTime time{Duration(projected)};
        Query after(*database_, "SELECT * FROM clock WHERE wall > ?1 ORDER BY wall, id LIMIT 1",
                    {cell(wall)});
        if (after.next_checked(Table::clock)) {
            time = std::min(time, clock_point_in(after).stamp.time);
        } else if (wall > std::max(head.wall, point.wall) && time > head.bound) {
            throw Failure{
                wrong_usage(fmt::format("{}: that is after the recording, which ends at {}", path(),
                                        to_string(head.bound)))};
        }
        return std::min(time, head.bound);
    });
}

}  // namespace teatime::timegraph
