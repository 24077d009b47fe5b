#include <cxxabi.h>

#include <charconv>
#include <cstdlib>
#include <new>
#include <typeinfo>

#include "island_impl.h"
#include "teatime/island/class_info.h"
#include "teatime/state/assert.h"

namespace teatime {
namespace {

void describe_island(const void* context) {
    auto& island = *static_cast<const Island::Impl*>(context);
    std::fprintf(stderr, "  while executing a message of %s at %s, %zu objects, %zu pending\n",
                 island.module.app().c_str(),
                 to_string(Mark{{}, island.now, island.executed_at_now}).c_str(),
                 island.objects.size(), island.queue.size());
}

std::string shown(std::string_view text) {
    constexpr std::size_t kShown = 80;
    return '"' + std::string(text.substr(0, kShown)) + (text.size() > kShown ? "...\"" : "\"");
}

std::string selectors_of(const ClassInfo& info) {
    std::string all;
    for (const FunctionInfo& function : info.functions) {
        if (function.is_public) all += (all.empty() ? "" : ", ") + std::string(function.name);
    }
    return all.empty() ? "none" : all;
}

}  // namespace

std::string current_exception_type() {
    const std::type_info* type = abi::__cxa_current_exception_type();
    if (!type) return "unknown exception";
    int status = 0;
    char* name = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
    std::string text = status == 0 ? name : type->name();
    std::free(name);
    return text;
}

template <class Body>
void Island::Impl::run(Body body) {
    AssertScope scope(&describe_island, this);
    CurrentIsland current(*this, false);
    auto failed_with = [&](std::string type, std::string sentence) {
        error =
            HandlerError{{BranchId{}, now, executed_at_now}, std::move(type), std::move(sentence)};
    };
    try {
        body();
    } catch (const Misuse& misuse) {
        failed_with(to_string(misuse.kind()), misuse.what());
    } catch (const std::bad_alloc&) {
        // Depends on this machine, not on the history: the replica ends, other replicas go on.
        describe_island(this);
        std::fprintf(stderr, "teatime: out of memory: this replica ends\n");
        std::abort();
    } catch (const std::exception& exception) {
        failed_with(current_exception_type(), exception.what());
    } catch (...) {
        failed_with(current_exception_type(), "thrown by a handler");
    }
}

std::optional<Executed> Island::Impl::execute_next() {
    if (queue.empty() || queue.next_time() > bound) return std::nullopt;
    const bool refilled = queue.refills();
    PendingMessage message = queue.pop();
    prefetch(refilled);
    TEATIME_ASSERT(message.time >= now, "a message must never be executed in the past");
    if (message.time != now) {
        now = message.time;
        executed_at_now = 0;
        zero_offsets_at_now = 0;
    }
    ++executed_at_now;
    ++executed;
    sender = message.sender;
    chain = message.chain;
    running_key = message.key;
    if (error) error.reset();

    Executed done;
    done.time = now;
    done.n = executed_at_now;
    done.external = message.key.is_external();
    done.order = message.key.number();
    done.cause = message.cause.number();
    done.cause_external = message.cause.is_external();
    done.target = message.target;
    done.sender = message.sender;
    if (done.external) {
        execute_external(message, done);
    } else {
        execute_internal(message, done);
    }
    bury();
    if (error) done.error = &*error;
    if (!events.empty()) {
        std::vector<Event> told = std::move(events);
        events.clear();
        for (const Event& event : told) observer(event.scope, event.event, event.arguments);
    }
    return done;
}

/// What the next messages need comes out of memory while this one is executed: with many objects,
/// half of the time would be spent waiting for it.
void Island::Impl::prefetch(bool refilled) const {
    if (refilled) {
        queue.for_each_near([&](const PendingMessage& message) __attribute__((always_inline)) {
            objects.prefetch_slot(message.target);
        });
    }
    if (!queue.empty()) objects.prefetch_object(queue.next().target);
}

void Island::Impl::execute_internal(const PendingMessage& message, Executed& done) {
    ObjectTable::Slot* slot = objects.find(message.target);
    const FunctionInfo& function = *message.function;
    done.selector = function.name;
    if (!slot) return;  // destroyed while the message was pending: it is dropped
    done.class_name = slot->info->name;
    if (chain + kTrail > limits.zero_offset_chain) {
        trail.push_back(std::string(slot->info->name) + "." + std::string(function.name));
    } else if (!trail.empty()) {
        trail.clear();
    }
    objects.touch(message.target);
    run([&] {
        ByteReader arguments(message.arguments.view());
        bool decoded = function.invoke(*slot->object, arguments);
        TEATIME_ASSERT(decoded, "arguments of an internal message must decode");
    });
}

void Island::Impl::execute_external(const PendingMessage& message, Executed& done) {
    run([&] {
        auto bad = [&](const std::string& why) {
            throw Misuse(MisuseKind::bad_payload,
                         why + ": " + shown(message.arguments.view()) +
                             "; a call is [\"target\",\"selector\",arguments...]");
        };
        result<Value> payload = parse_json(message.arguments.view());
        if (!payload) bad("the payload is no JSON (" + payload.error().message + ")");
        if (payload->if_entries()) return execute_members(*payload);
        const std::string* text = payload->if_string();
        if (!text) bad("the payload is neither a text nor the router's own message");
        result<Value> call = parse_json(*text);
        if (!call) bad("the payload is no call (" + call.error().message + ")");
        const Value::List* list = call->if_list();
        if (!list || list->size() < 2 || !(*list)[0].if_string() || !(*list)[1].if_string()) {
            bad("the payload is no call");
        }
        execute_call(*call, done);
    });
}

void Island::Impl::execute_call(const Value& call, Executed& done) {
    const Value::List& list = *call.if_list();
    const std::string& target = *list[0].if_string();
    unknown_selector = *list[1].if_string();
    done.selector = unknown_selector;
    done.target = find(target);
    ObjectTable::Slot* slot = done.target ? objects.find(done.target) : nullptr;
    if (!slot) {
        throw Misuse(MisuseKind::unknown_target, "no object is named " + shown(target));
    }
    done.class_name = slot->info->name;
    const FunctionInfo* found = slot->info->find_function(done.selector);
    if (!found) {
        throw Misuse(MisuseKind::unknown_selector, std::string(slot->info->name) +
                                                       " has no message " + shown(done.selector) +
                                                       "; it has " + selectors_of(*slot->info));
    }
    const FunctionInfo& function = *found;
    if (!function.is_public) {
        throw Misuse(MisuseKind::private_selector,
                     std::string(slot->info->name) + "." + std::string(function.name) +
                         " is private: it may come from futures and events only");
    }
    done.selector = function.name;
    std::string encoded;
    ByteWriter out(encoded);
    if (auto converted = function.convert(std::span(list).subspan(2), out); !converted) {
        throw Misuse(MisuseKind::wrong_arguments, std::string(slot->info->name) + "." +
                                                      std::string(function.name) + ": " +
                                                      converted.error().message);
    }
    objects.touch(done.target);
    ByteReader arguments(encoded);
    bool decoded = function.invoke(*slot->object, arguments);
    TEATIME_ASSERT(decoded, "arguments that were just converted must decode");
}

void Island::Impl::execute_members(const Value& users) {
    ObjectTable::Slot* slot = objects.find(root);
    if (!slot) return;
    auto tell = [&](const char* key, void (*handler)(Object&, MemberId)) {
        const Value* entry = users.find(key);
        const Value::List* members = entry ? entry->if_list() : nullptr;
        if (!members || !handler) return;
        for (const Value& member : *members) {
            std::uint64_t id = 0;
            if (!detail::exact_unsigned(member, id)) continue;
            slot = objects.find(root);
            if (!slot) return;
            objects.touch(root);
            sender = MemberId{id};
            handler(*slot->object, MemberId{id});
        }
    };
    tell("left", slot->info->member_left);
    tell("joined", slot->info->member_joined);
}

void Island::Impl::bury() {
    for (const ObjectTable::Slot& slot : graveyard) slot.info->destroy(slot.object);
    graveyard.clear();
}

void Island::Impl::throw_zero_offset_chain() const {
    // The shortest period with which the trail repeats is the cycle.
    std::string cycle = "too many different messages to name";
    for (std::size_t period = 1; period <= trail.size() / 2; ++period) {
        bool repeats = true;
        for (std::size_t i = trail.size() - period; repeats && i > trail.size() - 2 * period; --i) {
            repeats = trail[i - 1] == trail[i - 1 + period];
        }
        if (!repeats || trail[trail.size() - 1] != trail[trail.size() - 1 - period]) continue;
        cycle.clear();
        for (std::size_t i = trail.size() - period; i < trail.size(); ++i) {
            cycle += (cycle.empty() ? "" : " -> ") + trail[i];
        }
        break;
    }
    throw Misuse(MisuseKind::zero_offset_chain,
                 std::to_string(limits.zero_offset_chain) +
                     " messages followed each other without time passing: " + cycle +
                     "; give one of them an offset above zero");
}

}  // namespace teatime
