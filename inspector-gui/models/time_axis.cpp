#include "time_axis.h"

#include <algorithm>

namespace teatime::inspector {
namespace {

constexpr int kLeastGutter = 40, kMostGutter = 600;
constexpr double kZoomStep = 0.6;

}  // namespace

void TimeAxis::set_range(Range range) {
    range.to = std::max(range.from, range.to);
    if (range == range_) return;
    range_ = range;
    emit range_changed();
    if (shows_all_) fit();
}

void TimeAxis::set_scale(TimeScale scale) {
    scale.width = std::max(scale.width, 1);
    scale.us_per_pixel = std::clamp(scale.us_per_pixel, TimeScale::kFinest, TimeScale::kCoarsest);
    // Not further out than twice the recording, and never all of it out of view.
    TimeScale whole = scale;
    whole.fit(range_.from, range_.to);
    if (scale.us_per_pixel > 2 * whole.us_per_pixel) {
        scale.zoom(scale.width / 2.0, 2 * whole.us_per_pixel / scale.us_per_pixel);
    }
    const double middle = scale.width / 2.0;
    if (const double x = scale.x_of(range_.to); x < middle) scale.pan(x - middle);
    if (const double x = scale.x_of(range_.from); x > middle) scale.pan(x - middle);
    if (scale == scale_) return;
    scale_ = scale;
    shows_all_ = scale.x_of(range_.from) >= 0 && scale.x_of(range_.to) <= scale.width;
    emit scale_changed();
}

void TimeAxis::set_width(int pixels) {
    if (pixels == scale_.width) return;
    TimeScale scale = scale_;
    scale.us_per_pixel *= static_cast<double>(scale.width) / std::max(pixels, 1);
    scale.width = pixels;
    set_scale(scale);
    if (shows_all_) fit();
}

void TimeAxis::zoom(double x, double factor) {
    TimeScale scale = scale_;
    scale.zoom(x, factor);
    set_scale(scale);
}

void TimeAxis::pan(double pixels) {
    TimeScale scale = scale_;
    scale.pan(pixels);
    set_scale(scale);
}

void TimeAxis::set_playhead(const Mark& mark) {
    if (mark == playhead_) return;
    playhead_ = mark;
    emit playhead_changed();
}

void TimeAxis::set_selection(std::optional<Range> selection) {
    if (selection && selection->to < selection->from) std::swap(selection->from, selection->to);
    if (selection && selection->to == selection->from) selection.reset();
    if (selection == selection_) return;
    selection_ = selection;
    emit selection_changed();
}

void TimeAxis::set_gutter(int pixels) {
    pixels = std::clamp(pixels, kLeastGutter, kMostGutter);
    if (pixels == gutter_) return;
    gutter_ = pixels;
    emit gutter_changed();
}

void TimeAxis::set_wall_time(bool wall) {
    if (wall == wall_time_) return;
    wall_time_ = wall;
    emit scale_changed();
}

double TimeAxis::anchor() const {
    const double x = scale_.x_of(playhead_.time);
    return x >= 0 && x <= scale_.width ? x : scale_.width / 2.0;
}

void TimeAxis::zoom_in() {
    zoom(anchor(), kZoomStep);
}

void TimeAxis::zoom_out() {
    zoom(anchor(), 1 / kZoomStep);
}

void TimeAxis::fit() {
    TimeScale scale = scale_;
    scale.fit(range_.from, range_.to);
    set_scale(scale);
    shows_all_ = true;
}

void TimeAxis::fit_selection() {
    if (!selection_) return;
    TimeScale scale = scale_;
    scale.fit(selection_->from, selection_->to);
    set_scale(scale);
}

void TimeAxis::reveal_playhead() {
    TimeScale scale = scale_;
    scale.reveal(playhead_.time);
    set_scale(scale);
}

}  // namespace teatime::inspector
