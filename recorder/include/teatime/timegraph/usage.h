#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "teatime/state/result.h"
#include "teatime/timegraph/watch.h"

namespace teatime::timegraph {

/// What takes the space of a recording.
struct Usage {
    struct Entry {
        std::string name;
        std::uint64_t count = 0;
        std::uint64_t bytes = 0;
    };
    std::uint64_t file_bytes = 0;  ///< with its -wal
    std::vector<Entry> tables;  ///< rows, bytes of pages; `indexes`, `schema`, `free pages`, `-wal`
    std::vector<Entry> keyframes;    ///< full, delta, foreign: as stored
    std::vector<Entry> classes;      ///< objects and their bytes in all full keyframes, unpacked
    std::uint64_t block_bytes = 0;   ///< of messages as stored,
    std::uint64_t source_bytes = 0;  ///< and of their payloads and extras before
    std::vector<Entry> messages;     ///< payloads and extras by `target.selector`; the largest
    static constexpr std::size_t kMostMessages = 1000;  ///< more are `(others)`
};

/// Each list by bytes, the largest first. Reads all of the file.
result<Usage> usage(const std::string& path, const Watch& watch = {});

}  // namespace teatime::timegraph
