#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "teatime/state/ids.h"
#include "teatime/state/value.h"

namespace teatime {

/// What can be asked of a message, in expressions and elsewhere.
enum class MessageField : std::uint8_t {
    time,      ///< microseconds since the session began
    seq,       ///< null of a future message
    sender,    ///< number of the member, 0 = the router; null of a future message
    kind,      ///< kMessageKinds
    target,    ///< null where it is no call
    selector,  ///< the same
    args,      ///< a list; the same
    payload    ///< text as it was sent: of a JSON string what it says; null of a future message
};

/// Calls; what the router itself says; anything else, as in an encrypted session; and what was made
/// inside the Island and never sent.
namespace message_kind {
inline constexpr const char* kCall = "call";
inline constexpr const char* kRouter = "router";
inline constexpr const char* kOther = "other";
inline constexpr const char* kFuture = "future";
}  // namespace message_kind

/// A message as expressions see it. Decodes the payload when it is first asked for something in it,
/// about 1 us; used by one thread at a time.
class MessageFacts {
public:
    /// An external one. `payload`, JSON text as it was reflected, must outlive this.
    MessageFacts(Stamp stamp, MemberId sender, std::string_view payload);
    /// A call of which it is known already what it says; `payload` makes its JSON text, if that is
    /// asked for.
    static MessageFacts call(Stamp stamp, MemberId sender, std::string target, std::string selector,
                             Value::List arguments, std::function<std::string_view()> payload);
    static MessageFacts future(VirtualTime time, std::string target, std::string selector,
                               Value::List arguments);

    const Value& operator[](MessageField field) const;

private:
    MessageFacts() = default;
    void decode() const;

    Value time_, seq_, sender_;
    std::string_view text_;
    mutable std::function<std::string_view()> make_payload_;
    mutable bool decoded_ = false;
    mutable Value kind_, target_, selector_, args_, payload_;
};

}  // namespace teatime
