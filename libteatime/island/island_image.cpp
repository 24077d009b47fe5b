#include <algorithm>

#include "island_impl.h"
#include "teatime/island/class_info.h"
#include "teatime/state/state_hash.h"

namespace teatime {

std::vector<std::pair<std::string, ObjectId>> Island::Impl::name_list() const {
    return {names.begin(), names.end()};
}

std::vector<Image::Subscription> Island::Impl::subscription_list() const {
    std::vector<Image::Subscription> list;
    for (const auto& [topic, subscribers] : topics) {
        for (const Subscriber& subscriber : subscribers) {
            list.push_back({topic.first, topic.second, subscriber.object,
                            std::string(subscriber.function->name)});
        }
    }
    return list;
}

namespace {
std::string_view selector_of(const PendingMessage& message) {
    return message.function ? message.function->name : std::string_view();
}
}  // namespace

Hash128 Island::Impl::hash() {
    std::string fields;
    objects.take_unhashed([&](ObjectId id, const ObjectTable::Slot* slot) {
        if (!slot) return object_hashes.erase(id);
        fields.clear();
        ByteWriter out(fields);
        slot->info->encode(*slot->object, out);
        object_hashes.set(id, object_hash(id, classes[slot->class_index].schema_hash, fields));
    });
    if (names_changed) names_hash = teatime::names_hash(name_list());
    if (topics_changed) topics_hash = teatime::subscriptions_hash(subscription_list());
    names_changed = topics_changed = false;
    Hash128 pending = queue.sum([&](const PendingMessage& message) {
        return message_hash(message.time, message.key.is_external(), message.key.number(),
                            message.target, selector_of(message), message.arguments.view(),
                            message.sender, message.chain);
    });
    return state_hash({now, next_object, next_internal, random.state(), object_hashes.root(),
                       names_hash, topics_hash, pending});
}

Image Island::Impl::image() {
    Image image;
    image.app = module.app();
    image.code_id = module.code_id();
    image.session_id = session_id;
    image.time = now;
    image.executed_at_time = executed_at_now;
    image.seq = seq;
    image.next_object = next_object;
    image.next_internal = next_internal;
    image.random = random.state();
    image.root = root;
    for (const ClassFacts& facts : classes) image.schemas.push_back(facts.info->schema());
    image.objects.reserve(objects.size());
    objects.for_each([&](ObjectId id, const ObjectTable::Slot& slot) {
        Image::Object& object = image.objects.emplace_back();
        object.id = id;
        object.schema = slot.class_index;
        ByteWriter out(object.fields);
        slot.info->encode(*slot.object, out);
    });
    image.names = name_list();
    image.subscriptions = subscription_list();
    image.queue.reserve(queue.size());
    queue.for_each([&](const PendingMessage& pending) {
        Image::Message& message = image.queue.emplace_back();
        message.time = pending.time;
        message.external = pending.key.is_external();
        message.order = pending.key.number();
        message.target = pending.target;
        message.selector = selector_of(pending);
        message.arguments = pending.arguments.view();
        message.sender = pending.sender;
        message.chain = pending.chain;
        message.cause = pending.cause.number();
        message.cause_external = pending.cause.is_external();
    });
    std::sort(image.queue.begin(), image.queue.end(), [](const auto& a, const auto& b) {
        if (a.time != b.time) return a.time < b.time;
        return a.external != b.external ? !a.external : a.order < b.order;
    });
    image.hash = hash();
    return image;
}

namespace {

/// What differs between two layouts of one class, for the error of a refused restore.
std::string schema_difference(const Schema& code, const Schema& file) {
    auto member_name = [](const Schema& schema, std::size_t i) {
        const Type::Member& member = schema.types[0].members[i];
        return member.name + ": " + type_name(schema, member.type);
    };
    std::size_t in_code = code.types[0].members.size();
    std::size_t in_file = file.types[0].members.size();
    for (std::size_t i = 0; i < std::min(in_code, in_file); ++i) {
        if (member_name(code, i) != member_name(file, i)) {
            return "the module has " + member_name(code, i) + " where the snapshot has " +
                   member_name(file, i);
        }
    }
    if (in_code > in_file) return "the snapshot lacks " + member_name(code, in_file);
    if (in_file > in_code) return "the module lacks " + member_name(file, in_code);
    return "its messages or nested types differ";
}

}  // namespace

const FunctionInfo* Island::Impl::function_of(ObjectId target, std::string_view selector) {
    if (const ObjectTable::Slot* slot = objects.find(target)) {
        return slot->info->find_function(selector);
    }
    for (const Orphan& orphan : orphans) {
        if (orphan.name == selector) return &orphan.function;
    }
    Orphan& orphan = orphans.emplace_back(Orphan{std::string(selector), {}});
    orphan.function.name = orphan.name;
    return &orphan.function;
}

result<void> Island::Impl::restore(const Image& image) {
    std::vector<std::uint32_t> class_of;  // schema index of the image -> class index
    for (const Schema& schema : image.schemas) {
        std::uint32_t index = 0;
        while (index < classes.size() && classes[index].info->name != schema.class_name) ++index;
        if (index == classes.size()) {
            return unreadable("the snapshot has objects of class " + schema.class_name +
                              ", which this build of " + module.app() + " does not have");
        }
        if (teatime::schema_hash(schema) != classes[index].schema_hash) {
            return unreadable("class " + schema.class_name + " differs from the snapshot's: " +
                              schema_difference(classes[index].info->schema(), schema));
        }
        class_of.push_back(index);
    }
    for (const Image::Object& stored : image.objects) {
        std::uint32_t index = class_of[stored.schema];
        const ClassInfo* info = classes[index].info;
        Object* object = info->construct();
        ObjectAccess::set_id(*object, stored.id);
        objects.insert(stored.id, object, info, index);
        ByteReader fields(stored.fields);
        info->decode(*object, fields);
        if (!fields.done()) {
            return unreadable("the snapshot's object #" + std::to_string(stored.id.value) + " (" +
                              std::string(info->name) + ") is damaged");
        }
    }
    auto no_message = [&](ObjectId target, const std::string& selector) {
        return unreadable("the snapshot has a message " + selector + " for #" +
                          std::to_string(target.value) + ", which this build does not know");
    };
    for (const Image::Subscription& stored : image.subscriptions) {
        const FunctionInfo* function = function_of(stored.subscriber, stored.selector);
        if (!function || !objects.find(stored.subscriber)) {
            return no_message(stored.subscriber, stored.selector);
        }
        topics[{stored.scope, stored.event}].push_back({stored.subscriber, function});
    }
    for (const Image::Message& stored : image.queue) {
        PendingMessage message;
        message.time = stored.time;
        message.key = stored.external ? OrderKey::external(Seq{stored.order})
                                      : OrderKey::internal(stored.order);
        message.target = stored.target;
        message.sender = stored.sender;
        message.chain = stored.chain;
        message.cause = stored.cause_external ? OrderKey::external(Seq{stored.cause})
                                              : OrderKey::internal(stored.cause);
        message.arguments = Arguments(stored.arguments);
        if (!stored.external) {
            message.function = function_of(stored.target, stored.selector);
            if (!message.function) return no_message(stored.target, stored.selector);
        }
        queue.push(std::move(message));
    }
    names.insert(image.names.begin(), image.names.end());
    if (!random.set_state(image.random)) {
        return unreadable("the snapshot has no random state: it is damaged");
    }
    now = image.time;
    bound = image.time;
    executed_at_now = image.executed_at_time;
    seq = image.seq;
    next_object = image.next_object;
    next_internal = image.next_internal;
    root = image.root;
    objects.take_touched();  // nothing has been touched since the keyframe that this is
    return {};
}

}  // namespace teatime
