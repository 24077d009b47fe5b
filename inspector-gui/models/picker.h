#pragma once

#include <QObject>
#include <QString>
#include <stop_token>
#include <string>
#include <vector>

#include "background.h"
#include "moment.h"
#include "pointers.h"

namespace teatime::inspector {

/// Where the topmost shape at a place of the picture stands, as the world may have told it: the
/// centre of a circle; corner and centre of a rectangle; the points of a line, nearest first.
/// Empty: nothing is there. `reach`, in world units, is added to thin shapes.
std::vector<Point> anchors_at(const Scene& scene, Point at, double reach);

/// The field of the state that is the first of these points that any is: `bounce.discs[3].at`.
/// Empty: none is, or stopped. O(bytes of the state).
std::string field_at(const Image& image, const std::vector<Point>& anchors,
                     const std::stop_token& stop);

/// Around the shapes of the picture that stand where what this path names does, or what it refers
/// to, or else what is above it up to the next element of a list: `bounce.discs[3].radius` is that
/// of a disc. Empty: none does, too many do, or stopped.
std::vector<Rect> places_of(const Moment& moment, const std::string& path,
                            const std::stop_token& stop);

/// From the picture to the state and back. A picture does not name what it shows, but what is drawn
/// stands where a field says.
class Picker : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    /// picked() follows, of the newest.
    void pick(const MomentPtr& moment, Point at, double reach);
    /// placed() follows, of the newest. Empty path: of nothing.
    void place(const MomentPtr& moment, const QString& path, std::vector<Pointer> pointers = {});

signals:
    void picked(const QString& path);  ///< empty: nothing is known of what is there
    void placed(const std::vector<teatime::Rect>& places,
                const std::vector<teatime::inspector::Pointed>& pointed);

private:
    std::uint64_t run_ = 0, place_run_ = 0;
    Background background_, placing_;
};

}  // namespace teatime::inspector
