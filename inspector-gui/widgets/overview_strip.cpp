#include "overview_strip.h"

#include <QEvent>
#include <QMouseEvent>
#include <cmath>

#include "timeline_paint.h"

namespace teatime::inspector {
namespace {

constexpr double kLeastHandle = 8;  // pixels

}  // namespace

OverviewStrip::OverviewStrip(TimeAxis& axis, QWidget* parent) : QWidget(parent), axis_(axis) {
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Overview"));
    setAccessibleDescription(tr("The whole recording; the handle is what the timeline shows"));
    connect(&axis_, &TimeAxis::scale_changed, this, qOverload<>(&QWidget::update));
    connect(&axis_, &TimeAxis::playhead_changed, this, qOverload<>(&QWidget::update));
    connect(&axis_, &TimeAxis::selection_changed, this, qOverload<>(&QWidget::update));
    connect(&axis_, &TimeAxis::range_changed, this, &OverviewStrip::repaint_all);
}

void OverviewStrip::set_facts(const FactsPtr& facts) {
    facts_ = facts;
    notes_ = facts ? TimelineNotes(*facts) : TimelineNotes();
    repaint_all();
}

void OverviewStrip::set_source(LaneSource* source) {
    if (source_) source_->disconnect(this);
    source_ = source;
    if (source_) connect(source_, &LaneSource::changed, this, &OverviewStrip::repaint_all);
    repaint_all();
}

QSize OverviewStrip::sizeHint() const {
    return {200, fontMetrics().height() + 12};
}

void OverviewStrip::repaint_all() {
    still_valid_ = false;
    update();
}

void OverviewStrip::resizeEvent(QResizeEvent*) {
    repaint_all();
}

void OverviewStrip::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        repaint_all();
    }
    QWidget::changeEvent(event);
}

TimeScale OverviewStrip::whole() const {
    TimeScale scale;
    scale.width = std::max(1, width());
    scale.fit(axis_.range().from, axis_.range().to);
    return scale;
}

QRectF OverviewStrip::handle() const {
    const TimeScale scale = whole();
    const double edge = width();
    double from = std::clamp(scale.x_of(axis_.scale().left), 0.0, edge);
    double to = std::clamp(scale.x_of(axis_.scale().right()), 0.0, edge);
    if (to - from < kLeastHandle) {
        const double middle = std::clamp((from + to) / 2, kLeastHandle / 2,
                                         std::max(kLeastHandle / 2, edge - kLeastHandle / 2));
        from = middle - kLeastHandle / 2;
        to = middle + kLeastHandle / 2;
    }
    return {from, 0, to - from, static_cast<double>(height())};
}

void OverviewStrip::paint_still(QPainter& painter, const TimelineColors& colors) {
    painter.fillRect(rect(), colors.back);
    painter.fillRect(QRect(0, 0, width(), 1), colors.line);
    const TimeScale scale = whole();
    const LaneSource::Totals totals = source_ ? source_->totals(scale) : LaneSource::Totals();
    const auto count_at = [](const std::vector<float>& counts, int x) {
        return static_cast<std::size_t>(x) < counts.size() ? counts[static_cast<std::size_t>(x)]
                                                           : 0;
    };
    double most = 0;
    for (int x = 0; x < scale.width; ++x) {
        most = std::max<double>(most, count_at(totals.external, x) + count_at(totals.future, x));
    }
    const double unit = most > 0 ? (height() - 4) / std::log1p(most) : 0;
    QColor inside = colors.faint_text;
    inside.setAlpha(110);
    QVector<QRect> all, external;
    for (int x = 0; x < scale.width; ++x) {
        const double from_outside = count_at(totals.external, x);
        const double both = from_outside + count_at(totals.future, x);
        if (both <= 0) continue;
        const int tall = std::max(1, static_cast<int>(std::log1p(both) * unit));
        const int part = static_cast<int>(std::ceil(tall * from_outside / both));
        all.push_back({x, height() - 1 - tall, 1, tall - part});
        external.push_back({x, height() - 1 - part, 1, part});
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(inside);
    painter.drawRects(all);
    painter.setBrush(colors.mark);
    painter.drawRects(external);
    if (!facts_) return;
    const auto line_at = [&](double x, const QColor& color, int from, int tall) {
        painter.fillRect(QRectF(x, from, 2, tall), color);
    };
    visit_by_pixel(facts_->bookmarks, scale, kTimeOfMark,
                   [&](double x, auto, auto) { line_at(x, colors.mark, 1, height() / 3); });
    visit_by_pixel(facts_->errors, scale, kTimeOfMark, [&](double x, auto, auto) {
        line_at(x, colors.bad, height() - height() / 3, height() / 3);
    });
    visit_by_pixel(notes_.splits, scale, kTimeOfMark,
                   [&](double x, auto, auto) { line_at(x, colors.bad, 1, height() - 1); });
    for (const timegraph::Gap& gap : facts_->gaps) {
        const double from = scale.x_of(gap.after.time), to = scale.x_of(gap.before.time);
        painter.fillRect(QRectF(from, 1, std::max(2.0, to - from), height() - 1),
                         QBrush(colors.bad, Qt::BDiagPattern));
    }
}

void OverviewStrip::paintEvent(QPaintEvent*) {
    const TimelineColors colors(palette());
    const double ratio = devicePixelRatioF();
    if (!still_valid_ || still_.size() != size() * ratio) {
        still_ = QPixmap(size() * ratio);
        still_.setDevicePixelRatio(ratio);
        QPainter painter(&still_);
        paint_still(painter, colors);
        still_valid_ = true;
    }
    QPainter painter(this);
    painter.drawPixmap(0, 0, still_);
    if (!facts_) return;
    const TimeScale scale = whole();
    if (const auto& selection = axis_.selection()) {
        const double from = scale.x_of(selection->from);
        painter.fillRect(QRectF(from, 0, std::max(1.0, scale.x_of(selection->to) - from), height()),
                         colors.selection);
    }
    const QRectF seen = handle();
    QColor shade = colors.back;
    shade.setAlpha(150);
    painter.fillRect(QRectF(0, 0, seen.left(), height()), shade);
    painter.fillRect(QRectF(seen.right(), 0, width() - seen.right(), height()), shade);
    painter.setPen(QPen(colors.text, 1));
    painter.drawRect(seen.adjusted(0.5, 0.5, -0.5, -0.5));
    for (double x : {seen.left() + 1, seen.right() - 4}) {  // what the edges are dragged by
        painter.fillRect(QRectF(x, height() / 4.0, 3, height() / 2.0), colors.text);
    }
    painter.fillRect(QRectF(std::floor(scale.x_of(axis_.playhead().time)), 0, 2, height()),
                     colors.playhead);
}

OverviewStrip::Drag OverviewStrip::part_at(double x) const {
    constexpr double kReach = 5;
    const QRectF seen = handle();
    const bool wide = seen.width() > 3 * kReach;
    if (wide && std::abs(x - seen.left()) <= kReach) return Drag::left;
    if (wide && std::abs(x - seen.right()) <= kReach) return Drag::right;
    return x >= seen.left() && x <= seen.right() ? Drag::move : Drag::none;
}

void OverviewStrip::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !facts_) return;
    const double x = event->position().x();
    drag_ = part_at(x);
    grab_ = x - handle().left();
    if (drag_ != Drag::none) return;
    drag_ = Drag::move;
    grab_ = handle().width() / 2;
    drag_to(x);
}

void OverviewStrip::mouseMoveEvent(QMouseEvent* event) {
    const double x = event->position().x();
    if (drag_ != Drag::none) return drag_to(x);
    const Drag part = part_at(x);
    setCursor(part == Drag::left || part == Drag::right ? Qt::SizeHorCursor
              : part == Drag::move                      ? Qt::OpenHandCursor
                                                        : Qt::ArrowCursor);
}

void OverviewStrip::drag_to(double x) {
    TimeScale scale = axis_.scale();
    const TimeScale all = whole();
    if (drag_ == Drag::move) {
        scale.pan(scale.x_of(all.time_at(x - grab_)));
    } else {
        const VirtualTime edge = all.time_at(std::clamp(x, 0.0, double(width())));
        VirtualTime from = scale.left, to = scale.right();
        (drag_ == Drag::left ? from : to) = edge;
        if (to - from < Duration(10)) return;
        scale.us_per_pixel = static_cast<double>((to - from).count()) / scale.width;
        scale.left = from;
        scale.left_part = 0;
    }
    axis_.set_scale(scale);
}

void OverviewStrip::mouseReleaseEvent(QMouseEvent*) {
    drag_ = Drag::none;
}

void OverviewStrip::mouseDoubleClickEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) axis_.fit();
}

void OverviewStrip::wheelEvent(QWheelEvent* event) {
    axis_.zoom(axis_.scale().width / 2.0, std::pow(0.8, event->angleDelta().y() / 120.0));
    event->accept();
}

}  // namespace teatime::inspector
