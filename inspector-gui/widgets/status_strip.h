#pragma once

#include <QStatusBar>

#include "facts.h"
#include "moment.h"
#include "wall_clock.h"

class QLabel;

namespace teatime::inspector {

/// Where the playhead is: Mark, hash, wall time, end of the recording, the pointer in the world.
class StatusStrip : public QStatusBar {
    Q_OBJECT
public:
    explicit StatusStrip(QWidget* parent = nullptr);

    void set_facts(const FactsPtr& facts);
    void set_playhead(const Mark& mark);
    void set_moment(const MomentPtr& moment);
    void set_pointer(std::optional<QPointF> world);

    QString mark_text() const;
    QString hash_text() const;

private:
    QLabel* field(const QString& name, const QString& tip, int characters);
    void show_mark();
    void fit_fields();
    void resizeEvent(QResizeEvent* event) override;

    FactsPtr facts_;
    WallClock clock_;
    Mark playhead_;
    std::optional<Mark> stored_;  ///< of the stored state that is shown in place of an executed one
    QLabel* mark_;
    QLabel* hash_;
    QLabel* wall_;
    QLabel* end_;
    QLabel* pointer_;
};

}  // namespace teatime::inspector
