#pragma once

#include <QString>
#include <vector>

#include "teatime/state/time.h"

namespace teatime::inspector {

/// The ruler of a timeline: which virtual time is at which pixel. A plain value; every track,
/// strip and plot maps with the same one. Zooms from days to a microsecond over the width.
struct TimeScale {
    VirtualTime left;            ///< at x = 0
    double us_per_pixel = 1000;  ///< within kFinest .. kCoarsest
    int width = 1;               ///< pixels

    static constexpr double kFinest = 1e-3, kCoarsest = 1e9;

    double x_of(VirtualTime time) const;
    VirtualTime time_at(double x) const;  ///< the nearest microsecond
    VirtualTime right() const { return time_at(width); }

    /// `factor` < 1 zooms in; the time under x stays there.
    void zoom(double x, double factor);
    void pan(double pixels);
    /// All of from .. to, with a small margin.
    void fit(VirtualTime from, VirtualTime to);
    /// Moves as little as needed so that `time` is visible, with `margin` pixels beside it.
    void reveal(VirtualTime time, int margin = 40);
    bool operator==(const TimeScale&) const = default;
};

/// Where the ruler has marks: at round numbers (1, 2, 5 times a power of ten below a second;
/// seconds, minutes, hours, days above), labelled where there is room.
struct Tick {
    double x = 0;
    VirtualTime time;
    QString label;  ///< empty: a minor one
};
std::vector<Tick> ruler_ticks(const TimeScale& scale, int pixels_per_label = 90);

/// For a ruler or a status line: as many digits as the distance of two pixels needs.
QString time_label(VirtualTime time, double us_per_pixel);

}  // namespace teatime::inspector
