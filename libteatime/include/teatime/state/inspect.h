#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "teatime/state/image.h"
#include "teatime/state/value.h"

namespace teatime {

/// Decodes one encoded value of a schema: structures become entries, refs `{"ref": 17}`,
/// enumerations their names, durations seconds as text (`0.5s`). No code of the module is needed.
result<Value> decode_value(const Schema& schema, std::uint32_t type, std::string_view bytes);

/// An object's fields.
result<Value> decode_object(const Image& image, const Image::Object& object);

/// A pending message for people: `counter.step() at 12.5s`.
std::string describe_message(const Image& image, const Image::Message& message);

/// The whole state as a tree: time, hash, objects by `name` or `#id` with class and fields, queue,
/// random, names. With a path
/// (`counter.count`, `#17.position.x`, `strokes[3]`) only what it names; an unknown part is an
/// error that names what is there.
result<Value> state_tree(const Image& image, std::string_view path = {});

/// One difference between two states.
struct Change {
    enum class What { changed, added, removed };
    What what = What::changed;
    std::string object;  ///< `counter` or `#17 (Disc)`; empty for the Island itself
    std::string path;  ///< field path inside it; empty where a whole object or message came or went
    Value before;
    Value after;
};

/// All differences, objects by id, fields in schema order, then names, subscriptions, pending
/// messages, random, time. Objects of equal bytes and schema are skipped unread: O(objects)
/// comparisons, decoding only what differs.
std::vector<Change> diff(const Image& before, const Image& after);

}  // namespace teatime
