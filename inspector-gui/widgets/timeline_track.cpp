#include "timeline_track.h"

#include <QEvent>
#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <cmath>

namespace teatime::inspector {

TimelineTrack::TimelineTrack(TimeAxis& axis, Width width, QWidget* parent)
    : QWidget(parent), axis_(axis), width_(width) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    connect(&axis_, &TimeAxis::scale_changed, this, &TimelineTrack::repaint_all);
    connect(&axis_, &TimeAxis::range_changed, this, &TimelineTrack::repaint_all);
    connect(&axis_, &TimeAxis::gutter_changed, this, [this] {
        lead();
        repaint_all();
    });
    connect(&axis_, &TimeAxis::playhead_changed, this, qOverload<>(&QWidget::update));
    connect(&axis_, &TimeAxis::selection_changed, this, qOverload<>(&QWidget::update));
}

void TimelineTrack::lead() {
    if (width_ == Width::leads) axis_.set_width(content().width());
}

void TimelineTrack::repaint_all() {
    still_valid_ = false;
    update();
}

QRect TimelineTrack::content() const {
    const int gutter = std::min(axis_.gutter(), width() / 2);
    return {gutter, 0, std::max(1, width() - gutter), height()};
}

double TimelineTrack::x_of(VirtualTime time) const {
    return paintable(content().left() + axis_.scale().x_of(time));
}

VirtualTime TimelineTrack::time_at(double x) const {
    return axis_.scale().time_at(x - content().left());
}

Mark TimelineTrack::mark_at(const QPoint& at) const {
    const TimeAxis::Range& all = axis_.range();
    return {BranchId{}, std::clamp(time_at(at.x()), all.from, all.to), Mark::kWholeInstant};
}

void TimelineTrack::paintEvent(QPaintEvent*) {
    const TimelineColors colors(palette());
    const double ratio = devicePixelRatioF();
    if (!still_valid_ || still_.devicePixelRatio() != ratio || still_.size() != size() * ratio) {
        if (still_.size() != size() * ratio) still_ = QPixmap(size() * ratio);
        still_.setDevicePixelRatio(ratio);
        QPainter painter(&still_);
        painter.setFont(font());
        painter.fillRect(rect(), colors.back);
        paint_still(painter, colors);
        still_valid_ = true;
    }
    QPainter painter(this);
    painter.drawPixmap(0, 0, still_);
    paint_moving(painter, colors);
}

void TimelineTrack::paint_moving(QPainter& painter, const TimelineColors& colors) {
    paint_selection(painter, colors, 0);
    paint_playhead(painter, colors, 0);
}

void TimelineTrack::paint_playhead(QPainter& painter, const TimelineColors& colors, int top) const {
    painter.save();
    painter.setClipRect(content());
    painter.setRenderHint(QPainter::Antialiasing, false);
    const int x = static_cast<int>(std::floor(x_of(axis_.playhead().time)));
    painter.fillRect(QRect(x, top, 2, height() - top), colors.playhead);
    painter.restore();
}

void TimelineTrack::paint_selection(QPainter& painter, const TimelineColors& colors,
                                    int top) const {
    if (!axis_.selection()) return;
    const double from = x_of(axis_.selection()->from), to = x_of(axis_.selection()->to);
    painter.save();
    painter.setClipRect(content());
    painter.fillRect(QRectF(from, top, to - from, height() - top), colors.selection);
    QColor edge = colors.selection;
    edge.setAlpha(255);
    for (double x : {from, to}) painter.fillRect(QRectF(x, top, 1, height() - top), edge);
    painter.restore();
}

void TimelineTrack::paint_gutter(QPainter& painter, const TimelineColors& colors) const {
    const int gutter = content().left();
    painter.fillRect(QRect(0, 0, gutter, height()), colors.gutter);
    painter.fillRect(QRect(gutter - 1, 0, 1, height()), colors.line);
}

void TimelineTrack::resizeEvent(QResizeEvent*) {
    lead();
    repaint_all();
}

void TimelineTrack::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange ||
        event->type() == QEvent::StyleChange || event->type() == QEvent::EnabledChange) {
        repaint_all();
    }
    QWidget::changeEvent(event);
}

bool TimelineTrack::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    auto* help = static_cast<QHelpEvent*>(event);
    const QString tip = tip_at(help->pos());
    if (tip.isEmpty()) {
        QToolTip::hideText();
    } else {
        // Texts of a recording are nobody's markup.
        QToolTip::showText(help->globalPos(), tip.toHtmlEscaped().replace('\n', "<br>"), this);
    }
    return true;
}

bool TimelineTrack::at_gutter_edge(int x) const {
    return std::abs(x - content().left()) <= 3;
}

void TimelineTrack::mousePressEvent(QMouseEvent* event) {
    const QPoint at = event->position().toPoint();
    drag_ = Drag::none;
    if (event->button() == Qt::MiddleButton) {
        drag_ = Drag::pan;
        pan_x_ = event->position().x();
    } else if (event->button() == Qt::LeftButton && at_gutter_edge(at.x())) {
        drag_ = Drag::gutter;
    } else if (event->button() == Qt::LeftButton && !click(at) && content().contains(at)) {
        if (event->modifiers() & Qt::ShiftModifier) {
            drag_ = Drag::select;
            select_from_ = mark_at(at).time;
            axis_.set_selection({});
        } else {
            drag_ = Drag::scrub;
            axis_.request(mark_at(at));
        }
    }
}

void TimelineTrack::mouseMoveEvent(QMouseEvent* event) {
    const QPoint at = event->position().toPoint();
    switch (drag_) {
        case Drag::scrub: {
            const TimeAxis::Range& all = axis_.range();
            axis_.request(
                {BranchId{}, std::clamp(time_at(at.x()), all.from, all.to), Mark::kWholeInstant});
            break;
        }
        case Drag::select: {
            const TimeAxis::Range& all = axis_.range();
            axis_.set_selection(
                TimeAxis::Range{select_from_, std::clamp(time_at(at.x()), all.from, all.to)});
            break;
        }
        case Drag::pan:
            axis_.pan(pan_x_ - event->position().x());
            pan_x_ = event->position().x();
            break;
        case Drag::gutter:
            axis_.set_gutter(std::min(at.x(), width() / 2));
            break;
        case Drag::none:
            setCursor(at_gutter_edge(at.x()) ? Qt::SplitHCursor : Qt::ArrowCursor);
            hover(at);
            break;
    }
}

void TimelineTrack::mouseReleaseEvent(QMouseEvent*) {
    drag_ = Drag::none;
}

void TimelineTrack::mouseDoubleClickEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && content().contains(event->position().toPoint())) {
        axis_.fit();
    }
}

void TimelineTrack::wheelEvent(QWheelEvent* event) {
    const QPointF turned = event->angleDelta();
    const QPoint at = event->position().toPoint();
    event->accept();
    if (std::abs(turned.x()) > std::abs(turned.y()) || (event->modifiers() & Qt::ShiftModifier)) {
        axis_.pan(-(turned.x() != 0 ? turned.x() : turned.y()));
    } else if (at.x() < content().left()) {
        if (!scroll_rows(static_cast<int>(-turned.y() / 3))) event->ignore();
    } else if (turned.y() != 0) {
        axis_.zoom(event->position().x() - content().left(), std::pow(0.8, turned.y() / 120));
    }
}

void TimelineTrack::leaveEvent(QEvent*) {
    hover({});
}

}  // namespace teatime::inspector
