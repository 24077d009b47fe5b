#pragma once

#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "message_queue.h"
#include "object_table.h"
#include "teatime/island/class_info.h"
#include "teatime/island/island.h"
#include "teatime/island/misuse.h"
#include "teatime/island/module.h"
#include "teatime/island/random.h"
#include "teatime/state/json.h"
#include "teatime/state/schema.h"

namespace teatime {

/// What each class of a module needs beside its ClassInfo, made once per Island.
struct ClassFacts {
    const ClassInfo* info = nullptr;
    Hash128 schema_hash;
};

struct ObjectAccess {
    static void set_id(Object& object, ObjectId id);
};

class Island::Impl {
public:
    Impl(const Module& the_module, std::string the_session_id, const IslandLimits& the_limits);
    ~Impl();

    // Execution (execute.cpp)
    std::optional<Executed> execute_next();
    void prefetch(bool refilled) const;
    void execute_internal(const PendingMessage& message, Executed& done);
    void execute_external(const PendingMessage& message, Executed& done);
    void execute_call(const Value& call, Executed& done);
    void execute_members(const Value& users);
    /// Runs `body` as a message of this Island; what it throws becomes `error_`.
    template <class Body>
    void run(Body body);

    // Called by running messages (runtime.cpp)
    Object& create(const ClassInfo& info);
    void destroy(ObjectId id);
    void future(Duration offset, ObjectId target, const FunctionInfo& function,
                std::string_view arguments);
    void publish(std::string_view scope, std::string_view event, Value::List arguments);
    void check_writable() const;

    // State as data (island_image.cpp)
    Hash128 hash();
    Image image();
    result<void> restore(const Image& image);
    std::vector<std::pair<std::string, ObjectId>> name_list() const;
    std::vector<Image::Subscription> subscription_list() const;

    ObjectId find(std::string_view name) const;
    std::uint32_t class_index(const ClassInfo& info) const;
    const FunctionInfo* function_of(ObjectId target, std::string_view selector);
    void bury();
    [[noreturn]] void throw_zero_offset_chain() const;

    struct Subscriber {
        ObjectId object;
        const FunctionInfo* function = nullptr;
    };
    using Topic = std::pair<std::string, std::string>;  // scope, event

    const Module& module;
    const std::string session_id;
    const IslandLimits limits;
    std::vector<ClassFacts> classes;

    ObjectTable objects;
    PageTree object_hashes;
    MessageQueue queue;
    Random random;
    std::map<std::string, ObjectId, std::less<>> names;
    std::map<Topic, std::vector<Subscriber>> topics;
    Hash128 names_hash;
    Hash128 topics_hash;
    bool names_changed = true;
    std::uint64_t names_version = 0;
    bool topics_changed = true;

    VirtualTime now{};
    VirtualTime bound{};
    std::uint64_t executed_at_now = 0;
    Seq seq;
    std::uint64_t next_object = 1;
    std::uint64_t next_internal = 0;
    ObjectId root;
    std::uint64_t executed = 0;

    // The running message.
    bool running = false;
    bool read_only = false;                            // draw() and input()
    OrderKey running_key = OrderKey::external(Seq{});  // before the first: init()
    MemberId sender;
    std::uint32_t chain = 0;
    std::uint64_t zero_offsets_at_now = 0;
    std::vector<ObjectTable::Slot> graveyard;
    std::string unknown_selector;  // keeps Executed::selector alive

    /// Of messages that were pending for a destroyed object when a snapshot was taken: they will be
    /// dropped, but count in the hash until then.
    struct Orphan {
        std::string name;
        FunctionInfo function;
    };
    std::list<Orphan> orphans;
    std::optional<HandlerError> error;

    /// The last messages of a suspiciously long zero-offset chain, to name its cycle.
    static constexpr std::size_t kTrail = 64;
    std::vector<std::string> trail;

    struct Event {
        std::string scope;
        std::string event;
        Value::List arguments;
    };
    EventObserver observer;
    std::vector<Event> events;
};

/// The Island whose message the thread is executing.
inline constinit thread_local Island::Impl* current_island = nullptr;

/// `std::out_of_range` for what is being handled.
std::string current_exception_type();

class CurrentIsland {
public:
    CurrentIsland(Island::Impl& island, bool read_only)
        : outer_(current_island), island_(island), outer_read_only_(island.read_only) {
        current_island = &island;
        island.running = true;
        island.read_only = read_only;
    }
    ~CurrentIsland() {
        current_island = outer_;
        island_.running = false;
        island_.read_only = outer_read_only_;
    }
    CurrentIsland(const CurrentIsland&) = delete;
    CurrentIsland& operator=(const CurrentIsland&) = delete;

private:
    Island::Impl* outer_;
    Island::Impl& island_;
    bool outer_read_only_;
};

}  // namespace teatime
