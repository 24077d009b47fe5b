#pragma once

#include <QPointer>

#include "film.h"
#include "timeline_track.h"

namespace teatime::inspector {

/// The world's own pictures along the timeline. Hidden where the world draws none.
class FilmStrip : public TimelineTrack {
    Q_OBJECT
public:
    explicit FilmStrip(TimeAxis& axis, QWidget* parent = nullptr);

    void set_film(Film* film);  ///< not owned; may be null, and may go

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {240, sizeHint().height()}; }

protected:
    void paint_still(QPainter& painter, const TimelineColors& colors) override;
    QString tip_at(const QPoint& at) const override;

private:
    QSize picture_size() const;  ///< in the widget's pixels
    void film_changed();

    QPointer<Film> film_;
};

}  // namespace teatime::inspector
