#include <fmt/format.h>

#include <algorithm>

#include "block.h"
#include "body_decoder.h"
#include "database.h"
#include "head.h"
#include "read_ahead.h"
#include "summary.h"
#include "teatime/timegraph/reader.h"

namespace teatime::timegraph {
namespace {

constexpr const char* kBlockBehind =
    "SELECT * FROM blocks WHERE branch = 0 AND last_seq > ?1 ORDER BY last_seq LIMIT 1";

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
    std::unique_ptr<OpenBatch> batch = std::make_unique<OpenBatch>();
    ReadAhead ahead{};
    std::size_t in_a_row = 0;  ///< blocks that were read one after the other
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
    void read_ahead();
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
        BodyDecoder& decoder = batch->decoder;
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
        position = std::max(position, batch->end);  // goes on even where the body says nonsense
        if (!decoder.ok()) {
            status = unreadable(fmt::format("{}: {} does not hold the messages it should",
                                            database.path(), batch->name));
        }
    }
    return false;
}

void Reader::Cursor::Impl::make_text() {
    if (!has_text) batch->decoder.text(message);
    has_text = true;
}

/// Keeps what it holds in memory.
void Reader::Cursor::Impl::restart(VirtualTime at_or_after) {
    from = at_or_after;
    position = {};
    started = finished = has_batch = false;
    in_a_row = 0;
    ahead.forget();
    status = {};
}

Fields Reader::Cursor::Impl::fields() {
    return batch->fields_maker.fields([&] {
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
    const BodyDecoder& decoder = batch->decoder;
    std::int8_t& known = batch->voices[decoder.voice()];
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
    if (finished) return false;
    bool is_block = fetch_block();
    if (!is_block && !fetch_tail()) return false;
    // With a wrong key before it, SQLite finds the same row again and again.
    if (batch->end <= position) database.damaged(batch->name + " is out of order");
    if (is_block && ++in_a_row > 1) read_ahead();
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
    bool by_seq = started || position;
    if (by_seq && ahead.take(position, batch)) {
        has_batch = true;
        ++effort.read;
        return true;
    }
    Query query(database, by_seq ? kBlockBehind : kByTime, {by_seq ? cell(position) : cell(from)});
    if (!query.next()) return false;
    OpenBatch& it = *batch;
    if (!it.hash.empty() && query.bytes(kBlockHashColumn) == it.hash && it.decoder.ok()) {
        it.decoder.rewind();
        it.end = {query.number(5)};
        has_batch = started = true;
        return true;
    }
    query.check(Table::blocks);
    BlockRow row(query);
    take(row.data, row.n, row.last.seq, "block", row.id);
    it.hash = row.hash;
    return true;
}

/// Who has read two blocks one after the other will read more. What fails here is told of when its
/// turn comes.
void Reader::Cursor::Impl::read_ahead() {
    if (where) return;  // which skips
    Seq after = ahead.end_or(batch->end);
    while (ahead.has_room()) {
        auto found = guarded([&] {
            Query query(database, kBlockBehind, {cell(after)});
            if (!query.next_checked(Table::blocks)) return false;
            BlockRow row(query);
            bool fits = row.first.time <= to && row.last.seq > after && ahead.add(after, row);
            after = row.last.seq;
            return fits;
        });
        if (!found || !*found) return;
    }
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
    batch->name = fmt::format("{} {}", table, id);
    auto opened = batch->open(data, n, database.largest(Table::blocks));
    if (!opened) database.damaged(fmt::format("{}: {}", batch->name, opened.error().message));
    if (where) batch->voices.assign(batch->decoder.voices(), -1);
    batch->end = end;
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
    return impl_->batch->decoder.text_size();
}

BodyDecoder& Reader::Cursor::decoder() const {
    return impl_->batch->decoder;
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

Reader::Cursor Reader::messages(VirtualTime from, VirtualTime to) const {
    return Cursor(std::unique_ptr<Cursor::Impl>(new Cursor::Impl{.database = *database_,
                                                                 .from = from,
                                                                 .to = to,
                                                                 .position = {},
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

}  // namespace teatime::timegraph
