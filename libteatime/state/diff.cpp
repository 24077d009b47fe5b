#include <algorithm>
#include <map>

#include "codec.h"
#include "decode.h"
#include "teatime/state/inspect.h"

namespace teatime {
namespace {

using What = Change::What;

bool is_ref(const Value::Entries& entries) {
    return entries.size() == 1 && entries[0].first == "ref";
}

/// How much of two sequences is the same at the front and at the back of both.
template <class T>
std::pair<std::size_t, std::size_t> common_ends(const std::vector<T>& a, const std::vector<T>& b) {
    std::size_t most = std::min(a.size(), b.size()), front = 0, back = 0;
    while (front < most && a[front] == b[front]) ++front;
    while (front + back < most && a[a.size() - 1 - back] == b[b.size() - 1 - back]) ++back;
    return {front, back};
}

class Differ {
public:
    Differ(const Image& before, const Image& after)
        : before_(before), after_(after), labels_before_(before), labels_after_(after) {}

    std::vector<Change> run() {
        match_schemas();
        objects();
        object_ = {};
        classes();
        names();
        subscriptions();
        queue();
        leaf("random", describe_random(before_), describe_random(after_));
        leaf("time", to_string(before_.mark()), to_string(after_.mark()));
        leaf("seq", before_.seq.value, after_.seq.value);
        leaf("next_object", before_.next_object, after_.next_object);
        leaf("next_internal", before_.next_internal, after_.next_internal);
        leaf("root", before_.root.value, after_.root.value);
        leaf("app", before_.app, after_.app);
        leaf("session_id", before_.session_id, after_.session_id);
        return std::move(changes_);
    }

private:
    void report(What what, std::string path, Value before, Value after) {
        changes_.push_back({what, object_, std::move(path), std::move(before), std::move(after)});
    }
    void leaf(const std::string& path, const Value& before, const Value& after) {
        if (!(before == after)) report(What::changed, path, before, after);
    }

    /// Same schemas may have other indices in the other image.
    void match_schemas() {
        for (const Schema& schema : after_.schemas) {
            auto same = std::find(before_.schemas.begin(), before_.schemas.end(), schema);
            same_schema_.push_back(static_cast<std::uint32_t>(same - before_.schemas.begin()));
        }
    }

    void objects() {
        auto a = before_.objects.begin(), a_end = before_.objects.end();
        auto b = after_.objects.begin(), b_end = after_.objects.end();
        while (a != a_end || b != b_end) {
            if (b == b_end || (a != a_end && a->id < b->id)) {
                object_ = labels_before_.label(a->id);
                report(What::removed, {}, fields(before_, *a), {});
                ++a;
            } else if (a == a_end || b->id < a->id) {
                object_ = labels_after_.label(b->id);
                report(What::added, {}, {}, fields(after_, *b));
                ++b;
            } else {
                if (a->fields != b->fields || a->schema != same_schema_[b->schema]) {
                    object_ = labels_after_.label(b->id);
                    std::size_t told = changes_.size();
                    values({}, fields(before_, *a), fields(after_, *b));
                    if (changes_.size() == told) other_classes_.emplace(b->schema, a->schema);
                }
                ++a, ++b;
            }
        }
    }

    static Value fields(const Image& image, const Image::Object& object) {
        auto decoded = decode_object(image, object);
        return decoded ? std::move(*decoded) : Value(Value::Bytes{object.fields});
    }

    void values(const std::string& path, const Value& before, const Value& after) {
        const Value::Entries *a = before.if_entries(), *b = after.if_entries();
        if (a && b && !is_ref(*a) && !is_ref(*b)) return entries(path, *a, *b);
        const Value::List *c = before.if_list(), *d = after.if_list();
        if (c && d) return lists(path, *c, *d);
        leaf(path, before, after);
    }

    /// Structures and maps: by name, in the order of `before`, then what is new.
    void entries(const std::string& path, const Value::Entries& before,
                 const Value::Entries& after) {
        std::unordered_map<std::string_view, const Value*> old;
        for (const auto& [key, value] : before) old.emplace(key, &value);
        std::unordered_map<std::string_view, const Value*> now;
        for (const auto& [key, value] : after) now.emplace(key, &value);
        for (const auto& [key, value] : before) {
            auto found = now.find(key);
            if (found != now.end()) {
                values(child_path(path, key), value, *found->second);
            } else {
                report(What::removed, child_path(path, key), value, {});
            }
        }
        for (const auto& [key, value] : after) {
            if (!old.contains(key)) report(What::added, child_path(path, key), {}, value);
        }
    }

    /// By index. Where the length differs, equal elements at the end are matched from the end: an
    /// element taken from the front is one removal, not a change of all.
    void lists(const std::string& path, const Value::List& before, const Value::List& after) {
        auto [front, back] = before.size() == after.size() ? std::pair<std::size_t, std::size_t>()
                                                           : common_ends(before, after);
        std::size_t old_end = before.size() - back, new_end = after.size() - back;
        std::size_t both = std::min(old_end, new_end);
        for (std::size_t i = front; i < both; ++i) values(child_path(path, i), before[i], after[i]);
        for (std::size_t i = both; i < old_end; ++i) {
            report(What::removed, child_path(path, i), before[i], {});
        }
        for (std::size_t i = both; i < new_end; ++i) {
            report(What::added, child_path(path, i), {}, after[i]);
        }
    }

    /// Another class is another state, though the fields of its objects are the same.
    void classes() {
        for (auto [now, old] : other_classes_) {
            const Schema &before = before_.schemas[old], &after = after_.schemas[now];
            std::string path = child_path("classes", after.class_name);
            std::size_t told = changes_.size();
            values(path, members_of(before), members_of(after));
            if (changes_.size() == told)  // types within
                leaf(path, to_string(schema_hash(before)), to_string(schema_hash(after)));
        }
    }

    static Value members_of(const Schema& schema) {
        Value::Entries members;
        for (const Type::Member& member : schema.types.front().members)
            members.emplace_back(member.name, type_name(schema, member.type));
        Value::List functions;
        for (const Schema::Function& function : schema.functions) {
            std::string arguments;
            for (std::uint32_t type : function.arguments)
                arguments += (arguments.empty() ? "" : ", ") + type_name(schema, type);
            functions.emplace_back((function.is_public ? "" : "private ") + function.name + "(" +
                                   arguments + ")");
        }
        return Value::Entries{{"name", schema.class_name},
                              {"members", std::move(members)},
                              {"functions", std::move(functions)}};
    }

    void names() {
        auto named = [](const Image& image) {
            Value::Entries all;
            for (const auto& [name, id] : image.names) {
                all.emplace_back(name, Value::Entries{{"ref", id.value}});
            }
            return all;
        };
        if (before_.names != after_.names) entries("names", named(before_), named(after_));
    }

    void subscriptions() {
        auto [front, back] = common_ends(before_.subscriptions, after_.subscriptions);
        for (std::size_t i = front; i < before_.subscriptions.size() - back; ++i) {
            report(What::removed, child_path("subscriptions", i),
                   describe(labels_before_, before_.subscriptions[i]), {});
        }
        for (std::size_t i = front; i < after_.subscriptions.size() - back; ++i) {
            report(What::added, child_path("subscriptions", i), {},
                   describe(labels_after_, after_.subscriptions[i]));
        }
    }

    void queue() {
        auto a = before_.queue.begin(), a_end = before_.queue.end();
        auto b = after_.queue.begin(), b_end = after_.queue.end();
        auto old = [&] { return describe(labels_before_, before_, *a); };
        auto now = [&] { return describe(labels_after_, after_, *b); };
        while (a != a_end || b != b_end) {
            if (b == b_end || (a != a_end && executes_before(*a, *b))) {
                report(What::removed, "queue", old(), {});
                ++a;
            } else if (a == a_end || executes_before(*b, *a)) {
                report(What::added, "queue", {}, now());
                ++b;
            } else {
                if (*a != *b) report(What::changed, "queue", old(), now());
                ++a, ++b;
            }
        }
    }

    const Image& before_;
    const Image& after_;
    Labels labels_before_, labels_after_;
    std::vector<std::uint32_t> same_schema_;  ///< index in `after` to index in `before`
    std::map<std::uint32_t, std::uint32_t> other_classes_;  ///< the same of objects of equal fields
    std::string object_;                                    ///< that is being compared
    std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> diff(const Image& before, const Image& after) {
    return Differ(before, after).run();
}

std::string built_differently(const Image& before, const Image& after) {
    if (before.code_id == after.code_id) return {};
    auto shown = [](const Image& image) {
        return image.code_id.empty() ? "unknown" : image.code_id.substr(0, 12);
    };
    return "built differently: code id " + shown(before) + " and " + shown(after);
}

}  // namespace teatime
