#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "meta_names.h"
#include "need.h"
#include "new_file.h"
#include "part.h"
#include "teatime/timegraph/writer.h"

namespace teatime::timegraph {

/// Writes what is taken out of recordings into a new one, which is there when it is whole.
class PartWriter : public PartTaker {
public:
    explicit PartWriter(const std::string& path)
        : file_(path), writer_(need(Writer::create(file_.part(), {}, {.durable = false}))) {}

    void meta(std::string_view name, std::string_view value) override {
        // The blocks are chained anew.
        if (name != kChainStart) need(writer_.meta(name, value));
    }
    void joined(const Member& member) override {
        need(writer_.member_joined(member.id, member.name, member.role, member.joined));
    }
    void left(MemberId member, Stamp stamp) override { need(writer_.member_left(member, stamp)); }
    void clock(const ClockPoint& point) override { need(writer_.clock(point)); }
    void gap(const Gap& gap) override {
        need(writer_.gap(gap));
        commit_now_and_then();
    }
    void message(const Reader::Cursor& at) override { need(writer_.append(at)); }
    void message(const MessageView& message) { need(writer_.append(message)); }
    void keyframe(const KeyframeInfo&, const Touched& touched, Image image) override {
        need(writer_.keyframe(std::move(image), touched));
        commit_now_and_then();
    }
    void foreign_keyframe(const KeyframeInfo& keyframe, std::string_view bytes) override {
        need(writer_.foreign_keyframe(keyframe.mark, keyframe.seq, keyframe.hash, bytes));
        commit_now_and_then();
    }
    void vote(const Vote& vote) override {
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

    /// Requires: end() was called.
    Reader::End keep(const Watch& watch) {
        need(writer_.close());
        Reader::End end = need(need(Reader::open(file_.part())).end());
        go_on(watch, 1);
        file_.keep();
        return end;
    }

private:
    /// What waits for a commit stands in the -wal.
    void commit_now_and_then() {
        if (++rows_ % 256 == 0) need(writer_.commit());
    }

    NewFile file_;
    Writer writer_;
    std::uint64_t rows_ = 0;
};

}  // namespace teatime::timegraph
