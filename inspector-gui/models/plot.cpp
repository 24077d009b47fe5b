#include "plot.h"

#include <algorithm>
#include <cmath>

#include "rows_model.h"
#include "state_filter.h"
#include "teatime/state/inspect.h"

namespace teatime::inspector {
namespace {

bool names_object(const Image& state, std::string_view path) {
    if (path.starts_with('#')) return path.find_first_of(".[") == path.npos;
    return std::any_of(state.names.begin(), state.names.end(),
                       [path](const auto& named) { return named.first == path; });
}

void add_numbers(const std::string& path, const Value& value, int most, QStringList& numbers) {
    if (numbers.size() >= most) return;
    if (const Value::List* list = value.if_list()) {
        for (std::size_t i = 0; i < list->size() && numbers.size() < most; ++i) {
            add_numbers(path_inside(path, i), (*list)[i], most, numbers);
        }
    } else if (const Value::Entries* entries = value.if_entries()) {
        if (entries->size() == 1 && entries->front().first == "ref") return;
        for (const auto& [name, inner] : *entries) {
            add_numbers(path_inside(path, name), inner, most, numbers);
        }
    } else if (replayer::number_of(value)) {
        numbers << to_text(path);
    }
}

}  // namespace

QStringList numbers_at(const Image& state, const QString& path, int most) {
    const std::string text = path.toStdString();
    const auto there = state_tree(state, text);
    if (!there || there->is_null()) return {path};
    const Value* fields = names_object(state, text) ? there->find("fields") : nullptr;
    QStringList numbers;
    add_numbers(text, fields ? *fields : *there, most, numbers);
    return numbers;
}

using Column = PlotTrack::Column;

void join(Column& into, const Column& next) {
    const std::uint64_t changes = into.changes + next.changes;
    if (next.defined && into.defined) {
        into.last = next.last;
        into.min = std::min(into.min, next.min);
        into.max = std::max(into.max, next.max);
    } else if (next.defined) {
        into = next;
    }
    into.changes = changes;
}

std::optional<double> PlotTrack::value_at(const Mark& mark) const {
    if (mark.time < from || mark.time > to) return std::nullopt;
    if (has_points) {
        auto after =
            std::upper_bound(points.begin(), points.end(), mark,
                             [](const Mark& m, const Point& point) { return m < point.mark; });
        if (after == points.begin()) return std::nullopt;
        --after;
        return after->defined ? std::optional(after->value) : std::nullopt;
    }
    if (columns.empty()) return std::nullopt;
    const double part = static_cast<double>((mark.time - from).count()) /
                        std::max<double>(1, static_cast<double>((to - from).count()));
    const auto at = std::min(columns.size() - 1,
                             static_cast<std::size_t>(part * static_cast<double>(columns.size())));
    const Column& column = columns[at];
    if (!column.defined || column.changes > 0) return std::nullopt;  // which of them?
    return column.last;
}

std::vector<Column> PlotTrack::pixels(const TimeScale& scale) const {
    std::vector<Column> pixels(static_cast<std::size_t>(scale.width));
    if (columns.empty() || to < from) return pixels;
    const double count = static_cast<double>(columns.size());
    const double first = scale.x_of(from);
    const double per_pixel = count / std::max(1e-9, scale.x_of(to) - first);
    for (int x = 0; x < scale.width; ++x) {
        const double begin = (x - first) * per_pixel, end = (x + 1 - first) * per_pixel;
        if (end <= 0 || begin >= count) continue;
        auto at = static_cast<std::size_t>(std::max(0.0, begin));
        const auto last = static_cast<std::size_t>(std::min(count, std::max(end, begin + 1e-9)));
        Column& pixel = pixels[static_cast<std::size_t>(x)];
        pixel = columns[at];
        for (++at; at < last; ++at) join(pixel, columns[at]);
    }
    return pixels;
}

std::optional<PlotTrack::Extent> PlotTrack::extent(const TimeScale& scale) const {
    std::optional<Extent> extent;
    for (const Column& pixel : pixels(scale)) {
        if (!pixel.defined) continue;
        if (!extent) extent = Extent{pixel.min, pixel.max};
        extent->min = std::min(extent->min, pixel.min);
        extent->max = std::max(extent->max, pixel.max);
    }
    return extent;
}

const PlotTrack::Point* PlotTrack::point_near(VirtualTime time, Duration reach) const {
    if (!has_points) return nullptr;
    auto right =
        std::lower_bound(points.begin(), points.end(), time,
                         [](const Point& point, VirtualTime t) { return point.mark.time < t; });
    const Point* best = nullptr;
    if (right != points.end() && right->mark.time - time <= reach) best = &*right;
    if (right != points.begin()) {
        const Point& left = *(right - 1);
        const bool nearer = !best || time - left.mark.time < best->mark.time - time;
        if (nearer && time - left.mark.time <= reach) best = &left;
    }
    return best;
}

std::vector<double> value_ticks(double min, double max, int most) {
    std::vector<double> ticks;
    if (!(max > min) || !std::isfinite(max - min) || most < 1) {
        if (std::isfinite(min)) ticks.push_back(min);
        return ticks;
    }
    const double rough = (max - min) / most;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    double step = power * 10;
    for (double digit : {1.0, 2.0, 5.0}) {
        if (digit * power >= rough) {
            step = digit * power;
            break;
        }
    }
    // By whole numbers of steps: sums of 0.1 drift.
    for (double n = std::ceil(min / step); n * step <= max; ++n) {
        if (ticks.size() > static_cast<std::size_t>(most) + 1) break;
        ticks.push_back(n * step);
    }
    return ticks;
}

QString value_label(double value, double step) {
    if (value == 0) return QStringLiteral("0");
    const double magnitude = std::abs(value);
    if (magnitude >= 1e7 || magnitude < 1e-4) return QString::number(value, 'g', 5);
    const int digits =
        step > 0 ? std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 6) : 0;
    if (step > 0) return QString::number(value, 'f', digits);
    return QString::number(value, 'g', 7);
}

}  // namespace teatime::inspector
