#pragma once

#include <QImage>
#include <QObject>
#include <QSize>
#include <QTransform>
#include <memory>

#include "background.h"
#include "teatime/island/scene.h"

class QPainter;

namespace teatime::inspector {

/// The picture of a world of thousands of shapes, painted by a thread of its own: 5,000 discs take
/// some 50 ms. What is asked for last is shown last; what is under way is finished first, else
/// nothing would be seen while the playhead is dragged. Used by the GUI's thread.
class ScenePicture : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    struct View {
        std::shared_ptr<const Scene> scene;
        QTransform transform;  ///< from the world to `size`
        QSize size;
        double pixel_ratio = 1;
        bool operator==(const View&) const = default;
    };

    /// Too long for the GUI's thread. O(shapes), some 10 us.
    static bool takes_long(const Scene& scene);

    void want(const View& view);
    void forget();  ///< nothing is wanted
    bool working() const { return wanted_.scene && wanted_ != shown_; }
    /// The newest that there is, moved to where it belongs now.
    void paint(QPainter& painter, const QTransform& transform) const;

signals:
    void ready();

private:
    void start();

    View wanted_, shown_;
    QImage image_;
    bool busy_ = false;
    Background background_;
};

}  // namespace teatime::inspector
