#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "teatime/state/result.h"

namespace teatime {

/// The clock of a session. It has no now(): virtual time is announced, never read.
struct VirtualClock {
    using rep = std::int64_t;
    using period = std::micro;
    using duration = std::chrono::microseconds;
    using time_point = std::chrono::time_point<VirtualClock, duration>;
    static constexpr bool is_steady = true;
};

using Duration = VirtualClock::duration;       ///< signed 64-bit microseconds
using VirtualTime = VirtualClock::time_point;  ///< microseconds since the session began

inline constexpr VirtualTime kSessionStart{};

/// As a person writes it: `12.5s`, `0s`, `3723.25s`; always seconds, no trailing zeros, exact.
std::string to_string(VirtualTime time);
std::string to_string(Duration duration);

/// `12.5s`, `500ms`, `250us`, `2min`, `1:02:03.25` (h:m:s or m:s). At most microseconds; more
/// digits, an overflow or anything else is an error that shows the accepted forms.
result<Duration> parse_duration(std::string_view text);

/// The wire's form: milliseconds with up to three decimals, converted from and to the decimal
/// text, never through a double (`1234.5` = 1.2345 s). No sign, no exponent.
std::string to_milliseconds_text(VirtualTime time);
result<VirtualTime> parse_milliseconds(std::string_view text);

}  // namespace teatime
