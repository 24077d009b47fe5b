#pragma once

#include <QStatusBar>
#include <QTimer>
#include <functional>

#include "facts.h"
#include "moment.h"
#include "wall_clock.h"

class QLabel;
class QProgressBar;

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
    /// What takes more than a moment, beside all else: nothing in the window moves for it. `share`:
    /// 0 .. 1, less: not known.
    void show_work(const QString& text, double share, std::function<void()> cancel);
    void end_work();

    QString mark_text() const;
    QString hash_text() const;
    QString work_text() const;  ///< empty: none is shown

private:
    void build_work();
    QLabel* field(const QString& name, const QString& tip, int characters);
    void show_mark();
    void fit_fields();
    void resizeEvent(QResizeEvent* event) override;

    FactsPtr facts_;
    WallClock clock_;
    Mark playhead_;
    std::optional<Mark> stored_;  ///< of the stored state that is shown in place of an executed one
    QWidget* work_;
    QLabel* work_text_;
    QProgressBar* work_share_;
    QTimer work_lasts_;  ///< until it is shown
    std::function<void()> cancel_work_;
    QLabel* mark_;
    QLabel* hash_;
    QLabel* wall_;
    QLabel* end_;
    QLabel* pointer_;
};

}  // namespace teatime::inspector
