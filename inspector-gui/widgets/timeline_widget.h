#pragma once

#include <QWidget>
#include <vector>

#include "film.h"
#include "lanes.h"
#include "player.h"
#include "time_axis.h"
#include "timeline_lanes.h"

namespace teatime::inspector {

class FilmStrip;
class OverviewStrip;

/// The timeline: film strip, ruler, notes, lanes and overview over one TimeAxis, which further
/// tracks (plots) may share. Shows what it is given and asks for Marks; moves no Player itself.
class TimelineWidget : public QWidget {
    Q_OBJECT
public:
    explicit TimelineWidget(QWidget* parent = nullptr);
    ~TimelineWidget() override;

    TimeAxis& axis() { return axis_; }

    /// Null: nothing is open. Of the same recording again: it has grown or was marked.
    void set_facts(const FactsPtr& facts);
    void set_source(LaneSource* source);  ///< a History; not owned
    void set_film(Film* film);            ///< not owned
    void set_others(std::vector<OtherPlayhead> others);
    void set_selection(std::optional<TimeAxis::Range> selection) { axis_.set_selection(selection); }
    const std::optional<TimeAxis::Range>& selection() const { return axis_.selection(); }
    void set_collapsed(Lane::Kind kind, bool collapsed);

public slots:
    void set_playhead(const teatime::Mark& mark) { axis_.set_playhead(mark); }
    void zoom_in() { axis_.zoom_in(); }
    void zoom_out() { axis_.zoom_out(); }
    void fit() { axis_.fit(); }
    void fit_selection() { axis_.fit_selection(); }
    void reveal_playhead() { axis_.reveal_playhead(); }
    void set_wall_time(bool wall) { axis_.set_wall_time(wall); }

signals:
    void mark_requested(const teatime::Mark& mark);  ///< clicked or dragged to
    void selection_changed();
    void scale_changed();

private:
    void resizeEvent(QResizeEvent* event) override;

    TimeAxis axis_;
    int names_wide_ = 0;  ///< what the lanes' heads need
    int gutter_ = 0;      ///< as this set it last
    QString path_;        ///< of the recording shown
    FilmStrip* film_;
    TimelineLanes* lanes_;
    OverviewStrip* overview_;
};

}  // namespace teatime::inspector
