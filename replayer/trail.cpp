#include "trail.h"

#include <algorithm>

namespace teatime::replayer {

void Trail::restart(const Mark& mark) {
    base_ = mark;
    steps_.clear();
}

void Trail::append(const std::vector<Step>& steps) {
    steps_.insert(steps_.end(), steps.begin(), steps.end());
    if (steps_.size() <= kMost) return;
    auto middle = steps_.begin() + static_cast<std::ptrdiff_t>(steps_.size() / 2);
    base_ = std::prev(middle)->mark();
    steps_.erase(steps_.begin(), middle);
}

void Trail::prepend(Trail earlier, const Mark& here) {
    auto after = std::find_if(steps_.begin(), steps_.end(),
                              [&](const Step& step) { return step.mark() > here; });
    earlier.steps_.insert(earlier.steps_.end(), steps_.begin(), after);
    *this = std::move(earlier);
}

std::optional<Mark> Trail::before(const Mark& here, StepBy by, bool from_begin) const {
    auto at =
        std::lower_bound(steps_.begin(), steps_.end(), here,
                         [](const Step& step, const Mark& mark) { return step.mark() < mark; });
    auto mark_before = [&](auto step) {
        return step == steps_.begin() ? base_ : std::prev(step)->mark();
    };
    switch (by) {
        case StepBy::message:
            if (at != steps_.begin() || base_ < here) return mark_before(at);
            break;
        case StepBy::instant:
            while (at != steps_.begin() && std::prev(at)->time == here.time) --at;
            if (at != steps_.begin() || base_.time < here.time || (from_begin && base_ < here)) {
                return mark_before(at);
            }
            break;
        case StepBy::external:
            if (at != steps_.end() && at->external) return mark_before(at);
            while (at != steps_.begin()) {
                --at;
                if (at->external) return mark_before(at);
            }
            if (from_begin && base_ < here) return base_;
            break;
    }
    return std::nullopt;
}

}  // namespace teatime::replayer
