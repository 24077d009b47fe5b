#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "database.h"
#include "teatime/state/expression.h"

namespace teatime::timegraph {

/// What occurs in a block, written beside it, so that a search reads only blocks that can match.
/// FORMAT.md draws it. Never wrong: what cannot be told for sure counts as occurring.
inline constexpr std::uint8_t kSummaryVersion = 1;
inline constexpr std::size_t kMaxSummary = 2048;

/// The columns of a block that stand for it where it is not read.
struct BlockHead {
    std::int64_t id = 0;
    BranchId branch;
    Stamp first, last;
    std::uint64_t n = 0;

    /// Of this with a summary's bytes: a summary says itself that it is whole, since the row's
    /// check would have the whole block read.
    std::uint64_t check(std::string_view bytes) const;
};

/// Collects what occurs in a block. The payloads that it is given must outlive it.
class SummaryMaker {
public:
    void add_sender(MemberId sender) { senders_.push_back(sender.value); }
    /// Messages of one shape, by the text of their payloads; `holes` are those of the whole shape
    /// (shape.h): without any, a byte that looks like one is none.
    void add_shape(std::string_view payload, std::size_t holes);
    /// The same by how the text begins, ten times as fast: it cannot be sure of what is a call.
    void add_scanned(std::string_view payload);

    /// At most `limit` bytes, or the little that says nothing. Sets of values that are too large
    /// become Bloom filters (Bloom: "Space/Time Trade-offs in Hash Coding with Allowable Errors",
    /// CACM 1970) of at most 12 bits a value, 0.4 % of wrong hits; where the room is so small that
    /// more than half of all hits would be wrong, the values are not known.
    std::string encode(const BlockHead& head, std::size_t limit) const;

private:
    friend class Summary;
    bool add_decoded(std::string_view payload, std::size_t holes);
    void add_call(std::string_view target, std::string_view selector);

    // All in any order, and some of them several times.
    std::vector<std::uint64_t> senders_;
    std::vector<std::string_view> targets_, selectors_;
    std::deque<std::string> decoded_texts_;  ///< those that do not stand in a payload
    std::uint8_t kinds_ = 0;
    bool calls_known_ = true;  ///< all targets and selectors are in the sets
    std::size_t decoded_ = 0;  ///< bytes
};

/// A summary that was read. Owns its bytes.
class Summary : public MessageGroup {
public:
    /// Empty where it is of another version, or damaged: then its block must be read.
    static std::optional<Summary> read(const BlockHead& head, std::string_view bytes);
    /// What was collected, all of it; of any time and seq.
    explicit Summary(const SummaryMaker& maker);

    const std::vector<Value>* values(MessageField field) const override;
    bool may_have(MessageField field, const Value& value) const override;

private:
    struct Set {
        bool exact = false;
        std::vector<Value> values;
        std::uint8_t hashes = 0;  ///< 0: no filter
        std::string bits;
    };
    explicit Summary(const BlockHead& head) : MessageGroup(head.first, head.last) {}
    bool read(std::string_view bytes);
    void set_kinds(std::uint8_t kinds);
    const Set* set_of(MessageField field) const;

    Set kinds_, senders_, targets_, selectors_;
    bool only_calls_ = false;
};

}  // namespace teatime::timegraph
