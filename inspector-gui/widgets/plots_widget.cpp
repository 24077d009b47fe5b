#include "plots_widget.h"

#include <QContextMenuEvent>
#include <QMenu>
#include <QMouseEvent>
#include <cmath>

#include "timeline_paint.h"

namespace teatime::inspector {
PlotsWidget::PlotsWidget(TimeAxis& axis, QWidget* parent)
    : TimelineTrack(axis, Width::follows, parent) {
    setAccessibleName(tr("Plots"));
    setAccessibleDescription(tr("Watched numbers over virtual time"));
}

void PlotsWidget::set_model(PlotModel* model) {
    if (model_) model_->disconnect(this);
    model_ = model;
    if (model_) {
        connect(model_, &PlotModel::changed, this, [this] { repaint_all(); });
        connect(model_, &PlotModel::paths_changed, this, &PlotsWidget::arrange);
        connect(model_, &QObject::destroyed, this, [this] { set_model(nullptr); });
    }
    arrange();
}

int PlotsWidget::row_height() const {
    const int least = fontMetrics().height() * 4;
    const int count = static_cast<int>(rows_.size());
    return count == 0 ? least : std::clamp(height() / count, least, least * 3);
}

void PlotsWidget::arrange() {
    const int count = model_ ? static_cast<int>(model_->paths().size()) : 0;
    rows_.assign(static_cast<std::size_t>(count), {});
    scroll_ = std::clamp(scroll_, 0, std::max(0, row_height() * count - height()));
    for (int i = 0; i < count; ++i) {
        rows_[static_cast<std::size_t>(i)].rect =
            QRect(content().left(), i * row_height() - scroll_, content().width(), row_height());
    }
    updateGeometry();
    repaint_all();
}

QSize PlotsWidget::sizeHint() const {
    const int count = std::clamp(static_cast<int>(rows_.size()), 1, 4);
    return {800, count * fontMetrics().height() * 4};
}

QSize PlotsWidget::minimumSizeHint() const {
    return {240, fontMetrics().height() * 4};
}

void PlotsWidget::resizeEvent(QResizeEvent* event) {
    arrange();
    TimelineTrack::resizeEvent(event);
}

bool PlotsWidget::scroll_rows(int pixels) {
    scroll_ += pixels;
    arrange();
    return row_height() * static_cast<int>(rows_.size()) > height();
}

int PlotsWidget::row_at(const QPoint& at) const {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (at.y() >= rows_[i].rect.top() && at.y() <= rows_[i].rect.bottom()) {
            return static_cast<int>(i);
        }
    }
    return -1;
}

QRect PlotsWidget::cross(int row) const {
    const int size = fontMetrics().height();
    return {content().left() - size - 3, rows_[static_cast<std::size_t>(row)].rect.top() + 3, size,
            size};
}

double PlotsWidget::y_of(const Row& row, double value) const {
    const double span = row.extent.max - row.extent.min;
    const double part = span > 0 ? (value - row.extent.min) / span : 0.5;
    return row.rect.bottom() - 5 - part * (row.rect.height() - 10);
}

void PlotsWidget::paint_still(QPainter& painter, const TimelineColors& colors) {
    paint_gutter(painter, colors);
    painter.fillRect(QRect(0, 0, width(), 1), colors.line);
    if (rows_.empty()) {
        painter.setPen(colors.faint_text);
        painter.drawText(rect().adjusted(kPadding, 0, -kPadding, 0),
                         Qt::AlignCenter | Qt::TextWordWrap,
                         tr("Pin a value of the state to see it over time"));
        return;
    }
    model_->look_at(axis().scale());
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        Row& row = rows_[i];
        const PlotTrack& track = model_->track(static_cast<int>(i), axis().scale());
        const auto extent = track.extent(axis().scale());
        row.known = extent.has_value();
        row.extent = extent.value_or(PlotTrack::Extent());
        if (row.rect.bottom() >= 0 && row.rect.top() < height()) {
            paint_row(painter, colors, static_cast<int>(i));
        }
    }
    painter.setClipping(false);
    painter.fillRect(QRect(content().left() - 1, 0, 1, height()), colors.line);
}

void PlotsWidget::paint_row(QPainter& painter, const TimelineColors& colors, int index) const {
    const Row& row = rows_[static_cast<std::size_t>(index)];
    const PlotTrack& track = model_->track(index, axis().scale());
    const int em = painter.fontMetrics().height(), gutter = content().left();
    const QColor color = colors.hue(static_cast<std::size_t>(index));
    painter.setClipping(false);
    painter.fillRect(QRect(0, row.rect.bottom(), width(), 1), colors.line);
    painter.fillRect(QRect(0, row.rect.top() + 4, 4, row.rect.height() - 9), color);
    painter.setPen(colors.text);
    put_text(painter, QRectF(kPadding + 6, row.rect.top() + 3, gutter - em - 18, em),
             elided(painter, model_->paths()[index], gutter - em - 18, Qt::ElideMiddle));
    painter.setPen(colors.faint_text);
    const QRect x = cross(index).adjusted(4, 4, -4, -4);
    painter.drawLine(x.topLeft(), x.bottomRight());
    painter.drawLine(x.topRight(), x.bottomLeft());

    painter.setClipRect(row.rect);
    if (!track.problem.isEmpty()) {
        painter.setPen(colors.bad);
        put_text(painter, row.rect.adjusted(kPadding, 0, -kPadding, 0), track.problem);
        return;
    }
    if (!row.known) {
        painter.setPen(colors.faint_text);
        put_text(painter, row.rect, track.complete ? tr("no numbers here") : tr("working \u2026"),
                 Qt::AlignCenter);
        return;
    }
    const auto ticks =
        value_ticks(row.extent.min, row.extent.max, std::max(2, row.rect.height() / (em * 3 / 2)));
    const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : 0;
    for (double value : ticks) {
        const double y = std::floor(y_of(row, value));
        painter.fillRect(QRectF(row.rect.left(), y, row.rect.width(), 1), colors.band);
        painter.fillRect(QRectF(row.rect.left(), y, 4, 1), colors.faint_text);
    }
    paint_curve(painter, color, row, track.pixels(axis().scale()));
    if (track.has_points) paint_points(painter, color, row, track);
    painter.setPen(colors.faint_text);
    for (double value : ticks) {
        const double y = std::clamp(std::floor(y_of(row, value)), row.rect.top() + em / 2.0,
                                    row.rect.bottom() - em / 2.0);
        put_text(painter, QRectF(row.rect.left() + 7, y - em / 2.0, 120, em),
                 value_label(value, step));
    }
}

void PlotsWidget::paint_curve(QPainter& painter, const QColor& color, const Row& row,
                              const std::vector<PlotTrack::Column>& pixels) const {
    QColor band = color;
    band.setAlpha(110);
    QVector<QRectF> bands;
    QVector<QLineF> lines;
    bool joined = false;
    double last = 0;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        const PlotTrack::Column& pixel = pixels[i];
        const double x = row.rect.left() + static_cast<double>(i);
        if (!pixel.defined) {
            joined = false;
            continue;
        }
        const double top = y_of(row, pixel.max), bottom = y_of(row, pixel.min);
        if (bottom - top >= 1) bands.push_back({x, top, 1, bottom - top});
        const double first = y_of(row, pixel.first), end = y_of(row, pixel.last);
        if (joined && std::abs(last - first) > 0.01) lines.push_back({x, last, x, first});
        lines.push_back({x, first, x + 1, end});
        joined = true;
        last = end;
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(band);
    painter.drawRects(bands);
    painter.setPen(QPen(color, 1));
    painter.drawLines(lines);
}

void PlotsWidget::paint_points(QPainter& painter, const QColor& color, const Row& row,
                               const PlotTrack& track) const {
    constexpr std::ptrdiff_t kPixelsApart = 4;
    const auto before = [](const PlotTrack::Point& point, VirtualTime time) {
        return point.mark.time < time;
    };
    const auto first =
        std::lower_bound(track.points.begin(), track.points.end(), axis().scale().left, before);
    const auto last = std::lower_bound(first, track.points.end(), axis().scale().right(), before);
    if ((last - first) * kPixelsApart > row.rect.width()) return;
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    for (auto point = first; point != last; ++point) {
        if (!point->defined) continue;
        painter.drawEllipse(QPointF(x_of(point->mark.time), y_of(row, point->value)), 3, 3);
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
}

void PlotsWidget::paint_moving(QPainter& painter, const TimelineColors& colors) {
    paint_selection(painter, colors, 0);
    paint_playhead(painter, colors, 0);
    const int em = painter.fontMetrics().height(), gutter = content().left();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const PlotTrack& track = model_->track(static_cast<int>(i), axis().scale());
        const auto value = track.value_at(axis().playhead());
        if (!value) continue;
        const QRect& rect = rows_[i].rect;
        painter.setPen(colors.text);
        put_text(painter, QRectF(kPadding + 6, rect.top() + 4 + em, gutter - 18, em),
                 value_label(*value, 0));
        const double x = x_of(axis().playhead().time);
        if (!rows_[i].known || x < content().left()) continue;
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(colors.back, 1));
        painter.setBrush(colors.playhead);
        painter.drawEllipse(QPointF(x + 1, y_of(rows_[i], *value)), 4, 4);
        painter.setRenderHint(QPainter::Antialiasing, false);
    }
    if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

Mark PlotsWidget::mark_at(const QPoint& at) const {
    constexpr double kReach = 5;
    if (const int row = row_at(at); row >= 0) {
        const PlotTrack& track = model_->track(row, axis().scale());
        const auto reach = Duration(std::llround(kReach * axis().scale().us_per_pixel));
        if (const auto* point = track.point_near(time_at(at.x()), reach)) return point->mark;
    }
    return TimelineTrack::mark_at(at);
}

QString PlotsWidget::tip_at(const QPoint& at) const {
    const int index = row_at(at);
    if (index < 0) return {};
    const QString& path = model_->paths()[index];
    if (!content().contains(at)) {
        return cross(index).contains(at) ? tr("Remove %1").arg(path)
                                         : tr("%1\nDrag to reorder").arg(path);
    }
    const TimeScale& scale = axis().scale();
    const PlotTrack& track = model_->track(index, scale);
    const auto pixels = track.pixels(scale);
    const auto x = static_cast<std::size_t>(at.x() - content().left());
    if (x >= pixels.size() || !pixels[x].defined) return {};
    QString tip = path + '\n';
    tip += pixels[x].min == pixels[x].max
               ? value_label(pixels[x].last, 0)
               : tr("%1 to %2").arg(value_label(pixels[x].min, 0), value_label(pixels[x].max, 0));
    return tip + tr(" at %1").arg(time_label(time_at(at.x()), scale.us_per_pixel));
}

bool PlotsWidget::click(const QPoint& at) {
    if (at.x() >= content().left()) return false;
    const int index = row_at(at);
    if (index < 0) return true;
    if (cross(index).contains(at)) {
        model_->remove(model_->paths()[index]);
    } else {
        dragged_ = index;
    }
    return true;
}

void PlotsWidget::mouseReleaseEvent(QMouseEvent* event) {
    if (dragged_ >= 0) {
        const int target = row_at({0, static_cast<int>(event->position().y())});
        if (target >= 0 && model_) model_->move(dragged_, target);
        dragged_ = -1;
    }
    TimelineTrack::mouseReleaseEvent(event);
}

void PlotsWidget::contextMenuEvent(QContextMenuEvent* event) {
    const int index = row_at(event->pos());
    if (index < 0) return;
    const QString path = model_->paths()[index];
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(tr("Export as CSV \u2026"), this,
                    [this, path] { emit export_requested(path); });
    QAction* up = menu->addAction(tr("Move up"), this, [this, index] {
        if (model_) model_->move(index, index - 1);
    });
    up->setEnabled(index > 0);
    menu->addAction(tr("Remove"), this, [this, path] {
        if (model_) model_->remove(path);
    });
    menu->popup(event->globalPos());
}

}  // namespace teatime::inspector
