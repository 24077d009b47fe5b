// How TimelineLanes looks. Everything here costs as many operations as there are pixels, whatever
// the recording holds.
#include <QPainter>
#include <QPainterPath>
#include <cmath>

#include "timeline_lanes.h"
#include "timeline_paint.h"

namespace teatime::inspector {
namespace {

/// Seconds or minutes that a pause took, short.
QString short_duration(Duration duration) {
    const double seconds = static_cast<double>(duration.count()) / 1e6;
    if (seconds < 1) return QString::number(std::lround(seconds * 1000)) + "ms";
    if (seconds < 60) return QString::number(seconds, 'g', 3) + "s";
    return time_label(VirtualTime(duration), 1e6);
}

/// As elided(), without measuring the text: for many of them.
QString shortened(const QPainter& painter, const QString& text, double width) {
    const auto room =
        static_cast<qsizetype>(width / painter.fontMetrics().averageCharWidth() / 1.25);
    return text.size() <= room ? text : text.left(std::max<qsizetype>(1, room - 1)) + u'\u2026';
}

/// A sign of some 10 pixels at x, with a text beside it where there is room.
struct Flag {
    double x;
    QString text;
};

template <class PaintSign>
void paint_flags(QPainter& painter, const TimelineColors& colors, const QRect& row,
                 const std::vector<Flag>& flags, PaintSign paint_sign) {
    painter.setRenderHint(QPainter::Antialiasing);
    for (std::size_t i = 0; i < flags.size(); ++i) {
        const double x = flags[i].x;
        paint_sign(x);
        const double room = (i + 1 < flags.size() ? flags[i + 1].x : row.right() + 1) - x - 16;
        if (room < 24) continue;
        painter.setPen(colors.text);
        put_text(painter, QRectF(x + 12, row.top(), room, row.height()),
                 elided(painter, flags[i].text, room));
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
}

constexpr int kDotPicture = 18;  // pixels, square

/// A tick for what came from outside, a dot for what came from inside.
QPixmap dot_picture(const QColor& color, bool outside, double tall, double pixel_ratio) {
    const int size = static_cast<int>(std::lround(kDotPicture * pixel_ratio));
    QPixmap picture(size, size);
    picture.setDevicePixelRatio(pixel_ratio);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    const double wide = outside ? 3 : tall, middle = kDotPicture / 2.0;
    painter.drawRoundedRect(QRectF(middle - wide / 2, middle - tall / 2, wide, tall), wide / 2,
                            wide / 2);
    return picture;
}

void draw_arrow(QPainter& painter, const QPointF& from, const QPointF& to) {
    const bool level = std::abs(to.y() - from.y()) < 1;
    // From lane to lane it leaves and arrives level: time goes to the right. Within a lane it goes
    // around what stands between.
    const double reach = std::max(14.0, std::min(60.0, std::abs(to.x() - from.x()) / 2));
    const double lift = level ? 12 : 0;
    QPainterPath path(from);
    path.cubicTo(from + QPointF(level ? reach / 3 : reach, -lift),
                 to - QPointF(level ? reach / 3 + 4 : reach, lift), to - QPointF(4, 0));
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(path);
    const QPointF tip = to - QPointF(3, 0);
    painter.setBrush(painter.pen().color());
    painter.drawPolygon(QPolygonF({tip, tip - QPointF(7, 3.5), tip - QPointF(7, -3.5)}));
}

}  // namespace

void TimelineLanes::paint_still(QPainter& painter, const TimelineColors& colors) {
    paint_gutter(painter, colors);
    paint_lanes(painter, colors);
    painter.fillRect(QRect(0, 0, width(), lanes_top_ - 1), colors.gutter);
    painter.fillRect(QRect(0, lanes_top_ - 1, width(), 1), colors.line);
    paint_ruler(painter, colors);
    if (facts_) {
        paint_notes(painter, colors);
        paint_outside(painter, colors);
    }
    painter.fillRect(QRect(content().left() - 1, 0, 1, height()), colors.line);
}

void TimelineLanes::paint_ruler(QPainter& painter, const TimelineColors& colors) const {
    const TimeScale& scale = axis().scale();
    const QFontMetrics metrics = painter.fontMetrics();
    const bool wall = axis().wall_time() && !notes_.clock.empty();
    const QString widest =
        wall ? wall_label(timegraph::WallTime(Duration(1)), scale.us_per_pixel * 60)
             : time_label(scale.right(), scale.us_per_pixel * 60);
    const int room = metrics.horizontalAdvance(widest) + 3 * kPadding;
    const auto ticks = wall ? wall_ticks(scale, notes_.clock, room) : ruler_ticks(scale, room);
    painter.save();
    painter.setClipRect(content());
    const int left = content().left(), base = ruler_height_;
    for (const Tick& tick : ticks) {
        if (tick.time < kSessionStart) continue;
        const int x = left + static_cast<int>(tick.x);
        const bool labelled = !tick.label.isEmpty();
        painter.fillRect(QRect(x, base - (labelled ? 9 : 4), 1, labelled ? 9 : 4),
                         labelled ? colors.faint_text : colors.line);
        if (!labelled || x + 4 + metrics.horizontalAdvance(tick.label) > width()) continue;
        painter.setPen(colors.faint_text);
        put_text(painter, QRectF(x + 4, 1, room, base - 7), tick.label);
    }
    if (wall) paint_breaks(painter, colors);
    painter.restore();
    painter.setPen(colors.faint_text);
    put_text(painter, QRectF(kPadding, 0, content().left() - 2 * kPadding, base),
             elided(painter, wall ? wall_ruler_name() : tr("Virtual time"),
                    content().left() - 2 * kPadding));
}

/// What stands before the clock's beginning is virtual time.
QString TimelineLanes::wall_ruler_name() const {
    const VirtualTime known = notes_.clock.pieces().front().from;
    const VirtualTime seen = std::max(axis().scale().left, kSessionStart);
    if (seen >= known) return tr("Wall time, UTC");
    return axis().scale().right() < known ? tr("Virtual time") : tr("Virtual, wall");
}

void TimelineLanes::paint_breaks(QPainter& painter, const TimelineColors& colors) const {
    visit_by_pixel(
        notes_.clock.breaks(), axis().scale(), [](const auto& pause) { return pause.at; },
        [&](double x, auto, auto) {
            painter.fillRect(QRectF(content().left() + x, 0, 2, ruler_height_), colors.playhead);
        });
}

void TimelineLanes::paint_notes(QPainter& painter, const TimelineColors& colors) const {
    for (const NoteRow& row : rows_) {
        painter.fillRect(row.rect.adjusted(content().left(), 0, 0, 0), colors.back);
        painter.fillRect(QRect(0, row.rect.top(), width(), 1), colors.line);
        painter.setPen(colors.faint_text);
        const int room = content().left() - 2 * kPadding;
        put_text(painter, QRectF(kPadding, row.rect.top(), room, row.rect.height()),
                 elided(painter, gutter_name(row.note), room));
        painter.save();
        painter.setClipRect(content());
        switch (row.note) {
            case Note::others:  // they move
                break;
            case Note::marks:
                paint_marks(painter, colors, row.rect);
                break;
            case Note::branches:
                paint_branches(painter, colors, row.rect);
                break;
            case Note::time:
                paint_time(painter, colors, row.rect);
                break;
            case Note::votes:
                paint_votes(painter, colors, row.rect);
                break;
            case Note::keyframes:
                paint_keyframes(painter, colors, row.rect);
                break;
            case Note::errors:
                paint_errors(painter, colors, row.rect);
                break;
        }
        painter.restore();
    }
}

void TimelineLanes::paint_marks(QPainter& painter, const TimelineColors& colors,
                                const QRect& row) const {
    std::vector<Flag> flags;
    visit_by_pixel(facts_->bookmarks, axis().scale(), kTimeOfMark,
                   [&](double x, auto first, auto last) {
                       QString text = QString::fromStdString(first->comment).simplified();
                       if (last - first > 1) text = tr("%1 marks").arg(last - first);
                       flags.push_back({content().left() + x, text});
                   });
    paint_flags(painter, colors, row, flags, [&](double x) {
        const double top = row.top() + 3, tall = row.height() - 5;
        painter.setPen(Qt::NoPen);
        painter.setBrush(colors.mark);
        painter.drawRect(QRectF(x, top, 1.5, tall + 2));
        painter.drawPolygon(QPolygonF(
            {QPointF(x, top), QPointF(x + 9, top + tall / 3), QPointF(x, top + tall * 2 / 3)}));
    });
}

void TimelineLanes::paint_branches(QPainter& painter, const TimelineColors& colors,
                                   const QRect& row) const {
    std::vector<Flag> flags;
    visit_by_pixel(notes_.forks, axis().scale(), kTimeOfMark, [&](double x, auto first, auto last) {
        const QString text = last - first > 1 ? tr("%1 branches").arg(last - first)
                                              : branch_name(facts_->branches[first->branch]);
        flags.push_back({content().left() + x, text});
    });
    paint_flags(painter, colors, row, flags, [&](double x) {
        // The trunk goes on level, the branch leaves upwards.
        const double low = row.bottom() - 3, high = row.top() + 4;
        painter.setPen(QPen(colors.mark, 1.6));
        painter.setBrush(Qt::NoBrush);
        painter.drawLine(QPointF(x, low), QPointF(x + 9, low));
        QPainterPath leaves(QPointF(x, low));
        leaves.cubicTo(QPointF(x + 5, low), QPointF(x + 4, high), QPointF(x + 9, high));
        painter.drawPath(leaves);
    });
}

void TimelineLanes::paint_time(QPainter& painter, const TimelineColors& colors,
                               const QRect& row) const {
    const double height_here = row.height() - 2;
    const auto& stretches = notes_.stretches;
    auto first =
        std::lower_bound(stretches.begin(), stretches.end(), axis().scale().left,
                         [](const auto& stretch, VirtualTime time) { return stretch.to < time; });
    double painted_to = -1e9;
    for (; first != stretches.end() && first->from <= axis().scale().right(); ++first) {
        const double from = std::max(x_of(first->from), content().left() - 2.0);
        const double to = std::min<double>(x_of(first->to), width() + 2);
        if (to <= painted_to + 0.5) continue;  // on a pixel that has one
        painted_to = to;
        const QRectF rect(from, row.top() + 1, std::max(1.0, to - from), height_here);
        painter.fillRect(rect, colors.paused);
        const QString text = first->rate <= 0  ? tr("stepped")
                             : first->rate < 1 ? QStringLiteral("\u00d71/%1").arg(1 / first->rate)
                                               : QStringLiteral("\u00d7%1").arg(first->rate);
        if (painter.fontMetrics().horizontalAdvance(text) + 8 > rect.width()) continue;
        painter.setPen(colors.text);
        put_text(painter, rect.adjusted(5, 0, 0, 0), text);
    }
    double free_from = -1e9;
    const auto& breaks = notes_.clock.breaks();
    visit_by_pixel(
        breaks, axis().scale(), [](const auto& pause) { return pause.at; },
        [&](double pixel, auto here, auto last) {
            const double x = content().left() + pixel;
            painter.fillRect(QRectF(x, row.top() + 3, 2, height_here - 4), colors.text);
            painter.fillRect(QRectF(x + 4, row.top() + 3, 2, height_here - 4), colors.text);
            Duration stood{};
            for (; here != last && last - here < 1000; ++here) stood += here->to - here->from;
            const QString text = short_duration(stood);
            const double wide = painter.fontMetrics().horizontalAdvance(text);
            const double next = last == breaks.end() ? 1e9 : x_of(last->at);
            if (x < free_from || x + 12 + wide > next) return;
            painter.setPen(colors.faint_text);
            put_text(painter, QRectF(x + 10, row.top(), wide + 4, row.height()), text);
            free_from = x + 10 + wide;
        });
}

void TimelineLanes::paint_votes(QPainter& painter, const TimelineColors& colors,
                                const QRect& row) const {
    const double middle = row.center().y() + 0.5;
    visit_by_pixel(notes_.votes, axis().scale(), kTimeOfMark, [&](double x, auto, auto) {
        painter.fillRect(QRectF(content().left() + x, middle - 2, 2, 5), colors.good);
    });
    QColor through = colors.bad;
    through.setAlpha(120);
    visit_by_pixel(notes_.splits, axis().scale(), kTimeOfMark, [&](double x, auto, auto) {
        const double at = content().left() + x + 1;
        painter.fillRect(QRectF(at - 0.5, row.bottom(), 1.5, height() - row.bottom()), through);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(colors.bad);
        const double size = row.height() / 2.0 - 0.5;
        painter.drawPolygon(QPolygonF({QPointF(at, middle - size), QPointF(at + size, middle),
                                       QPointF(at, middle + size), QPointF(at - size, middle)}));
        painter.setRenderHint(QPainter::Antialiasing, false);
        painter.fillRect(QRectF(at - 1, middle - size / 2, 2, size * 0.6), colors.on_bad);
        painter.fillRect(QRectF(at - 1, middle + size / 3, 2, 2), colors.on_bad);
    });
}

void TimelineLanes::paint_keyframes(QPainter& painter, const TimelineColors& colors,
                                    const QRect& row) const {
    visit_by_pixel(
        facts_->keyframes, axis().scale(), kTimeOfMark, [&](double x, auto first, auto last) {
            const bool full = std::any_of(first, std::min(last, first + 16), [](auto& k) {
                return k.kind != timegraph::KeyframeInfo::Kind::delta;
            });
            const double tall = full ? row.height() - 5 : (row.height() - 5) * 0.6;
            painter.fillRect(
                QRectF(content().left() + x, row.bottom() - 1 - tall, full ? 2 : 1, tall),
                colors.keyframe);
        });
}

void TimelineLanes::paint_errors(QPainter& painter, const TimelineColors& colors,
                                 const QRect& row) const {
    const double middle = row.center().y() + 0.5;
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(colors.bad, 2));
    double last_x = -1e9;
    visit_by_pixel(facts_->errors, axis().scale(), kTimeOfMark, [&](double x, auto, auto) {
        const double at = content().left() + x + 0.5;
        if (at - last_x >= 6) {
            painter.drawLine(QPointF(at - 3, middle - 3), QPointF(at + 3, middle + 3));
            painter.drawLine(QPointF(at - 3, middle + 3), QPointF(at + 3, middle - 3));
            last_x = at;
        } else {
            painter.fillRect(QRectF(at, middle - 3, 1, 7), colors.bad);
        }
    });
    painter.setRenderHint(QPainter::Antialiasing, false);
}

void TimelineLanes::paint_outside(QPainter& painter, const TimelineColors& colors) const {
    painter.save();
    painter.setClipRect(content());
    const int top = ruler_height_;
    const double from = x_of(axis().range().from), to = x_of(axis().range().to);
    painter.fillRect(QRectF(content().left(), top, from - content().left(), height() - top),
                     colors.outside);
    painter.fillRect(QRectF(to + 1, top, width() - to, height() - top), colors.outside);
    for (const timegraph::Gap& gap : facts_->gaps) {
        const double begin = x_of(gap.after.time);
        const QRectF rect(begin, top, std::max(3.0, x_of(gap.before.time) - begin), height() - top);
        if (rect.right() < content().left() || rect.left() > width()) continue;
        painter.fillRect(rect, QBrush(colors.bad, Qt::BDiagPattern));
    }
    painter.restore();
}

void TimelineLanes::paint_lanes(QPainter& painter, const TimelineColors& colors) {
    seen_.clear();
    const QRect area = lanes_rect();
    double most = 0;
    for (const LaneLayout::Row& row : layout_.rows(area.height())) {
        SeenLane seen{row, {}, {}};
        if (!row.group) seen.slice = source_->slice(row.lane, axis().scale());
        for (float count : seen.slice.density) most = std::max<double>(most, count);
        seen_.push_back(std::move(seen));
        place_dots(seen_.back());
    }
    painter.save();
    painter.setClipRect(area);
    bool other = false;
    for (const SeenLane& seen : seen_) {
        const QRect rect(content().left(), area.top() + seen.row.y, content().width(),
                         seen.row.height);
        if (seen.row.group) {
            paint_group(painter, colors, seen.row, rect);
            other = false;
            continue;
        }
        if ((other = !other)) painter.fillRect(rect, colors.band);
        const QColor color = lane_color(colors, seen.row.lane);
        painter.fillRect(QRect(0, rect.top() + 3, 4, rect.height() - 6), color);
        painter.setPen(colors.text);
        const int room = content().left() - 2 * kPadding - 6;
        put_text(painter, QRectF(kPadding + 6, rect.top(), room, rect.height()),
                 elided(painter, source_->lanes()[seen.row.lane].name, room));
        painter.setClipRect(area.intersected(content()));
        if (seen.slice.singles.empty()) {
            paint_density(painter, color, seen.slice, rect, most);
        } else {
            paint_singles(painter, colors, seen, rect);
        }
        painter.setClipRect(area);
    }
    if (seen_.empty()) paint_empty(painter, colors, area);
    if (layout_.content_height() > area.height() && area.height() > 0) {  // where one has scrolled
        const double part = static_cast<double>(area.height()) / layout_.content_height();
        const QRectF bar(width() - 5, area.top() + layout_.scroll() * part, 4,
                         area.height() * part);
        painter.fillRect(bar, colors.faint_text);
    }
    painter.restore();
}

/// A member's playhead has the same.
QColor TimelineLanes::lane_color(const TimelineColors& colors, std::size_t lane) const {
    const Lane& shown = source_->lanes()[lane];
    return colors.hue(shown.kind == Lane::Kind::external ? shown.member.value : lane);
}

void TimelineLanes::paint_group(QPainter& painter, const TimelineColors& colors,
                                const LaneLayout::Row& row, const QRect& rect) const {
    painter.fillRect(QRect(0, rect.top(), width(), rect.height()), colors.gutter);
    painter.fillRect(QRect(0, rect.bottom(), width(), 1), colors.line);
    const double middle = rect.center().y() + 0.5;
    const QPolygonF folded({{8, middle - 4}, {13, middle}, {8, middle + 4}});
    const QPolygonF open({{6, middle - 2.5}, {15, middle - 2.5}, {10.5, middle + 2.5}});
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors.faint_text);
    painter.drawPolygon(layout_.collapsed(row.kind) ? folded : open);
    painter.setRenderHint(QPainter::Antialiasing, false);
    QFont bold = painter.font();
    bold.setBold(true);
    painter.save();
    painter.setFont(bold);
    painter.setPen(colors.text);
    put_text(painter, QRectF(20, rect.top(), content().left() - 24, rect.height()),
             elided(painter, group_name(row.kind), content().left() - 24));
    painter.restore();
    if (row.kind != Lane::Kind::future) return;
    const auto& progress = source_->progress();
    QString text;
    if (!progress.problem.isEmpty()) {
        text = progress.problem;
    } else if (progress.executing && progress.share < 1) {
        text = tr("executing the recording once: %1 %").arg(int(progress.share * 100));
        const double to = x_of(progress.surveyed.time);
        painter.fillRect(QRectF(content().left(), rect.bottom() - 1, to - content().left(), 2),
                         colors.good);
    }
    painter.setPen(progress.problem.isEmpty() ? colors.faint_text : colors.bad);
    put_text(painter, rect.adjusted(kPadding, 0, -kPadding, 0),
             elided(painter, text, rect.width() - 2 * kPadding));
}

/// With how many messages it has, as far as they are known.
QString TimelineLanes::group_name(Lane::Kind kind) const {
    std::uint64_t messages = 0;
    for (const Lane& lane : source_->lanes()) {
        if (lane.kind == kind) messages += lane.total;
    }
    return (kind == Lane::Kind::external ? tr("External (%1)") : tr("Futures (%1)")).arg(messages);
}

void TimelineLanes::paint_density(QPainter& painter, const QColor& color, const LaneSlice& slice,
                                  const QRect& rect, double most) const {
    if (slice.density.empty() || most <= 0) return;
    // By the logarithm: a single message still shows beside a thousand.
    const double unit = (rect.height() - 4) / std::log1p(most);
    const int base = rect.bottom() - 1, columns = static_cast<int>(slice.density.size());
    QVector<QRect> bars;
    int from = 0, tall = 0;
    const auto height_of = [&](int column) {
        const float count = slice.density[static_cast<std::size_t>(column)];
        return count <= 0 ? 0 : std::max(2, static_cast<int>(std::log1p(count) * unit + 0.5));
    };
    for (int column = 0; column <= columns; ++column) {
        const int now = column < columns ? height_of(column) : -1;
        if (now == tall) continue;
        if (tall > 0) bars.push_back({rect.left() + from, base - tall + 1, column - from, tall});
        from = column;
        tall = now;
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawRects(bars);
}

void TimelineLanes::paint_singles(QPainter& painter, const TimelineColors& colors,
                                  const SeenLane& seen, const QRect& rect) const {
    const QColor color = lane_color(colors, seen.row.lane);
    const bool outside = seen.row.kind == Lane::Kind::external;
    const double tall = outside ? std::min(rect.height() - 6.0, 15.0) : 7;
    const QPixmap usual = dot_picture(color, outside, tall, devicePixelRatioF());
    const QPixmap wrong = dot_picture(colors.bad, outside, tall, devicePixelRatioF());
    const QPointF middle(kDotPicture / 2.0, kDotPicture / 2.0);
    for (const Dot& dot : seen.dots) {
        painter.drawPixmap(dot.at - middle, dot.single->error ? wrong : usual);
    }
    painter.setPen(colors.text);
    constexpr int kLeastLabel = 70;
    for (std::size_t i = 0; i < seen.dots.size(); ++i) {
        const double x = seen.dots[i].at.x() + 7;
        const double next = i + 1 < seen.dots.size() ? seen.dots[i + 1].at.x() - 6 : width() - 8.0;
        if (next - x < kLeastLabel || x > width()) continue;
        put_text(painter, QRectF(x, rect.top(), next - x, rect.height()),
                 shortened(painter, seen.dots[i].single->label, next - x));
    }
}

void TimelineLanes::paint_empty(QPainter& painter, const TimelineColors& colors,
                                const QRect& rect) const {
    QString text = tr("No recording is open");
    if (facts_ && source_ && !source_->progress().problem.isEmpty()) {
        text = source_->progress().problem;
    } else if (facts_) {
        text =
            facts_->info.end.messages == 0 ? tr("No messages") : tr("Reading the messages \u2026");
    }
    painter.setPen(colors.faint_text);
    painter.drawText(rect.adjusted(kPadding, 0, -kPadding, 0), Qt::AlignCenter | Qt::TextWordWrap,
                     text);
}

void TimelineLanes::paint_moving(QPainter& painter, const TimelineColors& colors) {
    if (!facts_) return;
    paint_selection(painter, colors, ruler_height_);
    paint_focus(painter, colors);
    paint_others(painter, colors);
    paint_playhead(painter, colors, ruler_height_ - 4);
    paint_label(painter, colors);
    if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

void TimelineLanes::paint_others(QPainter& painter, const TimelineColors& colors) const {
    if (others_.empty()) return;
    painter.save();
    painter.setClipRect(content());
    const QRect& row = rows_.front().rect;  // see arrange()
    const double below = row.bottom() + 1;
    for (const OtherPlayhead& other : others_) {
        painter.fillRect(QRectF(x_of(other.mark.time), below, 1.5, height() - below),
                         colors.hue(other.color));
    }
    painter.setRenderHint(QPainter::Antialiasing);
    for (const TagPlace& place : other_tags()) {
        const OtherPlayhead& other = others_[place.first];
        const QColor color = colors.hue(other.color);
        const QRectF tag(place.left, row.top() + 1, place.wide, row.height() - 3);
        // From the name down to its line, where that is not below it.
        const double x = x_of(other.mark.time) + 0.75;
        painter.setPen(QPen(color, 1.5));
        painter.drawLine(QPointF(std::clamp(x, tag.left() + 1, tag.right() - 1), tag.bottom() - 1),
                         QPointF(x, below));
        painter.setPen(Qt::NoPen);
        painter.setBrush(color);
        painter.drawRoundedRect(tag, 3, 3);
        painter.setPen(colors.on_bad);
        put_text(painter, tag,
                 place.count > 1 ? tr("+%1").arg(place.count)
                                 : elided(painter, name_in_tag(other), place.wide - 6),
                 Qt::AlignCenter);
    }
    painter.restore();
}

void TimelineLanes::paint_focus(QPainter& painter, const TimelineColors& colors) const {
    const auto focus = focused();
    if (!focus) return;
    painter.save();
    painter.setClipRect(lanes_rect().intersected(content()));
    painter.setRenderHint(QPainter::Antialiasing);
    QColor color = colors.text;
    painter.setPen(QPen(color, 1.4));
    if (focus->single->cause) {
        // One that is not near comes from the left edge: it was before all that is in view.
        const QPointF from =
            point_of(*focus->single->cause).value_or(QPointF(content().left() - 20, focus->at.y()));
        draw_arrow(painter, from, focus->at);
    }
    color.setAlpha(140);
    painter.setPen(QPen(color, 1));
    int effects = 0;
    constexpr int kEffectsShown = 200;
    for (const SeenLane& seen : seen_) {
        if (seen.row.group) continue;
        for (const Dot& dot : seen.dots) {
            if (dot.single->cause != focus->single->id || ++effects > kEffectsShown) continue;
            draw_arrow(painter, focus->at, dot.at);
        }
    }
    painter.setPen(QPen(colors.text, 1.5));
    painter.setBrush(Qt::NoBrush);
    painter.drawEllipse(focus->at, 6, 6);
    painter.restore();
}

void TimelineLanes::paint_label(QPainter& painter, const TimelineColors& colors) const {
    const double x = x_of(axis().playhead().time);
    const auto wall = axis().wall_time() && !notes_.clock.empty()
                          ? notes_.clock.wall_at(axis().playhead().time)
                          : std::nullopt;
    QString text =
        wall ? wall_label(*wall, axis().scale().us_per_pixel) : mark_label(axis().playhead());
    if (x < content().left()) text = QStringLiteral("\u25c2 ") + text;
    if (x > width()) text += QStringLiteral(" \u25b8");
    const double wide = painter.fontMetrics().horizontalAdvance(text) + 10;
    const double left = std::clamp(x - wide / 2, static_cast<double>(content().left()),
                                   std::max<double>(content().left(), width() - wide));
    const QRectF tag(left, 2, wide, ruler_height_ - 5);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors.playhead);
    painter.drawRoundedRect(tag, 3, 3);
    if (x >= content().left() && x <= width()) {
        painter.drawPolygon(
            QPolygonF({QPointF(x - 4, ruler_height_ - 4), QPointF(x + 6, ruler_height_ - 4),
                       QPointF(x + 1, ruler_height_ + 1)}));
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(colors.on_playhead);
    put_text(painter, tag, text, Qt::AlignCenter);
}

}  // namespace teatime::inspector
