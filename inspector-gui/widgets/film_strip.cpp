#include "film_strip.h"

#include <cmath>

#include "timeline_paint.h"

namespace teatime::inspector {
namespace {

constexpr int kMargin = 3;  // pixels around pictures

}  // namespace

FilmStrip::FilmStrip(TimeAxis& axis, QWidget* parent)
    : TimelineTrack(axis, Width::follows, parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setFocusPolicy(Qt::NoFocus);
    setAccessibleName(tr("Film strip"));
    setAccessibleDescription(tr("Pictures of the world over virtual time"));
    hide();
}

void FilmStrip::set_film(Film* film) {
    if (film_) film_->disconnect(this);
    film_ = film;
    if (film_) {
        connect(film_, &Film::picture_ready, this, &FilmStrip::repaint_all);
        connect(film_, &Film::opened, this, &FilmStrip::film_changed);
        connect(film_, &Film::aspect_changed, this, &FilmStrip::film_changed);
    }
    film_changed();
}

void FilmStrip::film_changed() {
    setVisible(film_ && film_->can_draw());
    repaint_all();
}

QSize FilmStrip::sizeHint() const {
    return {400, fontMetrics().height() * 4 + 2 * kMargin};
}

QSize FilmStrip::picture_size() const {
    const int tall = std::max(8, height() - 2 * kMargin);
    return {std::max(8, static_cast<int>(std::lround(tall * (film_ ? film_->aspect() : 1)))), tall};
}

void FilmStrip::paint_still(QPainter& painter, const TimelineColors& colors) {
    paint_gutter(painter, colors);
    painter.setPen(colors.faint_text);
    painter.drawText(
        QRect(6, 0, content().left() - 12, height()),
        Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
        painter.fontMetrics().elidedText(tr("Film"), Qt::ElideRight, content().left() - 12));
    if (!film_ || !film_->can_draw()) return;
    const QSize size = picture_size();
    const FilmFrames frames = film_frames(axis().scale(), size.width() + 2 * kMargin,
                                          axis().range().from, axis().range().to);
    film_->request(frames, size * devicePixelRatioF());
    painter.setClipRect(content());
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    for (std::size_t i = 0; i < frames.count; ++i) {
        const double x = std::floor(x_of(std::max(frames.at(i), axis().range().from)));
        const QRectF rect(x + 1, kMargin, size.width(), size.height());
        const QImage* image = film_->picture(frames.at(i));
        const bool exact = image != nullptr;
        if (!exact) image = film_->picture_before(frames.at(i));
        if (image) {
            painter.setOpacity(exact ? 1 : 0.35);
            painter.drawImage(rect, *image);
            painter.setOpacity(1);
        } else {
            painter.fillRect(rect, colors.band);
        }
        painter.fillRect(QRectF(x, 0, 1, height()), colors.line);
    }
    painter.setClipping(false);
}

QString FilmStrip::tip_at(const QPoint& at) const {
    if (!content().contains(at)) return tr("What the world looks like over virtual time");
    return time_label(time_at(at.x()), axis().scale().us_per_pixel);
}

}  // namespace teatime::inspector
