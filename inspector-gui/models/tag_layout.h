#pragma once

#include <cstddef>
#include <vector>

namespace teatime::inspector {

/// A label for a place on a line of pixels, as wide as its text.
struct TagWish {
    double x = 0;
    double wide = 0;
};

/// Where it is painted, side by side with the others.
struct TagPlace {
    double left = 0, wide = 0;
    std::size_t first = 0, count = 1;  ///< of the wishes that it stands for
};

/// Lays out labels on one line from `left` to `right` so that none covers another: each begins at
/// its x or as near as there is room. Where room is short all become narrower, down to `least`;
/// where that is not enough the last one stands for all that remain. `wishes` are ordered by x.
/// O(n).
std::vector<TagPlace> lay_out_tags(const std::vector<TagWish>& wishes, double left, double right,
                                   double least);

}  // namespace teatime::inspector
