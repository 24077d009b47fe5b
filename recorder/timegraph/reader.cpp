#include "teatime/timegraph/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "block.h"
#include "body_decoder.h"
#include "database.h"
#include "form.h"
#include "head.h"
#include "summary.h"
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
    meta.kind = take("kind");
    meta.app = take("app");
    meta.code_id = take("code_id");
    meta.session = take("session");
    meta.name = take("name");
    meta.router = take("router");
    meta.recorder = take("recorder");
    std::string tick = take("tick_us");
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

ClockPoint clock_at(const Query& query) {
    return {stamp_in(query, 1), wall_in(query, 3), query.real(4)};
}

}  // namespace

struct Reader::Cursor::Impl {
    Database& database;
    VirtualTime from;
    VirtualTime to;
    std::optional<Expression> where{};
    std::function<bool(Seq)> go_on{};
    Seq last{~std::uint64_t{0}};  ///< nothing above it is wanted
    Seq position;                 ///< everything up to here was delivered or is not wanted
    bool started = false;         ///< by position, not by `from`
    bool finished = false;
    bool has_batch = false;
    Seq batch_end;
    std::string batch;  ///< its name, for errors
    std::string hash;   ///< of the block that the decoder holds; empty where it holds none
    std::string body;
    BodyDecoder decoder;
    FieldsMaker fields_maker{decoder};
    std::vector<std::int8_t> voices{};  ///< of the batch, whether they may match; -1: not asked yet
    MessageView message;
    bool has_text = true;  ///< of the message, if there is one
    result<void> status;
    Effort effort{};

    bool next();
    void make_text();
    Fields fields();
    bool holds();
    bool voice_may_match();
    bool fetch();
    void skip_blocks();
    bool fetch_block();
    bool fetch_tail();
    void restart(VirtualTime at_or_after);
    void take(std::string_view data, std::uint64_t n, Seq end, std::string_view table,
              std::int64_t id);
};

bool Reader::Cursor::Impl::next() {
    has_text = true;
    while (status && !finished) {
        if (!has_batch) {
            auto fetched = guarded([&] { return fetch(); });
            if (!fetched) status = fetched.error();
            if (!fetched || !*fetched) return false;
        }
        while (decoder.next_stamp(message.stamp, from, position)) {
            if (message.stamp.time > to || message.stamp.seq > last) {
                finished = true;
                return false;
            }
            position = message.stamp.seq;
            ++effort.messages;
            if (where && !voice_may_match()) continue;
            if (!decoder.load()) break;
            message.sender = decoder.sender();
            has_text = false;
            if (!where || holds()) return true;
        }
        has_batch = false;
        position = std::max(position, batch_end);  // goes on even where the body says nonsense
        if (!decoder.ok()) {
            status = unreadable(
                fmt::format("{}: {} does not hold the messages it should", database.path(), batch));
        }
    }
    return false;
}

void Reader::Cursor::Impl::make_text() {
    if (!has_text) decoder.text(message);
    has_text = true;
}

/// Keeps what it holds in memory.
void Reader::Cursor::Impl::restart(VirtualTime at_or_after) {
    from = at_or_after;
    position = {};
    started = finished = has_batch = false;
    status = {};
}

Fields Reader::Cursor::Impl::fields() {
    return fields_maker.fields([&] {
        make_text();
        return message.payload;
    });
}

/// Whether the expression does. Of most calls no text is made.
bool Reader::Cursor::Impl::holds() {
    auto payload = [this] {
        make_text();
        return message.payload;
    };
    Fields call = fields();
    if (!call.is_call()) {
        return where->holds(MessageFacts(message.stamp, message.sender, payload()));
    }
    Value::List arguments;
    arguments.reserve(call.arguments());
    for (std::size_t i = 0; i < call.arguments(); ++i) arguments.push_back(call.argument(i));
    return where->holds(MessageFacts::call(message.stamp, message.sender,
                                           std::string(call.target()), std::string(call.selector()),
                                           std::move(arguments), payload));
}

/// Most messages are told apart by who says what, without spelling and decoding each.
bool Reader::Cursor::Impl::voice_may_match() {
    std::int8_t& known = voices[decoder.voice()];
    if (known >= 0) return known != 0;
    BodyDecoder::VoiceView voice = decoder.view(decoder.voice());
    SummaryMaker maker;
    maker.add_sender(voice.sender);
    constexpr std::size_t kMany = 8;  // worth a closer look
    if (voice.messages >= kMany) {
        maker.add_shape(voice.shape.payload, voice.shape.holes);
    } else {
        maker.add_scanned(voice.shape.payload);
    }
    known = where->may_hold(Summary(maker)) ? 1 : 0;
    return known != 0;
}

/// A block and the tail that it replaces must be seen in one and the same commit, else a fold
/// between the two queries hides messages.
bool Reader::Cursor::Impl::fetch() {
    finished = go_on && !go_on(position);
    if (finished) return false;
    ReadTransaction transaction(database);
    if (where) skip_blocks();
    if (finished || !(fetch_block() || fetch_tail())) return false;
    // With a wrong key before it, SQLite finds the same row again and again.
    if (batch_end <= position) database.damaged(batch + " is out of order");
    return true;
}

/// Goes on to the next block that has to be read. A head whose summary holds is whole, too; where
/// it does not, reading the block tells what is wrong.
void Reader::Cursor::Impl::skip_blocks() {
    constexpr const char* kByTime =
        "SELECT id, branch, first_time, first_seq, last_time, last_seq, n, summary FROM blocks "
        "WHERE branch = 0 AND last_time >= ?1 ORDER BY last_time, last_seq";
    constexpr const char* kBySeq =
        "SELECT id, branch, first_time, first_seq, last_time, last_seq, n, summary FROM blocks "
        "WHERE branch = 0 AND last_seq > ?1 ORDER BY last_seq";
    bool by_seq = started || position;
    Query query(database, by_seq ? kBySeq : kByTime, {by_seq ? cell(position) : cell(from)});
    while (query.next()) {
        BlockHead head{query.integer(0),
                       {query.number(1)},
                       stamp_in(query, 2),
                       stamp_in(query, 4),
                       query.number(6)};
        auto summary = Summary::read(head, query.bytes(7));
        if (!summary || head.last.seq <= position) return;
        finished = head.first.time > to || head.first.seq > last;
        if (finished || where->may_hold(*summary)) return;
        position = head.last.seq;
        ++effort.skipped;
    }
}

bool Reader::Cursor::Impl::fetch_block() {
    constexpr const char* kByTime =
        "SELECT * FROM blocks WHERE branch = 0 AND last_time >= ?1 "
        "ORDER BY last_time, last_seq LIMIT 1";
    constexpr const char* kBySeq =
        "SELECT * FROM blocks WHERE branch = 0 AND last_seq > ?1 ORDER BY last_seq LIMIT 1";
    bool by_seq = started || position;
    Query query(database, by_seq ? kBySeq : kByTime, {by_seq ? cell(position) : cell(from)});
    if (!query.next()) return false;
    if (!hash.empty() && query.bytes(kBlockHashColumn) == hash && decoder.ok()) {
        decoder.rewind();
        batch_end = {query.number(5)};
        has_batch = started = true;
        return true;
    }
    query.check(Table::blocks);
    BlockRow row(query);
    take(row.data, row.n, row.last.seq, "block", row.id);
    hash = row.hash;
    return true;
}

bool Reader::Cursor::Impl::fetch_tail() {
    Query query(database,
                "SELECT * FROM tail WHERE branch = 0 AND last_time >= ?1 AND id > ?2 "
                "ORDER BY id LIMIT 1",
                {cell(from), cell(position)});
    if (!query.next_checked(Table::tail)) return false;
    TailRow row(query);
    take(row.data, row.n, row.last.seq, "tail row", row.id);
    return true;
}

void Reader::Cursor::Impl::take(std::string_view data, std::uint64_t n, Seq end,
                                std::string_view table, std::int64_t id) {
    batch = fmt::format("{} {}", table, id);
    hash.clear();
    auto unpacked = unpack(data, database.largest(Table::blocks), body);
    if (unpacked) unpacked = decoder.open(body, n);
    if (!unpacked) database.damaged(fmt::format("{}: {}", batch, unpacked.error().message));
    fields_maker.restart();
    if (where) voices.assign(decoder.voices(), -1);
    batch_end = end;
    has_batch = true;
    ++effort.read;
    started = true;
}

Reader::Cursor::Cursor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)), at_(&impl_->message) {}
Reader::Cursor::Cursor(Cursor&&) noexcept = default;
Reader::Cursor& Reader::Cursor::operator=(Cursor&&) noexcept = default;
Reader::Cursor::~Cursor() = default;

bool Reader::Cursor::next() {
    return impl_->next();
}

const MessageView& Reader::Cursor::message() const {
    impl_->make_text();
    return impl_->message;
}

std::size_t Reader::Cursor::text_bytes() const {
    return impl_->decoder.text_size();
}

BodyDecoder& Reader::Cursor::decoder() const {
    return impl_->decoder;
}

Fields Reader::Cursor::fields() const {
    return impl_->fields();
}

Seq Reader::Cursor::position() const {
    return impl_->position;
}

Reader::Cursor::Effort Reader::Cursor::effort() const {
    return impl_->effort;
}

const result<void>& Reader::Cursor::status() const {
    return impl_->status;
}

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

Reader::Cursor Reader::messages(VirtualTime from, VirtualTime to) const {
    return Cursor(std::unique_ptr<Cursor::Impl>(new Cursor::Impl{.database = *database_,
                                                                 .from = from,
                                                                 .to = to,
                                                                 .position = {},
                                                                 .batch_end = {},
                                                                 .batch = {},
                                                                 .hash = {},
                                                                 .body = {},
                                                                 .decoder = {},
                                                                 .message = {},
                                                                 .status = {}}));
}

Reader::Cursor Reader::search(const Search& search) const {
    Expression::Reach reach = search.where.reach();
    Cursor cursor = messages(std::max(search.from, reach.from), std::min(search.to, reach.to));
    cursor.impl_->where = search.where;
    cursor.impl_->go_on = search.go_on;
    cursor.impl_->last = reach.last;
    cursor.impl_->position = search.after;
    if (reach.first > next(search.after)) cursor.impl_->position = {reach.first.value - 1};
    return cursor;
}

Reader::Cursor Reader::messages_after(Seq after, VirtualTime to) const {
    Cursor cursor = messages(VirtualTime::min(), to);
    cursor.impl_->position = after;
    cursor.impl_->started = true;
    return cursor;
}

result<std::optional<Message>> Reader::first_at_or_after(VirtualTime time) const {
    if (seeker_) {
        seeker_->impl_->restart(time);
    } else {
        seeker_ = std::make_unique<Cursor>(messages(time));
    }
    if (seeker_->next()) return std::optional<Message>(seeker_->message().copy());
    if (!seeker_->status()) return seeker_->status().error();
    return std::optional<Message>();
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
            votes.push_back({mark_in(query, 1), {query.number(4)}, query.string(5)});
        }
        return votes;
    });
}

result<std::vector<ClockPoint>> Reader::clock() const {
    return guarded([&] {
        std::vector<ClockPoint> points;
        Query query(*database_, "SELECT * FROM clock ORDER BY id");
        while (query.next_checked(Table::clock)) points.push_back(clock_at(query));
        return points;
    });
}

result<std::vector<Bookmark>> Reader::bookmarks() const {
    return guarded([&] {
        std::vector<Bookmark> bookmarks;
        Query query(*database_, "SELECT * FROM bookmarks ORDER BY branch, time, n, id");
        while (query.next_checked(Table::bookmarks)) {
            bookmarks.push_back(
                {mark_in(query, 1), wall_in(query, 4), query.string(5), query.string(6)});
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
        Query query(*database_, "SELECT * FROM gaps ORDER BY id");
        while (query.next_checked(Table::gaps)) {
            gaps.push_back({stamp_in(query, 1), stamp_in(query, 3), query.string(5)});
        }
        return gaps;
    });
}

result<std::vector<HandlerError>> Reader::errors() const {
    return guarded([&] {
        std::vector<HandlerError> errors;
        Query query(*database_, "SELECT * FROM errors ORDER BY id");
        while (query.next_checked(Table::errors)) {
            errors.push_back(
                {mark_in(query, 1), {query.number(4)}, query.string(5), query.string(6)});
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
        ClockPoint point = clock_at(before);
        double factor = point.rate > 0 ? 1 / point.rate : 0;
        std::int64_t projected =
            project(count(point.wall), count(point.stamp.time), count(time), factor);
        WallTime wall{std::chrono::microseconds(projected)};
        Query after(*database_, "SELECT * FROM clock WHERE time > ?1 ORDER BY time, id LIMIT 1",
                    {cell(time)});
        if (after.next_checked(Table::clock)) wall = std::min(wall, clock_at(after).wall);
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
        ClockPoint point = clock_at(before);
        std::int64_t projected =
            project(count(point.stamp.time), count(point.wall), count(wall), point.rate);
        VirtualTime time{Duration(projected)};
        Query after(*database_, "SELECT * FROM clock WHERE wall > ?1 ORDER BY wall, id LIMIT 1",
                    {cell(wall)});
        if (after.next_checked(Table::clock)) {
            time = std::min(time, clock_at(after).stamp.time);
        } else if (wall > std::max(head.wall, point.wall) && time > head.bound) {
            throw Failure{
                wrong_usage(fmt::format("{}: that is after the recording, which ends at {}", path(),
                                        to_string(head.bound)))};
        }
        return std::min(time, head.bound);
    });
}

}  // namespace teatime::timegraph
