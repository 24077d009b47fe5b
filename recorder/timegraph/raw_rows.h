#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "database.h"
#include "raw_pages.h"
#include "teatime/timegraph/watch.h"

namespace teatime::timegraph {

/// A row as it stands in a page; read like a Query's. The cells refer to its own bytes.
class RawRow {
public:
    RawRow() = default;
    RawRow(const RawRow&) = delete;
    RawRow& operator=(const RawRow&) = delete;

    std::int64_t integer(int column) const;
    std::uint64_t number(int column) const { return static_cast<std::uint64_t>(integer(column)); }
    double real(int column) const;
    bool is_null(int column) const;
    std::string_view bytes(int column) const;
    std::string string(int column) const { return std::string(bytes(column)); }

private:
    friend class RawRows;
    std::string payload_;
    std::vector<std::uint64_t> types_;  ///< SQLite's serial types
    std::size_t body_ = 0;              ///< where in the payload the first column begins
    std::vector<Cell> cells_;
};

/// Finds the rows of a damaged time-graph. Every row names its table and content by its check, so
/// neither SQLite's header nor its schema and trees are needed: each page is searched for rows, and
/// where a page is no proper leaf, each of its bytes. Also finds rows that were folded or moved
/// long ago, as long as nothing was written over them. O(size), about 0.3 GB/s; memory for the
/// places of rows only. Throws Failure where there is no file or one of a newer format,
/// or where the job was ended.
class RawRows {
public:
    RawRows(const std::string& path, const Watch& watch);

    struct Place {
        RawPages::View view = RawPages::View::committed;
        std::uint32_t page = 0;
        std::uint32_t offset = 0;
    };
    /// Rows whose check fits, by id.
    const std::map<std::int64_t, Place>& of(Table table) const {
        return found_[static_cast<std::size_t>(table)];
    }
    /// Rows of blocks and tail whose check does not fit; their zstd frame tells whether their
    /// messages are whole.
    const std::map<std::int64_t, Place>& damaged(Table table) const {
        return damaged_[static_cast<std::size_t>(table)];
    }
    bool read(Table table, const Place& place, RawRow& row);

    const RawPages& pages() const { return pages_; }

private:
    bool search_leaf(RawPages::View view, std::uint32_t number);
    bool take(RawPages::View view, std::uint32_t number, std::size_t offset);
    bool load(RawPages::View view, std::string_view page, std::size_t offset, RawRow& row);
    bool decode(Table table, RawRow& row) const;

    RawPages pages_;
    std::array<std::map<std::int64_t, Place>, kTables.size()> found_, damaged_;
    std::string page_, overflow_;
    RawRow row_;
};

}  // namespace teatime::timegraph
