#include "teatime/state/state_hash.h"

#include <algorithm>

#include "teatime/state/bytes.h"

namespace teatime {
namespace {

std::string_view bytes_of(const Hash128* hashes, std::size_t count) {
    return {reinterpret_cast<const char*>(hashes), count * sizeof(Hash128)};
}

/// Empty children leave no trace at the end, and a node with only its first child is that child: so
/// the root is the same however tall the tree has once been.
Hash128 node_hash(const Hash128* children, std::size_t count) {
    while (count > 0 && children[count - 1] == Hash128{}) --count;
    if (count == 0) return {};
    if (count == 1) return children[0];
    return hash_bytes(bytes_of(children, count));
}

}  // namespace

PageTree::Page& PageTree::page_of(ObjectId id) {
    std::size_t index = id.value / kFan;
    if (index >= pages_.size()) pages_.resize(index + 1);
    if (!pages_[index]) pages_[index] = std::make_unique<Page>();
    Page& page = *pages_[index];
    if (!page.dirty) {
        page.dirty = true;
        dirty_.push_back(index);
    }
    return page;
}

void PageTree::set(ObjectId id, const Hash128& hash) {
    Page& page = page_of(id);
    Hash128& slot = page.hashes[id.value % kFan];
    if (slot == Hash128{}) ++page.used;
    slot = hash;
}

void PageTree::erase(ObjectId id) {
    std::size_t index = id.value / kFan;
    if (index >= pages_.size() || !pages_[index]) return;
    Page& page = page_of(id);
    Hash128& slot = page.hashes[id.value % kFan];
    if (slot != Hash128{}) --page.used;
    slot = {};
}

Hash128 PageTree::root() {
    if (levels_.empty()) levels_.emplace_back();
    levels_[0].resize(pages_.size());
    for (std::size_t index : dirty_) {
        Page& page = *pages_[index];
        page.dirty = false;
        levels_[0][index] = node_hash(page.hashes.data(), kFan);
        if (page.used == 0) pages_[index].reset();
    }
    std::vector<std::size_t> changed = std::move(dirty_);
    dirty_.clear();
    for (std::size_t level = 0; levels_[level].size() > 1; ++level) {
        if (levels_.size() == level + 1) {
            levels_.emplace_back();  // the tree has grown: all parents of this level are new
            changed.resize(levels_[level].size());
            for (std::size_t i = 0; i < changed.size(); ++i) changed[i] = i;
        }
        const std::vector<Hash128>& children = levels_[level];
        std::vector<Hash128>& parents = levels_[level + 1];
        parents.resize((children.size() + kFan - 1) / kFan);
        for (std::size_t& index : changed) index /= kFan;
        std::sort(changed.begin(), changed.end());
        changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
        for (std::size_t index : changed) {
            std::size_t first = index * kFan;
            parents[index] =
                node_hash(children.data() + first, std::min(kFan, children.size() - first));
        }
    }
    for (const std::vector<Hash128>& level : levels_) {
        if (level.size() == 1) return level[0];
    }
    return {};
}

Hash128 object_hash(ObjectId id, const Hash128& schema, std::string_view fields) {
    thread_local std::string buffer;
    buffer.clear();
    ByteWriter out(buffer);
    out.fixed(id.value);
    out.fixed(schema.low);
    out.fixed(schema.high);
    out.raw(fields);
    return hash_bytes(buffer);
}

Hash128 message_hash(VirtualTime time, bool external, std::uint64_t order, ObjectId target,
                     std::string_view selector, std::string_view arguments, MemberId sender,
                     std::uint32_t chain) {
    thread_local std::string buffer;
    buffer.clear();
    ByteWriter out(buffer);
    out.fixed(static_cast<std::int64_t>(time.time_since_epoch().count()));
    out.fixed(std::uint8_t{external});
    out.fixed(order);
    out.fixed(target.value);
    out.sized(selector);
    out.sized(arguments);
    out.fixed(sender.value);
    out.fixed(chain);
    return hash_bytes(buffer);
}

void MessageSum::add(const Hash128& hash) {
    sum_.low += hash.low;
    sum_.high += hash.high + (sum_.low < hash.low ? 1 : 0);
}

void MessageSum::remove(const Hash128& hash) {
    std::uint64_t borrow = sum_.low < hash.low ? 1 : 0;
    sum_.low -= hash.low;
    sum_.high -= hash.high + borrow;
}

Hash128 names_hash(const std::vector<std::pair<std::string, ObjectId>>& names) {
    std::string buffer;
    ByteWriter out(buffer);
    for (const auto& [name, id] : names) {
        out.sized(name);
        out.fixed(id.value);
    }
    return hash_bytes(buffer);
}

Hash128 subscriptions_hash(const std::vector<Image::Subscription>& subscriptions) {
    std::string buffer;
    ByteWriter out(buffer);
    for (const Image::Subscription& subscription : subscriptions) {
        out.sized(subscription.scope);
        out.sized(subscription.event);
        out.fixed(subscription.subscriber.value);
        out.sized(subscription.selector);
    }
    return hash_bytes(buffer);
}

Hash128 state_hash(const StateHashParts& parts) {
    std::string buffer;
    ByteWriter out(buffer);
    out.fixed(static_cast<std::int64_t>(parts.time.time_since_epoch().count()));
    out.fixed(parts.next_object);
    out.fixed(parts.next_internal);
    for (std::uint64_t word : parts.random) out.fixed(word);
    for (const Hash128& hash : {parts.objects, parts.names, parts.subscriptions, parts.queue}) {
        out.fixed(hash.low);
        out.fixed(hash.high);
    }
    return hash_bytes(buffer);
}

Hash128 state_hash(const Image& image) {
    std::vector<Hash128> schemas;
    for (const Schema& schema : image.schemas) schemas.push_back(schema_hash(schema));
    PageTree objects;
    for (const Image::Object& object : image.objects) {
        objects.set(object.id, object_hash(object.id, schemas[object.schema], object.fields));
    }
    MessageSum queue;
    for (const Image::Message& message : image.queue) {
        if (message.external) continue;
        queue.add(message_hash(message.time, message.external, message.order, message.target,
                               message.selector, message.arguments, message.sender, message.chain));
    }
    return state_hash({image.time, image.next_object, image.next_internal, image.random,
                       objects.root(), names_hash(image.names),
                       subscriptions_hash(image.subscriptions), queue.sum()});
}

}  // namespace teatime
