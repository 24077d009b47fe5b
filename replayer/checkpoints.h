#pragma once

#include <map>
#include <optional>
#include <vector>

#include "teatime/replayer/session.h"

namespace teatime::replayer {

/// States kept inside a session by the Marks at which they were taken. As in rr, they are dense
/// just before the position and get sparser the further they are: thinning a full set again and
/// again leaves gaps that grow exponentially, so any length of history takes O(log) of them and
/// going back in small steps stays near one.
class Checkpoints {
public:
    explicit Checkpoints(std::size_t most_bytes) : most_bytes_(most_bytes) {}

    bool contains(const Mark& mark) const { return by_mark_.contains(mark); }
    /// Returns the ids that have to go to stay within the limits.
    std::vector<std::uint64_t> add(const Mark& mark, const Checkpoint& checkpoint);

    struct Found {
        Mark mark;
        std::uint64_t id = 0;
    };
    std::optional<Found> last_at_or_before(const Mark& mark) const;

    void clear();  ///< the session that held them is gone
    std::size_t size() const { return by_mark_.size(); }

private:
    static constexpr std::size_t kMost = 64;
    static constexpr std::size_t kDense = 16;  ///< just before the position, never thinned

    std::map<Mark, Checkpoint> by_mark_;
    std::size_t bytes_ = 0;
    std::size_t most_bytes_;
};

}  // namespace teatime::replayer
