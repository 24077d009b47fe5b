#include "teatime/replayer/stretches.h"

#include <algorithm>

#include "teatime/timegraph/reader.h"

namespace teatime::replayer {
namespace {

/// Gaps in which messages are missing, in order; losses that overlap, because nothing could be
/// written in between, are one.
std::vector<timegraph::Gap> merged(std::vector<timegraph::Gap> gaps, VirtualTime begin) {
    std::erase_if(gaps, [&](const timegraph::Gap& gap) {
        bool none_missing = gap.before.seq <= next(gap.after.seq);
        return none_missing || gap.before.time < begin;
    });
    std::sort(gaps.begin(), gaps.end(),
              [](const auto& a, const auto& b) { return a.after.seq < b.after.seq; });
    std::vector<timegraph::Gap> all;
    for (timegraph::Gap& gap : gaps) {
        if (all.empty() || gap.after.seq >= all.back().before.seq) {
            all.push_back(std::move(gap));
        } else if (gap.before.seq > all.back().before.seq) {
            all.back().before = gap.before;
        }
    }
    return all;
}

}  // namespace

result<std::vector<Stretch>> stretches(const Timeline& timeline) {
    const timegraph::Reader& reader = *timeline.reader();
    std::vector<Stretch> all{{timeline.begin(), timeline.end()}};
    auto found = reader.gaps();
    if (!found) return found.error();
    auto info = reader.info();
    if (!info) return info.error();
    std::vector<Error> damaged;  // told by the Timeline that comes upon them
    auto keyframes = reader.keyframes(&damaged);
    if (!keyframes) return keyframes.error();
    std::erase_if(*keyframes, [&](const timegraph::KeyframeInfo& keyframe) {
        return keyframe.kind == timegraph::KeyframeInfo::Kind::foreign ||
               keyframe.mark < timeline.begin();
    });
    if (!keyframes->empty() && keyframes->front().mark == timeline.begin() && info->first) {
        // Nothing was recorded before: nobody tells of messages lost behind that state.
        const timegraph::KeyframeInfo& first = keyframes->front();
        found->push_back({{first.mark.time, first.seq}, *info->first, {}});
    }
    std::vector<timegraph::Gap> gaps = merged(std::move(*found), timeline.begin().time);
    if (gaps.empty()) return all;
    Seq known;  // the state at the last `from` holds everything up to here
    for (const timegraph::Gap& gap : gaps) {
        if (gap.before.seq <= next(known)) continue;
        // A gap may begin within an instant: which of its Marks are before it is not known.
        Mark last{BranchId{}, gap.after.time - Duration(1), Mark::kWholeInstant};
        all.back().to = std::min(all.back().to, last);
        if (all.back().to < all.back().from) all.pop_back();
        auto behind = std::find_if(keyframes->begin(), keyframes->end(), [&](const auto& keyframe) {
            return next(keyframe.seq) >= gap.before.seq;
        });
        if (behind == keyframes->end()) return all;
        known = behind->seq;
        all.push_back({behind->mark, timeline.end()});
    }
    return all;
}

}  // namespace teatime::replayer
