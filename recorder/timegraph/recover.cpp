#include "teatime/timegraph/recover.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "body_decoder.h"
#include "gaps.h"
#include "head.h"
#include "keyframe_row.h"
#include "meta_names.h"
#include "need.h"
#include "new_file.h"
#include "raw_rows.h"
#include "teatime/timegraph/writer.h"
#include "zstd_frame.h"

namespace teatime::timegraph {
namespace {

constexpr std::size_t kLargestContent = 256u << 20;
constexpr std::size_t kRowsPerCommit = 256;
constexpr const char* kDamaged = "the file that held them was damaged";

class Salvage {
public:
    Salvage(const std::string& from, const std::string& to, const Watch& watch)
        : watch_(watch), from_(from), rows_(from, scan_watch()), to_(to) {}

    Recovery run();

private:
    /// Messages that are stored together.
    struct Batch {
        Table table;
        std::int64_t id;
        RawRows::Place place;
        bool whole;  ///< its check fits
        Stamp first, last;
    };

    Watch scan_watch() const;
    void read_head_row();
    void read_gaps();
    void find_batches();
    void add_batch(Table table, std::int64_t id, const RawRows::Place& place, bool whole);
    bool open_batch(const Batch& batch, std::string& body, BodyDecoder& decoder);
    bool of_trunk(const RawRow& row, bool whole);
    void write_meta();
    void write_messages();
    void write_batch(const Batch& batch);
    void before_message(Stamp stamp);
    void lost_between(Stamp stamp);
    void lost_at_end();
    void write_keyframes();
    bool write_image(std::int64_t id, const std::string& raw, std::vector<ObjectId> touched);
    void write_members_and_clock();
    void write_other_rows();
    void write_files();
    void compare_counts();
    /// Where the recording reached is to be guessed from what is in it.
    void note_bound(VirtualTime time) {
        if (!head_) bound_ = std::max(bound_, time);
    }

    /// Each row of a table whose check fits, by id.
    template <class Take>
    void each(Table table, Take&& take) {
        std::size_t n = 0;
        for (const auto& [id, place] : rows_.of(table)) {
            if (rows_.read(table, place, row_)) take(row_);
            if (++n % kRowsPerCommit == 0) {
                go_on(watch_, 0.95);
                need(writer_->commit());
            }
        }
        need(writer_->commit());
    }
    void lost(Table table, std::int64_t row, std::optional<VirtualTime> from,
              std::optional<VirtualTime> to, std::string what) {
        std::string name(kTables[static_cast<std::size_t>(table)].name);
        found_.lost.push_back({name, row, from, to, std::move(what)});
    }

    const Watch& watch_;
    std::string from_;
    RawRows rows_;
    NewFile to_;
    std::optional<Writer> writer_;
    std::optional<Head> head_;
    std::vector<Batch> batches_;
    std::vector<Gap> gaps_;     ///< by where they begin
    std::size_t next_gap_ = 0;  ///< the first that is not written
    Gaps explained_;
    Stamp last_;  ///< of the message before
    VirtualTime bound_ = kSessionStart;
    RawRow row_;
    std::string body_;
    BodyDecoder decoder_;

    Image image_;  ///< of keyframe image_id_; 0 = none
    std::int64_t image_id_ = 0;
    std::uint64_t branch_rows_ = 0;  ///< that are left out
    bool all_touched_ = false;       ///< what was touched up to the next keyframe is not known
    std::optional<Image> written_;
    Recovery found_;
};

/// Searching the pages is the larger half of the work.
Watch Salvage::scan_watch() const {
    Watch half = watch_;
    if (watch_.progress) half.progress = [this](double part) { watch_.progress(part * 0.6); };
    return half;
}

Recovery Salvage::run() {
    for (std::size_t i = 0; i < kTables.size(); ++i) {
        if (static_cast<Table>(i) != Table::head) {
            found_.rows += rows_.of(static_cast<Table>(i)).size();
        }
    }
    if (rows_.pages().lacks_wal()) {
        found_.lost.push_back({{},
                               0,
                               {},
                               {},
                               "the -wal that belongs beside it is missing; what was recorded last "
                               "was in there"});
    }
    if (rows_.pages().cut_off()) found_.lost.push_back({{}, 0, {}, {}, "it is cut off"});
    read_head_row();
    find_batches();
    found_.rows = std::max<std::uint64_t>(found_.rows, batches_.size());
    if (found_.rows == 0) return std::move(found_);
    writer_ = need(Writer::create(to_.part(), {}, {.durable = false}));
    write_meta();
    read_gaps();
    write_messages();
    write_keyframes();
    write_members_and_clock();
    write_other_rows();
    write_files();
    compare_counts();
    writer_->reach(bound_, head_ ? head_->wall : WallTime{});
    need(writer_->close());
    writer_.reset();
    go_on(watch_, 1);
    to_.keep();
    return std::move(found_);
}

void Salvage::read_head_row() {
    Head head;
    for (const auto& [id, place] : rows_.of(Table::head)) {
        if (rows_.read(Table::head, place, row_) && decode_head(row_, head)) head_ = head;
    }
    if (head_) {
        bound_ = head_->bound;
    } else {
        lost(Table::head, 1, {}, {},
             "how far the recording went, and what was in it, is not known");
    }
}

void Salvage::read_gaps() {
    each(Table::gaps, [&](const RawRow& row) { gaps_.push_back(gap_in(row)); });
    std::stable_sort(gaps_.begin(), gaps_.end(),
                     [](const Gap& a, const Gap& b) { return a.after.seq < b.after.seq; });
    for (const Gap& gap : gaps_) explained_.add(gap);
}

void Salvage::find_batches() {
    for (Table table : {Table::blocks, Table::tail}) {
        for (const auto& [id, place] : rows_.of(table)) add_batch(table, id, place, true);
        for (const auto& [id, place] : rows_.damaged(table)) {
            if (!rows_.of(table).contains(id)) add_batch(table, id, place, false);
        }
    }
    // Of messages that are there twice, in a block and in what was folded into it, the block's
    // come first.
    std::stable_sort(batches_.begin(), batches_.end(), [](const Batch& a, const Batch& b) {
        return a.first.seq != b.first.seq ? a.first.seq < b.first.seq : a.last.seq > b.last.seq;
    });
}

/// Stamps come from the messages: the columns of a damaged row may say anything.
void Salvage::add_batch(Table table, std::int64_t id, const RawRows::Place& place, bool whole) {
    Batch batch{table, id, place, whole, {}, {}};
    if (!open_batch(batch, body_, decoder_)) return;
    if (!of_trunk(row_, whole)) return;
    MessageView message;
    bool any = false;
    while (decoder_.next_stamp(message.stamp)) {
        if (!any) batch.first = message.stamp;
        any = true;
        batch.last = message.stamp;
    }
    if (!any || !decoder_.ok()) return;
    if (whole && table == Table::blocks) note_bound(time_in(row_, 7));
    batches_.push_back(batch);
}

/// A damaged row is of a branch only if there is such a one.
bool Salvage::of_trunk(const RawRow& row, bool whole) {
    std::int64_t branch = row.integer(1);
    if (branch == 0 || (!whole && !rows_.of(Table::branches).contains(branch))) return true;
    ++branch_rows_;
    return false;
}

bool Salvage::open_batch(const Batch& batch, std::string& body, BodyDecoder& decoder) {
    if (!rows_.read(batch.table, batch.place, row_)) return false;
    int data = batch.table == Table::blocks ? 12 : 8;
    return unpack(row_.bytes(data), kLargestContent, body) && decoder.open(body, row_.number(6));
}

void Salvage::write_meta() {
    each(Table::meta, [&](const RawRow& row) {
        if (row.bytes(1) == kChainStart) return;  // of blocks that are chained anew
        need(writer_->meta(row.bytes(1), row.bytes(2)));
    });
    need(writer_->meta(kOrigin, "recovered from " + from_));
}

void Salvage::write_messages() {
    std::size_t done = 0;
    for (const Batch& batch : batches_) {
        go_on(watch_,
              0.6 + 0.35 * static_cast<double>(done++) / static_cast<double>(batches_.size()));
        if (batch.last.seq > last_.seq) write_batch(batch);
    }
    lost_at_end();
}

void Salvage::write_batch(const Batch& batch) {
    if (!open_batch(batch, body_, decoder_)) return;
    if (!batch.whole) {
        lost(batch.table, batch.id, batch.first.time, batch.last.time,
             "the row is damaged; its messages are whole");
    }
    MessageView message;
    while (decoder_.next(message)) {
        if (message.stamp.seq <= last_.seq) continue;
        if (message.stamp.time < last_.time || message.stamp.seq.value >= INT64_MAX) {
            lost(batch.table, batch.id, message.stamp.time, message.stamp.time,
                 fmt::format("message {} does not follow the one before", message.stamp.seq.value));
            continue;
        }
        before_message(message.stamp);
        need(writer_->append(message));
        last_ = message.stamp;
        ++found_.messages;
    }
}

/// Puts on record what is missing before it: what was missing already, then what is lost now.
void Salvage::before_message(Stamp stamp) {
    for (; next_gap_ < gaps_.size() && gaps_[next_gap_].after.seq < stamp.seq; ++next_gap_) {
        need(writer_->gap(gaps_[next_gap_]));
    }
    bool follows = last_.seq ? stamp.seq == next(last_.seq) : stamp.seq.value == 1;
    if (!follows && !explained_.explains(last_.seq, stamp.seq)) lost_between(stamp);
}

void Salvage::lost_between(Stamp stamp) {
    if (!last_.seq) {
        // A recording may begin late; what it began with is the block with the first id.
        const auto& whole = rows_.of(Table::blocks);
        const auto& damaged = rows_.damaged(Table::blocks);
        bool no_blocks = head_ ? head_->rows(Table::blocks) == 0 : whole.empty() && damaged.empty();
        bool from_begin = no_blocks || whole.contains(1) || damaged.contains(1);
        if (from_begin && batches_.front().first == stamp) return;
    }
    lost(Table::blocks, 0, last_.time, stamp.time,
         fmt::format("messages {} to {} are lost", last_.seq.value + 1, stamp.seq.value - 1));
    need(writer_->gap({last_, stamp, kDamaged}));
}

void Salvage::lost_at_end() {
    for (; next_gap_ < gaps_.size(); ++next_gap_) need(writer_->gap(gaps_[next_gap_]));
    if (!head_ || head_->last.seq <= last_.seq || head_->bound < last_.time) return;
    lost(Table::blocks, 0, last_.time, head_->last.time,
         fmt::format("messages {} to {} are lost", last_.seq.value + 1, head_->last.seq.value));
    need(writer_->gap({last_, {head_->bound, next(head_->last.seq)}, kDamaged}));
}

void Salvage::write_keyframes() {
    std::int64_t before = 0;
    each(Table::keyframes, [&](const RawRow& row) {
        if (!of_trunk(row, true)) return;
        std::int64_t id = row.integer(0);
        if (id != before + 1) all_touched_ = true;  // that one knew
        before = id;
        note_bound(time_in(row, 2));
        auto touched = unpack_touched(row.bytes(9));
        std::string raw;
        bool whole = touched && unpack(row.bytes(10), kLargestContent, raw);
        std::int64_t kind = row.integer(5);
        if (whole && kind == static_cast<int>(KeyframeInfo::Kind::foreign)) {
            need(writer_->foreign_keyframe(mark_in(row, 1), {row.number(4)}, row.bytes(7), raw));
            ++found_.keyframes;
        } else if (!whole || !write_image(id, raw, std::move(*touched))) {
            all_touched_ = true;
            lost(Table::keyframes, id, time_in(row, 2), time_in(row, 2),
                 kind == static_cast<int>(KeyframeInfo::Kind::delta)
                     ? "the keyframe that it is a delta to is lost"
                     : "its state is damaged");
        }
    });
}

/// False where the state cannot be made. Reads row_.
bool Salvage::write_image(std::int64_t id, const std::string& raw, std::vector<ObjectId> touched) {
    bool delta = row_.integer(5) == static_cast<int>(KeyframeInfo::Kind::delta);
    std::int64_t base = std::exchange(image_id_, 0);
    if (delta && (base == 0 || row_.integer(6) != base)) return false;
    auto image = delta ? apply_delta(std::move(image_), raw) : decode_image(raw);
    if (!image || image->mark() != mark_in(row_, 1) || to_string(image->hash) != row_.bytes(7)) {
        return false;
    }
    if (std::exchange(all_touched_, false)) {
        // Searches skip what was not touched: with a keyframe between lost, all may have been.
        std::set<ObjectId> all(touched.begin(), touched.end());
        for (const Image::Object& object : image->objects) all.insert(object.id);
        if (written_) {
            for (const Image::Object& object : written_->objects) all.insert(object.id);
        }
        touched.assign(all.begin(), all.end());
    }
    need(writer_->keyframe(*image, touched));
    ++found_.keyframes;
    written_ = *image;
    image_ = std::move(*image);
    image_id_ = id;
    return true;
}

void Salvage::write_members_and_clock() {
    each(Table::members, [&](const RawRow& row) {
        MemberId member{row.number(1)};
        Stamp stamp = stamp_in(row, 3);
        note_bound(stamp.time);
        need(row.integer(2) != 0 ? writer_->member_joined(member, row.bytes(5), row.bytes(6), stamp)
                                 : writer_->member_left(member, stamp));
    });
    each(Table::clock, [&](const RawRow& row) {
        ClockPoint point = clock_point_in(row);
        note_bound(point.stamp.time);
        if (point.rate >= 0 && point.rate <= 1e6) need(writer_->clock(point));
    });
}

void Salvage::write_other_rows() {
    each(Table::votes, [&](const RawRow& row) {
        if (!of_trunk(row, true)) return;
        Vote vote = vote_in(row);
        note_bound(vote.mark.time);
        need(writer_->vote(vote));
    });
    each(Table::bookmarks, [&](const RawRow& row) {
        if (of_trunk(row, true)) need(writer_->bookmark(bookmark_in(row)));
    });
    each(Table::errors, [&](const RawRow& row) {
        if (of_trunk(row, true)) need(writer_->error(error_in(row)));
    });
}

void Salvage::write_files() {
    each(Table::files, [&](const RawRow& row) {
        ForeignFile file{stamp_in(row, 1), row.string(3), {}};
        if (unpack(row.bytes(6), kLargestContent, file.bytes)) {
            need(writer_->file(file));
        } else {
            lost(Table::files, row.integer(0), file.stamp.time, file.stamp.time,
                 "its content is damaged");
        }
    });
}

/// Of rows that carry no messages it is known how many there were.
void Salvage::compare_counts() {
    for (Table table : {Table::meta, Table::keyframes, Table::votes, Table::clock, Table::bookmarks,
                        Table::members, Table::gaps, Table::errors, Table::files}) {
        std::uint64_t found = rows_.of(table).size();
        if (!head_ || found >= head_->rows(table)) continue;
        lost(table, 0, {}, {},
             fmt::format("{} of {} rows are lost", head_->rows(table) - found, head_->rows(table)));
    }
    bool told = std::any_of(found_.lost.begin(), found_.lost.end(), [](const Problem& lost) {
        return lost.table == kTables[static_cast<std::size_t>(Table::blocks)].name && lost.row == 0;
    });
    if (!told && head_ && found_.messages < head_->messages) {  // within a gap that explains all
        lost(Table::blocks, 0, {}, {},
             fmt::format("{} messages are lost", head_->messages - found_.messages));
    }
    std::size_t branches = rows_.of(Table::branches).size(), edits = rows_.of(Table::edits).size();
    if (branches + edits + branch_rows_ > 0) {
        lost(
            Table::branches, 0, {}, {},
            fmt::format("only the trunk is taken over; left out are branches: {}, edits: {}, other "
                        "rows of branches: {}",
                        branches, edits, branch_rows_));
    }
}

}  // namespace

result<Recovery> recover(const std::string& from, const std::string& to, const Watch& watch) {
    return guarded([&] { return Salvage(from, to, watch).run(); });
}

std::string with_advice(const Error& error) {
    if (error.kind != ErrorKind::damaged) return error.message;
    return error.message +
           "; `teatime verify` names what is damaged, `teatime recover` saves the rest";
}

}  // namespace teatime::timegraph
