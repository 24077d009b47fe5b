#include <fmt/format.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <map>
#include <optional>
#include <vector>

#include "buffered_sink.h"
#include "meta_names.h"
#include "teatime/state/bytes.h"
#include "teatime/state/inspect.h"
#include "teatime/state/json.h"
#include "zstd_frame.h"

namespace teatime::timegraph {
namespace {

// https://mcap.dev/spec
constexpr std::string_view kMagic("\x89MCAP0\r\n", 8);
constexpr std::size_t kChunkBytes = 1024 * 1024;
constexpr std::size_t kMostChannels = 2000;
constexpr std::uint16_t kSchemaId = 1;

enum class Op : std::uint8_t {
    header = 1,
    footer = 2,
    schema = 3,
    channel = 4,
    message = 5,
    chunk = 6,
    message_index = 7,
    chunk_index = 8,
    statistics = 11,
    metadata = 12,
    metadata_index = 13,
    summary_offset = 14,
    data_end = 15
};

constexpr std::string_view kSchema = R"({"type":"object","properties":{)"
                                     R"("time":{"type":"number","description":"virtual, seconds"},)"
                                     R"("seq":{"type":"integer"},"sender":{"type":"integer"},)"
                                     R"("target":{"type":"string"},"selector":{"type":"string"},)"
                                     R"("arguments":{"type":"array"},"payload":{},)"
                                     R"("extra":{"type":"string"}}})";

std::uint32_t crc32(std::string_view bytes) {
    boost::crc_32_type crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return crc.checksum();
}

std::string record(Op op, std::string_view content) {
    std::string bytes;
    ByteWriter writer(bytes);
    writer.fixed(static_cast<std::uint8_t>(op));
    writer.fixed(static_cast<std::uint64_t>(content.size()));
    writer.raw(content);
    return bytes;
}

/// A map or list is its size in bytes, then its entries.
std::string text_map(const std::map<std::string, std::string>& entries) {
    std::string bytes;
    ByteWriter writer(bytes);
    for (const auto& [name, value] : entries) {
        writer.sized(name);
        writer.sized(value);
    }
    return bytes;
}

std::uint64_t nanoseconds(std::int64_t microseconds) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(microseconds, 0)) * 1000;
}

class McapExport {
public:
    McapExport(const Reader& reader, VirtualTime from, VirtualTime to, const Sink& sink,
               const Watch& watch)
        : reader_(reader), from_(from), to_(to), watch_(watch), out_(sink) {}

    void run() {
        out_.write(kMagic);
        std::string header;
        ByteWriter writer(header);
        writer.sized("");
        writer.sized("teatime");
        out_.write(record(Op::header, header));
        std::string schema;
        ByteWriter of_schema(schema);
        of_schema.fixed(kSchemaId);
        of_schema.sized("teatime.Message");
        of_schema.sized("jsonschema");
        of_schema.sized(kSchema);
        schema_ = record(Op::schema, schema);
        write_metadata();
        each_message(reader_, from_, to_, watch_,
                     [&](const MessageView& message) { add(message); });
        end_chunk();
        std::string end;
        ByteWriter(end).fixed(std::uint32_t{0});  // no CRC of the data: each chunk has its own
        out_.write(record(Op::data_end, end));
        write_summary();
        out_.write(kMagic);
        out_.flush();
    }

private:
    struct Channel {
        std::uint16_t id = 0;
        std::string record;
        std::uint64_t messages = 0;
        std::vector<std::pair<std::uint64_t, std::uint64_t>> index;  // of this chunk
    };

    void write_metadata() {
        auto names = meta_names(need(reader_.info()).meta);
        names["log_time"] = log_time_words();
        std::string metadata;
        ByteWriter writer(metadata);
        writer.sized("teatime");
        writer.sized(text_map(names));
        std::string bytes = record(Op::metadata, metadata);
        ByteWriter index(metadata_index_);
        index.fixed(out_.written());
        index.fixed(static_cast<std::uint64_t>(bytes.size()));
        index.sized("teatime");
        out_.write(bytes);
    }

    std::string log_time_words() {
        auto clock = need(reader_.clock());
        if (clock.empty()) return "virtual time; the wall clock is not known";
        first_clock_ = clock.front();
        if (first_clock_->stamp.time <= std::max(from_, kSessionStart)) return "the wall clock";
        return fmt::format("the wall clock, known from {} on; before that reckoned from there",
                           to_string(first_clock_->stamp.time));
    }

    /// A number is needed also where the wall clock is not known.
    std::uint64_t log_time(VirtualTime time) {
        if (time == clocked_ && count_ > 0) return last_;
        clocked_ = time;
        std::uint64_t at = nanoseconds(wall_or_virtual(time));
        return std::max(at, last_);
    }
    std::int64_t wall_or_virtual(VirtualTime time) const {
        if (!first_clock_) return time.time_since_epoch().count();
        const WallTime wall = time < first_clock_->stamp.time ? wall_at(*first_clock_, time)
                                                              : need(reader_.wall_at(time));
        return wall.time_since_epoch().count();
    }

    Channel& channel(const std::string& topic) {
        auto found = channels_.find(topic);
        if (found != channels_.end()) return found->second;
        if (channels_.size() >= kMostChannels && topic != "/other") return channel("/other");
        Channel& added = channels_[topic];
        added.id = static_cast<std::uint16_t>(channels_.size());
        std::string content;
        ByteWriter writer(content);
        writer.fixed(added.id);
        writer.fixed(kSchemaId);
        writer.sized(topic);
        writer.sized("json");
        writer.sized("");
        added.record = record(Op::channel, content);
        // In the chunk, before its first message, so that a reader without the summary knows it.
        if (channels_.size() == 1) chunk_ += schema_;
        chunk_ += added.record;
        return added;
    }

    void add(const MessageView& message) {
        result<Value> payload = parse_json(message.payload);
        auto call = payload ? decode_call(*payload) : std::nullopt;
        Value::Entries entries{
            {"time", static_cast<double>(message.stamp.time.time_since_epoch().count()) / 1e6},
            {"seq", message.stamp.seq.value},
            {"sender", message.sender.value}};
        std::string topic = "/messages";
        if (call) {
            topic = "/" + call->target + "/" + call->selector;
            entries.emplace_back("target", std::move(call->target));
            entries.emplace_back("selector", std::move(call->selector));
            entries.emplace_back("arguments", std::move(call->arguments));
        } else {
            entries.emplace_back("payload", payload ? *payload : Value(message.payload));
        }
        if (!message.extra.empty()) entries.emplace_back("extra", message.extra);
        std::uint64_t at = log_time(message.stamp.time);
        Channel& its = channel(topic);
        std::string content;
        ByteWriter writer(content);
        writer.fixed(its.id);
        writer.fixed(static_cast<std::uint32_t>(message.stamp.seq.value));
        writer.fixed(at);
        writer.fixed(at);
        writer.raw(to_json(entries));
        if (count_++ == 0) first_ = at;
        if (chunk_messages_++ == 0) chunk_first_ = at;
        last_ = at;
        ++its.messages;
        its.index.emplace_back(at, chunk_.size());
        chunk_ += record(Op::message, content);
        if (chunk_.size() >= kChunkBytes) end_chunk();
    }

    void end_chunk() {
        if (chunk_messages_ == 0) return;
        std::uint64_t start = out_.written();
        std::string_view packed = packer_.pack(chunk_);
        std::string content;
        ByteWriter writer(content);
        writer.fixed(chunk_first_);
        writer.fixed(last_);
        writer.fixed(static_cast<std::uint64_t>(chunk_.size()));
        writer.fixed(crc32(chunk_));
        writer.sized("zstd");
        writer.fixed(static_cast<std::uint64_t>(packed.size()));
        writer.raw(packed);
        out_.write(record(Op::chunk, content));
        std::uint64_t end = out_.written();
        std::string offsets = write_message_indexes();

        std::string index;
        ByteWriter of_index(index);
        of_index.fixed(chunk_first_);
        of_index.fixed(last_);
        of_index.fixed(start);
        of_index.fixed(end - start);
        of_index.sized(offsets);
        of_index.fixed(out_.written() - end);
        of_index.sized("zstd");
        of_index.fixed(static_cast<std::uint64_t>(packed.size()));
        of_index.fixed(static_cast<std::uint64_t>(chunk_.size()));
        chunk_indexes_.push_back(record(Op::chunk_index, index));
        chunk_.clear();
        chunk_messages_ = 0;
    }

    /// Where in the chunk each channel's messages are; tells where that is written.
    std::string write_message_indexes() {
        std::string offsets;
        for (auto& [topic, its] : channels_) {
            if (its.index.empty()) continue;
            ByteWriter writer(offsets);
            writer.fixed(its.id);
            writer.fixed(out_.written());
            std::string entries, content;
            ByteWriter of_entries(entries), of_content(content);
            for (const auto& [time, offset] : its.index) {
                of_entries.fixed(time);
                of_entries.fixed(offset);
            }
            of_content.fixed(its.id);
            of_content.sized(entries);
            out_.write(record(Op::message_index, content));
            its.index.clear();
        }
        return offsets;
    }

    std::string statistics() const {
        std::string counts, content;
        ByteWriter of_counts(counts), writer(content);
        for (const auto& [topic, its] : channels_) {
            of_counts.fixed(its.id);
            of_counts.fixed(its.messages);
        }
        writer.fixed(count_);
        writer.fixed(static_cast<std::uint16_t>(channels_.empty() ? 0 : 1));
        writer.fixed(static_cast<std::uint32_t>(channels_.size()));
        writer.fixed(std::uint32_t{0});  // attachments
        writer.fixed(std::uint32_t{1});  // metadata
        writer.fixed(static_cast<std::uint32_t>(chunk_indexes_.size()));
        writer.fixed(first_);
        writer.fixed(last_);
        writer.sized(counts);
        return record(Op::statistics, content);
    }

    /// Groups of records of one kind, then where each group is.
    void write_summary() {
        std::uint64_t start = out_.written();
        std::string channels, chunks;
        for (const auto& [topic, its] : channels_) channels += its.record;
        for (const std::string& index : chunk_indexes_) chunks += index;
        std::string summary, offsets;
        auto group = [&](Op op, const std::string& records) {
            if (records.empty()) return;
            std::string content;
            ByteWriter writer(content);
            writer.fixed(static_cast<std::uint8_t>(op));
            writer.fixed(start + summary.size());
            writer.fixed(static_cast<std::uint64_t>(records.size()));
            offsets += record(Op::summary_offset, content);
            summary += records;
        };
        group(Op::schema, channels_.empty() ? std::string() : schema_);
        group(Op::channel, channels);
        group(Op::statistics, statistics());
        group(Op::chunk_index, chunks);
        group(Op::metadata_index, record(Op::metadata_index, metadata_index_));

        std::string footer;
        ByteWriter writer(footer);
        writer.fixed(start);
        writer.fixed(start + summary.size());
        // The CRC is of the summary and of the footer up to itself.
        std::string bytes = summary + offsets;
        ByteWriter of_bytes(bytes);
        of_bytes.fixed(static_cast<std::uint8_t>(Op::footer));
        of_bytes.fixed(static_cast<std::uint64_t>(footer.size() + 4));
        of_bytes.raw(footer);
        of_bytes.fixed(crc32(bytes));
        out_.write(bytes);
    }

    const Reader& reader_;
    VirtualTime from_, to_;
    const Watch& watch_;
    BufferedSink out_;
    Packer packer_;
    std::string schema_, metadata_index_;
    std::map<std::string, Channel> channels_;
    std::string chunk_;
    std::uint64_t chunk_messages_ = 0, chunk_first_ = 0;
    std::vector<std::string> chunk_indexes_;
    std::uint64_t count_ = 0, first_ = 0, last_ = 0;
    VirtualTime clocked_;
    std::optional<ClockPoint> first_clock_;
};

}  // namespace

result<void> export_mcap(const Reader& reader, VirtualTime from, VirtualTime to, const Sink& sink,
                         const Watch& watch) {
    return guarded([&] { McapExport(reader, from, to, sink, watch).run(); });
}

}  // namespace teatime::timegraph
