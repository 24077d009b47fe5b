#pragma once

#include <string_view>
#include <vector>

#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/watch.h"

namespace teatime::timegraph {

using Touched = std::vector<ObjectId>;  ///< as Reader::touched()

/// Takes what a part of a recording holds. Its functions throw Failure.
class PartTaker {
public:
    virtual ~PartTaker() = default;
    virtual void meta(std::string_view name, std::string_view value) = 0;
    virtual void joined(const Member& member) = 0;
    virtual void left(MemberId member, Stamp stamp) = 0;
    virtual void clock(const ClockPoint& point) = 0;
    virtual void gap(const Gap& gap) = 0;  ///< before the first message behind where it begins
    virtual void message(const Reader::Cursor& at) = 0;
    virtual void keyframe(const KeyframeInfo& keyframe, const Touched& touched, Image image) = 0;
    virtual void foreign_keyframe(const KeyframeInfo& keyframe, std::string_view bytes) = 0;
    virtual void vote(const Vote& vote) = 0;
    virtual void bookmark(const Bookmark& bookmark) = 0;
    virtual void error(const HandlerError& error) = 0;
    virtual void file(const ForeignFile& file) = 0;
    virtual void end(VirtualTime time, WallTime wall) = 0;
};

/// What of a recording.
struct Part {
    VirtualTime from = VirtualTime::min(), to = VirtualTime::max();  ///< both included
    Seq after{};  ///< only messages behind this one; they may be from before `from`
};

/// Branches are not taken over, and so nothing that is said of one.
inline bool is_trunk(const Mark& mark) {
    return mark.branch == BranchId{};
}

/// Gives all of it in an order in which a Writer can write it: also who came before and is still
/// there, and the last clock row before. Throws Failure.
void walk(const Reader& reader, const Part& part, PartTaker& taker, const Watch& watch);

/// How far a stretch of a recording is done. Throws Failure where the job was ended.
class StretchProgress {
public:
    StretchProgress(const Reader& reader, VirtualTime from, VirtualTime to, const Watch& watch);
    void at(VirtualTime time);  ///< looked at now and then

private:
    const Watch& watch_;
    VirtualTime from_;
    double whole_ = 1;
    std::uint64_t calls_ = 0;
};

}  // namespace teatime::timegraph
