#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "teatime/state/bytes.h"
#include "teatime/state/hash.h"
#include "teatime/state/result.h"

namespace teatime {

/// What a field holds. The canonical encoding of each (little endian, no padding):
enum class Kind : std::uint8_t {
    boolean,  ///< 1 byte, 0 or 1
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,  ///< as they are
    float32,
    float64,      ///< IEEE bits; every NaN is the quiet one with an empty payload
    enumeration,  ///< its underlying value as int64
    string,       ///< u32 size, bytes
    bytes,        ///< u32 size, bytes
    duration,     ///< int64 ticks; the unit is in `name`, e.g. "us"
    optional,     ///< 1 byte, then the value if 1; members: {value}
    variant,      ///< 1 byte index, then that alternative; members: the alternatives
    array,        ///< `count` elements; members: {element}
    list,         ///< u32 size, elements; members: {element}; vector
    map,          ///< u32 size, key and value each, keys ascending; members: {key, value}
    set,          ///< u32 size, keys ascending; members: {key}
    structure,    ///< its members in order; classes, described structs, pairs
    ref           ///< u64 object id, 0 = none; `name` is the class
};

/// One type of a schema; other types are named by their index in the schema.
struct Type {
    Kind kind = Kind::boolean;
    std::string name;  ///< of a structure, enumeration, ref target or duration unit; else empty
    std::uint64_t count = 0;  ///< array only
    struct Member {
        std::string name;
        std::uint32_t type = 0;
        bool operator==(const Member&) const = default;
    };
    std::vector<Member> members;
    std::vector<std::pair<std::string, std::int64_t>> enumerators;
    bool operator==(const Type&) const = default;
};

/// Everything needed to read, show and compare the objects of one class without its code.
/// types[0] is the class itself. Stored in every recording.
struct Schema {
    struct Function {
        std::string name;
        bool is_public = false;  ///< may be sent from outside
        std::vector<std::uint32_t> arguments;
        bool operator==(const Function&) const = default;
    };
    std::string class_name;
    std::vector<Type> types;
    std::vector<Function> functions;  ///< a message's selector is one of these

    const Function* find_function(std::string_view name) const;
    bool operator==(const Schema&) const = default;
};

/// For people: `vector<pair<string, int64>>`.
std::string type_name(const Schema& schema, std::uint32_t type);

/// The one binary form of a schema, as recordings store it. Decoding refuses what no class can be:
/// unknown kinds, types out of range, a structure that contains itself other than through a list,
/// map, set or optional.
void encode_schema(ByteWriter& writer, const Schema& schema);
result<Schema> decode_schema(ByteReader& reader);

/// Differs where anything about names, order or types differs: the identity of a layout.
Hash128 schema_hash(const Schema& schema);

}  // namespace teatime
