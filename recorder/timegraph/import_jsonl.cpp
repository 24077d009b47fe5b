#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "jsonl.h"
#include "need.h"
#include "new_file.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/export.h"
#include "teatime/timegraph/writer.h"
#include "zstd_frame.h"

namespace teatime::timegraph {
namespace {

constexpr std::size_t kLargestLine = std::size_t{1} << 30;
constexpr std::size_t kLargestState = std::size_t{256} << 20;

/// What is wrong with a line; the number is added where it is caught.
[[noreturn]] void wrong(std::string what) {
    throw Failure{unreadable(std::move(what))};
}

std::string from_base64(std::string_view text) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const auto kValues = [&] {
        std::array<int, 256> values;
        values.fill(-1);
        for (std::size_t i = 0; i < kDigits.size(); ++i) {
            values[static_cast<unsigned char>(kDigits[i])] = static_cast<int>(i);
        }
        return values;
    }();
    while (text.ends_with('=')) text.remove_suffix(1);
    std::string bytes;
    unsigned bits = 0, have = 0;
    for (char c : text) {
        int value = kValues[static_cast<unsigned char>(c)];
        if (value < 0) wrong("that is no base64");
        bits = (bits << 6) | static_cast<unsigned>(value);
        have += 6;
        if (have < 8) continue;
        have -= 8;
        bytes.push_back(static_cast<char>(bits >> have));
    }
    return bytes;
}

/// The entries of a line.
class LineFields {
public:
    explicit LineFields(const Value& line) : line_(line) {}

    const Value* find(std::string_view name) const { return line_.find(name); }

    const Value& at(std::string_view name) const {
        if (const Value* value = find(name)) return *value;
        wrong(fmt::format("\"{}\" is missing", name));
    }
    std::uint64_t number(std::string_view name) const {
        const Value& value = at(name);
        if (value.if_uint()) return *value.if_uint();
        if (value.if_int() && *value.if_int() >= 0) {
            return static_cast<std::uint64_t>(*value.if_int());
        }
        wrong(fmt::format("\"{}\" is no whole number", name));
    }
    double real(std::string_view name) const {
        double number = 0;
        if (!at(name).as_double(number)) wrong(fmt::format("\"{}\" is no number", name));
        return number;
    }
    WallTime wall(std::string_view name) const {
        const Value& value = at(name);
        if (!value.if_int()) wrong(fmt::format("\"{}\" is no whole number", name));
        return WallTime(std::chrono::microseconds(*value.if_int()));
    }
    std::string text(std::string_view name) const {
        std::string other = std::string(name) + std::string(jsonl::kBase64);
        if (const Value* value = find(other); value && value->if_string()) {
            return from_base64(*value->if_string());
        }
        const std::string* text = at(name).if_string();
        if (!text) wrong(fmt::format("\"{}\" is no text", name));
        return *text;
    }
    std::string bytes(std::string_view name) const { return from_base64(text(name)); }
    std::string unpacked(std::string_view name) const {
        std::string state;
        need(unpack(bytes(name), kLargestState, state));
        return state;
    }
    VirtualTime time(std::string_view name) const {
        return VirtualTime(need(parse_duration(text(name))));
    }
    Stamp stamp(const std::string& prefix = "") const {
        return {time(prefix + "time"), {number(prefix + "seq")}};
    }
    Mark mark() const { return need(parse_mark(text("mark"))); }

private:
    const Value& line_;
};

class JsonlImport {
public:
    JsonlImport(std::istream& in, const std::string& name, const std::string& to,
                const Watch& watch)
        : in_(in), name_(name), watch_(watch), file_(to) {}

    Reader::End run() {
        Writer writer = need(Writer::create(file_.part(), {}, {.durable = false}));
        writer_ = &writer;
        std::string line;
        while (std::getline(in_, line)) {
            if (++number_ % 1024 == 0) {
                go_on(watch_, 0);  // how long the input is, nobody knows
                need(writer.commit());
            }
            if (!line.empty()) take_line(line);
        }
        if (number_ == 0) {
            throw Failure{unreadable(fmt::format(
                "{} is empty; `teatime export --format jsonl` writes what can be imported",
                name_))};
        }
        if (!ended_) {
            throw Failure{unreadable(fmt::format(
                "{}: the last line, of kind \"end\", is missing: it is cut off", name_))};
        }
        need(writer.close());
        Reader::End end = need(need(Reader::open(file_.part())).end());
        go_on(watch_, 1);
        file_.keep();
        return end;
    }

private:
    void take_line(const std::string& line) {
        auto taken = guarded([&] {
            Value value = need(parse_json(line, {.depth = 8, .bytes = kLargestLine}));
            const Value* kind = value.find("kind");
            if (!kind || !kind->if_string()) wrong("it has no \"kind\"");
            if ((*kind->if_string() == jsonl::kHeader) != (number_ == 1)) {
                wrong("the first line, and only that, is of kind \"timegraph\"");
            }
            if (ended_) wrong("it is behind the line of kind \"end\"");
            take(*kind->if_string(), LineFields(value));
        });
        if (taken) return;
        Error error = taken.error();
        if (error.kind == ErrorKind::wrong_usage) error.kind = ErrorKind::unreadable;
        // To the parser this is the first line of all.
        constexpr std::string_view kFirst = "line 1, ";
        bool places = error.message.starts_with(kFirst);
        error.message = fmt::format("{}: line {}{}{}", name_, number_, places ? ", " : ": ",
                                    error.message.substr(places ? kFirst.size() : 0));
        throw Failure{error};
    }

    void take(std::string_view kind, const LineFields& line) {
        if (kind == jsonl::kMessage) return take_message(line);
        if (kind == jsonl::kVote) {
            need(writer_->vote({line.mark(), {line.number("member")}, line.text("hash")}));
        } else if (kind == jsonl::kKeyframe) {
            take_keyframe(line);
        } else if (kind == jsonl::kClock) {
            need(writer_->clock({line.stamp(), line.wall("wall_us"), line.real("rate")}));
        } else if (kind == jsonl::kGap) {
            Stamp after = line.find("after_seq") ? line.stamp("after_") : last_;
            need(writer_->gap({after, line.stamp("before_"), line.text("why")}));
        } else if (kind == jsonl::kJoined) {
            need(writer_->member_joined({line.number("member")}, line.text("name"),
                                        line.text("role"), line.stamp()));
        } else if (kind == jsonl::kLeft) {
            need(writer_->member_left({line.number("member")}, line.stamp()));
        } else {
            take_rare(kind, line);
        }
    }

    void take_rare(std::string_view kind, const LineFields& line) {
        if (kind == jsonl::kMeta) {
            need(writer_->meta(line.text("name"), line.text("value")));
        } else if (kind == jsonl::kBookmark) {
            need(writer_->bookmark(
                {line.mark(), line.wall("wall_us"), line.text("author"), line.text("comment")}));
        } else if (kind == jsonl::kError) {
            need(writer_->error(
                {line.mark(), {line.number("seq")}, line.text("type"), line.text("sentence")}));
        } else if (kind == jsonl::kFile) {
            need(writer_->file({line.stamp(), line.text("path"), line.bytes("bytes")}));
        } else if (kind == jsonl::kEnd) {
            writer_->reach(line.time("time"),
                           line.find("wall_us") ? line.wall("wall_us") : WallTime{});
            ended_ = true;
        } else if (kind == jsonl::kHeader) {
            if (line.number("version") > jsonl::kVersion) {
                wrong(fmt::format("it has version {}, this program reads up to {}",
                                  line.number("version"), jsonl::kVersion));
            }
        } else {
            wrong(fmt::format("\"{}\" is no kind of line", kind));
        }
    }

    void take_message(const LineFields& line) {
        std::string payload = line.text("payload");
        std::string extra = line.find("extra") || line.find("extra64") ? line.text("extra") : "";
        std::uint64_t sender = line.find("sender") ? line.number("sender") : 0;
        last_ = line.stamp();
        need(writer_->append(MessageView(last_, {sender}, payload, extra)));
    }

    void take_keyframe(const LineFields& line) {
        if (line.find("foreign")) {
            need(writer_->foreign_keyframe(line.mark(), {line.number("seq")}, line.text("hash"),
                                           line.unpacked("foreign")));
            return;
        }
        bool delta = line.find("delta") != nullptr;
        if (delta && !base_) wrong("the state that it is a delta to is missing");
        Image image = delta ? need(apply_delta(std::move(*base_), line.unpacked("delta")))
                            : need(decode_image(line.unpacked("state")));
        if (image.mark() != line.mark() || to_string(image.hash) != line.text("hash")) {
            wrong("it holds the state of another Mark than it says");
        }
        std::vector<ObjectId> touched;
        const Value::List* ids = line.at("touched").if_list();
        for (const Value& id : ids ? *ids : Value::List()) {
            if (!id.if_int() || *id.if_int() < 0) wrong("\"touched\" are no ids of objects");
            touched.push_back({static_cast<std::uint64_t>(*id.if_int())});
        }
        need(writer_->keyframe(image, touched));
        base_ = std::move(image);
    }

    std::istream& in_;
    const std::string& name_;
    const Watch& watch_;
    NewFile file_;
    Writer* writer_ = nullptr;
    std::uint64_t number_ = 0;
    bool ended_ = false;
    Stamp last_;  ///< of the message before
    std::optional<Image> base_;
};

}  // namespace

result<Reader::End> import_jsonl(std::istream& lines, const std::string& name,
                                 const std::string& to, const Watch& watch) {
    return guarded([&] { return JsonlImport(lines, name, to, watch).run(); });
}

}  // namespace teatime::timegraph
