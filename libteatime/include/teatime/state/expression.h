#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "teatime/state/ids.h"
#include "teatime/state/message_facts.h"
#include "teatime/state/result.h"
#include "teatime/state/value.h"

namespace teatime {

/// What is known of several messages at once, without looking at each.
class MessageGroup {
public:
    MessageGroup(Stamp first, Stamp last) : first_(first), last_(last) {}
    virtual ~MessageGroup() = default;
    Stamp first() const { return first_; }
    Stamp last() const { return last_; }

    /// All values that occur, null included, and no others; of sender, kind, target and selector.
    /// Null where that is not known.
    virtual const std::vector<Value>* values(MessageField field) const = 0;
    /// False only where surely no message has this value there.
    virtual bool may_have(MessageField field, const Value& value) const = 0;

private:
    Stamp first_, last_;
};

/// A question to which a message answers yes or no, in a small language:
///
///     selector == "click" && args[0] > 10
///
///     expression := all ("||" all)*
///     all        := not ("&&" not)*
///     not        := "!" (not | value) | comparison
///     comparison := value [("==" | "!=" | "<" | "<=" | ">" | ">=" | "contains") value]
///     value      := "(" expression ")" | field | number | text | time | "true" | "false" | "null"
///     field      := "time" | "seq" | "sender" | "kind" | "target" | "selector" | "payload"
///                 | "args" ("[" index "]" | "[" text "]" | "." name)*
///     text       := as in JSON, in single or double quotes; time := 12.5s, 500ms, 1:02:03.25
///
/// What a field holds stands at MessageField. An argument that is not there is null. Numbers
/// compare by their exact values, text byte by byte, lists and objects by == and != alone. Values
/// of different kinds are not equal, and none is below the other. `contains` looks for text in a
/// text or for an element in a list. A value that stands alone holds where it is `true`. What can
/// never be true by its kinds, as `sender == "Ann"`, is refused.
///
/// Immutable and cheap to copy; may be used by any number of threads.
class Expression {
public:
    static constexpr std::size_t kMaxText = 16 * 1024;  ///< bytes
    static constexpr std::size_t kMaxDepth = 64;        ///< parentheses and ! in each other

    /// The error is one sentence that begins with `column 10: `; `error_at`, if not null, becomes
    /// the place of it in `text`, in bytes.
    static result<Expression> parse(std::string_view text, std::size_t* error_at = nullptr);

    /// O(size of the expression) and about 1 us to decode the message's payload.
    bool holds(const MessageFacts& message) const;

    /// False only where it holds for none of the messages. Never decodes anything.
    bool may_hold(const MessageGroup& group) const;

    /// External messages for which it holds have their stamps within, both included.
    struct Reach {
        VirtualTime from = VirtualTime::min(), to = VirtualTime::max();
        Seq first{0}, last{~std::uint64_t{0}};
        bool operator==(const Reach&) const = default;
    };
    Reach reach() const;

    std::string text() const;  ///< parse() of it is equal to this
    bool operator==(const Expression& other) const;

    struct Node;  ///< what it is made of: of no use outside

private:
    class Parser;
    explicit Expression(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
    std::shared_ptr<const Node> root_;
};

}  // namespace teatime
