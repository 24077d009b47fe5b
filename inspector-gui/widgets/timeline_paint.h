#pragma once

#include <QPainter>
#include <QString>

#include "teatime/state/mark.h"

/// What the tracks of the timeline have in common when they paint.
namespace teatime::inspector {

inline constexpr int kPadding = 6;  ///< pixels beside texts
inline constexpr auto kTimeOfMark = [](const auto& item) { return item.mark.time; };

inline QString text_of(const Mark& mark) {
    return QString::fromStdString(to_string(mark));
}

/// One line, not elided.
inline void put_text(QPainter& painter, const QRectF& rect, const QString& text,
                     int flags = Qt::AlignLeft | Qt::AlignVCenter) {
    painter.drawText(rect, flags | Qt::TextSingleLine, text);
}

inline QString elided(const QPainter& painter, const QString& text, double width,
                      Qt::TextElideMode where = Qt::ElideRight) {
    return painter.fontMetrics().elidedText(text, where, static_cast<int>(width));
}

}  // namespace teatime::inspector
