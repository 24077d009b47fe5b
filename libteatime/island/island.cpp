#include "teatime/island/island.h"

#include <charconv>

#include "island_impl.h"
#include "teatime/island/class_info.h"
#include "teatime/island/object.h"

namespace teatime {

Island::Impl::Impl(const Module& the_module, std::string the_session_id,
                   const IslandLimits& the_limits)
    : module(the_module),
      session_id(std::move(the_session_id)),
      limits(the_limits),
      random(Random::from_seed(session_id)) {
    for (const ClassInfo* info : module.classes()) {
        classes.push_back({info, teatime::schema_hash(info->schema())});
    }
}

Island::Impl::~Impl() {
    bury();
}

ObjectId Island::Impl::find(std::string_view name) const {
    if (name.size() > 1 && name[0] == '#') {
        ObjectId id;
        auto [end, code] = std::from_chars(name.data() + 1, name.data() + name.size(), id.value);
        bool whole = code == std::errc() && end == name.data() + name.size();
        return whole && const_cast<ObjectTable&>(objects).find(id) ? id : ObjectId{};
    }
    auto found = names.find(name);
    return found == names.end() ? ObjectId{} : found->second;
}

Island::Island(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Island::~Island() = default;

result<std::unique_ptr<Island>> Island::create(const Module& module, std::string session_id,
                                               const IslandLimits& limits) {
    auto impl = std::make_unique<Impl>(module, std::move(session_id), limits);
    const ClassInfo& root = *module.classes().front();
    try {
        CurrentIsland current(*impl, false);
        Object& object = impl->create(root);
        impl->root = object.object_id();
        impl->names = {{"root", impl->root}};
        impl->names.insert_or_assign(module.app(), impl->root);
        if (root.init) root.init(object);
    } catch (const std::exception& exception) {
        return failed("init() of " + std::string(root.name) + ", the root of " + module.app() +
                      ", failed: " + exception.what());
    } catch (...) {
        return failed("init() of " + std::string(root.name) + ", the root of " + module.app() +
                      ", failed");
    }
    impl->bury();
    return std::unique_ptr<Island>(new Island(std::move(impl)));
}

result<std::unique_ptr<Island>> Island::restore(const Module& module, const Image& image,
                                                const IslandLimits& limits) {
    if (image.app != module.app()) {
        return wrong_usage("the snapshot is of " + image.app + ", the module of " + module.app());
    }
    auto impl = std::make_unique<Impl>(module, image.session_id, limits);
    if (auto restored = impl->restore(image); !restored) return restored.error();
    return std::unique_ptr<Island>(new Island(std::move(impl)));
}

result<void> Island::enqueue(ExternalMessage message) {
    if (message.stamp.seq <= impl_->seq) {
        return failed("message " + std::to_string(message.stamp.seq.value) +
                      " came after message " + std::to_string(impl_->seq.value));
    }
    if (message.stamp.time < impl_->now) {
        return failed("message " + std::to_string(message.stamp.seq.value) + " is stamped " +
                      to_string(message.stamp.time) + ", but the replica has reached " +
                      to_string(impl_->now));
    }
    impl_->seq = message.stamp.seq;
    bool from_router = !message.payload.empty() && message.payload[0] == '{';
    // Of the router's own messages, models see members come and go; the rest is for controllers.
    if (from_router && message.payload.find("\"what\":\"users\"") == std::string::npos) return {};
    PendingMessage pending;
    pending.time = message.stamp.time;
    pending.key = OrderKey::external(message.stamp.seq);
    pending.sender = message.sender;
    pending.arguments = Arguments(message.payload);
    impl_->queue.push(std::move(pending));
    return {};
}

void Island::set_bound(VirtualTime bound) {
    impl_->bound = std::max(impl_->bound, bound);
}
VirtualTime Island::bound() const {
    return impl_->bound;
}
std::optional<Executed> Island::execute_next() {
    return impl_->execute_next();
}
VirtualTime Island::now() const {
    return impl_->now;
}
Seq Island::seq() const {
    return impl_->seq;
}
Mark Island::mark() const {
    return {BranchId{}, impl_->now, impl_->executed_at_now};
}

std::optional<VirtualTime> Island::next_time() const {
    if (impl_->queue.empty()) return std::nullopt;
    return impl_->queue.next_time();
}
bool Island::next_is_external() const {
    return impl_->queue.next_is_external();
}
std::optional<NextMessage> Island::next() const {
    if (impl_->queue.empty()) return std::nullopt;
    const PendingMessage& pending = impl_->queue.next();
    NextMessage next;
    next.time = pending.time;
    next.n = pending.time == impl_->now ? impl_->executed_at_now + 1 : 1;
    next.external = pending.key.is_external();
    next.order = pending.key.number();
    next.sender = pending.sender;
    next.arguments = pending.arguments.view();
    if (next.external) return next;
    next.target = pending.target;
    next.selector = pending.function->name;
    const ObjectTable::Slot* slot = impl_->objects.find(pending.target);
    if (slot) next.class_name = slot->info->name;
    return next;
}
std::size_t Island::pending() const {
    return impl_->queue.size();
}
std::uint64_t Island::executed() const {
    return impl_->executed;
}
Hash128 Island::hash() {
    return impl_->hash();
}
Image Island::image() {
    return impl_->image();
}
std::vector<ObjectId> Island::take_touched() {
    return impl_->objects.take_touched();
}
void Island::watch(std::vector<ObjectId> ids) {
    impl_->objects.watch(std::move(ids));
}
bool Island::watched_touched() const {
    return impl_->objects.watched_touched();
}
std::vector<ObjectId> Island::take_watched() {
    return impl_->objects.take_watched();
}
std::uint64_t Island::names_version() const {
    return impl_->names_version;
}
const ClassInfo* Island::encode(ObjectId id, std::string& fields) const {
    const ObjectTable::Slot* slot = impl_->objects.find(id);
    if (!slot) return nullptr;
    ByteWriter out(fields);
    slot->info->encode(*slot->object, out);
    return slot->info;
}
const Module& Island::module() const {
    return impl_->module;
}
const std::string& Island::session_id() const {
    return impl_->session_id;
}
ObjectId Island::find(std::string_view name) const {
    return impl_->find(name);
}
std::string Island::name_of(ObjectId id) const {
    if (id == impl_->root) return impl_->module.app();
    for (const auto& [name, named] : impl_->names) {
        if (named == id) return name;
    }
    return '#' + std::to_string(id.value);
}
std::size_t Island::object_count() const {
    return impl_->objects.size();
}
bool Island::can_draw() const {
    return impl_->module.classes().front()->draw != nullptr;
}
bool Island::can_input() const {
    return impl_->module.classes().front()->input != nullptr;
}
void Island::set_event_observer(EventObserver observer) {
    impl_->observer = std::move(observer);
}

namespace {

/// Runs what only looks: its mistake is no history. The error says what it threw.
template <class Body>
result<void> watched(std::string_view function, const ClassInfo& info, Body body) {
    auto threw = [&](const std::string& what) {
        return Error{{},
                     std::string(function) + " of " + std::string(info.name) + " threw " +
                         current_exception_type() + what};
    };
    try {
        body();
    } catch (const std::exception& exception) {
        return threw(std::string(": ") + exception.what());
    } catch (...) {
        return threw({});
    }
    return {};
}

}  // namespace

void Island::draw(Scene& scene) {
    const ObjectTable::Slot* slot = impl_->objects.find(impl_->root);
    if (!slot || !slot->info->draw) return;
    CurrentIsland current(*impl_, true);
    auto drawn = watched("draw()", *slot->info, [&] { slot->info->draw(*slot->object, scene); });
    if (!drawn) scene.problem_ = drawn.error().message + "; the picture is incomplete";
}

result<void> Island::input(const Input& input, Sender& sender) {
    const ObjectTable::Slot* slot = impl_->objects.find(impl_->root);
    if (!slot || !slot->info->input) return {};
    CurrentIsland current(*impl_, true);
    return watched("input()", *slot->info,
                   [&] { slot->info->input(*slot->object, input, sender); });
}

}  // namespace teatime
