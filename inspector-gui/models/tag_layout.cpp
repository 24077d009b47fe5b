#include "tag_layout.h"

#include <algorithm>
#include <numeric>

namespace teatime::inspector {

std::vector<TagPlace> lay_out_tags(const std::vector<TagWish>& wishes, double left, double right,
                                   double least) {
    constexpr double kApart = 2;
    const double room = right - left;
    const auto fit = static_cast<std::size_t>(std::max(1.0, (room + kApart) / (least + kApart)));
    const std::size_t shown = std::min(wishes.size(), fit);
    if (shown == 0) return {};
    const double wanted =
        std::accumulate(wishes.begin(), wishes.begin() + static_cast<std::ptrdiff_t>(shown), 0.0,
                        [](double sum, const TagWish& wish) { return sum + wish.wide + kApart; });
    const bool narrow = wanted > room + kApart || shown < wishes.size();
    const double most = (room + kApart) / static_cast<double>(shown) - kApart;
    std::vector<TagPlace> places(shown);
    double free_from = left;
    for (std::size_t i = 0; i < shown; ++i) {
        places[i] = {std::max(wishes[i].x, free_from),
                     narrow ? std::min(wishes[i].wide, most) : wishes[i].wide, i, 1};
        free_from = places[i].left + places[i].wide + kApart;
    }
    places.back().count = wishes.size() - shown + 1;
    double free_to = right;
    for (std::size_t i = shown; i-- > 0;) {
        places[i].left = std::max(left, std::min(places[i].left, free_to - places[i].wide));
        free_to = places[i].left - kApart;
    }
    return places;
}

}  // namespace teatime::inspector
