#pragma once

#include <QString>
#include <vector>

#include "teatime/state/mark.h"

namespace teatime::inspector {

/// The ruler of a timeline: which virtual time is at which pixel. A plain value; every track,
/// strip and plot maps with the same one. Zooms from days to a microsecond over the width.
struct TimeScale {
    VirtualTime left;            ///< at x = 0, but for `left_part`
    double us_per_pixel = 1000;  ///< within kFinest .. kCoarsest
    int width = 1;               ///< pixels, at least 1
    double left_part = 0;  ///< microseconds from `left` to x = 0, in [0, 1): zooming keeps them

    static constexpr double kFinest = 1e-3, kCoarsest = 1e9;

    double x_of(VirtualTime time) const;
    VirtualTime time_at(double x) const;  ///< the nearest microsecond
    VirtualTime right() const { return time_at(width); }

    /// `factor` < 1 zooms in; the time under x stays there.
    void zoom(double x, double factor);
    void pan(double pixels);  ///< > 0: to later times
    /// All of from .. to, with a small margin.
    void fit(VirtualTime from, VirtualTime to);
    /// Moves as little as needed so that `time` is visible, with `margin` pixels beside it.
    void reveal(VirtualTime time, int margin = 40);
    bool operator==(const TimeScale&) const = default;

private:
    void put_left(VirtualTime origin, double offset_us);
};

/// Where the ruler has marks: at round numbers (1, 2, 5 times a power of ten below a second;
/// seconds, minutes, hours, days above), labelled where there is room.
struct Tick {
    double x = 0;
    VirtualTime time;
    QString label;  ///< empty: a minor one
};
/// Cost: O(pixels). `pixels_per_label`: the widest label and the space beside it.
std::vector<Tick> ruler_ticks(const TimeScale& scale, int pixels_per_label = 90);

/// The round number of microseconds at or above `least_us`.
Duration ruler_step(double least_us);

/// For a ruler or a status line, `12.5s`, `2:05.25`, `1:02:05`, `3d 01:02:05`: as many digits after
/// the point as the distance of two pixels needs, rounded down.
QString time_label(VirtualTime time, double us_per_pixel);
/// A Mark beside a ruler: its time exactly, but as a ruler writes it: `2:05.25#3`.
QString mark_label(const Mark& mark);

}  // namespace teatime::inspector
