#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace teatime::net {

/// A WebSocket message as the bytes a server sends: header and payload, unmasked, one fragment.
/// Made once and queued to every member, so a broadcast copies a pointer per member.
using SharedFrame = std::shared_ptr<const std::string>;

enum class Opcode : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

SharedFrame make_frame(Opcode opcode, std::string_view payload);
inline SharedFrame make_text_frame(std::string_view text) {
    return make_frame(Opcode::text, text);
}
/// The reason is cut at a character boundary to the 123 bytes that fit.
SharedFrame make_close_frame(std::uint16_t code, std::string_view reason);

/// May a peer send this close code: registered ones, and 3000-4999 (RFC 6455 part 7.4).
bool valid_close_code(std::uint16_t code);

/// Strict: no surrogates, no overlong forms, nothing cut off. ASCII costs an eighth of a step a
/// byte.
bool valid_utf8(std::string_view text);

}  // namespace teatime::net
