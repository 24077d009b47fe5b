#include "teatime/state/image.h"

#include <algorithm>

#include "codec.h"

namespace teatime {
namespace {

/// image := envelope head schemas objects names subscriptions queue
/// each but the head: varint count, then the elements.
constexpr std::string_view kImageMagic = "TTim";

template <class Entries>
void encode_entries(ByteWriter& writer, const Entries& entries) {
    writer.varint(entries.size());
    for (const auto& entry : entries) encode_entry(writer, entry);
}

template <class Entries>
void decode_entries(ByteReader& reader, Entries& entries) {
    repeat(reader, [&] { decode_entry(reader, entries.emplace_back()); });
}

}  // namespace

const Image::Object* Image::find_object(ObjectId id) const {
    auto found =
        std::lower_bound(objects.begin(), objects.end(), id,
                         [](const Object& object, ObjectId key) { return object.id < key; });
    return found != objects.end() && found->id == id ? &*found : nullptr;
}

const std::string* Image::name_of(ObjectId id) const {
    const std::string* best = nullptr;
    for (const auto& [name, named] : names) {
        if (named != id) continue;
        if (name == app) return &name;
        if (!best || *best == "root") best = &name;  // `root` says less than any other
    }
    return best;
}

std::string encode_image(const Image& image) {
    std::string out;
    start_envelope(out, kImageMagic);
    ByteWriter writer(out);
    encode_head(writer, image);
    writer.varint(image.schemas.size());
    for (const Schema& schema : image.schemas) encode_schema(writer, schema);
    writer.varint(image.objects.size());
    ObjectId last;
    for (const Image::Object& object : image.objects) encode_object(writer, object, last);
    encode_entries(writer, image.names);
    encode_entries(writer, image.subscriptions);
    encode_entries(writer, image.queue);
    seal_envelope(out);
    return out;
}

result<Image> decode_image(std::string_view bytes) {
    auto content = open_envelope(bytes, kImageMagic, "state");
    if (!content) return content.error();
    ByteReader reader(*content);
    Image image;
    decode_head(reader, image);
    Error broken;
    decode_schemas(reader, image.schemas, broken);
    ObjectId last;
    repeat(reader, [&] { image.objects.push_back(decode_object_entry(reader, last)); });
    decode_entries(reader, image.names);
    decode_entries(reader, image.subscriptions);
    decode_entries(reader, image.queue);
    if (!broken.message.empty()) return broken;
    if (!reader.done()) return unreadable("the saved state is damaged: its parts do not fit");
    auto good = check_image(image);
    if (!good) return good.error();
    return image;
}

}  // namespace teatime
