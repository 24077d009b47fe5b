#include "decode.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>

#include "decimal.h"
#include "teatime/state/inspect.h"
#include "teatime/state/json.h"

namespace teatime {
namespace {

constexpr std::string_view kDigits = "0123456789";

/// Ticks of a unit as seconds: `0.5s`; of an unknown unit `5 ticks`.
std::string duration_text(std::int64_t ticks, std::string_view unit) {
    struct Unit {
        std::string_view name;
        std::int64_t factor;
        int decimals;
    };
    static constexpr Unit kUnits[] = {{"ns", 1, 9},   {"us", 1, 6},   {"ms", 1, 3},   {"s", 1, 0},
                                      {"min", 60, 0}, {"h", 3600, 0}, {"d", 86400, 0}};
    for (const Unit& known : kUnits) {
        if (known.name == unit) {
            return decimal_text(static_cast<__int128>(ticks) * known.factor, known.decimals) + 's';
        }
    }
    return fmt::format("{} {}", ticks, unit.empty() ? "ticks" : unit);
}

std::string key_text(const Value& key) {
    const std::string* text = key.if_string();
    return text ? *text : to_json(key);
}

Value read_elements(const Layout& layout, std::uint32_t element, std::uint64_t count,
                    ByteReader& reader) {
    if (layout.smallest(element) == 0) {
        return fmt::format("{} x {}", count, type_name(layout.schema(), element));
    }
    Value::List list;
    list.reserve(count);  // checked: each takes at least a byte
    for (std::uint64_t i = 0; i < count; ++i) list.push_back(read_value(layout, element, reader));
    return list;
}

Value read_enumeration(const Type& type, ByteReader& reader) {
    auto value = reader.fixed<std::int64_t>();
    for (const auto& [name, number] : type.enumerators) {
        if (number == value) return name;
    }
    return value;
}

std::string shortened(std::string text, std::size_t most = 200) {
    if (text.size() <= most) return text;
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text.resize(end);
    return text + "...";
}

std::string router_text(const std::string& what, const Value::Entries& message) {
    std::string text = "router: " + what;
    for (const auto& [name, value] : message) {
        if (name == "what" || name == "_size") continue;
        text += fmt::format(" {}={}", name, shortened(key_text(value), 40));
    }
    return text;
}

std::string internal_arguments(const Image& image, const Image::Message& message) {
    if (message.arguments.empty()) return "";
    const Image::Object* target = image.find_object(message.target);
    if (!target || target->schema >= image.schemas.size()) return "...";
    const Schema& schema = image.schemas[target->schema];
    const Schema::Function* function = schema.find_function(message.selector);
    auto layout = Layout::of(schema);
    if (!function || !layout) return "...";
    std::string text;
    ByteReader reader(message.arguments);
    for (std::uint32_t type : function->arguments) {
        ByteReader ahead = reader;
        if (!layout->check(type, ahead)) return "...";
        text += (text.empty() ? "" : ", ") + to_json(read_value(*layout, type, reader));
    }
    return text;
}

}  // namespace

Value read_value(const Layout& layout, std::uint32_t index, ByteReader& reader) {
    const Type& type = layout.type(index);
    auto inner = [&](std::size_t member) {
        return read_value(layout, type.members[member].type, reader);
    };
    if (layout.smallest(index) == 0) return Value::Entries{};
    switch (type.kind) {
        case Kind::boolean:
            return reader.fixed<std::uint8_t>() != 0;
        case Kind::uint64:
            return reader.fixed<std::uint64_t>();
        case Kind::float32:
            return double{std::bit_cast<float>(reader.fixed<std::uint32_t>())};
        case Kind::float64:
            return std::bit_cast<double>(reader.fixed<std::uint64_t>());
        case Kind::enumeration:
            return read_enumeration(type, reader);
        case Kind::string:
            return reader.sized();
        case Kind::bytes:
            return Value::Bytes{std::string(reader.sized())};
        case Kind::duration:
            return duration_text(reader.fixed<std::int64_t>(), type.name);
        case Kind::optional:
            return reader.fixed<std::uint8_t>() ? inner(0) : Value();
        case Kind::variant: {
            auto chosen = reader.fixed<std::uint8_t>();
            std::string name = type_name(layout.schema(), type.members[chosen].type);
            return Value::Entries{{std::move(name), inner(chosen)}};
        }
        case Kind::array:
            return read_elements(layout, type.members[0].type, type.count, reader);
        case Kind::list:
        case Kind::set: {
            auto count = reader.fixed<std::uint32_t>();
            return read_elements(layout, type.members[0].type, count, reader);
        }
        case Kind::map: {
            Value::Entries entries;
            for (auto count = reader.fixed<std::uint32_t>(); count > 0; --count) {
                std::string key = key_text(inner(0));
                entries.emplace_back(std::move(key), inner(1));
            }
            return entries;
        }
        case Kind::structure: {
            Value::Entries entries;
            for (std::uint32_t member : layout.written(index)) {
                const Type::Member& described = type.members[member];
                entries.emplace_back(described.name, inner(member));
            }
            return entries;
        }
        case Kind::ref:
            return Value::Entries{{"ref", reader.fixed<std::uint64_t>()}};
        default:
            return read_integer(type.kind, reader);
    }
}

namespace {

bool skip_elements(const Layout& layout, std::uint32_t type, std::uint64_t count,
                   ByteReader& reader) {
    if (layout.plain(type)) {
        std::uint64_t bytes = 0;
        if (__builtin_mul_overflow(count, layout.smallest(type), &bytes)) return false;
        reader.raw(bytes);
        return reader.ok();
    }
    for (; count > 0; --count) {
        if (!layout.check(type, reader)) return false;
    }
    return true;
}

std::optional<std::uint32_t> enter_element(const Layout& layout, std::uint32_t element,
                                           std::uint64_t count, std::string_view part,
                                           ByteReader& reader) {
    std::uint64_t index = 0;
    const char* end = part.data() + part.size();
    auto [stop, error] = std::from_chars(part.data(), end, index);
    if (error != std::errc{} || stop != end || index >= count || layout.smallest(element) == 0 ||
        !skip_elements(layout, element, index, reader)) {
        return std::nullopt;
    }
    return element;
}

std::optional<std::uint32_t> enter_entry(const Layout& layout, const Type& map,
                                         std::string_view part, ByteReader& reader) {
    for (auto count = reader.fixed<std::uint32_t>(); count > 0; --count) {
        ByteReader key = reader;
        if (!layout.check(map.members[0].type, reader)) return std::nullopt;
        if (key_text(read_value(layout, map.members[0].type, key)) == part) {
            return map.members[1].type;
        }
        if (!layout.check(map.members[1].type, reader)) return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::uint32_t> enter(const Layout& layout, std::uint32_t index, std::string_view part,
                                   ByteReader& reader) {
    const Type& type = layout.type(index);
    if (layout.smallest(index) == 0) return std::nullopt;  // shown as nothing, or as a text
    switch (type.kind) {
        case Kind::structure:
            for (std::uint32_t member : layout.written(index)) {
                const Type::Member& described = type.members[member];
                if (described.name == part) return described.type;
                if (!layout.check(described.type, reader)) break;
            }
            return std::nullopt;
        case Kind::variant: {
            auto chosen = reader.fixed<std::uint8_t>();
            if (chosen >= type.members.size()) return std::nullopt;
            std::uint32_t inner = type.members[chosen].type;
            if (type_name(layout.schema(), inner) != part) return std::nullopt;
            return inner;
        }
        case Kind::map:
            return enter_entry(layout, type, part, reader);
        case Kind::array:
            return enter_element(layout, type.members[0].type, type.count, part, reader);
        case Kind::list:
        case Kind::set:
            return enter_element(layout, type.members[0].type, reader.fixed<std::uint32_t>(), part,
                                 reader);
        default:
            return std::nullopt;
    }
}

result<Value> decode_value(const Schema& schema, std::uint32_t type, std::string_view bytes) {
    auto layout = Layout::of(schema);
    if (!layout) return layout.error();
    if (type >= schema.types.size() || !layout->check_all(type, bytes)) {
        return unreadable(fmt::format("{} bytes that are no {} of class {}", bytes.size(),
                                      type_name(schema, type), schema.class_name));
    }
    ByteReader reader(bytes);
    return read_value(*layout, type, reader);
}

result<Value> decode_object(const Image& image, const Image::Object& object) {
    if (object.schema >= image.schemas.size()) {
        return unreadable(fmt::format("object #{} is of no class", object.id.value));
    }
    return decode_value(image.schemas[object.schema], 0, object.fields);
}

Labels::Labels(const Image& image) : image_(image) {
    for (const auto& [name, id] : image.names) {  // the rule of Image::name_of()
        auto [place, fresh] = names_.try_emplace(id, &name);
        if (!fresh && (name == image.app || *place->second == "root")) place->second = &name;
    }
}

std::string Labels::name(ObjectId id) const {
    auto found = names_.find(id);
    return found != names_.end() ? *found->second : fmt::format("#{}", id.value);
}

std::string Labels::label(ObjectId id) const {
    const Image::Object* object = image_.find_object(id);
    if (!object || object->schema >= image_.schemas.size() || names_.contains(id)) return name(id);
    return fmt::format("#{} ({})", id.value, image_.schemas[object->schema].class_name);
}

std::string describe(const Labels& labels, const Image& image, const Image::Message& message) {
    std::string time = to_string(message.time);
    if (!message.external) {
        std::string call = fmt::format("{}.{}({})", labels.name(message.target), message.selector,
                                       internal_arguments(image, message));
        return fmt::format("{} at {}", shortened(std::move(call)), time);
    }
    std::string call = shortened(describe_payload(message.arguments));
    if (call.empty()) call = fmt::format("external message {}", message.order);
    if (!message.sender) return fmt::format("{} at {}", call, time);
    return fmt::format("{} from member {} at {}", call, message.sender.value, time);
}

std::string describe(const Labels& labels, const Image::Subscription& subscription) {
    return fmt::format("{}.{} on {}/{}", labels.name(subscription.subscriber),
                       subscription.selector, subscription.scope, subscription.event);
}

std::string describe_message(const Image& image, const Image::Message& message) {
    return describe(Labels(image), image, message);
}

std::optional<DecodedCall> decode_call(const Value& payload) {
    const std::string* inner = payload.if_string();
    auto call = inner ? parse_json(*inner) : result<Value>(Value());
    const Value::List* parts = call ? call->if_list() : nullptr;
    if (!parts || parts->size() < 2) return std::nullopt;
    const std::string* target = (*parts)[0].if_string();
    const std::string* selector = (*parts)[1].if_string();
    if (!target || !selector) return std::nullopt;
    return DecodedCall{*target, *selector, {parts->begin() + 2, parts->end()}};
}

std::optional<DecodedCall> decode_call_text(std::string_view payload) {
    auto value = parse_json(payload);
    return value ? decode_call(*value) : std::nullopt;
}

const std::string* router_message(const Value& payload) {
    const Value* what = payload.find("what");
    return what ? what->if_string() : nullptr;
}

std::string describe_payload(std::string_view payload) {
    auto outer = parse_json(payload);
    if (!outer) return {};
    if (auto* what = router_message(*outer)) return router_text(*what, *outer->if_entries());
    auto call = decode_call(*outer);
    if (!call) return {};
    std::string arguments;
    for (const Value& each : call->arguments) {
        arguments += (arguments.empty() ? "" : ", ") + to_json(each);
    }
    return fmt::format("{}.{}({})", call->target, call->selector, arguments);
}

Value describe_random(const Image& image) {
    Value::List words;
    for (std::uint64_t word : image.random) words.push_back(fmt::format("{:016x}", word));
    return words;
}

std::string child_path(const std::string& parent, std::string_view key) {
    bool digits = !key.empty() && key.find_first_not_of(kDigits) == key.npos;
    if (digits) return fmt::format("{}[{}]", parent, key);
    bool plain = !key.empty() && key.find_first_of(" .[]\"\\") == key.npos;
    if (plain) return parent.empty() ? std::string(key) : fmt::format("{}.{}", parent, key);
    std::string quoted;
    append_json_string(quoted, key);
    return fmt::format("{}[{}]", parent, quoted);
}

std::string child_path(const std::string& parent, std::size_t index) {
    return fmt::format("{}[{}]", parent, index);
}

}  // namespace teatime
