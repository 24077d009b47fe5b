#pragma once

#include <QRectF>
#include <QTransform>

#include "teatime/island/scene.h"

class QPainter;

namespace teatime::inspector {

/// From world units to `target`: all of `world`, as large as fits, in the middle.
QTransform fit_world(const Rect& world, const QRectF& target);

/// Paints the scene as to_svg() writes it: background within its bounds, then its shapes, clipped
/// to `painter`'s clip only. What is not showable is left out. O(shapes), from any thread that may
/// paint on that device.
void paint_scene(QPainter& painter, const Scene& scene, const QTransform& world_to_device);

}  // namespace teatime::inspector
