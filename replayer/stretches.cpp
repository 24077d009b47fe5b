#include "stretches.h"

#include <algorithm>

#include "teatime/timegraph/reader.h"

namespace teatime::replayer {

result<std::vector<Stretch>> stretches(const Timeline& timeline) {
    const timegraph::Reader& reader = *timeline.reader();
    std::vector<Stretch> all{{timeline.begin(), timeline.end()}};
    auto gaps = reader.gaps();
    if (!gaps) return gaps.error();
    std::erase_if(*gaps, [&](const timegraph::Gap& gap) {
        return gap.before.seq.value <= 1 || gap.before.time < timeline.begin().time;
    });
    if (gaps->empty()) return all;
    std::sort(gaps->begin(), gaps->end(),
              [](const auto& a, const auto& b) { return a.after.seq < b.after.seq; });
    auto keyframes = reader.keyframes();
    if (!keyframes) return keyframes.error();
    std::erase_if(*keyframes, [&](const timegraph::KeyframeInfo& keyframe) {
        return keyframe.kind == timegraph::KeyframeInfo::Kind::foreign ||
               keyframe.mark < timeline.begin();
    });
    Seq known;  // the state of the last stretch's `from` holds everything up to here
    for (const timegraph::Gap& gap : *gaps) {
        if (gap.before.seq <= next(known)) continue;
        // A gap may begin within an instant: which of its Marks are before it is not known.
        Mark last{BranchId{}, gap.after.time - Duration(1), Mark::kWholeInstant};
        auto behind = std::find_if(keyframes->begin(), keyframes->end(), [&](const auto& keyframe) {
            return next(keyframe.seq) >= gap.before.seq;
        });
        Stretch& open = all.back();
        open.to = std::min(open.to, last);
        if (open.to < open.from) all.pop_back();
        if (behind == keyframes->end()) return all;
        known = behind->seq;
        all.push_back({behind->mark, timeline.end()});
    }
    return all;
}

}  // namespace teatime::replayer
