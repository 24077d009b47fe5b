#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "teatime/session/time_control.h"
#include "teatime/state/ids.h"
#include "teatime/state/time.h"

/// Numbers as they stand on the wire, text to integer and back, never through a double.
namespace teatime::wire {

/// The wire's 32 bits of a Seq. The reference starts at 0xFFFFFFF0, so that the wrap to 0 comes
/// with the 16th message and is tested by every session.
constexpr std::uint32_t wire_seq(Seq seq) {
    return static_cast<std::uint32_t>(0xFFFFFFF0u + seq.value);
}
/// The Seq nearest to `near` that has these 32 bits.
Seq seq_near(std::uint32_t wire, Seq near);

/// A whole number of at most 64 bits, no sign.
std::optional<std::uint64_t> parse_whole(std::string_view number);
std::optional<std::uint32_t> parse_wire_seq(std::string_view number);

/// Milliseconds as JavaScript prints them: any number of decimals (60 ticks a second are
/// 16.666666666666668), an exponent. Below a microsecond is cut off; nothing where it is negative,
/// beyond 64 bits, or no number.
std::optional<Duration> parse_js_milliseconds(std::string_view number);
inline std::optional<VirtualTime> parse_js_time(std::string_view number) {
    auto since_start = parse_js_milliseconds(number);
    if (!since_start) return std::nullopt;
    return VirtualTime(*since_start);
}

/// A scale as JavaScript prints it, clamped to 1/64 .. 64; nothing where it is not above 0.
std::optional<session::Rate> parse_js_rate(std::string_view number);

}  // namespace teatime::wire
