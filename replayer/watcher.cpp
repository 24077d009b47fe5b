#include "watcher.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "teatime/island/class_info.h"

namespace teatime::replayer {
namespace {

/// Parts of a state that are no object: state_tree() shows them, but nothing tells when they
/// change.
constexpr std::array<std::string_view, 12> kSections{
    "app",  "code_id", "session_id", "mark",          "time",  "seq",
    "hash", "objects", "names",      "subscriptions", "queue", "random"};

/// `#17` at the front of a path.
bool parse_id(std::string_view text, ObjectId& id, std::size_t& size) {
    if (!text.starts_with('#')) return false;
    const char* end = text.data() + text.size();
    auto [stop, error] = std::from_chars(text.data() + 1, end, id.value);
    size = static_cast<std::size_t>(stop - text.data());
    return error == std::errc{} && (stop == end || *stop == '.' || *stop == '[');
}

}  // namespace

Watcher::Watcher(Island& island, std::vector<ValueChange>& changes)
    : island_(&island), changes_(&changes) {}

Watcher::Watcher(Watcher&& other) noexcept
    : island_(std::exchange(other.island_, nullptr)),
      changes_(other.changes_),
      paths_(std::move(other.paths_)),
      names_version_(other.names_version_),
      bytes_(other.bytes_) {}

Watcher::~Watcher() {
    if (island_) island_->watch({});
}

result<Watcher> Watcher::start(Island& island, const std::vector<std::string>& paths,
                               std::vector<ValueChange>& changes) {
    Watcher watcher(island, changes);
    for (const std::string& path : paths) {
        if (auto added = watcher.add(path); !added) return added.error();
    }
    watcher.names_version_ = island.names_version();
    watcher.watch_objects();
    Mark mark = island.mark();
    for (std::uint32_t i = 0; i < watcher.paths_.size(); ++i) {
        watcher.look(i, {mark.time, mark.n, false}, true);
    }
    watcher.encoded_ = {};
    return watcher;
}

result<void> Watcher::add(std::string text) {
    Path path;
    path.text = std::move(text);
    resolve(path);
    if (path.object) {
        if (auto prepared = prepare(path, island_->encode(path.object, fields_)); !prepared) {
            return wrong_usage(path.text + ": " + prepared.error().message);
        }
    } else {
        std::string_view first =
            std::string_view(path.text).substr(0, path.text.find_first_of(".["));
        if (std::find(kSections.begin(), kSections.end(), first) != kSections.end()) {
            return wrong_usage(path.text + " is no field of an object: only those can be watched");
        }
        bool name = !first.empty() && first.front() != '#';
        if (!name) {
            return wrong_usage(path.text +
                               " names no object; write counter.count or #17.position.x");
        }
    }
    paths_.push_back(std::move(path));
    return {};
}

/// As state_tree() does: an id, the longest name, else a field of the root.
void Watcher::resolve(Path& path) const {
    path.object = {};
    path.object_size = 0;
    std::string_view text = path.text;
    if (text.starts_with('#')) {
        if (!parse_id(text, path.object, path.object_size)) path.object = {};
        return;
    }
    std::size_t dot = std::min(text.find('.'), text.size());  // no name has one
    for (std::size_t end = dot; end != 0 && end != text.npos;) {
        if (ObjectId id = island_->find(text.substr(0, end))) {
            path.object = id;
            path.object_size = end;
            return;
        }
        end = text.rfind('[', end - 1);
    }
    std::string_view first = text.substr(0, text.find_first_of(".["));
    if (std::find(kSections.begin(), kSections.end(), first) != kSections.end()) return;
    if (first.empty()) return;
    ObjectId root = island_->find("root");
    std::string ignored;
    const ClassInfo* info = island_->encode(root, ignored);
    if (info && FieldPath::of(info->schema(), first)) path.object = root;
}

void Watcher::watch_objects() {
    std::vector<ObjectId> ids;
    for (const Path& path : paths_) {
        if (path.object) ids.push_back(path.object);
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    island_->watch(std::move(ids));
}

void Watcher::names_changed(const Step& step) {
    names_version_ = island_->names_version();
    for (Path& path : paths_) resolve(path);
    watch_objects();
    for (std::uint32_t i = 0; i < paths_.size(); ++i) look(i, step, false);
    encoded_ = {};
}

void Watcher::touched(const Step& step) {
    for (ObjectId id : island_->take_watched()) {
        for (std::uint32_t i = 0; i < paths_.size(); ++i) {
            if (paths_[i].object == id) look(i, step, false);
        }
    }
    encoded_ = {};
}

result<void> Watcher::prepare(Path& path, const ClassInfo* info) const {
    if (!info || path.prepared_for == info) return {};
    path.prepared_for = info;
    path.field.reset();
    auto field =
        FieldPath::of(info->schema(), std::string_view(path.text).substr(path.object_size));
    if (!field) return field.error();
    path.field = std::move(*field);
    return {};
}

/// Several paths of one object share its encoding.
const ClassInfo* Watcher::fields_of(ObjectId id) {
    if (encoded_ != id || !id) {
        fields_.clear();
        encoded_class_ = id ? island_->encode(id, fields_) : nullptr;
        encoded_ = id;
    }
    return encoded_class_;
}

void Watcher::look(std::uint32_t index, const Step& step, bool at_start) {
    Path& path = paths_[index];
    const ClassInfo* info = fields_of(path.object);
    (void)prepare(path, info);  // an object of another class may lack the field
    std::optional<FieldPath::Found> found;
    if (info && path.field) found = path.field->find(fields_);
    const ClassInfo* now = found ? info : nullptr;
    std::string_view bytes = found ? found->bytes : std::string_view();
    if (!at_start && now == path.last_class && bytes == path.last) return;
    path.last_class = now;
    path.last = bytes;
    ValueChange change{index, at_start, step, std::nullopt};
    if (found) {
        Value value = path.field->decode(*found);
        if (path.text.size() == path.object_size) {  // the object itself, as state_tree() shows it
            value = Value::Entries{{"class", std::string(info->name)},
                                   {"id", path.object.value},
                                   {"fields", std::move(value)}};
        }
        change.value = std::move(value);
    }
    bytes_ += sizeof(ValueChange) + bytes.size();
    changes_->push_back(std::move(change));
}

bool Watcher::full() const {
    return changes_->size() >= RunResult::kValuesKept || bytes_ >= RunResult::kValueBytesKept;
}

}  // namespace teatime::replayer
