#include "status_strip.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>
#include <algorithm>

#include "rows_model.h"

namespace teatime::inspector {
namespace {

constexpr int kBetween = 6, kAround = 24;  // pixels: fields, and a sentence

}  // namespace

StatusStrip::StatusStrip(QWidget* parent) : QStatusBar(parent) {
    setSizeGripEnabled(false);
    build_work();
    mark_ = field(tr("Mark"), tr("Where the playhead is: time # messages of that instant"), 12);
    mark_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    end_ = field(tr("End"), tr("How far the recording goes"), 12);
    hash_ = field(tr("Hash"), tr("Hash of the state here: equal on every replica"), 34);
    wall_ = field(tr("Wall time"), tr("When the session was there"), 28);
    pointer_ = field(tr("Pointer"), tr("The pointer in units of the world"), 18);
    setMinimumWidth(1);  // fields go before the window could not be made narrower
    connect(this, &QStatusBar::messageChanged, this, &StatusStrip::fit_fields);
}

void StatusStrip::build_work() {
    constexpr int kAMoment_ms = 500;
    work_ = new QWidget;
    work_->setObjectName("work");
    work_text_ = new QLabel;
    work_text_->setTextFormat(Qt::PlainText);
    work_share_ = new QProgressBar;
    work_share_->setFixedSize(fontMetrics().averageCharWidth() * 20, fontMetrics().height() - 2);
    work_share_->setTextVisible(false);
    work_share_->setAccessibleName(tr("Progress"));
    auto* cancel = new QToolButton;
    cancel->setText(tr("Cancel"));
    cancel->setObjectName("cancel-work");
    cancel->setAutoRaise(true);
    cancel->setFixedHeight(fontMetrics().height() + 2);  // as high as the strip is without it
    auto* row = new QHBoxLayout(work_);
    row->setContentsMargins(6, 0, 6, 0);
    row->addWidget(work_text_);
    row->addWidget(work_share_);
    row->addWidget(cancel);
    addPermanentWidget(work_);
    work_->hide();
    work_lasts_.setSingleShot(true);
    work_lasts_.setInterval(kAMoment_ms);
    connect(&work_lasts_, &QTimer::timeout, this, [this] {
        work_->show();
        fit_fields();
    });
    connect(cancel, &QToolButton::clicked, this, [this] { cancel_work_(); });
}

void StatusStrip::show_work(const QString& text, double share, std::function<void()> cancel) {
    work_text_->setText(text);
    work_share_->setRange(0, share < 0 ? 0 : 1000);
    if (share >= 0) work_share_->setValue(static_cast<int>(share * 1000));
    cancel_work_ = std::move(cancel);
    if (work_->isHidden() && !work_lasts_.isActive()) work_lasts_.start();
}

void StatusStrip::end_work() {
    work_lasts_.stop();
    if (work_->isHidden()) return;
    work_->hide();
    fit_fields();
}

QString StatusStrip::work_text() const {
    return work_->isHidden() ? QString() : work_text_->text();
}

/// A sentence that is said, and the first fields: as many as there is room for.
void StatusStrip::fit_fields() {
    const QString said = currentMessage();
    int room = width() - (said.isEmpty() ? 0 : fontMetrics().horizontalAdvance(said) + kAround);
    if (!work_->isHidden()) room -= work_->sizeHint().width() + kBetween;
    for (QLabel* label : {mark_, end_, hash_, wall_, pointer_}) {
        room -= std::max(label->minimumWidth(), label->sizeHint().width()) + kBetween;
        label->setVisible(room >= 0);
    }
}

void StatusStrip::resizeEvent(QResizeEvent* event) {
    QStatusBar::resizeEvent(event);
    fit_fields();
}

QLabel* StatusStrip::field(const QString& name, const QString& tip, int characters) {
    auto* label = new QLabel;
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setToolTip(tip);
    label->setAccessibleName(name);
    label->setMinimumWidth(fontMetrics().averageCharWidth() * characters);
    label->setContentsMargins(6, 0, 6, 0);
    addPermanentWidget(label);
    return label;
}

void StatusStrip::set_facts(const FactsPtr& facts) {
    facts_ = facts;
    if (!facts) {
        for (QLabel* label : {mark_, hash_, wall_, end_, pointer_}) label->clear();
        return;
    }
    clock_ = WallClock(facts->clock, facts->info.end.bound, facts->info.end.wall);
    end_->setText(facts->is_recording ? tr("of %1").arg(to_text(facts->info.end.bound))
                                      : QString());
    set_playhead(playhead_);  // the clock may be another
}

void StatusStrip::set_playhead(const Mark& mark) {
    playhead_ = mark;
    show_mark();
    const auto wall = clock_.wall_at(mark.time);
    wall_->setText(wall ? wall_text(*wall) : QString());
}

void StatusStrip::set_moment(const MomentPtr& moment) {
    bool known = moment && moment->hash;
    hash_->setText(known ? to_text(to_string(*moment->hash)) : QString());
    hash_->setEnabled(!moment || !moment->stored);
    stored_ = moment && moment->stored ? std::optional(moment->mark) : std::nullopt;
    if (moment) show_mark();
}

void StatusStrip::show_mark() {
    const QString playhead = to_text(playhead_);
    mark_->setText(!stored_ ? playhead
                   : *stored_ == playhead_
                       ? tr("%1 (stored)").arg(playhead)
                       : tr("%1 (stored: %2)").arg(playhead, to_text(*stored_)));
    fit_fields();
}

void StatusStrip::set_pointer(std::optional<QPointF> world) {
    pointer_->setText(world ? tr("x %1  y %2").arg(world->x(), 0, 'f', 1).arg(world->y(), 0, 'f', 1)
                            : QString());
}

QString StatusStrip::mark_text() const {
    return mark_->text();
}

QString StatusStrip::hash_text() const {
    return hash_->text();
}

}  // namespace teatime::inspector
