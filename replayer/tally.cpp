#include "teatime/replayer/tally.h"

#include <algorithm>

namespace teatime::replayer {

void add(Tally& sum, const Tally& part) {
    std::vector<std::uint32_t> index_of;
    for (const TallyEntry& entry : part.entries) {
        auto found = std::find_if(sum.entries.begin(), sum.entries.end(),
                                  [&](const TallyEntry& each) { return each.same_kind(entry); });
        if (found == sum.entries.end()) {
            found = sum.entries.insert(found, TallyEntry{});
            found->class_name = entry.class_name;
            found->selector = entry.selector;
            found->external = entry.external;
        }
        found->count += entry.count;
        found->errors += entry.errors;
        found->time += entry.time;
        index_of.push_back(static_cast<std::uint32_t>(found - sum.entries.begin()));
    }
    for (Tally::Cell cell : part.cells) {
        cell.entry = index_of[cell.entry];
        auto same = std::find_if(sum.cells.rbegin(), sum.cells.rend(), [&](const auto& each) {
            return each.bucket != cell.bucket || each.entry == cell.entry;
        });
        if (same != sum.cells.rend() && same->bucket == cell.bucket) {
            same->count += cell.count;  // a run ended inside its bucket
        } else {
            sum.cells.push_back(cell);
        }
    }
    sum.places.insert(sum.places.end(), part.places.begin(), part.places.end());
}

}  // namespace teatime::replayer
