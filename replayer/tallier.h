#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "teatime/island/island.h"
#include "teatime/replayer/tally.h"

namespace teatime::replayer {

/// Counts the messages of one run. About 15 ns a message.
class Tallier {
public:
    /// Requires: request.bucket and request.every are above 0.
    Tallier(const TallyRequest& request, Tally& tally);

    /// After each message; it took from the call before until now, or from start().
    void start() { last_ = now(); }
    void executed(const Executed& executed);
    bool full() const {
        return tally_.cells.size() + open_.size() >= Tally::kCells ||
               tally_.places.size() >= Tally::kPlaces;
    }
    /// At the end of the run.
    void finish();

private:
    struct Known {
        const char* class_name = nullptr;
        const char* selector = nullptr;
        std::uint32_t entry = 0;
    };
    static constexpr std::size_t kKnown = 1024;  ///< a power of two

    static std::uint64_t now();
    std::uint32_t entry_of(const Executed& executed);
    std::uint32_t entry_by_text(const Executed& executed);
    void enter_bucket(VirtualTime time);

    const TallyRequest request_;
    Tally& tally_;
    std::vector<Known> known_;  ///< internal messages: by the addresses of their texts
    std::map<std::tuple<std::string, std::string, bool>, std::uint32_t> by_text_;

    std::vector<std::uint64_t> ticks_;      ///< by entry
    std::vector<std::uint32_t> in_bucket_;  ///< by entry
    std::vector<std::uint32_t> open_;       ///< entries with something in the bucket
    std::int64_t bucket_ = 0;
    VirtualTime bucket_begin_ = VirtualTime::max(), bucket_last_ = VirtualTime::min();
    std::uint64_t number_;
    std::uint64_t next_place_;

    std::uint64_t last_ = 0;
    std::uint64_t first_tick_;
    std::chrono::steady_clock::time_point first_time_;
};

}  // namespace teatime::replayer
