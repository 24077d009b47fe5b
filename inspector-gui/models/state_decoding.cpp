#include "state_decoding.h"

#include "change_model.h"
#include "rows_model.h"
#include "state_filter.h"
#include "teatime/state/json.h"

namespace teatime::inspector {
namespace {

constexpr std::size_t kLittle = 64 * 1024;  // bytes, and with this weight what else there is
constexpr std::size_t kBytesOfAName = 50, kBytesOfAChange = 200;

/// The Island's own parts, as state_tree() names them.
Value island_value(const Image& image) {
    Value::Entries parts;
    parts.emplace_back("time", to_string(image.mark()));
    parts.emplace_back("seq", image.seq.value);
    for (const char* name : {"names", "subscriptions", "random"}) {
        auto part = state_tree(image, name);
        if (part) parts.emplace_back(name, std::move(*part));
    }
    return parts;
}

/// As matches(), and notes in `matching` where.
bool find_matching(std::string_view name, const Value& value, std::string_view needle,
                   std::unordered_map<const Value*, std::vector<std::size_t>>& matching) {
    std::vector<std::size_t> places;
    const auto* list = value.if_list();
    const auto* entries = value.if_entries();
    for (std::size_t i = 0; list && i < list->size(); ++i) {
        if (find_matching({}, (*list)[i], needle, matching)) places.push_back(i);
    }
    for (std::size_t i = 0; entries && i < entries->size(); ++i) {
        const auto& [key, inner] = (*entries)[i];
        if (find_matching(key, inner, needle, matching)) places.push_back(i);
    }
    const bool inside = !places.empty();
    if (inside) matching.emplace(&value, std::move(places));
    if (inside || contains_text(name, needle)) return true;
    return !list && !entries && matches({}, value, needle);
}

std::size_t cost_of(const Image& image, ObjectId opened) {
    const Image::Object* object = opened ? image.find_object(opened) : nullptr;
    if (object) return object->fields.size();
    return opened ? 0 : (image.names.size() + image.subscriptions.size()) * kBytesOfAName;
}

/// O(bytes of that).
bool same_inside(const Image& before, const Image& now, ObjectId id) {
    if (&before == &now) return true;
    if (!id) return island_value(before) == island_value(now);
    const Image::Object* old = before.find_object(id);
    const Image::Object* object = now.find_object(id);
    return old && object && old->fields == object->fields &&
           before.schemas[old->schema] == now.schemas[object->schema];
}

void flag(const std::vector<Change>& changes, StateAnswer& answer) {
    for (const Change& change : changes) {
        QString path = path_of(change);
        // What is gone has no row; another one may have its name or place by now.
        if (change.what == Change::What::added) answer.old_values.insert(path, {});
        if (change.what == Change::What::changed)
            answer.old_values.insert(path, to_text(change.before));
        for (qsizetype end = path.size() - 1; end > 0; --end) {
            if (path[end] != '.' && path[end] != '[') continue;
            ++answer.changed_inside[path.left(end)];
        }
    }
}

}  // namespace

DecodedPtr decode(const Image& image, ObjectId id, const std::string& needle) {
    auto decoded = std::make_shared<Decoded>();
    decoded->needle = needle;
    if (!id) {
        decoded->value = island_value(image);
    } else if (const Image::Object* object = image.find_object(id)) {
        auto fields = decode_object(image, *object);
        decoded->value = fields ? std::move(*fields)
                                : Value(Value::Entries{{"unreadable", fields.error().message}});
    }
    if (!needle.empty()) find_matching({}, decoded->value, needle, decoded->matching);
    return decoded;
}

bool costs_little(const Image& image, ObjectId opened) {
    return cost_of(image, opened) <= kLittle;
}

bool costs_little(const StateRequest& request) {
    if (!request.moment) return true;
    if (!request.needle.empty()) return false;
    const Image& image = *request.moment->state;
    std::size_t cost = image.names.size() * kBytesOfAName;
    if (request.changes) cost += request.changes->size() * kBytesOfAChange;
    for (const auto& opened : request.opened) cost += cost_of(image, opened.id);
    return cost <= kLittle;
}

StateAnswer answer(const StateRequest& request, const std::stop_token& stop) {
    StateAnswer answer;
    answer.moment = request.moment;
    answer.needle = request.needle;
    if (!request.moment) return answer;
    const Image& image = *request.moment->state;
    answer.names = object_names(image);
    if (request.changes) flag(*request.changes, answer);
    if (!request.needle.empty()) {
        answer.matching = matching_objects(image, request.needle, stop);
        answer.island_matches = matches("Island", island_value(image), request.needle);
    }
    const Image* before = request.before ? request.before->state.get() : nullptr;
    for (const auto& opened : request.opened) {
        if (stop.stop_requested()) break;
        if (!opened.stale && !request.other_needle && before &&
            same_inside(*before, image, opened.id)) {
            answer.decoded.emplace(opened.id, nullptr);
        } else if (!opened.id || image.find_object(opened.id)) {
            answer.decoded.emplace(opened.id, decode(image, opened.id, request.needle));
        }
    }
    return answer;
}

}  // namespace teatime::inspector
