#pragma once

#include <QIcon>

namespace teatime::inspector {

enum class Glyph {
    none,
    play,
    reverse,
    pause,
    message_forward,
    message_back,
    instant_forward,
    instant_back,
    external_forward,
    external_back,
    to_start,
    to_end,
    loop,
    slower,
    faster,
    open,
    find,
    mark,
    pin,
    live,
    diff,
    fit,
    zoom_in,
    zoom_out,
    help,
    close,
    picture,
    author
};

/// Drawn, not loaded: sharp at every size, in the colours of the palette in use.
QIcon glyph_icon(Glyph glyph);

/// The program's own.
QIcon program_icon();

}  // namespace teatime::inspector
