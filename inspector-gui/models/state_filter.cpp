#include "state_filter.h"

#include <algorithm>

#include "teatime/state/inspect.h"
#include "teatime/state/json.h"

namespace teatime::inspector {
namespace {

char small(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

std::string path_inside(std::string_view parent, std::string_view key) {
    std::string path(parent);
    bool digits = !key.empty() && key.find_first_not_of("0123456789") == key.npos;
    if (digits) return path.append("[").append(key).append("]");
    bool plain = !key.empty() && key.find_first_of(" .[]\"\\") == key.npos;
    if (plain) return parent.empty() ? std::string(key) : path.append(".").append(key);
    path += '[';
    append_json_string(path, key);
    return path + ']';
}

std::string path_inside(std::string_view parent, std::size_t index) {
    return std::string(parent) + '[' + std::to_string(index) + ']';
}

bool contains_text(std::string_view text, std::string_view needle) {
    return std::search(text.begin(), text.end(), needle.begin(), needle.end(),
                       [](char a, char b) { return small(a) == b; }) != text.end();
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), small);
    return result;
}

bool matches(std::string_view name, const Value& value, std::string_view needle) {
    if (contains_text(name, needle)) return true;
    if (const auto* list = value.if_list()) {
        return std::any_of(list->begin(), list->end(),
                           [&](const Value& inner) { return matches({}, inner, needle); });
    }
    if (const auto* entries = value.if_entries()) {
        return std::any_of(entries->begin(), entries->end(), [&](const auto& entry) {
            return matches(entry.first, entry.second, needle);
        });
    }
    if (const std::string* text = value.if_string()) return contains_text(*text, needle);
    return contains_text(to_json(value), needle);
}

std::unordered_map<ObjectId, const std::string*> object_names(const Image& image) {
    std::unordered_map<ObjectId, const std::string*> names;
    for (const auto& [name, id] : image.names) {  // the rule of Image::name_of()
        auto [place, fresh] = names.try_emplace(id, &name);
        if (!fresh && (name == image.app || *place->second == "root")) place->second = &name;
    }
    return names;
}

std::vector<ObjectId> matching_objects(const Image& image, std::string_view needle,
                                       const std::stop_token& stop) {
    auto names = object_names(image);
    std::vector<ObjectId> found;
    for (const Image::Object& object : image.objects) {
        if (stop.stop_requested()) return {};
        auto named = names.find(object.id);
        std::string name =
            named != names.end() ? *named->second : "#" + std::to_string(object.id.value);
        bool matched = contains_text(name, needle) ||
                       contains_text(image.schemas[object.schema].class_name, needle);
        if (!matched) {
            auto fields = decode_object(image, object);
            matched = fields && matches({}, *fields, needle);
        }
        if (matched) found.push_back(object.id);
    }
    return found;
}

}  // namespace teatime::inspector
