#include "timeline_colors.h"

#include <cmath>

namespace teatime::inspector {
namespace {

QColor mix(const QColor& a, const QColor& b, double share_of_b) {
    const auto part = [share_of_b](int x, int y) {
        return static_cast<int>(std::lround(x + (y - x) * share_of_b));
    };
    return {part(a.red(), b.red()), part(a.green(), b.green()), part(a.blue(), b.blue())};
}

QColor translucent(QColor color, int alpha) {
    color.setAlpha(alpha);
    return color;
}

}  // namespace

TimelineColors::TimelineColors(const QPalette& palette) {
    back = palette.color(QPalette::Base);
    text = palette.color(QPalette::Text);
    dark = back.lightnessF() < 0.5;
    gutter = palette.color(QPalette::Window);
    if (gutter == back) gutter = mix(back, text, 0.06);
    band = mix(back, text, 0.035);
    faint_text = mix(back, text, 0.62);
    line = mix(back, text, 0.2);
    playhead = dark ? QColor(0xff, 0xb0, 0x3b) : QColor(0xc2, 0x5a, 0x00);
    on_playhead = dark ? QColor(Qt::black) : QColor(Qt::white);
    selection = translucent(palette.color(QPalette::Highlight), dark ? 80 : 60);
    good = dark ? QColor(0x5f, 0xc0, 0x7a) : QColor(0x2c, 0x8a, 0x4b);
    bad = dark ? QColor(0xff, 0x5c, 0x57) : QColor(0xd0, 0x1c, 0x1c);
    on_bad = dark ? QColor(Qt::black) : QColor(Qt::white);
    mark = dark ? QColor(0x6c, 0xb6, 0xff) : QColor(0x1a, 0x66, 0xc8);
    keyframe = mix(back, text, 0.5);
    paused = translucent(dark ? QColor(0xff, 0xd2, 0x5f) : QColor(0xb0, 0x82, 0x00), 38);
    outside = translucent(text, dark ? 22 : 16);
}

QColor TimelineColors::hue(std::size_t number) const {
    // Steps of the golden angle: however many there are, neighbours lie far apart. Reds are kept
    // for what is wrong.
    const double turn = std::fmod(static_cast<double>(number) * 0.618034, 1.0);
    return QColor::fromHslF(static_cast<float>(std::fmod(0.56 + 0.86 * turn, 1.0) * 0.86 + 0.07),
                            dark ? 0.55F : 0.6F, dark ? 0.64F : 0.42F);
}

}  // namespace teatime::inspector
