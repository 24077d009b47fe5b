#include "codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <tuple>

namespace teatime {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kEnvelope = 4 + 1 + 8;

std::uint64_t checksum(std::string_view content) {
    return hash_bytes(content).low;
}
void write_text(ByteWriter& writer, std::string_view text) {
    writer.varint(text.size());
    writer.raw(text);
}
std::string read_text(ByteReader& reader) {
    return std::string(reader.raw(reader.varint()));
}
void write_time(ByteWriter& writer, VirtualTime time) {
    writer.signed_varint(time.time_since_epoch().count());
}
VirtualTime read_time(ByteReader& reader) {
    return VirtualTime(Duration(reader.signed_varint()));
}

}  // namespace

void start_envelope(std::string& out, std::string_view magic) {
    ByteWriter writer(out);
    writer.raw(magic);
    writer.fixed(kVersion);
    writer.fixed(std::uint64_t{0});
}

void seal_envelope(std::string& out) {
    std::uint64_t sum = checksum(std::string_view(out).substr(kEnvelope));
    std::memcpy(out.data() + kEnvelope - sizeof sum, &sum, sizeof sum);
}

result<std::string_view> open_envelope(std::string_view bytes, std::string_view magic,
                                       std::string_view what) {
    ByteReader reader(bytes);
    if (reader.raw(magic.size()) != magic) {
        return unreadable(fmt::format("this is no saved {} of an Island", what));
    }
    auto version = reader.fixed<std::uint8_t>();
    if (reader.ok() && version != kVersion) {
        return unreadable(
            fmt::format("the saved {} has format {}, this program reads {}: use a newer teatime",
                        what, version, kVersion));
    }
    auto sum = reader.fixed<std::uint64_t>();
    std::string_view content = bytes.substr(std::min(kEnvelope, bytes.size()));
    if (!reader.ok() || checksum(content) != sum) {
        return unreadable(fmt::format("the saved {} is cut off or damaged", what));
    }
    return content;
}

void encode_head(ByteWriter& writer, const Image& image) {
    write_text(writer, image.app);
    write_text(writer, image.code_id);
    write_text(writer, image.session_id);
    write_time(writer, image.time);
    writer.varint(image.executed_at_time);
    writer.varint(image.seq.value);
    writer.varint(image.next_object);
    writer.varint(image.next_internal);
    for (std::uint64_t word : image.random) writer.fixed(word);
    writer.varint(image.root.value);
    writer.fixed(image.hash.low);
    writer.fixed(image.hash.high);
}

void decode_head(ByteReader& reader, Image& image) {
    image.app = read_text(reader);
    image.code_id = read_text(reader);
    image.session_id = read_text(reader);
    image.time = read_time(reader);
    image.executed_at_time = reader.varint();
    image.seq = {reader.varint()};
    image.next_object = reader.varint();
    image.next_internal = reader.varint();
    for (std::uint64_t& word : image.random) word = reader.fixed<std::uint64_t>();
    image.root = {reader.varint()};
    image.hash.low = reader.fixed<std::uint64_t>();
    image.hash.high = reader.fixed<std::uint64_t>();
}

void decode_schemas(ByteReader& reader, std::vector<Schema>& schemas, Error& broken) {
    repeat(reader, [&] {
        auto schema = decode_schema(reader);
        if (schema) {
            schemas.push_back(std::move(*schema));
        } else {
            broken = schema.error();
            reader.fail();
        }
    });
}

void encode_object(ByteWriter& writer, const Image::Object& object, ObjectId& last) {
    writer.varint(object.id.value - last.value);
    writer.varint(object.schema);
    write_text(writer, object.fields);
    last = object.id;
}

Image::Object decode_object_entry(ByteReader& reader, ObjectId& last) {
    Image::Object object;
    object.id = {last.value + reader.varint()};  // wrapped around: refused as not ascending
    object.schema = read_index(reader);
    object.fields = read_text(reader);
    last = object.id;
    return object;
}

void encode_entry(ByteWriter& writer, const std::pair<std::string, ObjectId>& name) {
    write_text(writer, name.first);
    writer.varint(name.second.value);
}

void decode_entry(ByteReader& reader, std::pair<std::string, ObjectId>& name) {
    name.first = read_text(reader);
    name.second = {reader.varint()};
}

void encode_entry(ByteWriter& writer, const Image::Subscription& subscription) {
    write_text(writer, subscription.scope);
    write_text(writer, subscription.event);
    writer.varint(subscription.subscriber.value);
    write_text(writer, subscription.selector);
}

void decode_entry(ByteReader& reader, Image::Subscription& subscription) {
    subscription.scope = read_text(reader);
    subscription.event = read_text(reader);
    subscription.subscriber = {reader.varint()};
    subscription.selector = read_text(reader);
}

void encode_entry(ByteWriter& writer, const Image::Message& message) {
    write_time(writer, message.time);
    writer.fixed(static_cast<std::uint8_t>(message.external));
    writer.varint(message.order);
    writer.varint(message.target.value);
    write_text(writer, message.selector);
    write_text(writer, message.arguments);
    writer.varint(message.sender.value);
    writer.varint(message.chain);
    writer.varint(message.cause);
    writer.fixed(static_cast<std::uint8_t>(message.cause_external));
}

void decode_entry(ByteReader& reader, Image::Message& message) {
    message.time = read_time(reader);
    auto external = reader.fixed<std::uint8_t>();
    if (external > 1) reader.fail();
    message.external = external == 1;
    message.order = reader.varint();
    message.target = {reader.varint()};
    message.selector = read_text(reader);
    message.arguments = read_text(reader);
    message.sender = {reader.varint()};
    message.chain = read_index(reader);
    message.cause = reader.varint();
    auto cause_external = reader.fixed<std::uint8_t>();
    if (cause_external > 1) reader.fail();
    message.cause_external = cause_external == 1;
}

bool executes_before(const Image::Message& a, const Image::Message& b) {
    return std::tie(a.time, a.external, a.order) < std::tie(b.time, b.external, b.order);
}

}  // namespace teatime
