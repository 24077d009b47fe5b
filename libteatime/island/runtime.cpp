#include "teatime/island/runtime.h"

#include "island_impl.h"
#include "teatime/island/class_info.h"
#include "teatime/island/object.h"

namespace teatime {

void ObjectAccess::set_id(Object& object, ObjectId id) {
    object.id_ = id;
}

std::uint32_t Island::Impl::class_index(const ClassInfo& info) const {
    for (std::uint32_t i = 0; i < classes.size(); ++i) {
        if (classes[i].info == &info) return i;
    }
    throw Misuse(MisuseKind::not_in_module,
                 std::string(info.name) + " is not listed in TEATIME_MODULE of " + module.app());
}

void Island::Impl::check_writable() const {
    if (read_only) {
        throw Misuse(MisuseKind::view_writes,
                     "draw() and input() only look: change the world by sending a message");
    }
}

Object& Island::Impl::create(const ClassInfo& info) {
    check_writable();
    std::uint32_t index = class_index(info);
    Object* object = info.construct();
    ObjectId id{next_object++};
    ObjectAccess::set_id(*object, id);
    objects.insert(id, object, &info, index);
    return *object;
}

void Island::Impl::destroy(ObjectId id) {
    check_writable();
    if (!objects.find(id)) {
        throw Misuse(MisuseKind::dead_reference,
                     "object #" + std::to_string(id.value) + " is destroyed already");
    }
    graveyard.push_back(objects.remove(id));
    for (auto name = names.begin(); name != names.end();) {
        if (name->second != id) {
            ++name;
            continue;
        }
        name = names.erase(name);
        names_changed = true;
        ++names_version;
    }
    for (auto topic = topics.begin(); topic != topics.end();) {
        topics_changed |=
            std::erase_if(topic->second, [&](const Subscriber& s) { return s.object == id; }) > 0;
        topic = topic->second.empty() ? topics.erase(topic) : std::next(topic);
    }
}

void Island::Impl::future(Duration offset, ObjectId target, const FunctionInfo& function,
                          std::string_view arguments) {
    check_writable();
    if (offset < Duration::zero()) {
        throw Misuse(MisuseKind::negative_offset,
                     "a message cannot be sent " + to_string(-offset) + " into the past");
    }
    PendingMessage message;
    if (offset == Duration::zero()) {
        message.chain = chain + 1;
        if (message.chain > limits.zero_offset_chain ||
            ++zero_offsets_at_now > limits.zero_offset_instant) {
            throw_zero_offset_chain();
        }
    } else if (offset > VirtualTime::max() - now) {
        throw Misuse(MisuseKind::time_overflow, "a message was sent beyond the end of time");
    }
    if (queue.size() >= limits.pending) {
        throw Misuse(MisuseKind::too_many_pending,
                     "more than " + std::to_string(limits.pending) + " messages are pending");
    }
    // From the message's own time, never from the bound: a burst of stamps changes nothing.
    message.time = now + offset;
    message.key = OrderKey::internal(next_internal++);
    message.cause = running_key;
    message.target = target;
    message.sender = sender;
    message.function = &function;
    message.arguments = Arguments(arguments);
    queue.push(std::move(message));
}

void Island::Impl::publish(std::string_view scope, std::string_view event, Value::List arguments) {
    check_writable();
    auto topic = topics.find(Topic(scope, event));
    if (topic != topics.end()) {
        std::vector<Subscriber> subscribers = topic->second;
        for (const Subscriber& subscriber : subscribers) {
            const ObjectTable::Slot* slot = objects.find(subscriber.object);
            const FunctionInfo& function = *subscriber.function;
            std::string encoded;
            ByteWriter out(encoded);
            if (auto converted = function.convert(arguments, out); !converted) {
                throw Misuse(MisuseKind::wrong_arguments,
                             std::string(slot->info->name) + "." + std::string(function.name) +
                                 " cannot take event " + std::string(event) + ": " +
                                 converted.error().message);
            }
            future(Duration::zero(), subscriber.object, function, encoded);
        }
    }
    if (observer) events.push_back({std::string(scope), std::string(event), std::move(arguments)});
}

namespace runtime {
namespace {

Island::Impl& running() {
    if (!current_island) [[unlikely]] {
        throw Misuse(MisuseKind::outside_island,
                     "this works only while a message of an Island is being executed");
    }
    return *current_island;
}

const ObjectTable::Slot& resolve_slot(Island::Impl& island, ObjectId id, const ClassInfo& wanted) {
    const ObjectTable::Slot* slot = island.objects.find(id);
    if (!slot) [[unlikely]] {
        if (!id) throw Misuse(MisuseKind::empty_reference, "this Ref refers to nothing");
        throw Misuse(MisuseKind::dead_reference,
                     "object #" + std::to_string(id.value) + " does not exist any more");
    }
    for (const ClassInfo* info = slot->info; info != nullptr; info = info->base) {
        if (info == &wanted) return *slot;
    }
    throw Misuse(MisuseKind::wrong_class, "object #" + std::to_string(id.value) + " is a " +
                                              std::string(slot->info->name) + ", not a " +
                                              std::string(wanted.name));
}

}  // namespace

VirtualTime now() {
    return running().now;
}
MemberId sender() {
    return running().sender;
}

Random& random() {
    Island::Impl& island = running();
    island.check_writable();
    return island.random;
}

Object& create(const ClassInfo& info) {
    return running().create(info);
}
void destroy(ObjectId id) {
    running().destroy(id);
}

const Object& resolve(ObjectId id, const ClassInfo& info) {
    return *resolve_slot(running(), id, info).object;
}

Object& resolve_for_write(ObjectId id, const ClassInfo& info) {
    Island::Impl& island = running();
    island.check_writable();
    const ObjectTable::Slot& slot = resolve_slot(island, id, info);
    island.objects.touch(id);
    return *slot.object;
}

bool exists(ObjectId id) {
    return running().objects.find(id) != nullptr;
}

void future(Duration offset, ObjectId target, const FunctionInfo& function,
            std::string_view arguments) {
    Island::Impl& island = running();
    if (!island.objects.find(target)) [[unlikely]] {
        throw Misuse(target ? MisuseKind::dead_reference : MisuseKind::empty_reference,
                     "a message was sent to object #" + std::to_string(target.value) +
                         ", which does not exist");
    }
    island.future(offset, target, function, arguments);
}

void subscribe(std::string_view scope, std::string_view event, ObjectId subscriber,
               const FunctionInfo& function) {
    Island::Impl& island = running();
    island.check_writable();
    island.topics[Island::Impl::Topic(scope, event)].push_back({subscriber, &function});
    island.topics_changed = true;
}

void unsubscribe(std::string_view scope, std::string_view event, ObjectId subscriber) {
    Island::Impl& island = running();
    island.check_writable();
    auto topic = island.topics.find(Island::Impl::Topic(scope, event));
    if (topic == island.topics.end()) return;
    std::erase_if(topic->second, [&](const auto& s) { return s.object == subscriber; });
    if (topic->second.empty()) island.topics.erase(topic);
    island.topics_changed = true;
}

void publish(std::string_view scope, std::string_view event, Value::List arguments) {
    running().publish(scope, event, std::move(arguments));
}

void publish_name(std::string_view name, ObjectId id) {
    Island::Impl& island = running();
    island.check_writable();
    if (!island.objects.find(id)) {
        throw Misuse(MisuseKind::dead_reference, "only a living object can be given a name");
    }
    if (name.empty() || name[0] == '#' || name.find('.') != name.npos) {
        throw Misuse(MisuseKind::wrong_arguments,
                     "a name is not empty, does not begin with # and has no dot");
    }
    if ((name == "root" || name == island.module.app()) && id != island.root) {
        throw Misuse(MisuseKind::wrong_arguments, "this name is the root's for ever");
    }
    island.names.insert_or_assign(std::string(name), id);
    island.names_changed = true;
    ++island.names_version;
}

ObjectId find(std::string_view name) {
    return running().find(name);
}

std::string& scratch() {
    thread_local std::string bytes;
    bytes.clear();
    return bytes;
}

void throw_not_described(std::string_view class_name) {
    throw Misuse(MisuseKind::not_described,
                 "a message was sent to a function that BOOST_DESCRIBE_CLASS of " +
                     std::string(class_name) + " does not list");
}

}  // namespace runtime
}  // namespace teatime
