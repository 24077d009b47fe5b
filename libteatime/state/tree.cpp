#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "decode.h"
#include "teatime/state/inspect.h"
#include "teatime/state/json.h"

namespace teatime {
namespace {

constexpr std::size_t kMostNamed = 20;  ///< in an error that says what there is

result<Value> object_node(const Image& image, const Image::Object& object) {
    auto fields = decode_object(image, object);
    if (!fields) return fields.error();
    return Value(Value::Entries{{"class", image.schemas[object.schema].class_name},
                                {"id", object.id.value},
                                {"fields", std::move(*fields)}});
}

result<Value> objects(const Image& image) {
    Labels labels(image);
    Value::Entries all;
    for (const Image::Object& object : image.objects) {
        auto node = object_node(image, object);
        if (!node) return node.error();
        all.emplace_back(labels.name(object.id), std::move(*node));
    }
    return Value(std::move(all));
}

result<Value> names(const Image& image) {
    Value::Entries all;
    for (const auto& [name, id] : image.names) {
        all.emplace_back(name, Value::Entries{{"ref", id.value}});
    }
    return Value(std::move(all));
}

result<Value> subscriptions(const Image& image) {
    Labels labels(image);
    Value::List all;
    for (const auto& subscription : image.subscriptions) {
        all.push_back(describe(labels, subscription));
    }
    return Value(std::move(all));
}

result<Value> queue(const Image& image) {
    Labels labels(image);
    Value::List all;
    for (const auto& message : image.queue) all.push_back(describe(labels, image, message));
    return Value(std::move(all));
}

struct Section {
    std::string_view name;
    result<Value> (*make)(const Image&);
};
constexpr std::array kSections{
    Section{"app", [](const Image& image) { return result<Value>(image.app); }},
    Section{"code_id", [](const Image& image) { return result<Value>(image.code_id); }},
    Section{"session_id", [](const Image& image) { return result<Value>(image.session_id); }},
    Section{"mark", [](const Image& image) { return result<Value>(to_string(image.mark())); }},
    Section{"time", [](const Image& image) { return result<Value>(to_string(image.time)); }},
    Section{"seq", [](const Image& image) { return result<Value>(image.seq.value); }},
    Section{"hash", [](const Image& image) { return result<Value>(to_string(image.hash)); }},
    Section{"objects", objects},
    Section{"names", names},
    Section{"subscriptions", subscriptions},
    Section{"queue", queue},
    Section{"random", [](const Image& image) { return result<Value>(describe_random(image)); }},
};

/// `a`, `b`, ... of a range, for an error.
template <class Range, class Name>
std::string listed(const Range& range, Name name) {
    std::string text;
    std::size_t count = 0;
    for (const auto& element : range) {
        if (count == kMostNamed) return text + " and others";
        text += fmt::format("{}{}", count++ == 0 ? "" : ", ", name(element));
    }
    return text.empty() ? "nothing" : text;
}

/// The object of a decoded reference.
const Image::Object* referred(const Image& image, const Value& value) {
    const Value::Entries* entries = value.if_entries();
    if (!entries || entries->size() != 1 || entries->front().first != "ref") return nullptr;
    const std::int64_t* id = entries->front().second.if_int();
    return id && *id > 0 ? image.find_object({static_cast<std::uint64_t>(*id)}) : nullptr;
}

/// `counter` or `#17`
std::string object_name(const Image& image, ObjectId id) {
    const std::string* name = image.name_of(id);
    return name ? *name : fmt::format("#{}", id.value);
}

struct Place {
    Value value;
    std::string path;  ///< from the object that it is inside
};

/// What `path` names inside `value`, through references too; `above` is the path so far, as it was
/// written and from the object.
result<Place> walk(const Image& image, Value value, std::string_view path, std::string_view above,
                   std::string direct) {
    std::string so_far(above);
    while (!path.empty()) {
        std::string_view rest = path;
        auto part = take_part(path);
        if (!part) return no_path(rest);
        const Image::Object* object = *part == "ref" ? nullptr : referred(image, value);
        if (object) {
            auto fields = decode_object(image, *object);
            if (!fields) return fields.error();
            value = std::move(*fields);
            direct = object_name(image, object->id);
        }
        Value::List* list = value.if_list();
        std::size_t index = 0;
        Value inner;
        if (list) {
            const char* end = part->data() + part->size();
            auto [stop, error] = std::from_chars(part->data(), end, index);
            if (error != std::errc{} || stop != end || index >= list->size()) {
                return wrong_usage(
                    fmt::format("`{}` has no element {}; it has {}", so_far, *part, list->size()));
            }
            inner = std::move((*list)[index]);
        } else if (Value::Entries* entries = value.if_entries()) {
            auto found = std::find_if(entries->begin(), entries->end(),
                                      [&](const auto& entry) { return entry.first == *part; });
            if (found == entries->end()) {
                return wrong_usage(
                    fmt::format("`{}` has no `{}`; it has {}", so_far, *part,
                                listed(*entries, [](const auto& entry) { return entry.first; })));
            }
            inner = std::move(found->second);
        } else {
            return wrong_usage(
                fmt::format("`{}` is {}: it has no `{}` inside", so_far, to_json(value), *part));
        }
        value = std::move(inner);
        for (std::string* at : {&so_far, &direct})
            *at = list ? child_path(*at, index) : child_path(*at, *part);
    }
    return Place{std::move(value), std::move(direct)};
}

bool ends_part(std::string_view path, std::size_t at) {
    return at == path.size() || path[at] == '.' || path[at] == '[';
}

/// The object that `path` begins with: `#17` or the longest published name; `used` is its length.
const Image::Object* leading_object(const Image& image, std::string_view path, std::size_t& used) {
    ObjectId id;
    used = 0;
    if (path.starts_with('#')) {
        const char* end = path.data() + path.size();
        used = static_cast<std::size_t>(std::from_chars(path.data() + 1, end, id.value).ptr -
                                        path.data());
        return ends_part(path, used) ? image.find_object(id) : nullptr;
    }
    for (const auto& [name, named] : image.names) {
        if (path.starts_with(name) && ends_part(path, name.size()) && name.size() > used) {
            used = name.size();
            id = named;
        }
    }
    return image.find_object(id);
}

/// Requires: `path` is not empty.
result<Place> find(const Image& image, std::string_view path) {
    std::size_t used = 0;
    if (const Image::Object* object = leading_object(image, path, used)) {
        std::string name = object_name(image, object->id);
        if (used == path.size()) {
            auto node = object_node(image, *object);
            if (!node) return node.error();
            return Place{std::move(*node), std::move(name)};
        }
        auto fields = decode_object(image, *object);
        if (!fields) return fields.error();
        return walk(image, std::move(*fields), path.substr(used), path.substr(0, used),
                    std::move(name));
    }
    for (const Section& section : kSections) {
        if (!path.starts_with(section.name) || !ends_part(path, section.name.size())) continue;
        auto value = section.make(image);
        if (!value) return value.error();
        return walk(image, std::move(*value), path.substr(section.name.size()), section.name,
                    std::string(section.name));
    }
    // `strokes[3]` is the root's.
    Labels labels(image);
    if (const Image::Object* root = image.find_object(image.root); root && !path.starts_with('#')) {
        auto fields = decode_object(image, *root);
        if (!fields) return fields.error();
        std::string_view rest = path;
        auto field = take_part(rest);
        if (field && fields->find(*field)) {
            return walk(image, std::move(*fields), path, labels.name(image.root),
                        labels.name(image.root));
        }
    }
    return wrong_usage(fmt::format(
        "there is no `{}`; there are the objects {} and {}", path,
        listed(image.objects, [&](const Image::Object& object) { return labels.name(object.id); }),
        listed(kSections, [](const Section& section) { return section.name; })));
}

}  // namespace

std::optional<std::string> take_part(std::string_view& path) {
    if (path.starts_with("[\"")) {
        for (std::size_t i = 2; i + 1 < path.size(); ++i) {
            if (path[i] == '\\') {
                ++i;
            } else if (path[i] == '"' && path[i + 1] == ']') {
                auto key = parse_json(path.substr(1, i));
                path.remove_prefix(i + 2);
                if (!key || !key->if_string()) return std::nullopt;
                return *key->if_string();
            }
        }
        return std::nullopt;
    }
    bool index = path.starts_with('[');
    if (index || path.starts_with('.')) path.remove_prefix(1);
    std::size_t end = std::min(index ? path.find(']') : path.find_first_of(".["), path.size());
    if (end == 0 || (index && end == path.size())) return std::nullopt;
    std::string part(path.substr(0, end));
    path.remove_prefix(index ? end + 1 : end);
    return part;
}

Error no_path(std::string_view path) {
    return wrong_usage(fmt::format(
        "`{}` is no path; write counter.count, strokes[3].color or scores[\"a name\"]", path));
}

result<Value> state_tree(const Image& image, std::string_view path) {
    if (path.empty()) {
        Value::Entries all;
        for (const Section& section : kSections) {
            auto value = section.make(image);
            if (!value) return value.error();
            all.emplace_back(section.name, std::move(*value));
        }
        return Value(std::move(all));
    }
    auto place = find(image, path);
    if (!place) return place.error();
    return std::move(place->value);
}

result<std::string> direct_path(const Image& image, std::string_view path) {
    if (path.empty()) return std::string();
    auto place = find(image, path);
    if (!place) return place.error();
    return std::move(place->path);
}

}  // namespace teatime
