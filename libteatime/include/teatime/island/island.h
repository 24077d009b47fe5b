#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "teatime/island/export.h"
#include "teatime/state/image.h"
#include "teatime/state/value.h"

namespace teatime {

struct ClassInfo;
class Module;
class Object;
class Scene;
class Sender;
struct Input;

/// A message stamped by the router, as it is recorded and replayed.
struct ExternalMessage {
    Stamp stamp;
    MemberId sender;  ///< set by the router; 0 = the router itself
    /// JSON text of the payload exactly as reflected. A call is a JSON string whose content is
    /// `["target","selector",args...]`; the router's own messages are objects with "what".
    std::string payload;
};

/// What a handler's exception leaves behind. History: it happens on every replica alike.
struct HandlerError {
    Mark mark;
    std::string type;      ///< `std::out_of_range`, or the name of a misuse: `unknown selector`
    std::string sentence;  ///< for people; not part of any state
};

/// One executed message.
struct Executed {
    VirtualTime time;
    std::uint64_t n = 0;  ///< it was the n-th at exactly `time`, from 1
    bool external = false;
    std::uint64_t order = 0;  ///< external: Seq; internal: count over the Island's life
    /// Internal: order of the message that sent it; external 0: none did, init() of the root.
    std::uint64_t cause = 0;
    bool cause_external = false;
    ObjectId target;
    MemberId sender;
    std::string_view class_name;          ///< of the target; empty where there was none
    std::string_view selector;            ///< valid until the next execute_next()
    const HandlerError* error = nullptr;  ///< valid until the next execute_next()

    Mark mark() const { return {BranchId{}, time, n}; }
};

/// The message that will be executed next. All texts are valid until the Island is used again.
struct NextMessage {
    VirtualTime time;
    std::uint64_t n = 0;  ///< it will be the n-th at exactly `time`, from 1
    bool external = false;
    std::uint64_t order = 0;
    MemberId sender;
    ObjectId target;              ///< internal only, as the next two
    std::string_view class_name;  ///< empty where the target is gone
    std::string_view selector;
    std::string_view arguments;  ///< internal: canonical; external: the payload
};

/// Bounds on what one world may do; breaking one is an error with a name on every replica alike.
struct IslandLimits {
    std::uint32_t zero_offset_chain = 10'000;        ///< messages in a row without time passing
    std::uint64_t zero_offset_instant = 10'000'000;  ///< zero-offset messages in one instant
    std::uint64_t pending = 50'000'000;              ///< messages in the queue
};

/// A replica of a replicated world: deterministic objects and a queue of messages in virtual
/// time. Same start and same stamped messages give the same state everywhere.
///
/// Everything that runs an Island (live, join, replay, stepping) is a loop over enqueue(),
/// set_bound() and execute_next(). No I/O, no clock, no threads; used by one thread at a time,
/// several Islands per thread.
class TEATIME_ISLAND_API Island {
public:
    /// Creates the root, runs its init() at time zero. An exception in there is the error.
    static result<std::unique_ptr<Island>> create(const Module& module, std::string session_id,
                                                  const IslandLimits& limits = {});

    /// Goes on from a snapshot. An error names the classes and fields in which the module differs.
    /// O(size).
    static result<std::unique_ptr<Island>> restore(const Module& module, const Image& image,
                                                   const IslandLimits& limits = {});
    ~Island();

    /// Appends a stamped message to the queue. Router messages that no model sees only advance
    /// seq(). An error where its seq is not above seq() or its time is before now(): it names both.
    /// O(log pending).
    result<void> enqueue(ExternalMessage message);

    /// Allows execution up to and including `bound`. A lower bound than before changes nothing.
    void set_bound(VirtualTime bound);
    VirtualTime bound() const;

    /// Executes the next message that is due within the bound: time, then internal before external,
    /// then order. Empty when there is none.
    std::optional<Executed> execute_next();

    VirtualTime now() const;  ///< time of the last executed message
    Seq seq() const;          ///< last enqueued
    Mark mark() const;        ///< position: (now, executed at now)
    /// Time of the next pending message, due or not.
    std::optional<VirtualTime> next_time() const;
    bool next_is_external() const;            ///< Requires: next_time()
    std::optional<NextMessage> next() const;  ///< due or not; about 10 ns
    std::size_t pending() const;
    std::uint64_t executed() const;  ///< since creation or restore, for statistics

    /// Hash of objects, names, subscriptions, pending internal messages, random state and now();
    /// never of the bound or of external messages that are not executed yet.
    /// Costs the objects touched and messages queued since the last call.
    Hash128 hash();

    /// The complete state as data. O(size).
    Image image();

    /// Objects touched (created, sent a message, written to, destroyed) since the last call.
    std::vector<ObjectId> take_touched();

    /// From now on tells which of these objects, there or not, messages touch: 1 ns a message that
    /// touches none. In place of those watched before; changes nothing for take_touched().
    void watch(std::vector<ObjectId> ids);
    bool watched_touched() const;
    /// Each watched object once that was touched since the last call.
    std::vector<ObjectId> take_watched();
    /// Changes whenever what find() answers may have.
    std::uint64_t names_version() const;
    /// Appends an object's canonical fields; its class, or null where there is no such object.
    const ClassInfo* encode(ObjectId id, std::string& fields) const;

    const Module& module() const;
    const std::string& session_id() const;

    /// A published name, the app id, `root` or `#17`; empty where there is none.
    ObjectId find(std::string_view name) const;
    /// What people call an object: `counter`, else `#17`. O(names).
    std::string name_of(ObjectId id) const;
    std::size_t object_count() const;

    bool can_draw() const;
    bool can_input() const;
    /// The root's draw(); an exception in it ends the picture, which tells it as its problem().
    /// Never changes state.
    void draw(Scene& scene);
    /// The root's input(): what the user did becomes external messages through `sender`; an
    /// exception in it ends it, and is the error.
    result<void> input(const Input& input, Sender& sender);

    /// Told after each message about every event published in it. Not part of the state.
    using EventObserver = std::function<void(std::string_view scope, std::string_view event,
                                             std::span<const Value> arguments)>;
    void set_event_observer(EventObserver observer);

    class Impl;

private:
    explicit Island(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace teatime
