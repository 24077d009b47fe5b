#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "teatime/state/expression.h"
#include "teatime/state/image.h"
#include "teatime/state/result.h"
#include "teatime/timegraph/fields.h"
#include "teatime/timegraph/records.h"

namespace teatime::timegraph {

class BodyDecoder;
class Database;

struct ReaderOptions {
    /// From a stranger: the whole file is checked before anything is read from it (O(size)),
    /// nothing in it may be unknown, sizes and time are limited. Not for a file being written.
    bool untrusted = false;
};

/// Reads a time-graph, also one that another process is writing: it sees each commit as it comes
/// and never makes the writer wait. Every row is checked when it is read; a damaged one is an error
/// that names it, never wrong data. Used by one thread at a time; any number of readers.
class Reader {
public:
    /// No such file, not a time-graph, a newer format, damaged: each has its own sentence.
    static result<Reader> open(const std::string& path, const ReaderOptions& options = {});

    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) noexcept;
    ~Reader();

    /// Where the recording ends: the highest bound committed so far. O(1).
    struct End {
        VirtualTime bound;
        WallTime wall;  ///< of that bound
        Stamp last;     ///< last message
        std::uint64_t messages = 0;
        std::uint64_t source_bytes = 0;
        bool operator==(const End&) const = default;
    };
    result<End> end() const;

    struct Info {
        Meta meta;
        int format = 0;
        End end;
        std::optional<Stamp> first;
        std::uint64_t blocks = 0, keyframes = 0, votes = 0, bookmarks = 0, gaps = 0, errors = 0,
                      files = 0;
        std::uint64_t branches = 0, edits = 0;  ///< see branches()
        std::vector<std::string> other_tables;  ///< that this program does not know
        std::uint64_t file_bytes = 0;
        bool operator==(const Info&) const = default;
    };
    result<Info> info() const;

    /// Walks over messages in stamp order. At the end, or after an error, next() is false; at the
    /// end it may be tried again later: that is how to follow a recording being written. Holds no
    /// transaction between calls. Memory: one block; where several were read one after the other, a
    /// thread makes the next four ready. The Reader must outlive it.
    class Cursor {
    public:
        Cursor(Cursor&&) noexcept;
        Cursor& operator=(Cursor&&) noexcept;
        ~Cursor();
        bool next();
        const MessageView& message() const;  ///< valid until the next next()
        // The same without making text, which takes longer than all the rest. Requires: the last
        // next() was true.
        Stamp stamp() const { return at_->stamp; }
        MemberId sender() const { return at_->sender; }
        std::size_t text_bytes() const;  ///< of payload and extra
        Fields fields() const;           ///< valid until the next next()

        const result<void>& status() const;  ///< the error, if there was one

        /// Everything up to here was looked at: where a search goes on with another Reader.
        Seq position() const;

        struct Effort {
            std::uint64_t read = 0;      ///< blocks, and rows of the tail
            std::uint64_t skipped = 0;   ///< blocks that cannot have what is looked for
            std::uint64_t messages = 0;  ///< looked at
        };
        Effort effort() const;

    private:
        friend class Reader;
        friend class Writer;
        struct Impl;
        explicit Cursor(std::unique_ptr<Impl> impl);
        BodyDecoder& decoder() const;
        std::unique_ptr<Impl> impl_;
        const MessageView* at_;  ///< in impl_
    };

    /// Messages with from <= time <= to. The first one costs one block: about 0.1 ms.
    Cursor messages(VirtualTime from = VirtualTime::min(),
                    VirtualTime to = VirtualTime::max()) const;
    /// Messages with a seq above `after`: what replay executes after a keyframe.
    Cursor messages_after(Seq after, VirtualTime to = VirtualTime::max()) const;
    /// What is looked for: messages with from <= time <= to and a seq above `after` for which the
    /// expression holds.
    struct Search {
        VirtualTime from = VirtualTime::min();
        VirtualTime to = VirtualTime::max();
        Seq after{};
        Expression where;
        /// Asked before each block that is read, with the position; false ends the search, as if
        /// there were no more messages.
        std::function<bool(Seq position)> go_on{};
    };
    /// What is written beside a block, read in about 10 us, decides whether it is read, and who
    /// says what whether a message in it is decoded, which takes about 3 us.
    Cursor search(const Search& search) const;
    /// Decodes one block's stamps: about 0.1 ms; a fifth where the last one was in it, too.
    result<std::optional<Message>> first_at_or_after(VirtualTime time) const;

    /// A run of messages as it is stored together.
    struct Batch {
        Stamp first, last;
        std::uint64_t messages = 0;
    };
    /// All that hold messages after `after`, in order, by the heads of their rows: where messages
    /// are, before any is read. Not compared with the rows' checks, which reading them does.
    /// O(batches), about 10 us each.
    result<std::vector<Batch>> batches(Seq after = {}) const;

    /// All keyframes of the trunk in order of their Marks; reads no states. With `damaged`, those
    /// that are damaged are passed over and told of there, else the first of them is the error.
    result<std::vector<KeyframeInfo>> keyframes(std::vector<Error>* damaged = nullptr) const;
    /// The last one at or before `mark`; none if there is none.
    result<std::optional<KeyframeInfo>> keyframe_before(
        const Mark& mark, std::vector<Error>* damaged = nullptr) const;
    /// Ascending ids of the objects touched since the last keyframe at another Mark.
    result<std::vector<ObjectId>> touched(const KeyframeInfo& keyframe) const;
    /// The state of a full or delta keyframe: decodes at most 1 + kDeltasPerFull blobs.
    result<Image> image(const KeyframeInfo& keyframe) const;
    /// The bytes of a foreign one.
    result<std::string> foreign_state(const KeyframeInfo& keyframe) const;

    /// Layouts of all classes that ever were in a keyframe.
    result<std::vector<Schema>> schemas() const;

    /// Between two Marks, both included, in order of Mark, then of arrival.
    result<std::vector<Vote>> votes(const Mark& from = {BranchId{}, VirtualTime::min(), 0},
                                    const Mark& to = {BranchId{}, VirtualTime::max(),
                                                      Mark::kWholeInstant}) const;
    result<std::vector<ClockPoint>> clock() const;
    result<std::vector<Bookmark>> bookmarks() const;
    /// In order of their ids, so parents come first. What they hold is not read: of messages and
    /// states this class knows the trunk.
    result<std::vector<Branch>> branches() const;
    result<std::vector<Member>> members() const;
    result<std::vector<Gap>> gaps() const;
    result<std::vector<HandlerError>> errors() const;
    result<std::vector<ForeignFile>> files() const;

    /// The wall time at which the session showed `time`: by the clock row before it and its rate,
    /// not beyond the next row. An error outside the recording.
    result<WallTime> wall_at(VirtualTime time) const;
    /// The other way; while paused, the time at which it stood.
    result<VirtualTime> time_at(WallTime wall) const;

    const std::string& path() const;

private:
    explicit Reader(std::unique_ptr<Database> database);
    std::unique_ptr<Database> database_;
    mutable std::unique_ptr<Cursor> seeker_;  ///< keeps the last block
};

/// The wall time at `time` as one clock row alone tells it: by its rate, backwards too; where time
/// stood, its own. Never overflows.
WallTime wall_at(const ClockPoint& point, VirtualTime time);

}  // namespace teatime::timegraph
