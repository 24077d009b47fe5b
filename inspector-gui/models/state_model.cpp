#include "state_model.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <unordered_map>

#include "state_filter.h"
#include "teatime/state/json.h"

namespace teatime::inspector {
namespace {

constexpr std::size_t kSummaryBytes = 2048;  // a larger object is not decoded only to show a line

/// The type of values inside one of `type`; kNoType where the value has no schema.
constexpr std::uint32_t kNoType = ~std::uint32_t{0};

std::uint32_t without_optional(const Schema& schema, std::uint32_t type) {
    while (type != kNoType && schema.types[type].kind == Kind::optional) {
        type = schema.types[type].members[0].type;
    }
    return type;
}

std::uint32_t inner_type(const Schema* schema, std::uint32_t outer, std::string_view key) {
    if (!schema || outer == kNoType) return kNoType;
    const Type& type = schema->types[without_optional(*schema, outer)];
    switch (type.kind) {
        case Kind::array:
        case Kind::list:
        case Kind::set:
            return type.members[0].type;
        case Kind::map:
            return type.members[1].type;
        case Kind::structure:
            for (const Type::Member& member : type.members) {
                if (member.name == key) return member.type;
            }
            return kNoType;
        case Kind::variant:
            for (const Type::Member& member : type.members) {
                if (type_name(*schema, member.type) == key) return member.type;
            }
            return kNoType;
        default:
            return kNoType;
    }
}

/// The object that a value refers to; null where it is no ref.
const Value* referred(const Schema* schema, std::uint32_t type, const Value& value) {
    if (schema && type != kNoType &&
        schema->types[without_optional(*schema, type)].kind != Kind::ref) {
        return nullptr;
    }
    const Value::Entries* entries = value.if_entries();
    return entries && entries->size() == 1 && entries->front().first == "ref"
               ? &entries->front().second
               : nullptr;
}

/// Takes `.key`, `[3]` or `["key"]` from the front of a path.
bool take_part(std::string_view& path, std::string& key) {
    if (path.starts_with("[\"")) {
        for (std::size_t i = 2; i + 1 < path.size(); ++i) {
            if (path[i] == '\\') {
                ++i;
            } else if (path[i] == '"' && path[i + 1] == ']') {
                auto text = parse_json(path.substr(1, i));
                path.remove_prefix(i + 2);
                if (!text || !text->if_string()) return false;
                key = *text->if_string();
                return true;
            }
        }
        return false;
    }
    bool index = path.starts_with('[');
    if (index || path.starts_with('.')) path.remove_prefix(1);
    std::size_t end = std::min(index ? path.find(']') : path.find_first_of(".["), path.size());
    if (end == 0 || (index && end == path.size())) return false;
    key = path.substr(0, end);
    path.remove_prefix(index ? end + 1 : end);
    return true;
}

}  // namespace

/// What is at one place of the state now.
struct StateModel::Item {
    std::string key;   ///< tells it from its siblings, but in lists; of an object its id
    std::string name;  ///< of an object, for people: names move from one to another
    std::size_t place = 0;
    bool in_list = false;
    const Image::Object* object = nullptr;
    const Value* value = nullptr;
    const Schema* schema = nullptr;
    std::uint32_t type = kNoType;
    bool is_island() const { return !object && !value; }
    ObjectId id() const { return object ? object->id : ObjectId{}; }
    bool same_place(const Item& other) const {
        return in_list ? other.in_list && place == other.place : !other.in_list && key == other.key;
    }
    const std::string& label() const { return object ? name : key; }
};

struct StateModel::Node {
    Node* parent = nullptr;
    std::size_t row = 0;
    Item item;
    bool matched_above = false;  ///< by name, it or what is above: everything inside is shown

    // Of an object or the Island, once it is opened.
    DecodedPtr decoded;
    bool loading = false;  ///< and will be decoded
    bool stale = false;    ///< decoded from an older state

    QString summary;                              ///< of an object, once made
    std::vector<std::unique_ptr<Node>> children;  ///< the first so many of the visible
    bool fetched = false;                         ///< children are kept up to date
    std::size_t available = 0;                    ///< visible ones, fetched or not
    std::vector<std::size_t> visible;             ///< their places, where a filter leaves some out
    bool all_visible = true;

    const Value* value() const { return decoded ? &decoded->value : item.value; }
    bool is_root() const { return !parent; }
    bool is_opened() const { return decoded || loading; }
    /// The places inside that a filter leaves.
    const std::vector<std::size_t>* matching() const {
        const Node* owner = this;
        while (owner && !owner->decoded) owner = owner->parent;
        if (!owner) return nullptr;
        auto found = owner->decoded->matching.find(value());
        return found == owner->decoded->matching.end() ? nullptr : &found->second;
    }
    std::string path() const {
        if (is_root() || item.is_island()) return {};
        if (item.object) return item.name;
        return item.in_list ? path_inside(parent->path(), item.place)
                            : path_inside(parent->path(), item.key);
    }
    std::size_t places(const Image* image) const {
        if (is_root()) return image ? image->objects.size() + 1 : 0;
        const Value* now = value();
        if (!now) return 0;
        if (const auto* list = now->if_list()) return list->size();
        if (referred(item.schema, item.type, *now)) return 0;
        const auto* entries = now->if_entries();
        return entries ? entries->size() : 0;
    }
};

StateModel::StateModel(Of of, QObject* parent)
    : QAbstractItemModel(parent), of_(of), root_(std::make_unique<Node>()) {
    root_->fetched = true;
}
StateModel::~StateModel() = default;

// ---- what is shown ---------------------------------------------------------------------------

void StateModel::show(const MomentPtr& moment) {
    show(moment, moment ? ChangesPtr(moment, &moment->changes) : nullptr);
}

void StateModel::show(const MomentPtr& moment, ChangesPtr changes) {
    wanted_ = moment && moment->state ? moment : nullptr;
    wanted_changes_ = wanted_ ? std::move(changes) : nullptr;
    ask();
}

void StateModel::set_sides(const QString& before, const QString& after) {
    before_title_ = before;
    after_title_ = after;
    emit headerDataChanged(Qt::Horizontal, Value_, columns() - 1);
}

void StateModel::set_filter(const QString& text) {
    if (text == filter_) return;
    filter_ = text;
    needle_ = lower(text.toStdString());
    ask();
}

StateRequest StateModel::request() const {
    StateRequest request{now_.moment, wanted_, wanted_changes_, needle_, needle_ != now_.needle,
                         {}};
    for (const auto& child : root_->children) {
        if (!child->is_opened()) continue;
        request.opened.push_back({child->item.id(), child->stale || child->loading});
    }
    return request;
}

/// For what is wanted now. What is under way goes on, else nothing would be shown while the
/// playhead is dragged; but not the search for a text that nobody looks for any more.
void StateModel::ask() {
    StateRequest request = this->request();
    if (costs_little(request)) {
        ++run_;  // what is under way comes too late
        busy_ = again_ = false;
        return take(answer(request, {}));
    }
    again_ = busy_;
    if (!busy_ || asked_needle_ != needle_) start(std::move(request));
}

void StateModel::start(StateRequest request) {
    busy_ = true;
    again_ = false;
    asked_needle_ = request.needle;
    background_.run([this, run = ++run_, request = std::move(request),
                     old = std::exchange(old_, {})](const std::stop_token& stop) mutable {
        old.clear();
        auto found = std::make_shared<StateAnswer>(answer(request, stop));
        if (stop.stop_requested()) return;
        QMetaObject::invokeMethod(
            this,
            [this, run, found] {
                if (run != run_) return;
                busy_ = false;
                take(std::move(*found));
            },
            Qt::QueuedConnection);
    });
}

void StateModel::take(StateAnswer answer) {
    const bool other_filter = answer.needle != now_.needle;
    const bool repaint = !now_.old_values.isEmpty() || !answer.old_values.isEmpty();
    const StateAnswer before = std::exchange(now_, std::move(answer));
    old_.push_back(before.moment);
    ++changing_;
    stale_ = false;
    update(*root_, repaint);  // nodes point into what was before until it is done
    --changing_;
    now_.decoded.clear();
    if (stale_ || again_) ask();
    if (!busy_ && !old_.empty()) {
        background_.run([old = std::exchange(old_, {})](const std::stop_token&) {});
    }
    if (other_filter || !now_.needle.empty()) {
        const std::size_t left = !now_.moment          ? 0
                                 : now_.needle.empty() ? now_.moment->state->objects.size()
                                                       : now_.matching.size();
        emit filtered(static_cast<int>(left));
    }
    if (!busy_) emit shown();
}

/// Brings what is fetched of a node's inside up to date.
void StateModel::update(Node& node, bool repaint) {
    const bool had_all = node.children.size() == node.available;
    find_visible(node);
    if (!node.fetched) return;
    std::size_t want = node.children.size();
    if (had_all) want = std::max(want, std::size_t{kWindow});
    want = std::min(want, node.available);
    const std::vector<Item> now = items(node, 0, want);
    replace_children(node, now);
    for (std::size_t i = 0; i < now.size(); ++i) adopt(*node.children[i], now[i], repaint);
    if (repaint && !node.children.empty()) {
        emit dataChanged(index_of_node(*node.children.front(), 0),
                         index_of_node(*node.children.back(), columns() - 1));
    }
}

/// The node is this item from now on.
void StateModel::adopt(Node& child, const Item& item, bool repaint) {
    bool other = false;
    if (item.object) {
        const Image::Object* before = child.item.object;
        if (child.item.name != item.name) repaint = true;
        other = !before || before->fields != item.object->fields ||
                (before != item.object && !(*child.item.schema == *item.schema));
    }
    child.item = item;
    if (other) child.summary.clear();
    if (child.is_opened()) other |= decode_again(child, other);
    child.matched_above = child.parent->matched_above || (!now_.needle.empty() && !item.in_list &&
                                                          contains_text(item.label(), now_.needle));
    if (item.object && !now_.needle.empty()) {
        child.matched_above |= contains_text(item.schema->class_name, now_.needle);
    }
    update(child, repaint || other);
    if (other && !repaint) {
        emit dataChanged(index_of_node(child, 0), index_of_node(child, columns() - 1));
    }
}

/// Takes what was found out for the state that is shown now. True: it is another than before.
bool StateModel::decode_again(Node& child, bool differs) {
    const auto found = now_.decoded.find(child.item.id());
    if (found == now_.decoded.end()) {  // opened while the answer was on its way
        child.stale |=
            differs || !child.decoded || !child.item.object || child.decoded->needle != now_.needle;
        stale_ |= child.stale;
        return false;
    }
    child.stale = false;
    if (!found->second) return false;  // as it was
    child.summary.clear();
    old_.push_back(std::exchange(child.decoded, found->second));
    if (child.loading) {
        child.loading = false;
        child.fetched = true;
    }
    return true;
}

void StateModel::find_visible(Node& node) const {
    const Image* image = now_.moment ? now_.moment->state.get() : nullptr;
    const std::size_t places = node.places(image);
    node.all_visible = now_.needle.empty() || node.matched_above;
    node.visible.clear();
    node.available = places;
    if (node.all_visible || !image) return;
    if (node.is_root()) {
        if (now_.island_matches) node.visible.push_back(0);
        for (ObjectId id : now_.matching) {
            const Image::Object* object = image->find_object(id);
            if (object) {
                node.visible.push_back(1 +
                                       static_cast<std::size_t>(object - image->objects.data()));
            }
        }
    } else if (node.fetched) {
        if (const auto* matching = node.matching()) node.visible = *matching;
    } else {
        return;  // found when it is opened
    }
    node.available = node.visible.size();
}

StateModel::Item StateModel::item(const Node& node, std::size_t place) const {
    Item item;
    item.place = place;
    if (node.is_root()) {
        if (place == 0) {
            item.key = "Island";
            return item;
        }
        const Image& image = *now_.moment->state;
        item.object = &image.objects[place - 1];
        item.schema = &image.schemas[item.object->schema];
        item.type = 0;
        auto named = now_.names.find(item.object->id);
        item.key = "#" + std::to_string(item.object->id.value);
        item.name = named != now_.names.end() ? *named->second : item.key;
        return item;
    }
    item.schema = node.item.schema;
    if (const auto* list = node.value()->if_list()) {
        item.in_list = true;
        item.value = &(*list)[place];
    } else {
        const auto& [key, value] = (*node.value()->if_entries())[place];
        item.key = key;
        item.value = &value;
    }
    item.type = inner_type(item.schema, node.item.type, item.key);
    return item;
}

std::vector<StateModel::Item> StateModel::items(const Node& node, std::size_t from,
                                                std::size_t to) const {
    std::vector<Item> found;
    found.reserve(to - from);
    for (std::size_t i = from; i < to; ++i) {
        found.push_back(item(node, node.all_visible ? i : node.visible[i]));
    }
    return found;
}

/// Keeps the nodes whose places stay, in their order, so that what points to them stays too.
void StateModel::replace_children(Node& node, const std::vector<Item>& now) {
    auto& children = node.children;
    auto fresh = [&now](std::size_t from, std::size_t to) {
        return std::vector<Item>(now.begin() + static_cast<std::ptrdiff_t>(from),
                                 now.begin() + static_cast<std::ptrdiff_t>(to));
    };
    std::size_t same = 0;
    while (same < std::min(children.size(), now.size()) &&
           children[same]->item.same_place(now[same])) {
        ++same;
    }
    if (same == now.size()) return remove_children(node, same, children.size());
    if (same == children.size()) return insert_children(node, same, fresh(same, now.size()));
    auto key_of = [](const Item& item) {
        return item.in_list ? std::to_string(item.place) : item.key;
    };
    std::unordered_map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < now.size(); ++i) places.emplace(key_of(now[i]), i);
    for (std::size_t end = children.size(); end > 0;) {
        auto stays = [&](std::size_t i) { return places.contains(key_of(children[i]->item)); };
        std::size_t begin = end;
        while (begin > 0 && !stays(begin - 1)) --begin;
        if (begin < end) remove_children(node, begin, end);
        end = begin > 0 ? begin - 1 : 0;
    }
    auto place_of = [&](std::size_t i) { return places.at(key_of(children[i]->item)); };
    for (std::size_t i = 1; i < children.size(); ++i) {
        if (place_of(i) > place_of(i - 1)) continue;
        remove_children(node, 0, children.size());  // another order: none can stay
    }
    for (std::size_t i = 0; i < now.size();) {
        std::size_t next = i < children.size() ? place_of(i) : now.size();
        if (next > i) insert_children(node, i, fresh(i, next));
        i = next + 1;
    }
}

void StateModel::remove_children(Node& node, std::size_t from, std::size_t to) {
    if (from == to) return;
    ++changing_;
    beginRemoveRows(index_of_node(node), static_cast<int>(from), static_cast<int>(to) - 1);
    auto at = [&](std::size_t i) { return node.children.begin() + static_cast<std::ptrdiff_t>(i); };
    node.children.erase(at(from), at(to));
    for (std::size_t i = from; i < node.children.size(); ++i) node.children[i]->row = i;
    endRemoveRows();
    --changing_;
}

void StateModel::insert_children(Node& node, std::size_t at, std::vector<Item> items) {
    if (items.empty()) return;
    std::vector<std::unique_ptr<Node>> fresh;
    for (Item& item : items) {
        auto child = std::make_unique<Node>();
        child->parent = &node;
        child->item = std::move(item);
        fresh.push_back(std::move(child));
    }
    ++changing_;
    beginInsertRows(index_of_node(node), static_cast<int>(at),
                    static_cast<int>(at + fresh.size()) - 1);
    node.children.insert(node.children.begin() + static_cast<std::ptrdiff_t>(at),
                         std::make_move_iterator(fresh.begin()),
                         std::make_move_iterator(fresh.end()));
    for (std::size_t i = at; i < node.children.size(); ++i) node.children[i]->row = i;
    endInsertRows();
    for (std::size_t i = at; i < at + fresh.size(); ++i) {
        adopt(*node.children[i], Item(node.children[i]->item), true);
    }
    --changing_;
}

// ---- places ----------------------------------------------------------------------------------

StateModel::Node* StateModel::node_of(const QModelIndex& index) const {
    return index.isValid() ? static_cast<Node*>(index.internalPointer()) : root_.get();
}

QModelIndex StateModel::index_of_node(const Node& node, int column) const {
    return node.is_root() ? QModelIndex() : createIndex(static_cast<int>(node.row), column, &node);
}

QString StateModel::path_of(const QModelIndex& index) const {
    return to_text(std::string_view(node_of(index)->path()));
}

bool StateModel::fetch_to(Node& node, std::size_t row) {
    if (row >= std::size_t{kMostFetched}) return false;
    if (row < node.children.size()) return true;
    if (!canFetchMore(index_of_node(node)) || row >= node.available) return false;
    fetch(node, row / kWindow * kWindow + kWindow);
    return true;
}

StateModel::Node* StateModel::child_at(Node& node, std::size_t place) {
    if (!node.fetched) fetchMore(index_of_node(node));
    std::size_t row = place;
    if (!node.all_visible) {
        auto found = std::lower_bound(node.visible.begin(), node.visible.end(), place);
        if (found == node.visible.end() || *found != place) return nullptr;
        row = static_cast<std::size_t>(found - node.visible.begin());
    }
    return fetch_to(node, row) ? node.children[row].get() : nullptr;
}

/// The object that the path begins with: `#17` or the longest name; else the Island.
StateModel::Node* StateModel::find_object(std::string_view path, std::size_t& used) {
    const Image& image = *now_.moment->state;
    auto ends = [&](std::size_t at) {
        return at == path.size() || path[at] == '.' || path[at] == '[';
    };
    ObjectId id;
    used = 0;
    if (path.starts_with('#')) {
        auto end = std::from_chars(path.data() + 1, path.data() + path.size(), id.value).ptr;
        used = static_cast<std::size_t>(end - path.data());
        if (!ends(used)) return nullptr;
    } else {
        for (const auto& [name, named] : image.names) {
            if (path.starts_with(name) && ends(name.size()) && name.size() > used) {
                used = name.size();
                id = named;
            }
        }
    }
    if (used == 0) return child_at(*root_, 0);
    const Image::Object* object = image.find_object(id);
    return object ? child_at(*root_, 1 + static_cast<std::size_t>(object - image.objects.data()))
                  : nullptr;
}

QModelIndex StateModel::index_of(const QString& path) {
    if (!now_.moment) return {};
    const std::string text = path.toStdString();
    std::string_view rest = text;
    std::size_t used = 0;
    Node* node = find_object(rest, used);
    rest.remove_prefix(used);
    std::string key;
    while (node && !rest.empty()) {
        if (!take_part(rest, key)) return {};
        if (!node->fetched) fetchMore(index_of_node(*node));
        const Value* value = node->value();
        std::size_t place = 0;
        if (const auto* list = value ? value->if_list() : nullptr) {
            auto parsed = std::from_chars(key.data(), key.data() + key.size(), place);
            if (parsed.ec != std::errc{} || place >= list->size()) return {};
        } else if (const auto* entries = value ? value->if_entries() : nullptr) {
            auto found = std::find_if(entries->begin(), entries->end(),
                                      [&](const auto& entry) { return entry.first == key; });
            if (found == entries->end() || node->places(now_.moment->state.get()) == 0) return {};
            place = static_cast<std::size_t>(found - entries->begin());
        } else {
            return {};
        }
        node = child_at(*node, place);
    }
    return node ? index_of_node(*node) : QModelIndex();
}

// ---- QAbstractItemModel ----------------------------------------------------------------------

QModelIndex StateModel::index(int row, int column, const QModelIndex& parent) const {
    if (row < 0 || column < 0 || column >= columns() || row >= rowCount(parent)) return {};
    return createIndex(row, column, node_of(parent)->children[static_cast<std::size_t>(row)].get());
}

QModelIndex StateModel::parent(const QModelIndex& index) const {
    return index.isValid() ? index_of_node(*node_of(index)->parent) : QModelIndex();
}

int StateModel::rowCount(const QModelIndex& parent) const {
    if (parent.column() > 0) return 0;
    return static_cast<int>(node_of(parent)->children.size());
}

int StateModel::columnCount(const QModelIndex& parent) const {
    return parent.column() > 0 ? 0 : columns();
}

bool StateModel::hasChildren(const QModelIndex& parent) const {
    if (parent.column() > 0) return false;
    const Node& node = *node_of(parent);
    if (node.fetched) return node.available > 0 || !node.children.empty();
    return node.item.object || node.item.is_island() || node.available > 0;
}

bool StateModel::canFetchMore(const QModelIndex& parent) const {
    if (parent.column() > 0 || changing_ > 0) return false;
    const Node& node = *node_of(parent);
    if (node.loading) return false;
    return node.fetched ? node.children.size() < node.available : hasChildren(parent);
}

void StateModel::fetchMore(const QModelIndex& parent) {
    if (!canFetchMore(parent)) return;
    Node& node = *node_of(parent);
    if (!node.fetched) {
        const bool decoded = node.item.value || node.decoded || open(node);
        if (!decoded) return;
        node.fetched = true;
        find_visible(node);
    }
    fetch(node, node.children.size() + kWindow);
}

/// False: it is a large one, which another thread decodes.
bool StateModel::open(Node& node) {
    const Image& image = *now_.moment->state;
    if (costs_little(image, node.item.id())) {
        node.decoded = decode(image, node.item.id(), now_.needle);
        return true;
    }
    node.loading = true;
    ask();
    return false;
}

/// Up to so many rows.
void StateModel::fetch(Node& node, std::size_t rows) {
    const std::size_t from = node.children.size();
    insert_children(node, from, items(node, from, std::min(rows, node.available)));
}

QVariant StateModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    switch (section) {
        case Name:
            return tr("Name");
        case Value_:
            return of_ == Of::one_state ? tr("Value") : after_title_;
        case Before:
            return before_title_;
        case Type:
            return tr("Type");
        default:
            return {};
    }
}

QVariant StateModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    Node& node = *node_of(index);
    const Item& item = node.item;
    switch (role) {
        case PathRole:
            return path_of(index);
        case ChangedRole:
            return now_.old_values.contains(path_of(index));
        case ChangedInsideRole:
            return now_.changed_inside.value(path_of(index));
        case OldValueRole:
            if (of_ == Of::two_states) return {};  // stands beside
            return now_.old_values.value(path_of(index));
        case Qt::DisplayRole:
            break;
        default:
            return value_data(node, role);
    }
    if (index.column() == Name) {
        return item.in_list ? QStringLiteral("[%1]").arg(item.place) : to_text(item.label());
    }
    if (index.column() == Type) {
        if (item.object) return to_text(item.schema->class_name);
        bool known = item.schema && item.type != kNoType;
        return known ? to_text(type_name(*item.schema, item.type)) : QString();
    }
    return index.column() == Before ? text_before(node, path_of(index)) : value_text(node);
}

/// Of what differs inside, its parts tell.
QString StateModel::text_before(Node& node, const QString& path) const {
    if (now_.changed_inside.contains(path)) return QStringLiteral("…");
    const auto old = now_.old_values.find(path);
    if (old != now_.old_values.end()) return old->toString();
    for (const Node* above = node.parent; above && above != root_.get(); above = above->parent) {
        if (now_.old_values.contains(path_of(index_of_node(*above)))) return {};  // it is new
    }
    return value_text(node);
}

QString StateModel::value_text(Node& node) const {
    const Item& item = node.item;
    if (item.value) return to_text(*item.value);
    if (!item.object) return {};
    if (node.summary.isEmpty() && node.decoded) node.summary = to_text(node.decoded->value);
    if (node.summary.isEmpty() && item.object->fields.size() <= kSummaryBytes) {
        auto fields = decode_object(*now_.moment->state, *item.object);
        if (fields) node.summary = to_text(*fields);
    }
    return node.summary;
}

QVariant StateModel::value_data(const Node& node, int role) const {
    const Item& item = node.item;
    if (role == ObjectRole) {
        if (item.object) return QVariant::fromValue<qulonglong>(item.object->id.value);
        const Value* ref = item.value ? referred(item.schema, item.type, *item.value) : nullptr;
        const std::int64_t* id = ref ? ref->if_int() : nullptr;
        return id && *id != 0 ? QVariant::fromValue(static_cast<qulonglong>(*id)) : QVariant();
    }
    if (role != NumberRole || !item.value) return {};
    double number = 0;
    if (item.value->as_double(number)) return number;
    if (const bool* truth = item.value->if_bool()) return *truth ? 1.0 : 0.0;
    bool duration =
        item.schema && item.type != kNoType &&
        item.schema->types[without_optional(*item.schema, item.type)].kind == Kind::duration;
    const std::string* text = duration ? item.value->if_string() : nullptr;
    auto parsed = text ? parse_duration(*text) : result<Duration>(wrong_usage({}));
    return parsed ? QVariant(std::chrono::duration<double>(*parsed).count()) : QVariant();
}

}  // namespace teatime::inspector
