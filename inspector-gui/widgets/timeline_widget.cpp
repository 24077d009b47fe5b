#include "timeline_widget.h"

#include <QVBoxLayout>
#include <algorithm>

#include "film_strip.h"
#include "overview_strip.h"

namespace teatime::inspector {

TimelineWidget::TimelineWidget(QWidget* parent) : QWidget(parent) {
    QFont heads = font();
    heads.setBold(true);
    names_wide_ = QFontMetrics(heads).horizontalAdvance(tr("External messages")) + 28;
    gutter_ = names_wide_;
    axis_.set_gutter(gutter_);
    film_ = new FilmStrip(axis_, this);
    lanes_ = new TimelineLanes(axis_, this);
    overview_ = new OverviewStrip(axis_, this);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(film_);
    column->addWidget(lanes_, 1);
    column->addWidget(overview_);
    setFocusProxy(lanes_);
    setAccessibleName(tr("Timeline"));
    connect(&axis_, &TimeAxis::mark_requested, this, &TimelineWidget::mark_requested);
    connect(&axis_, &TimeAxis::selection_changed, this, &TimelineWidget::selection_changed);
    connect(&axis_, &TimeAxis::scale_changed, this, &TimelineWidget::scale_changed);
}

TimelineWidget::~TimelineWidget() {
    // The tracks listen to axis_, a member, which goes before children do.
    delete overview_;
    delete lanes_;
    delete film_;
}

/// Names leave most of a narrow window to what they name, until the user gives them room.
void TimelineWidget::resizeEvent(QResizeEvent*) {
    if (axis_.gutter() != gutter_) return;
    axis_.set_gutter(std::min(names_wide_, width() / 4));
    gutter_ = axis_.gutter();
}

void TimelineWidget::set_facts(const FactsPtr& facts) {
    const bool other = !facts || facts->path != path_;
    path_ = facts ? facts->path : QString();
    if (other) axis_.set_selection({});
    axis_.set_range(facts ? TimeAxis::Range{facts->begin.time, facts->end.time}
                          : TimeAxis::Range{});
    if (other) axis_.fit();
    lanes_->set_facts(facts);
    overview_->set_facts(facts);
}

void TimelineWidget::set_source(LaneSource* source) {
    lanes_->set_source(source);
    overview_->set_source(source);
}

void TimelineWidget::set_film(Film* film) {
    film_->set_film(film);
}

void TimelineWidget::set_others(std::vector<OtherPlayhead> others) {
    lanes_->set_others(std::move(others));
}

void TimelineWidget::set_collapsed(Lane::Kind kind, bool collapsed) {
    lanes_->set_collapsed(kind, collapsed);
}

}  // namespace teatime::inspector
