#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "teatime/state/image.h"
#include "teatime/state/result.h"
#include "teatime/timegraph/layout.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/records.h"

namespace teatime::timegraph {

/// So much of a limit is the -wal's: when it holds more, it is written back into the file.
constexpr std::uint64_t wal_share(std::uint64_t limit) {
    constexpr std::uint64_t kMost = 1000 * kPageSize;
    return limit == 0 || limit / 8 > kMost ? kMost : limit / 8;
}

struct WriterOptions {
    std::size_t block_bytes = kBlockBytes;  ///< source bytes per block, up to kMaxBlockBytes
    std::uint64_t max_bytes = 0;   ///< quota of the file and its -wal; 0 = what the disk has
    std::uint64_t keep_bytes = 0;  ///< to how much a ring's owner drops what is old; 0 = any
    std::string vfs{};             ///< SQLite's name of a file system; empty = default
    /// false: nothing is synced and a crash spoils it, for a file that is of use when whole only.
    /// Its blocks are made in threads of their own, two at a time, beside what is added next.
    bool durable = true;
    /// For a ring, which begins at states stored whole only: the next one is, when so much time or
    /// so many bytes of rows have come since the last. 0: every ninth state.
    Duration whole_every{};
    std::uint64_t whole_every_bytes = 0;
};

/// Writes a time-graph. What is added becomes durable (fsync) and visible to readers at the next
/// commit(), which the owner calls every 100 ms: that is the most that a power cut takes. Used by
/// one thread at a time. Memory: about 3 MiB, 5 where it is not durable, and the last Image that
/// was stored.
///
/// When the disk is full or fails, everything since the last commit is lost, and from then on every
/// call returns that error, until gap() has put the loss on record. Nothing already committed is in
/// danger. Writing without close() (a crash) is fine: the file opens as of the last commit.
class Writer {
public:
    /// Refuses to overwrite a file.
    static result<Writer> create(const std::string& path, const Meta& meta,
                                 const WriterOptions& options = {});

    /// Goes on with an existing file where it ended, also after a crash.
    static result<Writer> open(const std::string& path, const WriterOptions& options = {});

    Writer(Writer&&) noexcept;
    Writer& operator=(Writer&&) noexcept;
    ~Writer();  ///< closes; errors are lost, so call close()

    /// A stamped message. Its seq must be above the last one and its time not below; anything else
    /// is refused and changes nothing. A jump in seq puts a gap on record. Cost: copying the bytes,
    /// plus compression and insertion of a block every `block_bytes`; commits by itself when four
    /// blocks wait.
    result<void> append(const MessageView& message);
    /// The same of the message at which a cursor stands, from columns to columns, without making
    /// its text. Requires: the cursor's last next() was true.
    result<void> append(const Reader::Cursor& cursor);

    /// The session has reached `time` at `wall`. Lower bounds than before only move the wall.
    void bound(VirtualTime time, WallTime wall);
    /// The same for a copy, whose clock rows come from elsewhere: adds none.
    void reach(VirtualTime time, WallTime wall);

    /// The state at its Mark. Every ninth at least is stored whole, the others as a delta to the
    /// one before. `touched`: ascending ids of all objects touched since the keyframe before.
    result<void> keyframe(Image image, const std::vector<ObjectId>& touched);

    /// A foreign state at `mark`, of which only the session's own client knows the shape.
    result<void> foreign_keyframe(const Mark& mark, Seq seq, std::string_view hash,
                                  std::string_view bytes);

    result<void> vote(const Vote& vote);
    result<void> clock(const ClockPoint& point);
    result<void> bookmark(const Bookmark& bookmark);
    /// Its id is given here, whatever `branch.id` is. The fork must be on a branch that there is.
    result<BranchId> branch(const Branch& branch);
    result<void> member_joined(MemberId id, std::string_view name, std::string_view role,
                               Stamp stamp);
    result<void> member_left(MemberId id, Stamp stamp);
    result<void> error(const HandlerError& error);
    result<void> file(const ForeignFile& file);
    result<void> meta(std::string_view name, std::string_view value);

    /// The messages up to `before`, the next that will be appended, are missing, because `why`.
    /// After an error this is the way back: it reopens the file if that was not done, puts the gap
    /// on record and commits; it may be tried again as often as it fails.
    result<void> gap(Stamp before, std::string_view why);

    /// As another recording has it, for a copy. Before the first message behind `gap.after`: what
    /// it explains puts no other gap on record.
    result<void> gap(const Gap& gap);

    /// After an error: goes to what is committed. A commit that failed may be there all the same;
    /// counters() tells it. Without an error: does nothing.
    result<void> reopen();

    /// WriterOptions::whole_every_bytes have come: the next state will be stored whole.
    bool wants_whole_state() const;

    /// For a ring: drops the oldest stretch, up to the second state from which replay can begin, if
    /// that is of `before` or earlier: whole blocks of messages, states, votes, bookmarks and what
    /// else is of that time. Tells where the recording begins now; nothing: there is no such
    /// state, or the ring is frozen (ring.h). Commits. The space is used for what comes. Cost: that
    /// of reading and writing what is dropped.
    result<std::optional<Mark>> drop_oldest(VirtualTime before);

    /// Makes durable what was added. About 0.2 ms plus the disk's fsync; nothing new: 0.
    result<void> commit();

    /// After a commit: makes sure that a gap could be put on record though the disk has no room
    /// left; an error where there is none for that. Cost: a look at the -wal's size.
    result<void> reserve();

    /// Commits, folds the tail, and leaves one file. Later calls do nothing.
    result<void> close();

    struct Counters {
        std::uint64_t messages = 0;      ///< in the file, as far as committed
        std::uint64_t source_bytes = 0;  ///< of their payloads and extras
        std::uint64_t blocks = 0, block_bytes = 0;
        std::uint64_t keyframes = 0, keyframe_bytes = 0;
        std::uint64_t commits = 0;
        Stamp last;  ///< of the last message committed
    };
    Counters counters() const;
    const std::string& path() const;
    /// Of the file, without free pages in it.
    result<std::uint64_t> used_bytes() const;
    /// Of the file and its -wal.
    result<std::uint64_t> disk_bytes() const;

private:
    struct Impl;
    explicit Writer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace teatime::timegraph
