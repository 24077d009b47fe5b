#pragma once

#include <QPointer>
#include <vector>

#include "lanes.h"
#include "player.h"
#include "tag_layout.h"
#include "timeline_notes.h"
#include "timeline_track.h"

namespace teatime::inspector {

/// Where somebody else looks.
struct OtherPlayhead {
    QString name;
    Mark mark;
    std::size_t color = 0;  ///< TimelineColors::hue()
    bool operator==(const OtherPlayhead&) const = default;
};

/// The middle of the timeline: ruler, rows of others, marks, branches, time control, votes,
/// keyframes and errors, and the lanes of messages. A part of TimelineWidget.
class TimelineLanes : public TimelineTrack {
    Q_OBJECT
public:
    explicit TimelineLanes(TimeAxis& axis, QWidget* parent = nullptr);

    void set_facts(const FactsPtr& facts);
    void set_source(LaneSource* source);  ///< not owned; may be null, and may go
    void set_others(std::vector<OtherPlayhead> others);
    void set_collapsed(Lane::Kind kind, bool collapsed);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paint_still(QPainter& painter, const TimelineColors& colors) override;
    void paint_moving(QPainter& painter, const TimelineColors& colors) override;
    Mark mark_at(const QPoint& at) const override;
    QString tip_at(const QPoint& at) const override;
    void hover(const std::optional<QPoint>& at) override;
    bool click(const QPoint& at) override;
    bool scroll_rows(int pixels) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    enum class Note { others, marks, branches, time, votes, keyframes, errors };
    struct NoteRow {
        Note note;
        QRect rect;  ///< content and gutter
    };
    /// A message as it is painted.
    struct Dot {
        const Single* single = nullptr;
        std::size_t lane = 0;
        QPointF at;
    };
    struct SeenLane {
        LaneLayout::Row row;
        LaneSlice slice;
        std::vector<Dot> dots;  ///< of the slice's singles
    };

    void arrange();  ///< after a change of height, font or of what there is
    void take_lanes();
    QRect lanes_rect() const;
    QString gutter_name(Note note) const;

    void paint_ruler(QPainter& painter, const TimelineColors& colors) const;
    QString wall_ruler_name() const;
    void paint_breaks(QPainter& painter, const TimelineColors& colors) const;
    void paint_notes(QPainter& painter, const TimelineColors& colors) const;
    void paint_marks(QPainter& painter, const TimelineColors& colors, const QRect& row) const;
    void paint_branches(QPainter& painter, const TimelineColors& colors, const QRect& row) const;
    void paint_time(QPainter& painter, const TimelineColors& colors, const QRect& row) const;
    void paint_votes(QPainter& painter, const TimelineColors& colors, const QRect& row) const;
    void paint_keyframes(QPainter& painter, const TimelineColors& colors, const QRect& row) const;
    void paint_errors(QPainter& painter, const TimelineColors& colors, const QRect& row) const;
    void paint_outside(QPainter& painter, const TimelineColors& colors) const;
    void paint_lanes(QPainter& painter, const TimelineColors& colors);
    QColor lane_color(const TimelineColors& colors, std::size_t lane) const;
    void paint_group(QPainter& painter, const TimelineColors& colors, const LaneLayout::Row& row,
                     const QRect& rect) const;
    QString group_name(Lane::Kind kind) const;
    void paint_density(QPainter& painter, const QColor& color, const LaneSlice& slice,
                       const QRect& rect, double most) const;
    void paint_singles(QPainter& painter, const TimelineColors& colors, const SeenLane& seen,
                       const QRect& rect) const;
    void paint_empty(QPainter& painter, const TimelineColors& colors, const QRect& rect) const;
    void paint_others(QPainter& painter, const TimelineColors& colors) const;
    QString name_in_tag(const OtherPlayhead& other) const;
    /// Their names side by side, on a row of their own.
    std::vector<TagPlace> other_tags() const;
    const TagPlace* other_at(const std::vector<TagPlace>& tags, int x) const;
    void paint_focus(QPainter& painter, const TimelineColors& colors) const;
    void paint_label(QPainter& painter, const TimelineColors& colors) const;

    /// What shares a pixel is spread over the height of its lane.
    void place_dots(SeenLane& seen) const;
    std::optional<Dot> dot_at(const QPoint& at) const;
    std::optional<Dot> focused() const;
    std::optional<QPointF> point_of(const MessageId& id) const;
    QString fork_tip(const TimelineNotes::Fork& fork) const;
    QString note_tip(Note note, const QPoint& at) const;
    QString lane_tip(const QPoint& at) const;
    QString dot_tip(const Dot& dot) const;

    FactsPtr facts_;
    TimelineNotes notes_;
    QPointer<LaneSource> source_;
    std::vector<OtherPlayhead> others_;
    LaneLayout layout_;
    std::vector<NoteRow> rows_;
    int ruler_height_ = 24, lanes_top_ = 24;
    std::vector<SeenLane> seen_;  ///< as painted last
    std::optional<MessageId> hovered_;
};

}  // namespace teatime::inspector
