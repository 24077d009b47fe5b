#include "wall_clock.h"

#include <QDateTime>
#include <algorithm>
#include <cmath>

namespace teatime::inspector {
namespace {

using timegraph::WallTime;

Duration scaled(Duration duration, double factor) {
    return Duration(std::llround(static_cast<double>(duration.count()) * factor));
}

WallTime within(const WallClock::Piece& piece, VirtualTime time) {
    return timegraph::wall_at({{piece.from, {}}, piece.wall, piece.rate}, time);
}

}  // namespace

WallClock::WallClock(const std::vector<timegraph::ClockPoint>& points, VirtualTime end,
                     WallTime end_wall) {
    for (std::size_t i = 0; i < points.size(); ++i) {
        const bool last = i + 1 == points.size();
        const VirtualTime from = points[i].stamp.time;
        const VirtualTime to = last ? std::max(end, from) : points[i + 1].stamp.time;
        const WallTime wall_to = last ? end_wall : points[i + 1].wall;
        const Piece piece{from, to, points[i].wall, points[i].rate};
        const WallTime expected = within(piece, to);
        if (wall_to - expected >= kDrift) {
            breaks_.push_back({to, expected, wall_to, piece.rate <= 0});
        }
        if (to > from || last) pieces_.push_back(piece);
    }
}

std::optional<WallTime> WallClock::wall_at(VirtualTime time) const {
    auto after = std::upper_bound(pieces_.begin(), pieces_.end(), time,
                                  [](VirtualTime t, const Piece& piece) { return t < piece.from; });
    if (after == pieces_.begin()) return std::nullopt;
    return within(*(after - 1), time);
}

std::vector<Tick> wall_ticks(const TimeScale& scale, const WallClock& clock, int pixels_per_label) {
    std::vector<Tick> ticks;
    const auto& pieces = clock.pieces();
    auto piece = std::lower_bound(pieces.begin(), pieces.end(), scale.left,
                                  [](const auto& p, VirtualTime time) { return p.to < time; });
    const VirtualTime right = scale.right();
    double labelled_to = -1e9;  // no label starts before
    if (!pieces.empty() && scale.left < pieces.front().from) {
        for (const Tick& tick : ruler_ticks(scale, pixels_per_label)) {
            if (tick.time >= pieces.front().from) break;
            if (tick.time < kSessionStart) continue;
            ticks.push_back(tick);
            if (!tick.label.isEmpty()) labelled_to = tick.x + pixels_per_label;
        }
    }
    WallTime shown_to = WallTime::min();
    for (; piece != pieces.end() && piece->from <= right; ++piece) {
        if (piece->rate <= 0) continue;
        const double wall_us_per_pixel = scale.us_per_pixel / piece->rate;
        const std::int64_t step = ruler_step(pixels_per_label * wall_us_per_pixel).count();
        const WallTime first =
            std::max(within(*piece, std::max(piece->from, scale.left)), shown_to + Duration(1));
        const WallTime last = within(*piece, std::min(piece->to, right));
        auto utc = first.time_since_epoch().count();
        utc += (step - utc % step) % step;
        for (; utc <= last.time_since_epoch().count(); utc += step) {
            const WallTime wall{Duration(utc)};
            const VirtualTime time = piece->from + scaled(wall - piece->wall, piece->rate);
            const double x = scale.x_of(time);
            if (x < 0 || x >= scale.width) continue;
            const bool room = x >= labelled_to;
            ticks.push_back(
                {x, time, room ? wall_label(wall, static_cast<double>(step)) : QString()});
            if (room) labelled_to = x + pixels_per_label;
            shown_to = wall;
        }
    }
    return ticks;
}

QString wall_text(WallTime wall) {
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(wall).time_since_epoch().count();
    return QDateTime::fromMSecsSinceEpoch(ms, Qt::UTC)
        .toString(QStringLiteral("yyyy-MM-dd HH:mm:ss.zzz 'UTC'"));
}

QString wall_label(WallTime wall, double us_per_pixel) {
    const std::int64_t kDay = 86'400'000'000;
    const std::int64_t utc = wall.time_since_epoch().count();
    const std::int64_t in_day = ((utc % kDay) + kDay) % kDay;
    if (in_day == 0) {
        return QDate(1970, 1, 1).addDays(utc / kDay).toString(QStringLiteral("d MMM"));
    }
    const auto two = [](std::int64_t n) { return QString::number(n).rightJustified(2, '0'); };
    QString text = two(in_day / 3'600'000'000) + ':' + two(in_day / 60'000'000 % 60);
    if (us_per_pixel >= 60e6) return text;
    text += ':' + two(in_day / 1'000'000 % 60);
    int digits = 0;
    for (double unit = 1e6; digits < 6 && unit > us_per_pixel; unit /= 10) ++digits;
    if (digits > 0) {
        text += '.' + QString::number(in_day % 1'000'000).rightJustified(6, '0').left(digits);
    }
    return text;
}

}  // namespace teatime::inspector
