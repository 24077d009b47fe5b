#pragma once

#include <cstdint>

namespace teatime::session {

/// WebSocket close codes. Clients reconnect by themselves after codes below 4100 (and 4110);
/// 4100 and above are final.
enum class CloseCode : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    too_big = 1009,
    unknown_session = 4000,  ///< also a client's own: sequence error, rejoin
    unresponsive = 4001,     ///< cannot keep up: its send queue is full
    inactive = 4002,
    please_reconnect = 4003,
    outdated = 4100,  ///< no session id or version
    bad_app = 4101,
    malformed = 4102,  ///< not JSON, wrong shape, or out of order
    bad_key = 4103,
    wrong_kind = 4104,  ///< a native client at a Croquet session, or the reverse
    wrong_code = 4105,  ///< another build of the app than the session's
    not_granted = 4106,
    session_full = 4107,
    superseded = 4108,  ///< the same member came on another connection
    unknown_error = 4109,
    dormant = 4110,
    no_session = 4111,  ///< a viewer does not start a session
    never_joined = 4121,
    client_gave_up = 4200,  ///< a client's own: do not retry
};

constexpr bool reconnects(CloseCode code) {
    return code == CloseCode::dormant ||
           (code != CloseCode::normal && static_cast<std::uint16_t>(code) < 4100);
}

/// `reason` fits a WebSocket close frame in at most this many bytes of UTF-8.
inline constexpr int kCloseReasonBytes = 123;

}  // namespace teatime::session
