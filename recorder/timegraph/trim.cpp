#include "teatime/timegraph/trim.h"

#include <algorithm>

#include "need.h"
#include "new_file.h"
#include "part.h"
#include "teatime/timegraph/writer.h"

namespace teatime::timegraph {
namespace {

/// Writes a part into a recording of its own.
class PartWriter : public PartTaker {
public:
    explicit PartWriter(const std::string& path)
        : file_(path), writer_(need(Writer::create(file_.part(), {}, {.durable = false}))) {}

    /// States up to this one are left out.
    void begin_with(Image image) {
        begin_ = image.mark();
        need(writer_.keyframe(std::move(image), {}));
    }
    void begin_with(const KeyframeInfo& foreign, std::string_view bytes) {
        begin_ = foreign.mark;
        foreign_keyframe_row(foreign, bytes);
    }

    void meta(std::string_view name, std::string_view value) override {
        if (name != "chain_start") need(writer_.meta(name, value));
    }
    void joined(const Member& member) override {
        need(writer_.member_joined(member.id, member.name, member.role, member.joined));
    }
    void left(MemberId member, Stamp stamp) override { need(writer_.member_left(member, stamp)); }
    void clock(const ClockPoint& point) override { need(writer_.clock(point)); }
    void gap(const Gap& gap) override { need(writer_.gap(gap.before, gap.why)); }
    void message(const MessageView& message) override { need(writer_.append(message)); }
    void keyframe(const KeyframeInfo& keyframe, Image image) override {
        if (begin_ && keyframe.mark <= *begin_) return;
        need(writer_.keyframe(std::move(image), keyframe.touched));
        commit_now_and_then();
    }
    void foreign_keyframe(const KeyframeInfo& keyframe, std::string_view bytes) override {
        if (!begin_ || keyframe.mark > *begin_) foreign_keyframe_row(keyframe, bytes);
    }
    void vote(const Vote& vote) override {
        if (begin_ && vote.mark < *begin_) return;
        need(writer_.vote(vote));
        commit_now_and_then();
    }
    void bookmark(const Bookmark& bookmark) override { need(writer_.bookmark(bookmark)); }
    void error(const HandlerError& error) override { need(writer_.error(error)); }
    void file(const ForeignFile& file) override {
        need(writer_.file(file));
        commit_now_and_then();
    }
    void end(VirtualTime time, WallTime wall) override { writer_.reach(time, wall); }

    Trimmed keep(const Watch& watch) {
        need(writer_.close());
        Reader::End end = need(need(Reader::open(file_.part())).end());
        go_on(watch, 1);
        file_.keep();
        return {begin_, end};
    }

private:
    void foreign_keyframe_row(const KeyframeInfo& keyframe, std::string_view bytes) {
        need(writer_.foreign_keyframe(keyframe.mark, keyframe.seq, keyframe.hash, bytes));
        commit_now_and_then();
    }
    /// What waits for a commit stands in the -wal.
    void commit_now_and_then() {
        if (++rows_ % 256 == 0) need(writer_.commit());
    }

    NewFile file_;
    Writer writer_;
    std::optional<Mark> begin_;
    std::uint64_t rows_ = 0;
};

}  // namespace

result<Trimmed> trim(const Reader& reader, VirtualTime from, VirtualTime to,
                     std::optional<Image> start, const std::string& to_file, const Watch& watch) {
    return guarded([&] {
        PartWriter writer(to_file);
        Part part{from, to, {}};
        Mark first{BranchId{}, from, 0};
        std::optional<KeyframeInfo> before;
        if (!start && from > kSessionStart) before = need(reader.keyframe_before(first));
        if (before && before->kind == KeyframeInfo::Kind::foreign) {
            writer.begin_with(*before, need(reader.foreign_state(*before)));
            part.after = before->seq;
            part.from = before->mark.time;
        } else if (before) {
            start = need(reader.image(*before));
        } else if (!start) {
            part.from = VirtualTime::min();
        }
        if (start) {
            part.after = start->seq;
            part.from = std::min(from, start->time);
            writer.begin_with(std::move(*start));
        }
        walk(reader, part, writer, watch);
        // What is written last counts: it does not begin as the session did.
        if (start || before) writer.meta("started_from", reader.path() + " at " + to_string(from));
        return writer.keep(watch);
    });
}

result<Reader::End> compact(const Reader& reader, const std::string& to_file, const Watch& watch) {
    return guarded([&] {
        PartWriter writer(to_file);
        walk(reader, {}, writer, watch);
        return writer.keep(watch).end;
    });
}

}  // namespace teatime::timegraph
