#include <optional>
#include <span>

#include "buffered_sink.h"
#include "jsonl.h"
#include "part.h"
#include "teatime/state/hash.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/layout.h"
#include "zstd_frame.h"

namespace teatime::timegraph {
namespace {

std::string base64(std::string_view bytes) {
    return to_base64({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

/// One line, entry by entry.
class Line {
public:
    explicit Line(std::string_view kind) {
        text_ = "{\"kind\":\"";
        text_ += kind;
        text_ += '"';
    }
    Line& add(std::string_view name, std::uint64_t number) {
        return add_raw(name, std::to_string(number));
    }
    Line& add_signed(std::string_view name, std::int64_t number) {
        return add_raw(name, std::to_string(number));
    }
    Line& add(std::string_view name, double number) {
        std::string text;
        append_json_double(text, number);
        return add_raw(name, text);
    }
    Line& add_raw(std::string_view name, std::string_view json) {
        text_ += ",\"";
        text_ += name;
        text_ += "\":";
        text_ += json;
        return *this;
    }
    /// Any bytes: as text where that says exactly them.
    Line& add(std::string_view name, std::string_view bytes) {
        constexpr std::string_view kReplacement = "\xef\xbf\xbd";
        std::string quoted;
        append_json_string(quoted, bytes);
        if (quoted.find(kReplacement) == quoted.npos) return add_raw(name, quoted);
        return add_bytes(std::string(name) + std::string(jsonl::kBase64), bytes);
    }
    Line& add_bytes(std::string_view name, std::string_view bytes) {
        return add_raw(name, '"' + base64(bytes) + '"');
    }
    Line& add(Stamp stamp, std::string_view prefix = "") {
        std::string front(prefix);
        add(front + "time", to_string(stamp.time));
        return add(front + "seq", stamp.seq.value);
    }
    Line& add(const Mark& mark) { return add("mark", to_string(mark)); }
    Line& add(std::string_view name, WallTime wall) {
        return add_signed(name, wall.time_since_epoch().count());
    }
    std::string_view end() { return text_ += "}\n"; }

private:
    std::string text_;
};

class JsonlTaker : public PartTaker {
public:
    explicit JsonlTaker(const Sink& sink) : out_(sink) {
        out_.write(Line(jsonl::kHeader).add("version", std::uint64_t{jsonl::kVersion}).end());
    }

    void meta(std::string_view name, std::string_view value) override {
        out_.write(Line(jsonl::kMeta).add("name", name).add("value", value).end());
    }
    void joined(const Member& member) override {
        out_.write(Line(jsonl::kJoined)
                       .add("member", member.id.value)
                       .add(member.joined)
                       .add("name", member.name)
                       .add("role", member.role)
                       .end());
    }
    void left(MemberId member, Stamp stamp) override {
        out_.write(Line(jsonl::kLeft).add("member", member.value).add(stamp).end());
    }
    void clock(const ClockPoint& point) override {
        out_.write(Line(jsonl::kClock)
                       .add(point.stamp)
                       .add("wall_us", point.wall)
                       .add("rate", point.rate)
                       .end());
    }
    void gap(const Gap& gap) override {
        out_.write(Line(jsonl::kGap)
                       .add(gap.after, "after_")
                       .add(gap.before, "before_")
                       .add("why", gap.why)
                       .end());
    }
    void message(const Reader::Cursor& at) override {
        const MessageView& message = at.message();
        out_.write(Line(jsonl::kMessage)
                       .add(message.stamp)
                       .add("sender", message.sender.value)
                       .add("payload", message.payload)
                       .add("extra", message.extra)
                       .end());
    }
    void keyframe(const KeyframeInfo& keyframe, const Touched& touched, Image image) override {
        Value::List ids;
        for (ObjectId id : touched) ids.push_back(id.value);
        bool delta = base_ && deltas_ < kDeltasPerFull;
        std::string state = delta ? make_delta(*base_, image) : encode_image(image);
        out_.write(head_of(keyframe)
                       .add_raw("touched", to_json(ids))
                       .add_bytes(delta ? "delta" : "state", packer_.pack(state))
                       .end());
        deltas_ = delta ? deltas_ + 1 : 0;
        base_ = std::move(image);
    }
    void foreign_keyframe(const KeyframeInfo& keyframe, std::string_view bytes) override {
        out_.write(head_of(keyframe).add_bytes("foreign", packer_.pack(bytes)).end());
    }
    void vote(const Vote& vote) override {
        out_.write(Line(jsonl::kVote)
                       .add(vote.mark)
                       .add("member", vote.member.value)
                       .add("hash", vote.hash)
                       .end());
    }
    void bookmark(const Bookmark& bookmark) override {
        out_.write(Line(jsonl::kBookmark)
                       .add(bookmark.mark)
                       .add("wall_us", bookmark.written)
                       .add("author", bookmark.author)
                       .add("comment", bookmark.comment)
                       .end());
    }
    void error(const HandlerError& error) override {
        out_.write(Line(jsonl::kError)
                       .add(error.mark)
                       .add("seq", error.seq.value)
                       .add("type", error.type)
                       .add("sentence", error.sentence)
                       .end());
    }
    void file(const ForeignFile& file) override {
        out_.write(Line(jsonl::kFile)
                       .add(file.stamp)
                       .add("path", file.path)
                       .add_bytes("bytes", file.bytes)
                       .end());
    }
    void end(VirtualTime time, WallTime wall) override {
        Line line(jsonl::kEnd);
        line.add("time", to_string(time));
        if (wall != WallTime{}) line.add("wall_us", wall);
        out_.write(line.end());
        out_.flush();
    }

private:
    static Line head_of(const KeyframeInfo& keyframe) {
        Line line(jsonl::kKeyframe);
        line.add(keyframe.mark).add("seq", keyframe.seq.value).add("hash", keyframe.hash);
        return line;
    }

    BufferedSink out_;
    Packer packer_;
    std::optional<Image> base_;
    int deltas_ = 0;
};

}  // namespace

result<void> export_jsonl(const Reader& reader, VirtualTime from, VirtualTime to, const Sink& sink,
                          const Watch& watch) {
    return guarded([&] {
        JsonlTaker taker(sink);
        walk(reader, {from, to, {}}, taker, watch);
    });
}

}  // namespace teatime::timegraph
