#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "teatime/state/image.h"
#include "teatime/state/value.h"

namespace teatime {

/// Decodes one encoded value of a schema: structures and maps become entries, refs `{"ref": 17}`,
/// variants `{"Point": ...}`, enumerations their names (a number where none fits), durations
/// seconds as text (`0.5s`). Members that take no bytes are left out. No code of the module is
/// needed. O(bytes) for any input.
result<Value> decode_value(const Schema& schema, std::uint32_t type, std::string_view bytes);

/// An object's fields.
result<Value> decode_object(const Image& image, const Image::Object& object);

/// A pending message for people: `counter.step() at 12.5s`; long arguments are cut.
std::string describe_message(const Image& image, const Image::Message& message);

/// Target, selector and arguments of a call's payload; none where it is something else.
struct DecodedCall {
    std::string target, selector;
    Value::List arguments;
};
std::optional<DecodedCall> decode_call(const Value& payload);
std::optional<DecodedCall> decode_call_text(std::string_view payload);  ///< of its JSON text

/// The `what` of the router's own messages (`users`, `time`, `tally`); null of all others.
const std::string* router_message(const Value& payload);

/// What the payload of an external message says: `counter.add(2)`, of the router's own
/// `router: users joined=[3]`. Empty where it is neither, as in an encrypted session.
std::string describe_payload(std::string_view payload);

/// The whole state as a tree: app, mark, time, seq, hash, objects by `name` or `#id` with class, id
/// and fields, names, subscriptions, queue, random. With a path only what it names:
/// `counter` and `#17` are objects, `counter.count`, `#17.position.x` and `counter.scores["a b"]`
/// fields of one, `queue[0]` a part of the Island, `strokes[3]` a field of the root. It goes on
/// through references: `garden.zones.ferns.warmth`. An unknown part is an error that names what is
/// there.
result<Value> state_tree(const Image& image, std::string_view path = {});

/// The same place, as everybody calls it: from the object that it is inside, by that object's name.
/// `#17.warmth` of `garden.zones.ferns.warmth`, `painter.strokes[3]` of `strokes[3]`. An error as
/// of state_tree().
result<std::string> direct_path(const Image& image, std::string_view path);

/// One difference between two states.
struct Change {
    enum class What { changed, added, removed };
    What what = What::changed;
    std::string object;  ///< `counter` or `#17 (Disc)`; empty for the Island itself
    std::string path;    ///< `strokes[3].color`; empty where a whole object came or went; of the
                         ///< Island `queue` (messages as text), `names.door`, `time`, ...
    Value before;
    Value after;
};

/// All differences, objects by id, fields in schema order, then classes whose objects differ in
/// nothing else, names, subscriptions, pending
/// messages, random, time and counters. Structures, lists and maps are compared element by element.
/// Objects of equal bytes and schema are skipped unread: O(objects) comparisons, decoding only what
/// differs. Which build made them is no part of a state: see built_differently().
std::vector<Change> diff(const Image& before, const Image& after);

/// `built differently: code id 33b9c162a4db and e2d8d7851037`; empty for one build.
std::string built_differently(const Image& before, const Image& after);

}  // namespace teatime
