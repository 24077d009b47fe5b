#include "shape.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "teatime/state/hash.h"

namespace teatime::timegraph {
namespace {

constexpr std::size_t kLeastBase64 = 32;  // shorter text gains nothing

/// A table of bytes that are in `of`.
consteval std::array<bool, 256> byte_set(std::string_view of) {
    std::array<bool, 256> set{};
    for (char c : of) set[static_cast<unsigned char>(c)] = true;
    return set;
}
constexpr auto kBeforeNumber = byte_set("[,:");
constexpr auto kAfterNumber = byte_set("],}");

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr auto kSixBits = [] {
    std::array<std::int8_t, 256> bits{};
    bits.fill(-1);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
        bits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
    }
    return bits;
}();

bool in(const std::array<bool, 256>& set, char c) {
    return set[static_cast<unsigned char>(c)];
}

/// Writes the text with holes at `out`, which has room for all of it, and moves `out` behind it;
/// false where there are too many.
bool cut_numbers(std::string_view text, char*& out, ShapedText& shaped) {
    const char* end = text.data() + text.size();
    const char* copied = text.data();
    const char* at = copied;
    while (at != end) {
        if (!in(kBeforeNumber, *at++)) continue;
        if (at == end || (*at != '-' && static_cast<unsigned char>(*at - '0') > 9)) continue;
        std::size_t size = 0;
        Decimal number;
        std::string_view rest(at, static_cast<std::size_t>(end - at));
        if (!read_decimal(rest, number, size)) continue;
        if (size != rest.size() && !in(kAfterNumber, rest[size])) continue;
        if (shaped.holes == kMaxHoles) return false;
        shaped.numbers[shaped.holes++] = number;
        out = std::copy(copied, at, out);
        *out++ = kHole;
        copied = at += size;
    }
    out = std::copy(copied, end, out);
    return true;
}

bool has_hole(std::string_view text) {
    return !text.empty() && std::memchr(text.data(), kHole, text.size()) != nullptr;
}

}  // namespace

void take_apart(std::string_view payload, std::string_view extra, std::string& scratch,
                ShapedText& shaped) {
    // A number takes at least one byte, as its hole does.
    std::size_t size = payload.size() + extra.size();
    if (scratch.size() < size) scratch.resize(size);
    char* out = scratch.data();
    shaped.holes = 0;
    bool cut = !has_hole(payload) && !has_hole(extra) && cut_numbers(payload, out, shaped);
    shaped.payload_size = static_cast<std::size_t>(out - scratch.data());
    if (!cut || !cut_numbers(extra, out, shaped)) {
        shaped.holes = 0;
        shaped.payload_size = payload.size();
        out = std::copy(payload.begin(), payload.end(), scratch.data());
        out = std::copy(extra.begin(), extra.end(), out);
    }
    shaped.text = std::string_view(scratch.data(), static_cast<std::size_t>(out - scratch.data()));
}

bool read_base64(std::string_view quoted, std::string& bytes, std::vector<std::uint32_t>& pieces) {
    bytes.clear();
    pieces.clear();
    if (quoted.size() < kLeastBase64 || quoted.size() % 4 != 2) return false;
    if (quoted.front() != '"' || quoted.back() != '"') return false;
    std::size_t begin = 0;  // of the piece
    auto end_piece = [&] {
        pieces.push_back(static_cast<std::uint32_t>(bytes.size() - begin));
        begin = bytes.size();
    };
    for (std::size_t at = 1; at + 1 < quoted.size(); at += 4) {
        std::string_view group = quoted.substr(at, 4);
        std::size_t padding = group[3] != '=' ? 0 : group[2] != '=' ? 1 : 2;
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            int six = i < 4 - padding ? kSixBits[static_cast<unsigned char>(group[i])] : 0;
            if (six < 0) return false;
            bits = bits << 6 | static_cast<std::uint32_t>(six);
        }
        const char three[] = {static_cast<char>(bits >> 16), static_cast<char>(bits >> 8),
                              static_cast<char>(bits)};
        bytes.append(three, 3 - padding);
        if (padding == 0) continue;
        bool unused_bits = padding == 1 ? three[2] != 0 : (bits & 0xffff) != 0;
        if (unused_bits) return false;
        end_piece();
    }
    if (bytes.size() > begin) end_piece();
    return true;
}

void append_base64(std::string& out, std::string_view bytes,
                   std::span<const std::uint32_t> pieces) {
    out.push_back('"');
    auto* at = reinterpret_cast<const std::uint8_t*>(bytes.data());
    for (std::uint32_t size : pieces) {
        out += to_base64(std::span(at, size));
        at += size;
    }
    out.push_back('"');
}

}  // namespace teatime::timegraph
