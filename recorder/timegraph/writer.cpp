#include "teatime/timegraph/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "block.h"
#include "body_decoder.h"
#include "meta_names.h"
#include "teatime/state/bytes.h"
#include "writer_impl.h"

namespace teatime::timegraph {
namespace {

constexpr std::size_t kBlocksPerCommit = 4;
constexpr std::size_t kBlocksPerBulkCommit = 256;   // at a commit, all blocks must be made
constexpr std::size_t kDraftsInBulk = 2;            // under way in threads
constexpr std::size_t kLargestMessage = 32u << 20;  // with a block it fits Database::largest()
constexpr std::uint64_t kLargestSeq = INT64_MAX;    // SQLite's integers are signed

DatabaseOptions database_options(const WriterOptions& options) {
    std::uint64_t limit = options.max_bytes;
    if (options.keep_bytes > 0 && (limit == 0 || options.keep_bytes < limit))
        limit = options.keep_bytes;
    return {options.vfs, options.max_bytes, wal_share(limit), options.durable};
}

/// Where the recording was said to stop here, now it is known what is missing; where it was said to
/// go on and could not, more is, for the same reason.
bool grows_into(const Gap& known, const Gap& gap) {
    bool stopped = known.before.seq == next(known.after.seq);
    return known.after.seq == gap.after.seq && known.before.seq <= gap.before.seq &&
           (stopped || known.why == gap.why);
}

std::string pack_touched(Packer& packer, const std::vector<ObjectId>& touched) {
    std::string bytes;
    ByteWriter writer(bytes);
    std::uint64_t before = 0;
    for (ObjectId id : touched) {
        writer.varint(id.value - before);
        before = id.value;
    }
    return std::string(packer.pack(bytes));
}

}  // namespace

/// Makes the state of this object what the file says. Also the way back after a failure.
void Writer::Impl::load() {
    in_transaction = false;
    changed = false;
    waiting_blocks = 0;
    head = read_head(*database);
    for (std::size_t i = 0; i < kTables.size(); ++i) {
        Query query(
            *database,
            fmt::format("SELECT coalesce(max(id), 0) + 1 FROM {}", kTables[i].name).c_str());
        query.next();
        next_id[i] = query.integer(0);
    }
    drafts.clear();
    if (!draft) draft = std::make_unique<BlockDraft>();
    Sha256 last_hash = load_chain();
    Stamp base;
    {
        Query query(*database,
                    "SELECT * FROM blocks WHERE branch = 0 ORDER BY last_seq DESC LIMIT 1");
        if (query.next_checked(Table::blocks)) {
            BlockRow row(query);
            base = row.last;
            std::copy_n(row.hash.begin(), std::min(row.hash.size(), last_hash.size()),
                        last_hash.begin());
        }
    }
    chain = known_hash(last_hash);
    encoder().start(base);
    load_tail();
    in_tail = encoder().end();
    load_gaps();
    {
        Query query(*database, "SELECT * FROM clock ORDER BY id DESC LIMIT 1");
        if (query.next_checked(Table::clock)) rate = clock_point_in(query).rate;
    }
    schemas.clear();
    {
        Query query(*database, "SELECT hash FROM schemas");
        while (query.next()) schemas.insert(query.string(0));
    }
    keyframe_base.reset();
    committed_last = head.last;
    committed_messages = head.messages;
    committed_bytes = head.source_bytes;
}

/// Where the first block of all begins, or the first that was not dropped.
Sha256 Writer::Impl::load_chain() {
    Sha256 hash{};
    Query query(*database, "SELECT value FROM meta WHERE name = ?1 ORDER BY id DESC LIMIT 1",
                {Text{kChainStart}});
    if (!query.next()) return hash;
    std::string_view digits = query.bytes(0);
    for (std::size_t i = 0; i < hash.size() && digits.size() == 2 * hash.size(); ++i)
        std::from_chars(&digits[2 * i], &digits[2 * i] + 2, hash[i], 16);
    return hash;
}

void Writer::Impl::load_tail() {
    std::string body;
    Query query(*database, "SELECT * FROM tail WHERE branch = 0 ORDER BY id");
    while (query.next_checked(Table::tail)) {
        TailRow row(query);
        BodyDecoder decoder;
        auto unpacked = unpack(row.data, database->largest(Table::tail), body);
        if (unpacked) unpacked = decoder.open(body, row.n);
        MessageView message;
        while (unpacked && decoder.next(message)) {
            if (encoder().empty()) draft->first = message.stamp;
            encoder().add(message);
        }
        if (!unpacked || !decoder.ok())
            database->damaged(fmt::format("tail row {} is damaged", row.id));
    }
}

void Writer::Impl::load_gaps() {
    gaps = {};
    last_gap.reset();
    Query query(*database, "SELECT * FROM gaps ORDER BY id");
    while (query.next()) note_gap(query.integer(0), gap_in(query));
}

void Writer::Impl::note_gap(std::int64_t id, Gap gap) {
    last_gap = {id, gap};
    gaps.add(std::move(gap));
}

bool Writer::Impl::fits(Stamp stamp) const {
    return stamp.seq > head.last.seq && stamp.time >= head.last.time &&
           stamp.time >= kSessionStart && stamp.seq.value < kLargestSeq;
}

Error Writer::Impl::out_of_order(Stamp stamp) const {
    return wrong_usage(fmt::format(
        "{}: a message stamped ({}, {}) cannot follow one stamped ({}, {}), or is too large", path,
        to_string(stamp.time), stamp.seq.value, to_string(head.last.time), head.last.seq.value));
}

/// `add` puts it into the encoder and returns its size.
template <class Add>
result<void> Writer::Impl::append(Stamp stamp, Add&& add) {
    if (failure) return *failure;
    if (closed) return closed_already();
    if (!fits(stamp)) return out_of_order(stamp);
    bool jump = stamp.seq != next(head.last.seq) && head.last.seq;
    if (jump && !gaps.explains(head.last.seq, stamp.seq)) {
        auto noted = change([&] {
            record_gap({head.last, stamp, "the recorder did not get these messages"});
        });
        if (!noted) return noted;
    }
    if (encoder().empty()) draft->first = stamp;
    head.source_bytes += add();
    head.last = stamp;
    head.bound = std::max(head.bound, stamp.time);
    ++head.messages;
    changed = true;
    if (encoder().source_bytes() < std::min(options.block_bytes, kMaxBlockBytes)) return {};
    return change([&] {
        seal();
        if (waiting_blocks >= (options.durable ? kBlocksPerCommit : kBlocksPerBulkCommit)) commit();
    });
}

/// The next messages go into another draft. Where a file counts when it is whole, the row is made
/// beside that.
void Writer::Impl::seal() {
    if (encoder().empty()) return;
    if (clock) insert_clock(*clock);
    auto policy = std::launch::deferred;
    if (!options.durable) policy |= std::launch::async;  // where the system has a thread for it
    std::int64_t id = next_id[static_cast<std::size_t>(Table::blocks)];
    id += static_cast<std::int64_t>(drafts.size());
    draft->make(policy, id, head.last, head.bound, chain);
    chain = draft->hash();
    drafts.push_back(std::move(draft));
    while (drafts.size() > (options.durable ? 0 : kDraftsInBulk)) insert_block();
    if (spare_drafts.empty()) {
        draft = std::make_unique<BlockDraft>();
    } else {
        draft = std::move(spare_drafts.back());
        spare_drafts.pop_back();
    }
    encoder().start(head.last);
    in_tail = encoder().begin();
}

/// The oldest one that is made.
void Writer::Impl::insert_block() {
    auto [row, summary] = drafts.front()->made();
    insert(Table::blocks,
           {row.id, cell(row.branch), cell(row.first.time), cell(row.first.seq),
            cell(row.last.time), cell(row.last.seq), static_cast<std::int64_t>(row.n),
            cell(row.bound), static_cast<std::int64_t>(row.raw_len), Blob{row.previous},
            Blob{row.hash}, Blob{summary}, Blob{row.data}});
    block_bytes += row.data.size();
    if (head.rows(Table::tail) > 0) {
        database->run("DELETE FROM tail WHERE branch = 0");
        head.sum(Table::tail) = {};
    }
    ++waiting_blocks;
    spare_drafts.push_back(std::move(drafts.front()));
    drafts.pop_front();
}

void Writer::Impl::write_tail() {
    auto end = encoder().end();
    if (end.messages == in_tail.messages) return;
    Stamp first_in_row = encoder().first_after(in_tail);
    std::string_view body = encoder().body(in_tail, end);
    insert(Table::tail, {cell(head.last.seq), std::int64_t{0}, cell(first_in_row.time),
                         cell(first_in_row.seq), cell(head.last.time), cell(head.last.seq),
                         static_cast<std::int64_t>(end.messages - in_tail.messages),
                         static_cast<std::int64_t>(body.size()), Blob{packer.pack(body)}});
    in_tail = end;
}

void Writer::Impl::commit() {
    while (!drafts.empty()) insert_block();
    write_tail();
    update_head(*database, head);
    database->run("COMMIT");
    in_transaction = false;
    changed = false;
    waiting_blocks = 0;
    committed_last = head.last;
    committed_messages = head.messages;
    committed_bytes = head.source_bytes;
}

void Writer::Impl::record_gap(Gap gap) {
    if (last_gap && grows_into(last_gap->gap, gap)) remove(Table::gaps, "id = ?1", {last_gap->id});
    std::int64_t id =
        insert(Table::gaps, {this->id(Table::gaps), cell(gap.after.time), cell(gap.after.seq),
                             cell(gap.before.time), cell(gap.before.seq), Text{gap.why}});
    note_gap(id, std::move(gap));
}

void Writer::Impl::insert_clock(const ClockPoint& point) {
    insert(Table::clock, {id(Table::clock), cell(point.stamp.time), cell(point.stamp.seq),
                          cell(point.wall), point.rate});
}

std::map<std::string, std::string> meta_names(const Meta& meta) {
    std::map<std::string, std::string> names = meta.more;
    for (auto [name, text] : kMetaTexts) names[name] = meta.*text;
    names[kTickMeta] = meta.tick.count() == 0 ? "" : std::to_string(meta.tick.count());
    std::erase_if(names, [](const auto& each) { return each.second.empty(); });
    return names;
}

Writer::Writer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;

Writer::~Writer() {
    if (impl_) (void)close();
}

result<Writer> Writer::create(const std::string& path, const Meta& meta,
                              const WriterOptions& options) {
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    impl->options = options;
    auto opened = guarded([&] {
        DatabaseOptions of = database_options(options);
        impl->database = std::make_unique<Database>(path, Database::Use::create, of);
        impl->load();
    });
    if (!opened) return opened.error();
    Writer writer(std::move(impl));
    for (const auto& [name, value] : meta_names(meta)) {
        if (auto done = writer.meta(name, value); !done) return done.error();
    }
    if (auto done = writer.commit(); !done) return done.error();
    return writer;
}

result<Writer> Writer::open(const std::string& path, const WriterOptions& options) {
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    impl->options = options;
    auto opened = guarded([&] {
        DatabaseOptions of = database_options(options);
        impl->database = std::make_unique<Database>(path, Database::Use::write, of);
        impl->load();
    });
    if (!opened) return opened.error();
    return Writer(std::move(impl));
}

result<void> Writer::append(const MessageView& message) {
    std::size_t bytes = message.payload.size() + message.extra.size();
    if (bytes > kLargestMessage) return impl_->out_of_order(message.stamp);
    return impl_->append(message.stamp, [&] {
        impl_->encoder().add(message);
        return bytes;
    });
}

result<void> Writer::append(const Reader::Cursor& cursor) {
    return impl_->append(cursor.stamp(), [&] { return impl_->encoder().add(cursor.decoder()); });
}

void Writer::bound(VirtualTime time, WallTime wall) {
    Impl& impl = *impl_;
    if (impl.failure || impl.closed) return;
    reach(time, wall);
    impl.clock = ClockPoint{{time, impl.head.last.seq}, wall, impl.rate};
}

void Writer::reach(VirtualTime time, WallTime wall) {
    Impl& impl = *impl_;
    if (impl.failure || impl.closed) return;
    impl.head.bound = std::max(impl.head.bound, time);
    impl.head.wall = wall;
    impl.changed = true;
}

result<void> Writer::vote(const Vote& vote) {
    return impl_->change([&] {
        impl_->insert(Table::votes,
                      {impl_->id(Table::votes), cell(vote.mark.branch), cell(vote.mark.time),
                       cell_of_n(vote.mark.n), cell(vote.member), Text{vote.hash}});
    });
}

result<void> Writer::clock(const ClockPoint& point) {
    if (!(point.rate >= 0 && point.rate <= 1e6)) {
        return wrong_usage(fmt::format("{} is no rate of a clock", point.rate));
    }
    return impl_->change([&] {
        impl_->insert_clock(point);
        impl_->rate = point.rate;
        if (impl_->clock) impl_->clock->rate = point.rate;
    });
}

result<void> Writer::bookmark(const Bookmark& bookmark) {
    return impl_->change([&] {
        impl_->insert(Table::bookmarks,
                      {impl_->id(Table::bookmarks), cell(bookmark.mark.branch),
                       cell(bookmark.mark.time), cell_of_n(bookmark.mark.n), cell(bookmark.written),
                       Text{bookmark.author}, Text{bookmark.comment}});
    });
}

result<void> Writer::member_joined(MemberId id, std::string_view name, std::string_view role,
                                   Stamp stamp) {
    return impl_->change([&] {
        impl_->insert(Table::members, {impl_->id(Table::members), cell(id), std::int64_t{1},
                                       cell(stamp.time), cell(stamp.seq), Text{name}, Text{role}});
    });
}

result<void> Writer::member_left(MemberId id, Stamp stamp) {
    return impl_->change([&] {
        impl_->insert(Table::members, {impl_->id(Table::members), cell(id), std::int64_t{0},
                                       cell(stamp.time), cell(stamp.seq), Text{""}, Text{""}});
    });
}

result<void> Writer::error(const HandlerError& error) {
    return impl_->change([&] {
        impl_->insert(Table::errors, {impl_->id(Table::errors), cell(error.mark.branch),
                                      cell(error.mark.time), cell_of_n(error.mark.n),
                                      cell(error.seq), Text{error.type}, Text{error.sentence}});
    });
}

result<void> Writer::file(const ForeignFile& file) {
    return impl_->change([&] {
        std::string hash = to_hex(sha256(file.bytes));
        impl_->insert(Table::files,
                      {impl_->id(Table::files), cell(file.stamp.time), cell(file.stamp.seq),
                       Text{file.path}, Text{hash}, static_cast<std::int64_t>(file.bytes.size()),
                       Blob{impl_->packer.pack(file.bytes)}});
    });
}

result<void> Writer::meta(std::string_view name, std::string_view value) {
    return impl_->change([&] {
        impl_->insert(Table::meta, {impl_->id(Table::meta), Text{name}, Text{value}});
    });
}

result<void> Writer::gap(Stamp before, std::string_view why) {
    Impl& impl = *impl_;
    if (impl.closed) return impl.closed_already();
    if (auto there = reopen(); !there) return there;
    return impl.change([&] {
        impl.record_gap({impl.head.last, before, std::string(why)});
        impl.commit();
    });
}

result<void> Writer::gap(const Gap& gap) {
    return impl_->change([&] { impl_->record_gap(gap); });
}

result<void> Writer::reopen() {
    Impl& impl = *impl_;
    if (!impl.failure) return {};
    // A new connection: SQLite must not go on with pages of which an fsync failed.
    auto reopened = guarded([&] {
        impl.database.reset();
        DatabaseOptions of = database_options(impl.options);
        impl.database = std::make_unique<Database>(impl.path, Database::Use::write, of);
        impl.load();
    });
    if (reopened)
        impl.failure.reset();
    else
        impl.failure = reopened.error();
    return reopened;
}

result<void> Writer::commit() {
    Impl& impl = *impl_;
    if (impl.failure) return *impl.failure;
    if (impl.closed || (!impl.changed && !impl.in_transaction)) return {};
    return impl.change([&] { impl.commit(); });
}

result<void> Writer::reserve() {
    Impl& impl = *impl_;
    if (impl.failure || impl.closed) return {};
    return guarded([&] { impl.database->reserve(); });
}

result<void> Writer::close() {
    Impl& impl = *impl_;
    if (impl.closed) return {};
    result<void> done;
    if (impl.failure) {
        done = *impl.failure;
    } else {
        done = impl.change([&] {
            impl.seal();
            impl.commit();
        });
    }
    impl.closed = true;
    if (impl.database && done) impl.database->leave_one_file();
    impl.database.reset();
    return done;
}

Writer::Counters Writer::counters() const {
    const Impl& impl = *impl_;
    Counters counters;
    counters.messages = impl.committed_messages;
    counters.source_bytes = impl.committed_bytes;
    counters.blocks = impl.head.rows(Table::blocks);
    counters.block_bytes = impl.block_bytes;
    counters.keyframes = impl.head.rows(Table::keyframes);
    counters.keyframe_bytes = impl.keyframe_bytes;
    counters.commits = static_cast<std::uint64_t>(impl.head.commits);
    counters.last = impl.committed_last;
    return counters;
}

const std::string& Writer::path() const {
    return impl_->path;
}

void Writer::Impl::insert_keyframe(const Mark& mark, Seq seq, int kind, Cell base,
                                   std::string_view hash, std::string_view raw,
                                   const std::vector<ObjectId>& touched) {
    std::string packed_touched = pack_touched(packer, touched);
    std::string_view data = packer.pack(raw);
    keyframe_base_id =
        insert(Table::keyframes,
               {id(Table::keyframes), cell(mark.branch), cell(mark.time), cell_of_n(mark.n),
                cell(seq), std::int64_t{kind}, base, Text{hash},
                static_cast<std::int64_t>(raw.size()), Blob{packed_touched}, Blob{data}});
    keyframe_bytes += packed_touched.size() + data.size();
    if (kind == 1) return;
    whole_at = mark.time;
    since_whole = 0;
}

void Writer::Impl::insert_schemas(const Image& image) {
    for (const Schema& schema : image.schemas) {
        std::string hash = to_string(schema_hash(schema));
        if (!schemas.insert(hash).second) continue;
        std::string bytes;
        ByteWriter writer(bytes);
        encode_schema(writer, schema);
        insert(Table::schemas,
               {id(Table::schemas), Text{hash}, Text{schema.class_name}, Blob{packer.pack(bytes)}});
    }
}

result<void> Writer::foreign_keyframe(const Mark& mark, Seq seq, std::string_view hash,
                                      std::string_view bytes) {
    return impl_->change([&] { impl_->insert_keyframe(mark, seq, 2, nullptr, hash, bytes, {}); });
}

result<void> Writer::keyframe(Image image, const std::vector<ObjectId>& touched) {
    Impl& impl = *impl_;
    return impl.change([&] {
        impl.insert_schemas(image);
        bool delta = !impl.next_is_whole(image.time);
        std::string raw = delta ? make_delta(*impl.keyframe_base, image) : encode_image(image);
        impl.insert_keyframe(image.mark(), image.seq, delta ? 1 : 0,
                             delta ? Cell(impl.keyframe_base_id) : Cell(nullptr),
                             to_string(image.hash), raw, touched);
        impl.deltas = delta ? impl.deltas + 1 : 0;
        impl.keyframe_base = std::move(image);
    });
}

}  // namespace teatime::timegraph
