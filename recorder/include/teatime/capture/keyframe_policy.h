#pragma once

#include <chrono>

#include "teatime/state/time.h"

namespace teatime::capture {

struct KeyframeOptions {
    Duration grid = std::chrono::milliseconds(250);  ///< the finest interval
    Duration ceiling = std::chrono::seconds(64);     ///< the coarsest: grid * 2^k
    Duration first = std::chrono::seconds(1);        ///< the interval before anything is measured
    std::chrono::microseconds work = std::chrono::milliseconds(50);  ///< a seek re-executes so much
    double share = 0.1;  ///< of an interval that making its keyframe may take
};

/// Where keyframes are made: whole instants at multiples of grid * 2^k. k follows what re-execution
/// costs, so that a seek re-executes about `work` at most, and never so fine that keyframes
/// themselves are the load. Whatever k is, Marks lie on one grid: two recordings of a session share
/// those of the coarser one. Pure arithmetic; no clock.
class KeyframePolicy {
public:
    explicit KeyframePolicy(const KeyframeOptions& options = {});

    /// The first Mark's time above `time`. Changes with ran() and made().
    VirtualTime next_after(VirtualTime time) const;
    /// The first one possible, for a state that is needed whatever it costs.
    VirtualTime first_after(VirtualTime time) const;

    /// So much was executed since ran() or made() before.
    void ran(std::chrono::microseconds work);

    /// A keyframe was made, or there was nothing new to keep (cost 0).
    void made(std::chrono::microseconds cost);

    Duration interval() const { return interval_; }

private:
    KeyframeOptions options_;
    Duration interval_;
    Duration floor_;  ///< by what a keyframe costs
    std::chrono::microseconds since_{};
};

}  // namespace teatime::capture
