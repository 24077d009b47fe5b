#pragma once

#include <QPointer>

#include "plot.h"
#include "timeline_track.h"

namespace teatime::inspector {

/// Numbers of a PlotModel under the timeline, on the same axis: per pixel a band from least to most
/// and a line; each change as a dot where they are told apart, a click on it asks for exactly the
/// message that wrote it. The gutter has the path, the value at the playhead and the range; drag a
/// name to reorder, click its cross to remove.
class PlotsWidget : public TimelineTrack {
    Q_OBJECT
public:
    /// `axis` outlives this.
    explicit PlotsWidget(TimeAxis& axis, QWidget* parent = nullptr);

    void set_model(PlotModel* model);  ///< not owned; may be null, and may go
    PlotModel* model() const { return model_; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void export_requested(const QString& path);  ///< from the menu of a track

protected:
    void paint_still(QPainter& painter, const TimelineColors& colors) override;
    void paint_moving(QPainter& painter, const TimelineColors& colors) override;
    Mark mark_at(const QPoint& at) const override;
    QString tip_at(const QPoint& at) const override;
    bool click(const QPoint& at) override;
    bool scroll_rows(int pixels) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Row {
        QRect rect;  ///< beside the gutter
        PlotTrack::Extent extent;
        bool known = false;
    };

    int row_height() const;
    int row_at(const QPoint& at) const;  ///< -1: none
    QRect cross(int row) const;
    double y_of(const Row& row, double value) const;
    void arrange();
    void paint_row(QPainter& painter, const TimelineColors& colors, int index) const;
    void paint_curve(QPainter& painter, const QColor& color, const Row& row,
                     const std::vector<PlotTrack::Column>& pixels) const;
    void paint_points(QPainter& painter, const QColor& color, const Row& row,
                      const PlotTrack& track) const;

    QPointer<PlotModel> model_;
    std::vector<Row> rows_;
    int scroll_ = 0;
    int dragged_ = -1;  ///< row whose name is held
};

}  // namespace teatime::inspector
