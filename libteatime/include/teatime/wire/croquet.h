#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "teatime/session/frames.h"
#include "teatime/state/result.h"
#include "teatime/wire/chunks.h"

/// The Croquet reflector protocol: JSON text frames to plain structs and back, for unmodified
/// @croquet/croquet clients and for native ones. What native clients need beyond it:
///
///     JOIN, SYNC   args have an object `teatime`
///     SEND         `tags.number` counts the member's sends
///     SNAP, REQU   `args.request` names the request that a snapshot answers
///     VOTE         {"mark": "12s", "hash": "32 hex digits"}                        to the server
///     STEP         {"id": 4, "mark": "12.5s#3", "hash": "...", "next": 12750}      to the server
///     PULL         1250.5 (ms)                                                     to the server
///     TIME         the payload of the time message asked for, `id` = the request's number,
///                  `to` = a step's duration                                        to the server
///     PULLER       {"member": 2}                                                 from the server
///     INFO         of code SPLIT: args have `groups` as those of STEPPED         from the server
///     STEPPED      {"op": {...}, "groups": [...], "missing": [...], "state": {...}}
///     TIMED        {"request": 4, "refused": "", "state": {...}, "outcome": {...}}
///     LEAD         {"request": 5, "op": "take" | "hand" | "release", "to": 2}      to the server
///     LEAD         {"holder": 2, "name": "Ann", "away": true, "left": 9500 (ms)} from the server
///     NOTE         {"request": 6, "mark": "12.5s#3", "text": "..."}                to the server
///     NOTES        [{"id": 1, "mark": ..., "member": 2, "author": "Ann", "text": ...}, ...]
///     VIEW         {"mark": "12.5s#3", "follows": false,
///                  "pointsAt": "bounce.discs[3]"}, 256 bytes at most, absent = nothing
///                                                                                 to the server
///     VIEWS        [{"member": 2, "mark": ..., "follows": ..., "pointsAt": ...}, ...]
///     ANSWER       {"request": 5, "refused": ""}                                 from the server
///     MEMBERS      {"whole": true, "members": [{"id": 2, "name": "Ann", "role": "viewer",
///                  "replica": true, "here": true}, ...], "gone": [3], "total": 2}
///     WAITING      {"total": 2, "messages": [{"sender": 2, "payload": "...", "bytes": 40}, ...]}
///
/// Others ignore these. Payloads and what follows them in a tuple pass through byte for byte; times
/// go from decimal text to integers. The wire's 32-bit sequence numbers exist only here.
namespace teatime::wire {

/// To be answered with encode_pong().
struct Ping {
    std::string args_json;  ///< empty: none
};
/// PULSE, LOG, SAVE and actions that nobody knows: nothing to do.
struct Ignored {
    std::string action;
    std::string note;  ///< of LOG: what the client says, as JSON
};
/// The connection is to be closed with this.
struct Refused {
    session::CloseCode code;
    std::string reason;
};
using ClientInput = std::variant<session::ClientFrame, Ping, Ignored, Refused>;

/// Requires: valid UTF-8. `last` is the session's last Seq. A SEND of 200 bytes takes about 0.5 us.
ClientInput decode_client_frame(std::string_view text, Seq last);

/// The same text for every receiver.
std::string encode_frame(const session::Frame& frame, std::string_view session_id);
std::string encode_pong(const Ping& ping);

/// A frame to the server. A JoinRequest with details_json sends these as they are.
std::string encode_client_frame(const session::ClientFrame& frame, std::string_view session_id);

/// Reads what a server sends on one connection: puts chunks together, gives messages their 64-bit
/// Seq, and their sender where the session is native.
class ServerDecoder {
public:
    /// `last`: the last Seq known, where the client has been in this session before.
    explicit ServerDecoder(Seq last = {}, std::size_t most_bytes = std::size_t{256} << 20)
        : last_(last), chunks_(most_bytes) {}

    /// Nothing where the text is half of a frame, or an action that we do not know.
    result<std::optional<session::Frame>> decode(std::string_view text);

private:
    result<std::optional<session::Frame>> decode_whole(std::string_view text);
    result<session::Frame> decode_sync(std::string_view id, std::string_view args);
    result<session::MessagePtr> decode_message(std::string_view tuple, Seq near) const;

    Seq last_;
    session::Kind kind_ = session::Kind::undecided;
    Chunks chunks_;
};

}  // namespace teatime::wire
