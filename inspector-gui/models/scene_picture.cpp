#include "scene_picture.h"

#include <QPainter>

#include "scene_painter.h"

namespace teatime::inspector {
namespace {

constexpr std::size_t kAtOnce = 800;         // shapes: some 8 ms
constexpr std::size_t kPointsOfAShape = 16;  // of a line, that take as long as a disc

QImage painted(const ScenePicture::View& view) {
    QImage image(view.size * view.pixel_ratio, QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(view.pixel_ratio);
    image.fill(Qt::transparent);
    QPainter painter(&image);
    paint_scene(painter, *view.scene, view.transform);
    return image;
}

}  // namespace

bool ScenePicture::takes_long(const Scene& scene) {
    std::size_t cost = scene.shapes().size();
    for (const Scene::Shape& shape : scene.shapes()) {
        if (const auto* line = std::get_if<Scene::Polyline>(&shape)) {
            cost += line->points.size() / kPointsOfAShape;
        } else if (const auto* polygon = std::get_if<Scene::Polygon>(&shape)) {
            cost += polygon->points.size() / kPointsOfAShape;
        }
    }
    return cost > kAtOnce;
}

void ScenePicture::want(const View& view) {
    wanted_ = view;
    if (!busy_ && working()) start();
}

void ScenePicture::forget() {
    wanted_ = shown_ = {};
    image_ = {};
}

void ScenePicture::start() {
    busy_ = true;
    background_.run([this, view = wanted_](const std::stop_token&) {
        const QImage image = painted(view);
        QMetaObject::invokeMethod(
            this,
            [this, view, image] {
                busy_ = false;
                if (!wanted_.scene) return;  // forgotten meanwhile
                shown_ = view;
                image_ = image;
                if (working()) start();
                emit ready();
            },
            Qt::QueuedConnection);
    });
}

void ScenePicture::paint(QPainter& painter, const QTransform& transform) const {
    if (image_.isNull()) return;
    painter.save();
    painter.setTransform(shown_.transform.inverted() * transform, true);
    painter.drawImage(QPointF(), image_);
    painter.restore();
}

}  // namespace teatime::inspector
