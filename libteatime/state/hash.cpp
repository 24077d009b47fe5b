#include "teatime/state/hash.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <openssl/sha.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>

namespace teatime {
namespace {

/// Three bytes become four of `alphabet`; a rest of one or two is padded where `pad` is not 0.
std::string to_base64(std::span<const std::uint8_t> bytes, const char* alphabet, char pad) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < have ? bytes[i + k] : 0u);
        for (std::size_t k = 0; k < 4; ++k) {
            if (k <= have) {
                text += alphabet[group >> (18 - 6 * k) & 63];
            } else if (pad != 0) {
                text += pad;
            }
        }
    }
    return text;
}

#define TEATIME_BASE62 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
constexpr const char* kBase64 = TEATIME_BASE62 "+/";
constexpr const char* kBase64Url = TEATIME_BASE62 "-_";

}  // namespace

std::string to_string(const Hash128& hash) {
    return fmt::format("{:016x}{:016x}", hash.high, hash.low);
}

bool parse_hash(std::string_view text, Hash128& hash) {
    if (text.size() != 32) return false;
    auto half = [](std::string_view digits, std::uint64_t& number) {
        auto [end, error] = std::from_chars(digits.data(), digits.data() + 16, number, 16);
        return error == std::errc{} && end == digits.data() + 16;
    };
    return half(text.substr(0, 16), hash.high) && half(text.substr(16), hash.low);
}

Hash128 hash_bytes(std::string_view bytes, std::uint64_t seed) {
    XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
    return {hash.low64, hash.high64};
}

Sha256 sha256(std::string_view bytes) {
    Sha256 digest;
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
    return digest;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
    std::string text;
    text.reserve(2 * bytes.size());
    for (std::uint8_t byte : bytes) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

std::string to_base64(std::span<const std::uint8_t> bytes) {
    return to_base64(bytes, kBase64, '=');
}

std::string to_base64url(std::span<const std::uint8_t> bytes) {
    return to_base64(bytes, kBase64Url, 0);
}

}  // namespace teatime
