#pragma once

#include <cstdint>
#include <string_view>

#include "database.h"
#include "teatime/state/hash.h"
#include "teatime/state/ids.h"

namespace teatime::timegraph {

/// A row of table blocks; the views are valid as long as the Query stays on its row.
struct BlockRow {
    BlockRow() = default;
    explicit BlockRow(const Query& query);

    std::int64_t id = 0;
    BranchId branch;
    Stamp first, last;
    std::uint64_t n = 0;
    VirtualTime bound;
    std::uint64_t raw_len = 0;
    std::string_view previous, hash, data;

    /// What `hash` must be: SHA-256 over `previous`, the columns in order, `data`.
    Sha256 compute_hash() const;
};
inline constexpr int kBlockHashColumn = 10;

/// A row of table tail.
struct TailRow {
    explicit TailRow(const Query& query);

    std::int64_t id = 0;
    Stamp first, last;
    std::uint64_t n = 0;
    std::uint64_t raw_len = 0;
    std::string_view data;
};

}  // namespace teatime::timegraph
