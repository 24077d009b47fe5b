#include <algorithm>

#include "teatime/island/class_info.h"
#include "teatime/island/export.h"

namespace teatime::detail {

std::string find_gap(std::string_view type, std::size_t size, std::size_t alignment,
                     std::vector<Extent> extents) {
    std::sort(extents.begin(), extents.end(),
              [](const Extent& a, const Extent& b) { return a.offset < b.offset; });
    std::size_t end = 0;
    auto gap = [&](std::size_t next) {
        return std::string(type) + ": " + std::to_string(next - end) + " bytes at offset " +
               std::to_string(end) +
               " belong to no described member; add the member to BOOST_DESCRIBE_CLASS, or wrap a "
               "cache in teatime::transient<T>";
    };
    for (const Extent& extent : extents) {
        if (extent.offset > end) {
            // The compiler pads only up to the next member's alignment.
            std::size_t padded = (end + extent.alignment - 1) / extent.alignment * extent.alignment;
            if (extent.offset != padded) return gap(extent.offset);
        }
        end = std::max(end, extent.offset + extent.size);
    }
    bool empty_struct = extents.empty() && size == 1;
    if (size > end && size - end >= alignment && !empty_struct) return gap(size);
    return {};
}

}  // namespace teatime::detail
