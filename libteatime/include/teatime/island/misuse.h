#pragma once

#include <stdexcept>
#include <string>

#include "teatime/island/export.h"

namespace teatime {

/// What a world can do wrong. Its name stands in logs and recordings.
enum class MisuseKind {
    unknown_target,    ///< no object of that name or id
    unknown_selector,  ///< the target's class has no such described function
    private_selector,  ///< described, but not public: only for futures and events
    wrong_arguments,   ///< number or kind of arguments; a number converts iff exactly representable
    bad_payload,       ///< an external message that is no `["target","selector",args...]`
    dead_reference,    ///< the object was destroyed
    empty_reference,   ///< a Ref that was never set
    wrong_class,       ///< a Ref to an object of another class
    outside_island,    ///< used while no message of an Island is being executed
    view_writes,       ///< draw() or input() tried to change the world
    not_described,     ///< a function that is not in BOOST_DESCRIBE_CLASS
    not_in_module,     ///< create() of a class that TEATIME_MODULE does not list
    negative_offset,   ///< a future in the past
    time_overflow,     ///< a future beyond the end of time
    zero_offset_chain,  ///< messages that follow each other without time passing, for ever
    too_many_pending    ///< the queue's limit
};

TEATIME_ISLAND_API const char* to_string(MisuseKind kind);

/// Thrown into the handler that misuses its Island. Deterministic: thrown on every replica alike.
class TEATIME_ISLAND_API Misuse : public std::logic_error {
public:
    Misuse(MisuseKind kind, const std::string& sentence)
        : std::logic_error(sentence), kind_(kind) {}
    ~Misuse() override;
    MisuseKind kind() const { return kind_; }

private:
    MisuseKind kind_;
};

}  // namespace teatime
