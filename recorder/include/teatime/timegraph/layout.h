#pragma once

#include <array>
#include <cstdint>
#include <string_view>

/// A `.timegraph` is one SQLite file:
///
///     file      := application_id "TTMG", user_version kFormatVersion, 8 KiB pages, the tables
///                  below
///     row       := its columns, then `check`: low half of XXH3-128 of table name and columns, so
///                  that every reader notices a damaged row, which SQLite itself does not
///     head      := one row, rewritten by every commit: how far the recording reaches, and for each
///                  table the number of its rows and the sum of their checks, so that a row that
///                  vanished is noticed too
///     block     := zstd frame of `body`; hash = SHA-256(previous, all columns before hash, data);
///                  `previous` is the hash of the branch's block before, 32 zeros for the first
///     summary   := version:u8 (1) check:u64 kinds:u8 set(senders) set(targets) set(selectors)
///     set       := 0:u8 | 1:u8 n:varint value^n | 2:u8 hashes:u8 size:u16 bits
///     tail row  := zstd frame of `body`: what came since the last commit, until it is folded
///     body      := version:u8, then for version 2:
///                  base_time:i64 base_seq:u64 section^10, section := size:u32 bytes;
///                  FORMAT.md draws the sections
///     time      := microseconds, virtual; wall: microseconds of UTC since 1970
///     n         := of a Mark; "after the whole instant" is the largest integer
///
/// Messages of a branch: its blocks by last_seq, then its tail by id. FORMAT.md tells the rest.
/// The text of each CREATE statement is part of the format: it is compared at every open.
namespace teatime::timegraph {

inline constexpr std::int32_t kApplicationId = 0x54544d47;  // "TTMG"
inline constexpr int kFormatVersion = 1;
inline constexpr int kPageSize = 8192;
inline constexpr std::uint8_t kBodyVersion = 2;

/// Source bytes (payload, extra and 12 per message) after which a block is closed. With 192 KiB a
/// seek, which decodes one, takes a quarter less, and what does not fill SQLite's pages costs up to
/// 15 % of the file.
inline constexpr std::size_t kBlockBytes = 256 * 1024;
inline constexpr std::size_t kMaxBlockBytes = 8 * 1024 * 1024;

/// Keyframes between two full ones are deltas, at most this many.
inline constexpr int kDeltasPerFull = 8;

enum class Table {
    head,
    meta,
    blocks,
    tail,
    keyframes,
    schemas,
    votes,
    clock,
    bookmarks,
    members,
    branches,
    edits,
    gaps,
    errors,
    files
};

struct TableLayout {
    std::string_view name;
    std::string_view create;
};

/// In the order of enum Table. Every table starts with `id` and ends with `check`.
inline constexpr std::array<TableLayout, 15> kTables{{
    // `commits` counts transactions: a second writer is noticed by it. `messages`, `source_bytes`
    // (of payloads and extras): of what is in the file. `checks`: (rows, sum of checks) of each
    // table but head, in this order, as u64 pairs.
    {"head",
     "CREATE TABLE head(id INTEGER PRIMARY KEY, commits INTEGER NOT NULL, bound INTEGER NOT NULL, "
     "wall INTEGER NOT NULL, last_time INTEGER NOT NULL, last_seq INTEGER NOT NULL, "
     "messages INTEGER NOT NULL, source_bytes INTEGER NOT NULL, checks BLOB NOT NULL, "
     "\"check\" INTEGER NOT NULL) STRICT"},
    // The names in use: meta_names.h. Later rows win over earlier ones of the same name.
    {"meta",
     "CREATE TABLE meta(id INTEGER PRIMARY KEY, name TEXT NOT NULL, value TEXT NOT NULL, "
     "\"check\" INTEGER NOT NULL) STRICT"},
    // `bound`: at the end of the block. `summary`: what occurs inside, for searches that skip;
    // null = not known, read the block.
    {"blocks",
     "CREATE TABLE blocks(id INTEGER PRIMARY KEY, branch INTEGER NOT NULL, "
     "first_time INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_time INTEGER NOT NULL, "
     "last_seq INTEGER NOT NULL, n INTEGER NOT NULL, bound INTEGER NOT NULL, "
     "raw_len INTEGER NOT NULL, previous BLOB NOT NULL, hash BLOB NOT NULL, summary BLOB, "
     "data BLOB NOT NULL, \"check\" INTEGER NOT NULL) STRICT"},
    // `id` is last_seq, so that a reader that follows finds its place. All rows are of one branch.
    {"tail",
     "CREATE TABLE tail(id INTEGER PRIMARY KEY, branch INTEGER NOT NULL, "
     "first_time INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_time INTEGER NOT NULL, "
     "last_seq INTEGER NOT NULL, n INTEGER NOT NULL, raw_len INTEGER NOT NULL, "
     "data BLOB NOT NULL, \"check\" INTEGER NOT NULL) STRICT"},
    // State after everything up to the Mark. kind: 0 full image, 1 delta to `base`, 2 foreign
    // bytes. `seq`: last external message in it. `hash`: of the state, as text. `touched`: zstd of
    // ascending object ids as varint differences. `data`: zstd of `raw_len` bytes.
    {"keyframes",
     "CREATE TABLE keyframes(id INTEGER PRIMARY KEY, branch INTEGER NOT NULL, "
     "time INTEGER NOT NULL, n INTEGER NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL, "
     "base INTEGER, hash TEXT NOT NULL, raw_len INTEGER NOT NULL, touched BLOB NOT NULL, "
     "data BLOB NOT NULL, \"check\" INTEGER NOT NULL) STRICT"},
    // Class layouts by schema_hash() as text, each once; `data`: zstd of the encoded schema.
    {"schemas",
     "CREATE TABLE schemas(id INTEGER PRIMARY KEY, hash TEXT NOT NULL, class TEXT NOT NULL, "
     "data BLOB NOT NULL, \"check\" INTEGER NOT NULL) STRICT"},
    // Who had which state hash at which Mark.
    {"votes",
     "CREATE TABLE votes(id INTEGER PRIMARY KEY, branch INTEGER NOT NULL, time INTEGER NOT NULL, "
     "n INTEGER NOT NULL, member INTEGER NOT NULL, hash TEXT NOT NULL, "
     "\"check\" INTEGER NOT NULL) STRICT"},
    // What the router's clocks showed: at the start, at each block, at each time control.
    {"clock",
     "CREATE TABLE clock(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, seq INTEGER NOT NULL, "
     "wall INTEGER NOT NULL, rate REAL NOT NULL, \"check\" INTEGER NOT NULL) STRICT"},
    // Remarks of people on a Mark.
    {"bookmarks",
     "CREATE TABLE bookmarks(id INTEGER PRIMARY KEY, branch INTEGER NOT NULL, "
     "time INTEGER NOT NULL, n INTEGER NOT NULL, wall INTEGER NOT NULL, author TEXT NOT NULL, "
     "comment TEXT NOT NULL, \"check\" INTEGER NOT NULL) STRICT"},
    // Comings (here = 1, with name and role) and goings (here = 0).
    {"members",
     "CREATE TABLE members(id INTEGER PRIMARY KEY, member INTEGER NOT NULL, here INTEGER NOT NULL, "
     "time INTEGER NOT NULL, seq INTEGER NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL, "
     "\"check\" INTEGER NOT NULL) STRICT"},
    // A branch is its parent up to the fork, with its edits applied, then its own blocks.
    {"branches",
     "CREATE TABLE branches(id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, "
     "fork_time INTEGER NOT NULL, fork_n INTEGER NOT NULL, wall INTEGER NOT NULL, "
     "name TEXT NOT NULL, \"check\" INTEGER NOT NULL) STRICT"},
    // Applied by id. what: drop (seq), replace (seq, sender, payload, extra), delay (seq, time),
    // insert (time, after seq; sender, payload, extra), set (time, n, path, payload = the value).
    {"edits",
     "CREATE TABLE edits(id INTEGER PRIMARY KEY, branch INTEGER NOT NULL, what TEXT NOT NULL, "
     "seq INTEGER NOT NULL, time INTEGER NOT NULL, n INTEGER NOT NULL, sender INTEGER NOT NULL, "
     "path TEXT NOT NULL, payload BLOB NOT NULL, extra BLOB NOT NULL, "
     "\"check\" INTEGER NOT NULL) STRICT"},
    // Messages after the first stamp and before the second are missing, and why.
    {"gaps",
     "CREATE TABLE gaps(id INTEGER PRIMARY KEY, after_time INTEGER NOT NULL, "
     "after_seq INTEGER NOT NULL, before_time INTEGER NOT NULL, before_seq INTEGER NOT NULL, "
     "why TEXT NOT NULL, \"check\" INTEGER NOT NULL) STRICT"},
    // Errors that handlers threw while the recorder's replica ran.
    {"errors",
     "CREATE TABLE errors(id INTEGER PRIMARY KEY, branch INTEGER NOT NULL, time INTEGER NOT NULL, "
     "n INTEGER NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, sentence TEXT NOT NULL, "
     "\"check\" INTEGER NOT NULL) STRICT"},
    // Copies of a foreign session's snapshot files; `data`: zstd of `raw_len` bytes.
    {"files",
     "CREATE TABLE files(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, seq INTEGER NOT NULL, "
     "path TEXT NOT NULL, sha256 TEXT NOT NULL, raw_len INTEGER NOT NULL, data BLOB NOT NULL, "
     "\"check\" INTEGER NOT NULL) STRICT"},
}};

/// Ways into the tables, in the order of creation.
inline constexpr std::array<TableLayout, 5> kIndexes{{
    {"blocks_by_time", "CREATE UNIQUE INDEX blocks_by_time ON blocks(branch, last_time, last_seq)"},
    {"blocks_by_seq", "CREATE UNIQUE INDEX blocks_by_seq ON blocks(branch, last_seq)"},
    {"keyframes_by_mark", "CREATE INDEX keyframes_by_mark ON keyframes(branch, time, n)"},
    {"votes_by_mark", "CREATE INDEX votes_by_mark ON votes(branch, time, n)"},
    {"clock_by_time", "CREATE INDEX clock_by_time ON clock(time)"},
}};

}  // namespace teatime::timegraph
