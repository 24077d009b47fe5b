#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace teatime {

/// XXH3-128 of something: for comparing states, not against forgery.
struct Hash128 {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    constexpr auto operator<=>(const Hash128&) const = default;
};

/// 32 lower-case hex digits, most significant first.
std::string to_string(const Hash128& hash);
bool parse_hash(std::string_view text, Hash128& hash);

/// About 10 GB/s for long input, 15 ns for 50 bytes.
Hash128 hash_bytes(std::string_view bytes, std::uint64_t seed = 0);

/// SHA-256: for chains, ids and file names, where forging matters. About 1 GB/s.
using Sha256 = std::array<std::uint8_t, 32>;
Sha256 sha256(std::string_view bytes);
std::string to_hex(std::span<const std::uint8_t> bytes);

/// Base64 with padding: bytes in JSON.
std::string to_base64(std::span<const std::uint8_t> bytes);

/// Without padding, safe in a URL; 43 characters for a Sha256: the form of a session id.
std::string to_base64url(std::span<const std::uint8_t> bytes);

}  // namespace teatime
