#pragma once

#include <QPointer>
#include <QWidget>

#include "lanes.h"
#include "player.h"
#include "time_axis.h"
#include "timeline_colors.h"
#include "timeline_notes.h"

namespace teatime::inspector {

/// The whole recording in a strip: how much went on when, split votes, errors, marks, the playhead,
/// and the stretch in view as a handle: drag it or its edges; elsewhere a click moves it there.
class OverviewStrip : public QWidget {
    Q_OBJECT
public:
    explicit OverviewStrip(TimeAxis& axis, QWidget* parent = nullptr);

    void set_facts(const FactsPtr& facts);
    void set_source(LaneSource* source);

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;

private:
    enum class Drag { none, move, left, right };

    TimeScale whole() const;
    QRectF handle() const;
    Drag part_at(double x) const;
    void drag_to(double x);
    void paint_still(QPainter& painter, const TimelineColors& colors);
    void repaint_all();

    TimeAxis& axis_;
    FactsPtr facts_;
    TimelineNotes notes_;
    QPointer<LaneSource> source_;
    QPixmap still_;
    bool still_valid_ = false;
    Drag drag_ = Drag::none;
    double grab_ = 0;  ///< pixels from the handle's left edge
};

}  // namespace teatime::inspector
