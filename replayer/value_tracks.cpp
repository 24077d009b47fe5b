#include <algorithm>
#include <charconv>
#include <cmath>

#include "teatime/replayer/query.h"

namespace teatime::replayer {

std::optional<double> number_of(const std::optional<Value>& value) {
    if (!value) return std::nullopt;
    double number = 0;
    if (value->as_double(number))
        return std::isfinite(number) ? std::optional(number) : std::nullopt;
    if (const bool* flag = value->if_bool()) return *flag ? 1 : 0;
    if (const std::string* text = value->if_string(); text && text->ends_with('s')) {
        // Durations are shown as seconds.
        const char* end = text->data() + text->size() - 1;
        auto [stop, error] = std::from_chars(text->data(), end, number);
        if (error == std::errc{} && stop == end) return number;
    }
    return std::nullopt;
}

namespace {

/// Fills the columns of one path as its changes come, in order.
class Painter {
public:
    Painter(ValueTrack& track, VirtualTime from, VirtualTime to)
        : columns_(track.columns),
          from_(from),
          scale_(static_cast<double>(track.columns.size()) /
                 std::max(1.0, static_cast<double>((to - from).count()))) {}

    void take(const ValueChange& change) {
        std::size_t column = column_of(change.step.time);
        hold_until(column);
        value_ = number_of(change.value);
        if (!change.at_start) ++columns_[column].changes;
        include(columns_[column]);
    }
    void finish() { hold_until(columns_.size()); }

private:
    std::size_t column_of(VirtualTime time) const {
        double at = static_cast<double>((time - from_).count()) * scale_;
        return static_cast<std::size_t>(
            std::clamp(at, 0.0, static_cast<double>(columns_.size() - 1)));
    }
    /// The value stays as it is up to this column, its first moment included.
    void hold_until(std::size_t column) {
        for (; next_ < columns_.size() && next_ <= column; ++next_) include(columns_[next_]);
    }
    void include(ValueTrack::Column& column) const {
        if (!value_) return;
        if (!column.defined) column.first = column.min = column.max = *value_;
        column.defined = true;
        column.last = *value_;
        column.min = std::min(column.min, *value_);
        column.max = std::max(column.max, *value_);
    }

    std::vector<ValueTrack::Column>& columns_;
    VirtualTime from_;
    double scale_;
    std::size_t next_ = 0;  ///< the first column that has not got the value yet
    std::optional<double> value_;
};

}  // namespace

result<std::vector<ValueTrack>> value_tracks(Timeline& timeline,
                                             const std::vector<std::string>& paths,
                                             const Mark& from, const Mark& to, std::size_t columns,
                                             const Watch& watch) {
    std::vector<ValueTrack> tracks(paths.size());
    if (columns == 0) return tracks;
    std::vector<Painter> painters;
    for (ValueTrack& track : tracks) {
        track.columns.resize(columns);
        painters.emplace_back(track, from.time, to.time);
    }
    auto took = values(
        timeline, paths, from, to,
        [&](const ValueChange& change) { painters[change.path].take(change); }, watch);
    if (!took) return took.error();
    for (Painter& painter : painters) painter.finish();
    return tracks;
}

}  // namespace teatime::replayer
