#include "icons.h"

#include <QApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPainterPath>
#include <QPalette>
#include <cmath>

namespace teatime::inspector {
namespace {

// All on a field of 24 x 24.

QPainterPath triangle(double left, double right) {  // points to `right`
    QPainterPath path;
    path.moveTo(left, 5);
    path.lineTo(right, 12);
    path.lineTo(left, 19);
    path.closeSubpath();
    return path;
}

QPainterPath bar(double x, double width = 2.5) {
    QPainterPath path;
    path.addRect(x, 5, width, 14);
    return path;
}

/// Filled shapes that point forwards; the way back is their mirror image.
QPainterPath forward_shape(Glyph glyph) {
    QPainterPath path;
    if (glyph == Glyph::play) return triangle(6, 20);
    if (glyph == Glyph::message_forward) {
        path = triangle(5, 15);
        path.addPath(bar(16));
    } else if (glyph == Glyph::instant_forward) {
        path = triangle(2, 10);
        path.addPath(triangle(10, 18));
        path.addPath(bar(19));
    } else if (glyph == Glyph::external_forward) {
        path = triangle(3, 13);
        path.addEllipse(QPointF(18, 12), 4, 4);
    } else if (glyph == Glyph::to_end) {
        path = triangle(4, 12);
        path.addPath(triangle(11, 19));
        path.addPath(bar(19, 2));
        path.addPath(bar(1.5, 1.5));
    }
    return path;
}

QPainterPath mirrored(Glyph glyph) {
    return QTransform(-1, 0, 0, 1, 24, 0).map(forward_shape(glyph));
}

QPainterPath shape(Glyph glyph) {
    switch (glyph) {
        case Glyph::reverse:
            return mirrored(Glyph::play);
        case Glyph::message_back:
            return mirrored(Glyph::message_forward);
        case Glyph::instant_back:
            return mirrored(Glyph::instant_forward);
        case Glyph::external_back:
            return mirrored(Glyph::external_forward);
        case Glyph::to_start:
            return mirrored(Glyph::to_end);
        case Glyph::pause: {
            QPainterPath path = bar(6, 4);
            path.addPath(bar(14, 4));
            return path;
        }
        case Glyph::mark: {
            QPainterPath path;
            path.moveTo(6, 3);
            path.lineTo(18, 3);
            path.lineTo(18, 21);
            path.lineTo(12, 16);
            path.lineTo(6, 21);
            path.closeSubpath();
            return path;
        }
        default:
            return forward_shape(glyph);
    }
}

void draw_lines(QPainter& painter, Glyph glyph) {
    auto line = [&](double a, double b, double c, double d) {
        painter.drawLine(QPointF(a, b), QPointF(c, d));
    };
    switch (glyph) {
        case Glyph::loop:
            painter.drawArc(QRectF(4, 5, 16, 14), 40 * 16, 280 * 16);
            line(18, 3, 18.5, 8);
            line(18.5, 8, 13.5, 8.3);
            break;
        case Glyph::slower:
            line(5, 12, 19, 12);
            break;
        case Glyph::faster:
            line(5, 12, 19, 12);
            line(12, 5, 12, 19);
            break;
        case Glyph::open:
            painter.drawPolyline(
                QPolygonF({{3, 19}, {3, 6}, {9, 6}, {11, 8.5}, {20, 8.5}, {20, 19}}));
            line(3, 19, 20, 19);
            break;
        case Glyph::zoom_in:
        case Glyph::zoom_out:
        case Glyph::find:
            painter.drawEllipse(QPointF(10, 10), 6, 6);
            line(14.5, 14.5, 20, 20);
            if (glyph != Glyph::find) line(7.2, 10, 12.8, 10);
            if (glyph == Glyph::zoom_in) line(10, 7.2, 10, 12.8);
            break;
        case Glyph::pin:
            painter.drawPolyline(QPolygonF({{3, 19}, {8, 11}, {13, 15}, {21, 5}}));
            painter.drawEllipse(QPointF(13, 15), 1.5, 1.5);
            break;
        case Glyph::live:
            painter.drawEllipse(QPointF(12, 12), 2.5, 2.5);
            painter.drawArc(QRectF(6, 6, 12, 12), -50 * 16, 100 * 16);
            painter.drawArc(QRectF(6, 6, 12, 12), 130 * 16, 100 * 16);
            painter.drawArc(QRectF(2, 2, 20, 20), -50 * 16, 100 * 16);
            painter.drawArc(QRectF(2, 2, 20, 20), 130 * 16, 100 * 16);
            break;
        case Glyph::diff:
            painter.drawRect(QRectF(3, 4, 7, 16));
            painter.drawRect(QRectF(14, 4, 7, 16));
            line(5, 9, 8, 9);
            line(16, 9, 19, 9);
            line(16, 13, 19, 13);
            break;
        case Glyph::fit:
            painter.drawPolyline(QPolygonF({{4, 9}, {4, 4}, {9, 4}}));
            painter.drawPolyline(QPolygonF({{15, 4}, {20, 4}, {20, 9}}));
            painter.drawPolyline(QPolygonF({{20, 15}, {20, 20}, {15, 20}}));
            painter.drawPolyline(QPolygonF({{9, 20}, {4, 20}, {4, 15}}));
            break;
        case Glyph::help:
            painter.drawArc(QRectF(7, 4, 10, 9), -60 * 16, 240 * 16);
            line(14.5, 12.4, 12, 14);
            line(12, 14, 12, 15.5);
            line(12, 19, 12, 19.2);
            break;
        case Glyph::close:
            line(6, 6, 18, 18);
            line(18, 6, 6, 18);
            break;
        case Glyph::picture:
            painter.drawRect(QRectF(3, 5, 18, 14));
            painter.drawPolyline(QPolygonF({{3, 17}, {9, 11}, {13, 15}, {16, 12}, {21, 17}}));
            break;
        case Glyph::author:
            painter.drawPolyline(
                QPolygonF({{4, 20}, {6, 14}, {16, 4}, {20, 8}, {10, 18}, {4, 20}}));
            break;
        default:
            break;
    }
}

class GlyphEngine : public QIconEngine {
public:
    explicit GlyphEngine(Glyph glyph) : glyph_(glyph) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
        auto group = mode == QIcon::Disabled ? QPalette::Disabled : QPalette::Active;
        auto role = mode == QIcon::Selected ? QPalette::HighlightedText : QPalette::ButtonText;
        QColor color = QApplication::palette().color(group, role);
        double side = std::min(rect.width(), rect.height());
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->translate(QRectF(rect).center() - QPointF(side / 2, side / 2));
        painter->scale(side / 24, side / 24);
        QPainterPath filled = shape(glyph_);
        if (!filled.isEmpty()) {
            filled.setFillRule(Qt::WindingFill);
            painter->fillPath(filled, color);
        } else {
            painter->setPen(QPen(color, 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
            draw_lines(*painter, glyph_);
        }
        painter->restore();
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, QRect(QPoint(0, 0), size), mode, state);
        return pixmap;
    }

    QIconEngine* clone() const override { return new GlyphEngine(*this); }

private:
    Glyph glyph_;
};

/// The same picture as teatime-inspector.svg.
void draw_program(QPainter& painter) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(0x1f3a5f));
    painter.drawRoundedRect(QRectF(4, 4, 120, 120), 26, 26);
    painter.setPen(QPen(QColor(0xf4f1e8), 7, Qt::SolidLine, Qt::RoundCap));
    painter.setBrush(Qt::NoBrush);
    QPainterPath cup(QPointF(30, 52));
    cup.lineTo(82, 52);
    cup.cubicTo(82, 82, 72, 92, 56, 92);
    cup.cubicTo(40, 92, 30, 82, 30, 52);
    painter.drawPath(cup);
    painter.drawArc(QRectF(70, 54, 28, 24), -100 * 16, 190 * 16);
    painter.setPen(QPen(QColor(0x7fb3e6), 6, Qt::SolidLine, Qt::RoundCap));
    painter.drawLine(QPointF(24, 106), QPointF(104, 106));
    painter.setPen(QPen(QColor(0xf2a33c), 7, Qt::SolidLine, Qt::RoundCap));
    painter.drawLine(QPointF(56, 22), QPointF(56, 40));
    painter.setBrush(QColor(0xf2a33c));
    painter.setPen(Qt::NoPen);
    painter.drawEllipse(QPointF(56, 106), 8, 8);
}

}  // namespace

QIcon glyph_icon(Glyph glyph) {
    return glyph == Glyph::none ? QIcon() : QIcon(new GlyphEngine(glyph));
}

QIcon program_icon() {
    QIcon icon;
    for (int side : {16, 32, 64, 128}) {
        QPixmap pixmap(side, side);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        painter.scale(side / 128.0, side / 128.0);
        draw_program(painter);
        painter.end();
        icon.addPixmap(pixmap);
    }
    return icon;
}

}  // namespace teatime::inspector
