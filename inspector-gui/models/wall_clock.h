#pragma once

#include <optional>
#include <vector>

#include "teatime/timegraph/reader.h"
#include "time_scale.h"

namespace teatime::inspector {

/// How virtual time ran against the wall's, from a recording's clock rows. A plain value.
class WallClock {
public:
    /// From `time` on (up to the next piece), from `wall` on; rate 0: it stood, or went in steps.
    struct Piece {
        VirtualTime from, to;
        timegraph::WallTime wall;
        double rate = 1;
    };
    /// Here the wall's clock went on without virtual time: a pause, or a reflector that slept.
    struct Break {
        VirtualTime at;
        timegraph::WallTime from, to;
        bool paused = false;
    };

    WallClock() = default;
    /// `points` in order of their stamps; the recording ends at `end`, which was at `end_wall`.
    WallClock(const std::vector<timegraph::ClockPoint>& points, VirtualTime end,
              timegraph::WallTime end_wall);

    bool empty() const { return pieces_.empty(); }
    const std::vector<Piece>& pieces() const { return pieces_; }
    /// In order of `at`. Clock rows that correct the clock by less than kDrift make none.
    const std::vector<Break>& breaks() const { return breaks_; }
    /// When the session first showed `time`; behind the recording as if its rate had gone on.
    /// Nothing before the first clock row: a member that joins late records what was before it
    /// without knowing when that was.
    std::optional<timegraph::WallTime> wall_at(VirtualTime time) const;

    static constexpr std::chrono::milliseconds kDrift{50};

private:
    std::vector<Piece> pieces_;
    std::vector<Break> breaks_;
};

/// A ruler in wall time for the same scale: its marks stand at round wall times, closer together
/// where virtual time ran slower; nowhere is there one for a time that passed in a break. Where the
/// wall time is not known, before the first piece, they are those of virtual time. Cost: O(pixels +
/// pieces in view).
std::vector<Tick> wall_ticks(const TimeScale& scale, const WallClock& clock,
                             int pixels_per_label = 90);

/// Wall times are UTC wherever they are shown or typed, as the CLI has them.
/// `2026-11-28 14:03:05.250 UTC`
QString wall_text(timegraph::WallTime wall);
/// `14:03`, `14:03:05.25` with the digits that two pixels apart need; a midnight is its date.
QString wall_label(timegraph::WallTime wall, double us_per_pixel);

}  // namespace teatime::inspector
