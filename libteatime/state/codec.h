#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "teatime/state/bytes.h"
#include "teatime/state/image.h"

/// What the encodings of schemas, images and deltas share.
namespace teatime {

inline std::uint32_t read_index(ByteReader& reader) {
    std::uint64_t index = reader.varint();
    if (index > UINT32_MAX) reader.fail();
    return static_cast<std::uint32_t>(index);
}

/// Calls `read` as often as a count in the bytes says. Elements take at least a byte each, so a
/// hostile count ends with the bytes.
template <class Read>
void repeat(ByteReader& reader, Read read) {
    std::uint64_t count = reader.varint();
    if (count > reader.left()) reader.fail();
    for (std::uint64_t i = 0; i < count && reader.ok(); ++i) read();
}

/// An envelope: 4 bytes `magic`, 1 byte version, low half of XXH3-128 of the rest. seal() fills in
/// the checksum of what was written behind start_envelope().
void start_envelope(std::string& out, std::string_view magic);
void seal_envelope(std::string& out);
/// The content. `what` names the thing in errors: `state`, `state change`.
result<std::string_view> open_envelope(std::string_view bytes, std::string_view magic,
                                       std::string_view what);

/// Everything but the vectors.
void encode_head(ByteWriter& writer, const Image& image);
void decode_head(ByteReader& reader, Image& image);

/// Appends a counted list of schemas; `broken` gets the sentence of one that is refused.
void decode_schemas(ByteReader& reader, std::vector<Schema>& schemas, Error& broken);

/// The vectors' elements, schemas aside. Ids ascend: only the step from the one before is written.
void encode_object(ByteWriter& writer, const Image::Object& object, ObjectId& last);
Image::Object decode_object_entry(ByteReader& reader, ObjectId& last);
void encode_entry(ByteWriter& writer, const std::pair<std::string, ObjectId>& name);
void encode_entry(ByteWriter& writer, const Image::Subscription& subscription);
void encode_entry(ByteWriter& writer, const Image::Message& message);
void decode_entry(ByteReader& reader, std::pair<std::string, ObjectId>& name);
void decode_entry(ByteReader& reader, Image::Subscription& subscription);
void decode_entry(ByteReader& reader, Image::Message& message);

/// Execution order of the queue: time, internal before external, order.
bool executes_before(const Image::Message& a, const Image::Message& b);

}  // namespace teatime
