#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "teatime/state/hash.h"
#include "teatime/state/ids.h"
#include "teatime/state/mark.h"
#include "teatime/state/result.h"
#include "teatime/state/schema.h"

namespace teatime {

/// The complete state of an Island as data: what a snapshot, a keyframe and an `.island` file
/// hold. Restoring it and going on gives the same states as never having stopped.
/// Plain values: may be moved between threads and processes.
struct Image {
    struct Object {
        ObjectId id;
        std::uint32_t schema = 0;  ///< index into `schemas`
        std::string fields;        ///< canonical encoding
        bool operator==(const Object&) const = default;
    };

    /// A message not yet executed.
    struct Message {
        VirtualTime time;
        bool external = false;
        std::uint64_t order = 0;  ///< external: its Seq; internal: a count over the Island's life
        ObjectId target;          ///< internal only
        std::string selector;     ///< internal only
        std::string arguments;    ///< internal: canonical encodings, one after the other, as the
                                  ///< target's class says; external: payload as received
        MemberId sender;          ///< external: who sent it; internal: of the external ancestor
        std::uint32_t chain = 0;  ///< zero-offset messages in a row that led to this one
        std::uint64_t cause = 0;  ///< internal: order of the message that sent it; not in the hash
        bool cause_external = false;  ///< that one was external
        bool operator==(const Message&) const = default;
    };

    struct Subscription {
        std::string scope;
        std::string event;
        ObjectId subscriber;
        std::string selector;
        bool operator==(const Subscription&) const = default;
    };

    std::string app;         ///< application id of the module
    std::string code_id;     ///< 64 hex digits: sources of the module and semantics of the engine
    std::string session_id;  ///< what the random state was seeded from
    VirtualTime time;        ///< of the last executed message
    std::uint64_t executed_at_time = 0;  ///< messages executed at exactly `time`: the n of a Mark
    Seq seq;                             ///< last external message that was enqueued
    std::uint64_t next_object = 1;       ///< above every id that was ever given
    std::uint64_t next_internal = 0;     ///< above every internal order that was ever given
    std::array<std::uint64_t, 4> random{};
    ObjectId root;
    std::vector<Schema> schemas;
    std::vector<Object> objects;                          ///< ascending ids
    std::vector<std::pair<std::string, ObjectId>> names;  ///< ascending
    std::vector<Subscription> subscriptions;              ///< in subscription order
    std::vector<Message> queue;                           ///< in execution order
    Hash128 hash;  ///< of the state, as the Island computed it

    Mark mark() const { return {BranchId{}, time, executed_at_time}; }
    const Object* find_object(ObjectId id) const;
    const std::string* name_of(ObjectId id) const;
    bool operator==(const Image&) const = default;
};

/// Binary form with version and checksum; zstd is left to the caller. O(size).
std::string encode_image(const Image& image);

/// Checks everything that restoring relies on: indices, order, sizes, encodings against schemas.
/// O(size) for any input.
result<Image> decode_image(std::string_view bytes);

/// The same checks for an image that was made otherwise, e.g. by editing.
result<void> check_image(const Image& image);

/// What changed from `base` to `next`: changed and new objects, deleted ids, queue entries that
/// came and went, all small parts. apply_delta(base, make_delta(base, next)) == next.
/// Requires: both pass check_image(). O(size) comparisons, the changes are copied.
std::string make_delta(const Image& base, const Image& next);

/// An error where the delta is damaged or was made from another base. Checks what it changes as
/// decode_image() does. Pass the base by std::move to save a copy.
result<Image> apply_delta(Image base, std::string_view delta);

}  // namespace teatime
