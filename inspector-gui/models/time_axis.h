#pragma once

#include <QObject>
#include <optional>
#include <utility>

#include "teatime/state/mark.h"
#include "time_scale.h"
#include "wall_clock.h"

namespace teatime::inspector {

/// What film strip, lanes, overview and plots have in common: the stretch of time in view, the
/// playhead, the selection, the gutter of names at the left. Each shows it and any may change it.
class TimeAxis : public QObject {
    Q_OBJECT
public:
    struct Range {
        VirtualTime from, to;
        bool operator==(const Range&) const = default;
    };

    using QObject::QObject;

    /// All there is. Where all of it is in view, that stays so when it grows.
    void set_range(Range range);
    const Range& range() const { return range_; }

    const TimeScale& scale() const { return scale_; }
    void set_scale(TimeScale scale);  ///< a part of the range stays in view
    void set_width(int pixels);       ///< what is in view stays
    void zoom(double x, double factor);
    void pan(double pixels);
    bool shows_all() const { return shows_all_; }

    const Mark& playhead() const { return playhead_; }
    void set_playhead(const Mark& mark);
    /// Somebody clicked there.
    void request(const Mark& mark) { emit mark_requested(mark); }

    const std::optional<Range>& selection() const { return selection_; }
    void set_selection(std::optional<Range> selection);  ///< either order; empty: none

    int gutter() const { return gutter_; }  ///< pixels
    void set_gutter(int pixels);

    bool wall_time() const { return wall_time_; }  ///< the ruler shows
    void set_wall_time(bool wall);

public slots:
    void zoom_in();  ///< around the playhead where it is in view, else the middle
    void zoom_out();
    void fit();
    void fit_selection();
    void reveal_playhead();

signals:
    void scale_changed();
    void range_changed();
    void playhead_changed();
    void selection_changed();
    void gutter_changed();
    void mark_requested(const teatime::Mark& mark);

private:
    double anchor() const;

    TimeScale scale_;
    Range range_;
    Mark playhead_;
    std::optional<Range> selection_;
    int gutter_ = 120;
    bool wall_time_ = false;
    bool shows_all_ = true;
};

}  // namespace teatime::inspector
