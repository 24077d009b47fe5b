#include "part.h"

#include <algorithm>

#include "meta_names.h"
#include "need.h"
#include "new_file.h"

namespace teatime::timegraph {
namespace {

class PartWalk {
public:
    PartWalk(const Reader& reader, const Part& part, PartTaker& taker, const Watch& watch)
        : reader_(reader), part_(part), taker_(taker), watch_(watch) {}

    void run() {
        for (const auto& [name, value] : meta_names(need(reader_.info()).meta)) {
            taker_.meta(name, value);
        }
        walk_members();
        walk_clock();
        walk_messages();
        walk_keyframes();
        walk_rest();
        Reader::End end = need(reader_.end());
        if (part_.to >= end.bound) return taker_.end(end.bound, end.wall);
        auto wall = reader_.wall_at(part_.to);
        taker_.end(part_.to, wall ? *wall : WallTime{});
    }

private:
    bool inside(VirtualTime time) const { return part_.from <= time && time <= part_.to; }

    bool inside(const Mark& mark) const { return is_trunk(mark) && inside(mark.time); }

    void walk_members() {
        for (const Member& member : need(reader_.members())) {
            if (member.joined.time > part_.to) continue;
            if (member.left && member.left->time < part_.from) continue;
            taker_.joined(member);
            if (member.left && member.left->time <= part_.to) {
                taker_.left(member.id, *member.left);
            }
        }
    }

    void walk_clock() {
        std::vector<ClockPoint> points = need(reader_.clock());
        for (std::size_t i = 0; i < points.size(); ++i) {
            bool over = i + 1 < points.size() && points[i + 1].stamp.time <= part_.from;
            if (!over && points[i].stamp.time <= part_.to) taker_.clock(points[i]);
        }
    }

    void walk_messages() {
        std::vector<Gap> gaps = need(reader_.gaps());
        std::erase_if(gaps, [&](const Gap& gap) {
            return gap.before.seq <= part_.after || gap.before.time < part_.from ||
                   gap.after.time > part_.to;
        });
        auto gap = gaps.begin();
        StretchProgress progress(reader_, part_.from, part_.to, watch_);
        Reader::Cursor cursor = part_.after ? reader_.messages_after(part_.after, part_.to)
                                            : reader_.messages(part_.from, part_.to);
        while (cursor.next()) {
            progress.at(cursor.stamp().time);
            for (; gap != gaps.end() && gap->after.seq < cursor.stamp().seq; ++gap) {
                taker_.gap(*gap);
            }
            taker_.message(cursor);
        }
        need(cursor.status());
        for (; gap != gaps.end(); ++gap) taker_.gap(*gap);
    }

    void walk_keyframes() {
        for (const KeyframeInfo& keyframe : need(reader_.keyframes())) {
            if (!inside(keyframe.mark.time)) continue;
            go_on(watch_, 1);
            if (keyframe.kind == KeyframeInfo::Kind::foreign) {
                taker_.foreign_keyframe(keyframe, need(reader_.foreign_state(keyframe)));
            } else {
                taker_.keyframe(keyframe, need(reader_.touched(keyframe)),
                                need(reader_.image(keyframe)));
            }
        }
    }

    void walk_rest() {
        Mark first{BranchId{}, part_.from, 0}, last{BranchId{}, part_.to, Mark::kWholeInstant};
        for (const Vote& vote : need(reader_.votes(first, last))) taker_.vote(vote);
        for (const Bookmark& bookmark : need(reader_.bookmarks())) {
            if (inside(bookmark.mark)) taker_.bookmark(bookmark);
        }
        for (const HandlerError& error : need(reader_.errors())) {
            if (inside(error.mark)) taker_.error(error);
        }
        for (const ForeignFile& file : need(reader_.files())) {
            if (inside(file.stamp.time)) taker_.file(file);
        }
    }

    const Reader& reader_;
    const Part& part_;
    PartTaker& taker_;
    const Watch& watch_;
};

}  // namespace

void walk(const Reader& reader, const Part& part, PartTaker& taker, const Watch& watch) {
    PartWalk(reader, part, taker, watch).run();
}

StretchProgress::StretchProgress(const Reader& reader, VirtualTime from, VirtualTime to,
                                 const Watch& watch)
    : watch_(watch), from_(std::max(from, kSessionStart)) {
    VirtualTime end = std::min(to, need(reader.end()).bound);
    if (end > from_) whole_ = static_cast<double>((end - from_).count());
}

void StretchProgress::at(VirtualTime time) {
    if (calls_++ % 1024 == 0) go_on(watch_, static_cast<double>((time - from_).count()) / whole_);
}

}  // namespace teatime::timegraph
