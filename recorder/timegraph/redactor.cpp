#include "redactor.h"

#include <fmt/format.h>

#include <algorithm>

#include "need.h"
#include "teatime/state/inspect.h"
#include "teatime/state/json.h"
#include "teatime/state/rewrite.h"
#include "teatime/state/state_hash.h"

namespace teatime::timegraph {
namespace {

constexpr std::string_view kMetaTable = "meta";
constexpr int kJsonInJson = 4;  // a text that is JSON, in which there is one, ...

bool may_be_json(std::string_view text) {
    return text.starts_with('[') || text.starts_with('{');
}

std::vector<std::string> names_in(const std::string& field) {
    std::vector<std::string> names(1);
    for (char c : field) {
        if (c == '.') {
            names.emplace_back();
        } else {
            names.back() += c;
        }
    }
    bool good = std::none_of(names.begin(), names.end(), [](const std::string& name) {
        return name.empty() || name.find_first_of("[]\"# ") != name.npos;
    });
    if (good) return names;
    throw Failure{wrong_usage(fmt::format(
        "`{}` is no field to redact; write name, Member.name or members.name, without indices",
        field))};
}

template <class List, class Text>
std::string joined(const List& list, std::string_view title, Text&& text) {
    std::string words;
    for (const auto& each : list) words += (words.empty() ? "" : ", ") + text(each);
    return words.empty() ? words : std::string(title) + words;
}

}  // namespace

// ---- Selection ------------------------------------------------------------------------------

Selection::Selection(const Redaction& redaction) {
    for (const std::string& field : redaction.fields) fields_.push_back({field, names_in(field)});
    for (const std::string& selector : redaction.selectors) selectors_.push_back({selector});
}

bool Selection::field(const std::vector<std::string>& way, std::string_view alias) {
    bool any = false;
    for (Field& field : fields_) {
        const std::vector<std::string>& names = field.names;
        if (names.size() > way.size()) continue;
        bool told = way.front() != kMetaTable || names.size() == way.size();
        bool same = std::equal(names.rbegin(), names.rend(), way.rbegin());
        if (!same && names.size() == way.size() && names.front() == alias) {
            same = std::equal(names.begin() + 1, names.end(), way.begin() + 1);
        }
        if (!told || !same) continue;
        any = field.met = true;
    }
    return any;
}

bool Selection::selector(std::string_view selector) {
    bool any = false;
    for (Selector& each : selectors_) {
        if (each.name == selector) any = each.met = true;
    }
    return any;
}

std::string Selection::missing() const {
    for (const Field& field : fields_) {
        if (!field.met) return fmt::format("field `{}`", field.text);
    }
    for (const Selector& selector : selectors_) {
        if (!selector.met) return fmt::format("message with the selector `{}`", selector.name);
    }
    return {};
}

std::string Selection::words() const {
    std::string fields = joined(fields_, "fields ", [](const Field& field) { return field.text; });
    std::string selectors =
        joined(selectors_, "selectors ", [](const Selector& selector) { return selector.name; });
    return fields + (fields.empty() || selectors.empty() ? "" : "; ") + selectors;
}

// ---- Redactor -------------------------------------------------------------------------------

Redactor::Redactor(const Redaction& redaction)
    : selection_(redaction), secrets_(Pseudonyms(redaction.key)) {}

void Redactor::enter(std::string name) {
    way_.push_back(std::move(name));
    if (selected_at_ == 0 && selection_.field(way_, alias_)) selected_at_ = way_.size();
}

void Redactor::leave() {
    if (selected_at_ == way_.size()) selected_at_ = 0;
    way_.pop_back();
}

/// True: another one stands in its place.
bool Redactor::leaf(Value& value) {
    if (!replacing_) {
        if (selected_at_ > 0) secrets_.add(value);
        return false;
    }
    if (selected_at_ > 0) {
        secrets_.replace(value);
    } else if (!secrets_.clean(value)) {
        return false;
    }
    ++places_;
    return true;
}

/// One that is JSON is of what is in it, too: of a client's name made of several.
bool Redactor::text(std::string& text, int depth) {
    bool inside = may_be_json(text) && depth < kJsonInJson;
    if (inside && (selected_at_ == 0 || !replacing_)) {
        if (auto value = parse_json(text)) {
            bool changed = json(*value, depth + 1);
            if (changed) text = to_json(*value);
            if (selected_at_ == 0) return changed;
        }
    }
    Value value(std::move(text));
    bool changed = leaf(value);
    text = *value.if_string();
    return changed;
}

bool Redactor::json(Value& value, int depth) {
    bool changed = false;
    if (Value::List* list = value.if_list()) {
        for (Value& each : *list) changed |= json(each, depth);
        return changed;
    }
    if (Value::Entries* entries = value.if_entries()) {
        for (auto& [name, held] : *entries) {
            enter(name);
            changed |= json(held, depth);
            leave();
            changed |= replacing_ && secrets_.clean_text(name);
        }
        return changed;
    }
    const std::string* held = value.if_string();
    if (!held) return leaf(value);
    std::string copy = *held;
    changed = text(copy, depth);
    if (changed) value = std::move(copy);
    return changed;
}

void Redactor::column(std::string_view table, std::string_view name, std::string& held) {
    enter(std::string(table));
    enter(std::string(name));
    text(held, 0);
    leave();
    leave();
}

bool Redactor::call(Value::List& parts) {
    bool changed = false;
    const std::string selector = *parts[1].if_string();
    name_stays(selector);
    enter(*parts[0].if_string());
    enter(selector);
    bool asked = selection_.selector(selector) && selected_at_ == 0;
    if (asked) selected_at_ = way_.size();
    for (std::size_t i = 2; i < parts.size(); ++i) changed |= json(parts[i], 0);
    leave();
    leave();
    return changed | json(parts[0], 0);  // a name that may have been made of a secret
}

bool Redactor::payload(std::string& payload) {
    auto outer = parse_json(payload);
    if (!outer) return false;
    const std::string* inner = outer->if_string();
    if (!inner) {
        bool router = router_message(*outer) != nullptr;
        enter(router ? "router" : "message");
        bool changed = json(*outer, 0);
        leave();
        if (changed) payload = to_json(*outer);
        return outer->if_list() || outer->if_entries();
    }
    auto held = may_be_json(*inner) ? parse_json(*inner) : result<Value>(Value());
    if (!held || held->is_null()) return false;
    bool is_call = decode_call(*outer).has_value();
    bool changed = is_call ? call(*held->if_list()) : json(*held, 0);
    if (changed) payload = to_json(Value(to_json(*held)));
    return true;
}

bool Redactor::extra(std::string& extra) {
    if (extra.empty()) return true;
    if (!extra.starts_with(',')) return false;
    auto list = parse_json("[" + extra.substr(1) + "]");
    if (!list) return false;
    if (!json(*list, 0)) return true;
    std::string text = to_json(*list);
    extra = "," + text.substr(1, text.size() - 2);
    return true;
}

void Redactor::state_hash(std::string& hash) {
    if (replacing_) hash = secrets_.pseudonyms().hash(hash);
}

// ---- states ---------------------------------------------------------------------------------

class RedactLeaves : public LeafVisitor {
public:
    explicit RedactLeaves(Redactor& redactor) : redactor_(redactor) {}

    void enter(std::string_view member) override { redactor_.enter(std::string(member)); }
    void leave() override { redactor_.leave(); }
    void leaf(const Type& type, Value& value) override {
        if (type.kind == Kind::enumeration) return enumeration(type, value);
        if (type.kind == Kind::duration && redactor_.selected_at_ == 0) return;
        const std::string* held = value.if_string();
        if (!held) {
            changed_ |= redactor_.leaf(value);
            return;
        }
        std::string copy = *held;
        if (!redactor_.text(copy, 0)) return;
        value = std::move(copy);
        changed_ = true;
    }
    bool changed() const { return changed_; }

private:
    /// There is no other name to give it: all are the first.
    void enumeration(const Type& type, Value& value) {
        if (!redactor_.replacing_ || redactor_.selected_at_ == 0 || type.enumerators.empty())
            return;
        value = type.enumerators.front().second;
        ++redactor_.places_;
        changed_ = true;
    }
    Redactor& redactor_;
    bool changed_ = false;
};

void Redactor::object(Image& image, Image::Object& object) {
    const Schema& schema = image.schemas[object.schema];
    const std::string* published = image.name_of(object.id);
    alias_ = published ? *published : std::string();
    RedactLeaves leaves(*this);
    enter(schema.class_name);
    auto fields = rewrite_value(schema, 0, object.fields, leaves);
    leave();
    alias_.clear();
    if (!fields) throw Failure{fields.error()};
    if (leaves.changed()) object.fields = std::move(*fields);
}

/// Of whom nobody knows any more what the arguments are, they are left out.
void Redactor::queued(Image& image, Image::Message& message) {
    if (message.external) {
        if (!payload(message.arguments)) message.arguments = "null";
        return;
    }
    name_stays(message.selector);
    const Image::Object* target = image.find_object(message.target);
    const Schema* schema = target ? &image.schemas[target->schema] : nullptr;
    const Schema::Function* function = schema ? schema->find_function(message.selector) : nullptr;
    if (!function) return message.arguments.clear();
    RedactLeaves leaves(*this);
    enter(schema->class_name);
    enter(message.selector);
    if (selection_.selector(message.selector) && selected_at_ == 0) selected_at_ = way_.size();
    auto arguments = rewrite_values(*schema, function->arguments, message.arguments, leaves);
    leave();
    leave();
    if (!arguments) throw Failure{arguments.error()};
    if (leaves.changed()) message.arguments = std::move(*arguments);
}

void Redactor::image(Image& image) {
    for (const Schema& schema : image.schemas) names_stay(schema);
    for (Image::Message& message : image.queue) queued(image, message);
    for (Image::Object& each : image.objects) object(image, each);
    if (!replacing_) return;
    for (auto& [name, id] : image.names) secrets_.clean_text(name);
    std::sort(image.names.begin(), image.names.end());
    for (Image::Subscription& subscription : image.subscriptions) {
        secrets_.clean_text(subscription.scope);
        secrets_.clean_text(subscription.event);
    }
    image.hash = teatime::state_hash(image);
    need(check_image(image));
}

// ---- names that stay ------------------------------------------------------------------------

void Redactor::name_stays(std::string_view name) {
    if (!replacing_) names_.emplace(name);
}

void Redactor::names_stay(const Schema& schema) {
    if (replacing_ || !seen_schemas_.insert(to_string(schema_hash(schema))).second) return;
    name_stays(schema.class_name);
    for (const Type& type : schema.types) {
        name_stays(type.name);
        for (const Type::Member& member : type.members) name_stays(member.name);
        for (const auto& [name, value] : type.enumerators) name_stays(name);
    }
    for (const Schema::Function& function : schema.functions) name_stays(function.name);
}

std::vector<std::string> Redactor::stay() const {
    std::vector<std::string> stay;
    for (const std::string& name : names_) {
        std::string cleaned = name;
        if (secrets_.clean_text(cleaned)) stay.push_back(name);
    }
    return stay;
}

}  // namespace teatime::timegraph
