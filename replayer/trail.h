#pragma once

#include <optional>
#include <vector>

#include "teatime/replayer/session.h"
#include "teatime/replayer/timeline.h"

namespace teatime::replayer {

/// Every message that was executed in one stretch of history, in order: what comes before a Mark.
/// History does not change, so a trail stays right wherever the session goes. 24 bytes a message.
class Trail {
public:
    /// A trail without a message, at `mark`.
    void restart(const Mark& mark);

    const Mark& base() const { return base_; }  ///< the state before its first message
    Mark end() const { return steps_.empty() ? base_ : steps_.back().mark(); }
    bool covers(const Mark& mark) const { return base_ < mark && mark <= end(); }

    void append(const std::vector<Step>& steps);
    /// Puts `earlier`, which ends where this begins, in front, and forgets what is after `here`.
    void prepend(Trail earlier, const Mark& here);

    /// Where a step backwards from `here` leads; empty where it may lie before this trail.
    /// `from_begin`: there is nothing before this trail.
    std::optional<Mark> before(const Mark& here, StepBy by, bool from_begin) const;

private:
    static constexpr std::size_t kMost = 2'000'000;  ///< 48 MB; the front half goes then

    Mark base_;
    std::vector<Step> steps_;
};

}  // namespace teatime::replayer
