#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "teatime/state/hash.h"
#include "teatime/state/ids.h"
#include "teatime/state/image.h"

namespace teatime {

/// How the hash of a state is put together. An Island keeps it up to date step by step;
/// state_hash() computes the same from an Image, so that a stored state can be checked without its
/// code.

/// Hashes by object id in a tree of pages of 64: changing one costs its path, not the whole. The
/// root depends on the content only, not on how it came about or on ids that are gone.
class PageTree {
public:
    void set(ObjectId id, const Hash128& hash);  ///< O(1)
    void erase(ObjectId id);                     ///< O(1)
    Hash128 root();                              ///< O(pages changed since the last call x depth)

private:
    static constexpr std::size_t kFan = 64;
    struct Page {
        std::array<Hash128, kFan> hashes{};
        std::size_t used = 0;
        bool dirty = false;
    };
    Page& page_of(ObjectId id);

    std::vector<std::unique_ptr<Page>> pages_;
    std::vector<std::size_t> dirty_;
    std::vector<std::vector<Hash128>> levels_;  // levels_[0][i] = hash of page i
};

/// `id` and the identity of the class stand before the fields.
Hash128 object_hash(ObjectId id, const Hash128& schema, std::string_view fields);

/// Everything about a pending message that its execution depends on.
Hash128 message_hash(VirtualTime time, bool external, std::uint64_t order, ObjectId target,
                     std::string_view selector, std::string_view arguments, MemberId sender,
                     std::uint32_t chain);

/// A sum modulo 2^128, so that messages may come and go in any order.
class MessageSum {
public:
    void add(const Hash128& hash);
    void remove(const Hash128& hash);
    Hash128 sum() const { return sum_; }

private:
    Hash128 sum_;
};

/// Hash of names or subscriptions in their canonical order.
Hash128 names_hash(const std::vector<std::pair<std::string, ObjectId>>& names);
Hash128 subscriptions_hash(const std::vector<Image::Subscription>& subscriptions);

struct StateHashParts {
    VirtualTime time;
    std::uint64_t next_object = 0;
    std::uint64_t next_internal = 0;
    std::array<std::uint64_t, 4> random{};
    Hash128 objects;
    Hash128 names;
    Hash128 subscriptions;
    /// MessageSum of the pending internal messages. External ones are input that has not happened
    /// yet: how many of them a replica holds already depends on its connection.
    Hash128 queue;
};
Hash128 state_hash(const StateHashParts& parts);

/// From scratch. O(size).
Hash128 state_hash(const Image& image);

}  // namespace teatime
