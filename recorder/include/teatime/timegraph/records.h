#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "teatime/state/ids.h"
#include "teatime/state/mark.h"
#include "teatime/state/time.h"
#include "teatime/timegraph/meta_names.h"

/// What a time-graph holds, as plain values.
namespace teatime::timegraph {

/// The router's wall clock: UTC.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

/// An external message as the router reflected it, byte for byte. On the wire it is the tuple
/// `[time, seq, payload extra]`.
struct Message {
    Stamp stamp;
    MemberId sender;      ///< 0: the router itself, or not known
    std::string payload;  ///< JSON text of the tuple's payload element
    std::string extra;    ///< further elements as text, with their leading comma; often empty
    bool operator==(const Message&) const = default;
};

/// The same without owning the bytes.
struct MessageView {
    Stamp stamp;
    MemberId sender;
    std::string_view payload;
    std::string_view extra;

    MessageView() = default;
    MessageView(Stamp stamp_, MemberId sender_, std::string_view payload_,
                std::string_view extra_ = {})
        : stamp(stamp_), sender(sender_), payload(payload_), extra(extra_) {}
    MessageView(const Message& message)
        : stamp(message.stamp),
          sender(message.sender),
          payload(message.payload),
          extra(message.extra) {}
    Message copy() const { return {stamp, sender, std::string(payload), std::string(extra)}; }
    bool operator==(const MessageView&) const = default;
};

/// What the recording is of. Empty = not known.
struct Meta {
    std::string kind;      ///< "native", "croquet" or "vwf"
    std::string app;       ///< application id or name
    std::string code_id;   ///< of the module
    std::string session;   ///< session id
    std::string name;      ///< the session's name, as people typed it
    std::string router;    ///< who stamped: program, version, place
    std::string recorder;  ///< who wrote the file
    Duration tick{};
    std::map<std::string, std::string> more;  ///< anything else; unknown names are kept
    bool operator==(const Meta&) const = default;
};

struct Vote {
    Mark mark;
    MemberId member;
    std::string hash;  ///< as the member sent it; native: 32 hex digits
    bool operator==(const Vote&) const = default;
};

/// From `stamp` on, virtual time ran `rate` times as fast as the wall; 0 = paused.
struct ClockPoint {
    Stamp stamp;
    WallTime wall;
    double rate = 1;
    bool operator==(const ClockPoint&) const = default;
};

struct Bookmark {
    Mark mark;
    WallTime written;
    std::string author;
    std::string comment;
    bool operator==(const Bookmark&) const = default;
};

/// What a branch changes in the messages of its parent, or in the state at the fork.
struct Edit {
    std::string what;  ///< "drop", "replace", "delay", "insert" or "set"; layout.h says of what
    Seq seq;
    VirtualTime time{};
    std::uint64_t n = 0;
    MemberId sender;
    std::string path;
    std::string payload;
    std::string extra;
    bool operator==(const Edit&) const = default;
};

/// A what-if continuation: its parent up to the fork, with edits, which are applied in order.
struct Branch {
    BranchId id;
    Mark fork;  ///< on the parent, which has a lower id
    WallTime made;
    std::string name;
    std::vector<Edit> edits;
    bool operator==(const Branch&) const = default;
};

struct Member {
    MemberId id;
    std::string name;
    std::string role;
    Stamp joined;
    std::optional<Stamp> left;
    bool operator==(const Member&) const = default;
};

/// Messages after `after` and before `before` are not in the file.
struct Gap {
    Stamp after;
    Stamp before;
    std::string why;
    bool operator==(const Gap&) const = default;
};

/// A handler threw: part of the history, on every replica alike.
struct HandlerError {
    Mark mark;
    Seq seq;  ///< of the external message that led to it
    std::string type;
    std::string sentence;
    bool operator==(const HandlerError&) const = default;
};

/// Copy of a foreign session's snapshot file.
struct ForeignFile {
    Stamp stamp;       ///< the state that it holds
    std::string path;  ///< as the session named it
    std::string bytes;
    bool operator==(const ForeignFile&) const = default;
};

struct KeyframeInfo {
    enum class Kind { full, delta, foreign };
    std::int64_t id = 0;
    Mark mark;
    Seq seq;  ///< last external message in it: replay goes on with the next one
    Kind kind = Kind::full;
    std::string hash;  ///< of the state
    std::size_t stored_bytes = 0;
    bool operator==(const KeyframeInfo&) const = default;
};

}  // namespace teatime::timegraph
