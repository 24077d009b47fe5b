#include "teatime/timegraph/trim.h"

#include <algorithm>

#include "meta_names.h"
#include "part_writer.h"
#include "teatime/timegraph/filter.h"

namespace teatime::timegraph {
namespace {

/// Begins with a state, and leaves out what is before it.
class TrimWriter : public PartWriter {
public:
    using PartWriter::PartWriter;

    void begin_with(const KeyframeInfo& start, Image image) {
        PartWriter::keyframe(start, {}, std::move(image));  // there is none before it
        begin_ = start.mark;
    }
    void begin_with(const KeyframeInfo& start, std::string_view foreign) {
        PartWriter::foreign_keyframe(start, foreign);
        begin_ = start.mark;
    }
    const std::optional<Mark>& begin() const { return begin_; }

    void keyframe(const KeyframeInfo& keyframe, const Touched& touched, Image image) override {
        if (begin_ && keyframe.mark <= *begin_) return;
        PartWriter::keyframe(keyframe, touched, std::move(image));
    }
    void foreign_keyframe(const KeyframeInfo& keyframe, std::string_view bytes) override {
        if (!begin_ || keyframe.mark > *begin_) PartWriter::foreign_keyframe(keyframe, bytes);
    }
    void vote(const Vote& vote) override {
        if (!begin_ || vote.mark >= *begin_) PartWriter::vote(vote);
    }

private:
    std::optional<Mark> begin_;
};

/// Writes the state to begin with; tells from where on the rest is wanted.
Part begin_part(const Reader& reader, VirtualTime from, VirtualTime to, std::optional<Image> start,
                TrimWriter& writer) {
    KeyframeInfo info;
    if (start) {
        info.mark = start->mark();
        info.seq = start->seq;
    } else {
        std::optional<KeyframeInfo> before;
        if (from > kSessionStart) before = need(reader.keyframe_before({BranchId{}, from, 0}));
        if (!before) {
            bool replays = filter_of(need(reader.info()).meta) == nullptr;
            return {replays ? VirtualTime::min() : from, to, {}};
        }
        info = *before;
        if (info.kind == KeyframeInfo::Kind::foreign) {
            writer.begin_with(info, need(reader.foreign_state(info)));
            return {info.mark.time, to, info.seq};
        }
        start = need(reader.image(info));
    }
    writer.begin_with(info, std::move(*start));
    return {std::min(from, info.mark.time), to, info.seq};
}

}  // namespace

result<Trimmed> trim(const Reader& reader, VirtualTime from, VirtualTime to,
                     std::optional<Image> start, const std::string& to_file, const Watch& watch) {
    return guarded([&] {
        TrimWriter writer(to_file);
        Part part = begin_part(reader, from, to, std::move(start), writer);
        walk(reader, part, writer, watch);
        if (writer.begin()) {  // of two of a name the later one counts
            writer.meta(kStartedFrom, reader.path() + " at " + to_string(from));
        }
        return Trimmed{writer.begin(), writer.keep(watch)};
    });
}

result<Reader::End> compact(const Reader& reader, const std::string& to_file, const Watch& watch) {
    return guarded([&] {
        PartWriter writer(to_file);
        walk(reader, {}, writer, watch);
        return writer.keep(watch);
    });
}

}  // namespace teatime::timegraph
