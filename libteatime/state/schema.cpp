#include "teatime/state/schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "codec.h"
#include "layout.h"

namespace teatime {
namespace {

constexpr std::size_t kLongestName = 200;  ///< of a type for people; hostile ones go on for ever

void append_type_name(std::string& out, const Schema& schema, std::uint32_t index, int depth);

/// `map<string, int64>` from `map` and the members.
void append_template(std::string& out, std::string_view name, const Schema& schema,
                     const Type& type, int depth) {
    out += name;
    out += '<';
    for (std::size_t i = 0; i < type.members.size() && out.size() < kLongestName; ++i) {
        if (i > 0) out += ", ";
        append_type_name(out, schema, type.members[i].type, depth + 1);
    }
    if (type.kind == Kind::array) out += fmt::format(", {}", type.count);
    out += '>';
}

void append_type_name(std::string& out, const Schema& schema, std::uint32_t index, int depth) {
    static constexpr std::string_view kSimple[] = {"bool",   "int8",  "int16",  "int32",
                                                   "int64",  "uint8", "uint16", "uint32",
                                                   "uint64", "float", "double"};
    if (index >= schema.types.size() || depth > 20 || out.size() >= kLongestName) {
        out += "...";
        return;
    }
    const Type& type = schema.types[index];
    switch (type.kind) {
        case Kind::enumeration:
            out += type.name;
            break;
        case Kind::string:
            out += "string";
            break;
        case Kind::bytes:
            out += "bytes";
            break;
        case Kind::duration:
            out += fmt::format("duration<{}>", type.name);
            break;
        case Kind::optional:
            append_template(out, "optional", schema, type, depth);
            break;
        case Kind::variant:
            append_template(out, "variant", schema, type, depth);
            break;
        case Kind::array:
            append_template(out, "array", schema, type, depth);
            break;
        case Kind::list:
            append_template(out, "vector", schema, type, depth);
            break;
        case Kind::map:
            append_template(out, "map", schema, type, depth);
            break;
        case Kind::set:
            append_template(out, "set", schema, type, depth);
            break;
        case Kind::structure:
            if (type.name == "pair") {
                append_template(out, "pair", schema, type, depth);
            } else {
                out += type.name;
            }
            break;
        case Kind::ref:
            out += fmt::format("Ref<{}>", type.name);
            break;
        default:
            out += kSimple[static_cast<std::size_t>(type.kind)];
    }
}

void encode_type(ByteWriter& writer, const Type& type) {
    writer.fixed(static_cast<std::uint8_t>(type.kind));
    writer.sized(type.name);
    writer.varint(type.count);
    writer.varint(type.members.size());
    for (const Type::Member& member : type.members) {
        writer.sized(member.name);
        writer.varint(member.type);
    }
    writer.varint(type.enumerators.size());
    for (const auto& [name, value] : type.enumerators) {
        writer.sized(name);
        writer.fixed(value);
    }
}

Type decode_type(ByteReader& reader) {
    Type type;
    type.kind = static_cast<Kind>(reader.fixed<std::uint8_t>());
    type.name = reader.sized();
    type.count = reader.varint();
    repeat(reader, [&] {
        std::string name(reader.sized());
        type.members.push_back({std::move(name), read_index(reader)});
    });
    repeat(reader, [&] {
        std::string name(reader.sized());
        type.enumerators.emplace_back(std::move(name), reader.fixed<std::int64_t>());
    });
    return type;
}

}  // namespace

const Schema::Function* Schema::find_function(std::string_view name) const {
    auto found = std::find_if(functions.begin(), functions.end(),
                              [&](const Function& function) { return function.name == name; });
    return found == functions.end() ? nullptr : &*found;
}

std::string type_name(const Schema& schema, std::uint32_t type) {
    std::string out;
    append_type_name(out, schema, type, 0);
    return out;
}

void encode_schema(ByteWriter& writer, const Schema& schema) {
    writer.sized(schema.class_name);
    writer.varint(schema.types.size());
    for (const Type& type : schema.types) encode_type(writer, type);
    writer.varint(schema.functions.size());
    for (const Schema::Function& function : schema.functions) {
        writer.sized(function.name);
        writer.fixed(static_cast<std::uint8_t>(function.is_public));
        writer.varint(function.arguments.size());
        for (std::uint32_t argument : function.arguments) writer.varint(argument);
    }
}

result<Schema> decode_schema(ByteReader& reader) {
    Schema schema;
    schema.class_name = reader.sized();
    repeat(reader, [&] { schema.types.push_back(decode_type(reader)); });
    repeat(reader, [&] {
        Schema::Function function;
        function.name = reader.sized();
        auto is_public = reader.fixed<std::uint8_t>();
        if (is_public > 1) reader.fail();
        function.is_public = is_public == 1;
        repeat(reader, [&] { function.arguments.push_back(read_index(reader)); });
        schema.functions.push_back(std::move(function));
    });
    if (!reader.ok()) return unreadable("a class schema is cut off or damaged");
    auto layout = Layout::of(schema);
    if (!layout) return layout.error();
    return schema;
}

Hash128 schema_hash(const Schema& schema) {
    std::string bytes;
    ByteWriter writer(bytes);
    encode_schema(writer, schema);
    return hash_bytes(bytes);
}

}  // namespace teatime
