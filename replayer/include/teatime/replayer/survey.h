#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "teatime/replayer/tally.h"
#include "teatime/replayer/timeline.h"

namespace teatime::replayer {

struct SurveyOptions {
    TimelineOptions timeline;
    bool follow = true;  ///< at the end, go on when the recording grows
    /// Something new is known; at most about ten times a second, from the survey's thread. Must not
    /// call the survey's destructor.
    std::function<void()> changed;
};

/// How far a survey is.
struct SurveyProgress {
    enum class State : std::uint8_t {
        opening,
        running,
        waiting,  ///< at the end of what is recorded
        failed    ///< `why` tells; what was found before stays
    };
    State state = State::opening;
    std::string why;
    Mark begin, at, end;
    std::uint64_t executed = 0;
    std::uint64_t errors = 0;
    double fraction() const;  ///< 0 to 1
};

/// Executes a whole recording once, in the background, in a thread and a worker of its own, and
/// keeps what a window needs to show any part of it at once: counts and cost per selector, their
/// density over time, where each 1024th message is, all errors of handlers. Complete up to
/// progress().at at any moment, and goes on when the recording grows. Behind missing messages it
/// goes on at the next keyframe. Where the module crashes it ends, with everything before that.
///
/// All calls from any thread; they wait for no execution. Memory: 64 KiB for each of at most 512
/// lanes, 2 MiB of places, 10,000 errors; the rest is counted together.
class Survey {
public:
    Survey(std::string path, SurveyOptions options);
    ~Survey();  ///< ends the work; waits for at most one message, 20 ms otherwise
    Survey(const Survey&) = delete;
    Survey& operator=(const Survey&) = delete;

    SurveyProgress progress() const;
    std::vector<std::string> notes() const;  ///< of its Timeline

    /// In the order in which they first occurred, which stays: at(i) is lane i.
    std::vector<TallyEntry> selectors() const;

    /// Messages of each selector in `columns` equal parts of [from, to), by index in selectors().
    std::vector<std::vector<double>> density(VirtualTime from, VirtualTime to,
                                             std::size_t columns) const;
    Duration resolution() const;  ///< finer than this density() cannot tell; see tally()

    /// The first 10,000; progress().errors is their number.
    std::vector<HandlerError> errors() const;

    /// The last known place at or before a row; the message in row r has number r + 1.
    Tally::Place place_before(std::uint64_t row) const;
    /// The last known place at or before a Mark.
    Tally::Place place_before(const Mark& mark) const;

    /// The messages in rows first, first + 1, ..., fewer at the end of what is known. Moves the
    /// timeline, which must be of the same recording and be able to execute. Cost: a seek, at most
    /// 1024 messages on the way (more in recordings of over 67 million messages), some us a row.
    result<std::vector<ExecutedInfo>> rows(Timeline& timeline, std::uint64_t first,
                                           std::size_t count, const Watch& watch = {}) const;
    /// The row of the message that leads to `mark`, or of the last one before. Empty: there is
    /// none, or not yet. Moves the timeline as rows() does.
    result<std::optional<std::uint64_t>> row_at(Timeline& timeline, const Mark& mark,
                                                const Watch& watch = {}) const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace teatime::replayer
