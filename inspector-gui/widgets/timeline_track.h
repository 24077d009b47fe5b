#pragma once

#include <QPixmap>
#include <QWidget>
#include <algorithm>
#include <optional>

#include "time_axis.h"
#include "timeline_colors.h"

namespace teatime::inspector {

/// A widget along a TimeAxis: names in a gutter at the left, times beside it. Turns mouse and wheel
/// into changes of the axis and keeps what does not move with the playhead in a pixmap.
///
/// Wheel zooms around the mouse (sideways, or with Shift: pans), the middle button pans, a click or
/// drag asks for a Mark, Shift and drag select, a double click shows everything, the gutter's edge
/// can be dragged.
class TimelineTrack : public QWidget {
    Q_OBJECT
public:
    enum class Width { follows, leads };  ///< `leads`: the axis is as wide as this one
    TimelineTrack(TimeAxis& axis, Width width, QWidget* parent);

protected:
    /// All but what paint_moving() paints. Cost depends on pixels.
    virtual void paint_still(QPainter& painter, const TimelineColors& colors) = 0;
    /// Playhead, selection, what is under the mouse: painted each time, over the rest.
    virtual void paint_moving(QPainter& painter, const TimelineColors& colors);
    /// The exact place to go to for a click: of a message, where there is one near.
    virtual Mark mark_at(const QPoint& at) const;
    virtual QString tip_at(const QPoint& at) const = 0;  ///< empty: none
    virtual void hover(const std::optional<QPoint>&) {}
    /// True: the click meant something else than a time.
    virtual bool click(const QPoint&) { return false; }
    /// True: scrolled by itself.
    virtual bool scroll_rows(int) { return false; }

    void repaint_all();  ///< what is still is not valid any more
    TimeAxis& axis() const { return axis_; }
    QRect content() const;  ///< beside the gutter
    double x_of(VirtualTime time) const;
    VirtualTime time_at(double x) const;
    void paint_playhead(QPainter& painter, const TimelineColors& colors, int top) const;
    void paint_selection(QPainter& painter, const TimelineColors& colors, int top) const;
    void paint_gutter(QPainter& painter, const TimelineColors& colors) const;

    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool event(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    enum class Drag { none, scrub, select, pan, gutter };

    bool at_gutter_edge(int x) const;

    void lead();

    TimeAxis& axis_;
    const Width width_;
    QPixmap still_;
    bool still_valid_ = false;
    Drag drag_ = Drag::none;
    double pan_x_ = 0;
    VirtualTime select_from_;
};

/// Where something is that may lie far out of view, as a pixel that a painter can take.
inline double paintable(double x) {
    return std::clamp(x, -1e5, 1e5);
}

}  // namespace teatime::inspector
