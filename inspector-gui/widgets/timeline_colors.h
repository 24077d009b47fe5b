#pragma once

#include <QColor>
#include <QPalette>

#include "teatime/state/ids.h"

namespace teatime::inspector {

/// What the timeline is painted with, from a palette: readable on dark and light ones.
struct TimelineColors {
    explicit TimelineColors(const QPalette& palette);

    QColor back, gutter, band;         ///< of tracks, of names, of every other row
    QColor text, faint_text, line;     ///< `line`: separators and minor marks
    QColor playhead, selection;        ///< `selection` is translucent
    QColor good, bad, mark, keyframe;  ///< votes and errors; bookmarks; keyframes
    QColor paused, outside;            ///< shades, translucent
    QColor on_bad, on_playhead;        ///< text on these

    /// The same for the same number everywhere: neighbours differ well.
    QColor hue(std::size_t number) const;

    bool dark = false;
};

}  // namespace teatime::inspector
