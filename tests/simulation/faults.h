#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "dice.h"

namespace simulation {

/// What may go wrong. How often is drawn for each run anew, and half of them not at all: bugs hide
/// behind faults that always come together.
enum class Fault : std::uint8_t {
    cut,             // a connection breaks
    lost_in_flight,  // and frames under way with it
    half_open,       // it is dead, and neither end is told
    clog,            // nothing gets through for a while
    slow_link,       // delays up to seconds
    slow_reader,     // takes few frames a second
    overflow,        // so few that the reflector cuts it
    refused,         // a connection is not made
    member_crash,
    member_freeze,
    slow_replica,  // executes behind time, in small portions
    late_join,
    leave,
    reflector_crash,
    reflector_restored,  // and restarts from a snapshot
    reflector_freeze,
    clock_step,  // a steady clock that is none
    clock_drift,
    wall_step,  // the reflector's calendar clock, up to an hour
    upload_lost,
    upload_failed,
    fetch_failed,
    fetch_damaged,
    disk_error,  // a write of the recorder fails
    disk_full,
    sync_error,
    count
};
inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::count);

inline constexpr std::array<std::string_view, kFaults> kFaultNames{
    "cut",           "lost in flight",  "half-open",          "clog",
    "slow link",     "slow reader",     "overflow",           "refused",
    "member crash",  "member freeze",   "slow replica",       "late join",
    "leave",         "reflector crash", "reflector restored", "reflector freeze",
    "clock step",    "clock drift",     "wall step",          "upload lost",
    "upload failed", "fetch failed",    "fetch damaged",      "disk error",
    "disk full",     "sync error"};

class Faults {
public:
    /// Draws the levels of a run.
    explicit Faults(Dice& dice) : dice_(dice) {
        for (double& level : levels_) level = dice.chance(0.5) ? dice.level(0.01, 1) : 0;
    }
    /// 0 .. 1, with 1 = as often as makes sense for the kind; 0 once the faults have stopped.
    double level(Fault fault) const { return stopped_ ? 0 : levels_[index(fault)]; }
    /// Whether it happens now. `p`: how likely at the highest level.
    bool strikes(Fault fault, double p) {
        if (!(level(fault) > 0) || !dice_.chance(level(fault) * p)) return false;
        happened(fault);
        return true;
    }
    void happened(Fault fault) { ++counts_[index(fault)]; }
    void stop() { stopped_ = true; }

    std::uint64_t count(Fault fault) const { return counts_[index(fault)]; }

private:
    static std::size_t index(Fault fault) { return static_cast<std::size_t>(fault); }

    Dice& dice_;
    std::array<double, kFaults> levels_{};
    std::array<std::uint64_t, kFaults> counts_{};
    bool stopped_ = false;
};

}  // namespace simulation
