#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "block_draft.h"
#include "database.h"
#include "gaps.h"
#include "head.h"
#include "teatime/state/hash.h"
#include "teatime/timegraph/writer.h"
#include "zstd_frame.h"

namespace teatime::timegraph {

/// A keyframe that needs no other one.
struct RingStart {
    std::int64_t id;
    Mark mark;
    Seq seq;
};

struct StoredGap {
    std::int64_t id;
    Gap gap;
};

/// writer.cpp: what is added; writer_ring.cpp: what is dropped again.
struct Writer::Impl {
    std::string path;
    WriterOptions options;
    std::unique_ptr<Database> database;
    std::optional<Error> failure;  ///< until reopen() succeeds
    bool closed = false;

    bool in_transaction = false;
    bool changed = false;  ///< head or columns differ from what is committed
    std::size_t waiting_blocks = 0;
    Head head;
    Stamp committed_last;
    std::uint64_t committed_messages = 0;
    std::uint64_t committed_bytes = 0;
    std::array<std::int64_t, kTables.size()> next_id{};
    std::uint64_t block_bytes = 0;
    std::uint64_t keyframe_bytes = 0;

    std::unique_ptr<BlockDraft> draft = std::make_unique<BlockDraft>();  ///< what is added next
    BodyEncoder::Position in_tail;                   ///< up to here the columns are in tail rows
    std::deque<std::unique_ptr<BlockDraft>> drafts;  ///< that are made, oldest first
    std::vector<std::unique_ptr<BlockDraft>> spare_drafts;
    BlockDraft::ChainHash chain;  ///< of the last one of them
    Gaps gaps;
    std::optional<StoredGap> last_gap;  ///< the one with the highest id
    std::optional<ClockPoint> clock;
    double rate = 1;

    std::optional<Image> keyframe_base;
    std::int64_t keyframe_base_id = 0;
    int deltas = 0;
    VirtualTime whole_at;           ///< the last state stored whole
    std::uint64_t since_whole = 0;  ///< bytes of rows
    std::set<std::string> schemas;
    Packer packer;

    /// Runs `work` in the open transaction; a failure stops the writer.
    template <class Work>
    result<void> change(Work&& work) {
        if (failure) return *failure;
        if (closed) return closed_already();
        auto done = guarded([&] {
            begin();
            work();
        });
        if (!done) stop(done.error());
        return done;
    }

    void begin() {
        if (in_transaction) return;
        database->run("BEGIN IMMEDIATE");
        check_only_writer(*database, head);
        in_transaction = true;
    }

    void stop(const Error& error) {
        failure = error;
        (void)guarded([&] { database->run("ROLLBACK"); });  // SQLite may have done so already
        in_transaction = false;
    }

    std::int64_t insert(Table table, std::initializer_list<Cell> cells) {
        RowSum& sum = head.sum(table);
        sum.sum += static_cast<std::uint64_t>(database->insert(table, cells));
        ++sum.rows;
        if (table != Table::tail) since_whole += size_of(cells);  // a block will have it
        changed = true;
        return next_id[static_cast<std::size_t>(table)]++;
    }
    static std::size_t size_of(std::initializer_list<Cell> cells);
    Cell id(Table table) const { return next_id[static_cast<std::size_t>(table)]; }

    Error closed_already() const { return wrong_usage(path + " is closed already"); }
    /// Removes the rows for which `where` holds. O(their bytes).
    void remove(Table table, const char* where, std::initializer_list<Cell> cells);
    void set_meta(std::string_view name, std::string_view value);  ///< instead of what it was
    void drop_before(const RingStart& start);
    Seq drop_blocks(Seq up_to);

    void load();
    Sha256 load_chain();
    void load_tail();
    void load_gaps();
    void note_gap(std::int64_t id, Gap gap);
    template <class Add>
    result<void> append(Stamp stamp, Add&& add);
    BodyEncoder& encoder() { return draft->encoder; }
    void seal();
    void insert_block();
    void write_tail();
    void commit();
    void record_gap(Gap gap);
    void insert_clock(const ClockPoint& point);
    void insert_schemas(const Image& image);
    bool next_is_whole(VirtualTime time) const;
    void insert_keyframe(const Mark& mark, Seq seq, int kind, Cell base, std::string_view hash,
                         std::string_view raw, const std::vector<ObjectId>& touched);
    bool fits(Stamp stamp) const;
    Error out_of_order(Stamp stamp) const;
};

}  // namespace teatime::timegraph
