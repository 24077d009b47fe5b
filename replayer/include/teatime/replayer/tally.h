#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "teatime/state/mark.h"

namespace teatime::replayer {

/// What a run is to count.
struct TallyRequest {
    VirtualTime origin;          ///< time is cut into buckets from here on, also before it
    Duration bucket{1 << 20};    ///< their width, above 0
    std::uint64_t executed = 0;  ///< messages before this run, for numbering; the first gets + 1
    std::uint64_t every = 1024;  ///< keep the Mark of each message whose number this divides
};

/// Messages of one kind.
struct TallyEntry {
    std::string class_name;  ///< of the target; empty where there was none
    std::string selector;    ///< empty: a message that is no call
    bool external = false;
    std::uint64_t count = 0;
    std::uint64_t errors = 0;
    /// Spent in them. Every message is timed, by the processor's own counter where it has one (10
    /// ns a message), else by the steady clock: waiting for the processor counts too.
    std::chrono::nanoseconds time{0};

    bool same_kind(const TallyEntry& other) const {
        return external == other.external && selector == other.selector &&
               class_name == other.class_name;
    }
    bool operator==(const TallyEntry&) const = default;
};

/// Counts of one run: add them up.
struct Tally {
    std::vector<TallyEntry> entries;  ///< at most kEntries, the last one then kOthers

    /// `count` messages of `entry` in the bucket that begins at origin + index * bucket.
    struct Cell {
        std::int64_t bucket = 0;
        std::uint32_t entry = 0;
        std::uint64_t count = 0;
        bool operator==(const Cell&) const = default;
    };
    std::vector<Cell> cells;  ///< at most about kCells; one may occur several times

    /// After message `number` of the history.
    struct Place {
        std::uint64_t number = 0;
        Mark mark;
        bool operator==(const Place&) const = default;
    };
    std::vector<Place> places;  ///< at most kPlaces

    static constexpr const char* kOthers = "(others)";  ///< selector of what has no room of its own
    static constexpr std::size_t kEntries = 4096;
    static constexpr std::size_t kCells = 65'536;
    static constexpr std::size_t kPlaces = 65'536;
};

/// Adds what a later run counted. Unbounded where the parts are all different.
void add(Tally& sum, const Tally& part);

}  // namespace teatime::replayer
