#include "scene_painter.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

namespace teatime::inspector {
namespace {

QColor color_of(Color color) {
    return QColor(color.red, color.green, color.blue, color.alpha);
}

QRectF rect_of(const Rect& rect) {
    return QRectF(rect.x, rect.y, rect.width, rect.height).normalized();
}

class ShapePainter {
public:
    explicit ShapePainter(QPainter& painter) : painter_(painter) {}

    void operator()(const Scene::Line& line) {
        use(line.style, Qt::RoundCap, Qt::MiterJoin);
        painter_.drawLine(point(line.from), point(line.to));
    }
    void operator()(const Scene::Polyline& polyline) {
        use(polyline.style, Qt::RoundCap, Qt::RoundJoin);
        QPolygonF points = polygon(polyline.points);
        if (points.size() == 1) points.append(points.front());  // a dot
        if (polyline.style.fill.alpha != 0) {
            painter_.save();
            painter_.setPen(Qt::NoPen);
            painter_.drawPolygon(points, Qt::WindingFill);
            painter_.restore();
        }
        painter_.drawPolyline(points);
    }
    void operator()(const Scene::Polygon& shape) {
        use(shape.style, Qt::FlatCap, Qt::MiterJoin);
        painter_.drawPolygon(polygon(shape.points), Qt::WindingFill);
    }
    void operator()(const Scene::Circle& circle) {
        use(circle.style, Qt::FlatCap, Qt::MiterJoin);
        double radius = std::abs(circle.radius);
        painter_.drawEllipse(point(circle.center), radius, radius);
    }
    void operator()(const Scene::Rectangle& rectangle) {
        use(rectangle.style, Qt::FlatCap, Qt::MiterJoin);
        painter_.drawRect(rect_of(rectangle.rect));
    }
    void operator()(const Scene::Text& text) {
        double size = std::abs(text.size);
        if (!(size > 0)) return;
        // Fonts have whole sizes on some systems: written in a large one, scaled to the wanted.
        constexpr double kFontSize = 64;
        QFont font("sans-serif");
        font.setStyleHint(QFont::SansSerif);
        font.setPixelSize(static_cast<int>(kFontSize));
        QString words = QString::fromStdString(text.text);
        double width = QFontMetricsF(font).horizontalAdvance(words);
        double left = text.anchor == Scene::Anchor::middle ? -width / 2
                      : text.anchor == Scene::Anchor::end  ? -width
                                                           : 0;
        QPainterPath path;
        path.addText(left, 0, font, words);
        painter_.save();
        painter_.translate(point(text.at));
        painter_.scale(size / kFontSize, size / kFontSize);
        painter_.fillPath(path, color_of(text.style.fill));
        if (text.style.stroke.alpha != 0 && text.style.width > 0) {
            painter_.strokePath(
                path, QPen(color_of(text.style.stroke), text.style.width * kFontSize / size));
        }
        painter_.restore();
    }

private:
    static QPointF point(Point at) { return {at.x, at.y}; }
    static QPolygonF polygon(const std::vector<Point>& points) {
        QPolygonF polygon;
        polygon.reserve(static_cast<qsizetype>(points.size()));
        for (const Point& each : points) polygon.append(point(each));
        return polygon;
    }
    void use(const Style& style, Qt::PenCapStyle cap, Qt::PenJoinStyle join) {
        bool stroked = style.stroke.alpha != 0 && style.width > 0;
        painter_.setPen(stroked
                            ? QPen(color_of(style.stroke), style.width, Qt::SolidLine, cap, join)
                            : QPen(Qt::NoPen));
        painter_.setBrush(style.fill.alpha == 0 ? QBrush(Qt::NoBrush)
                                                : QBrush(color_of(style.fill)));
    }

    QPainter& painter_;
};

}  // namespace

QTransform fit_world(const Rect& world, const QRectF& target) {
    double scale = std::min(target.width() / world.width, target.height() / world.height);
    if (!(scale > 0) || !std::isfinite(scale)) scale = 1;
    QTransform transform;
    transform.translate(target.center().x(), target.center().y());
    transform.scale(scale, scale);
    transform.translate(-(world.x + world.width / 2), -(world.y + world.height / 2));
    return transform;
}

void paint_scene(QPainter& painter, const Scene& scene, const QTransform& world_to_device) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setTransform(world_to_device, true);
    if (scene.background().alpha != 0) {
        painter.fillRect(rect_of(scene.bounds()), color_of(scene.background()));
    }
    ShapePainter shapes(painter);
    for (const Scene::Shape& shape : scene.shapes()) {
        if (is_showable(shape)) std::visit(shapes, shape);
    }
    painter.restore();
}

}  // namespace teatime::inspector
