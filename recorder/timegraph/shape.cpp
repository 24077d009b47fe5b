#include "shape.h"

#include <algorithm>
#include <bit>
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

/// A word in which the lowest high bit that is set stands at the first byte that is `c`.
constexpr std::uint64_t where(std::uint64_t word, char c) {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    std::uint64_t other = word ^ (kOnes * static_cast<unsigned char>(c));
    return (other - kOnes) & ~other & (kOnes << 7);
}

/// The first byte behind which a number may stand. Eight bytes at a time: most texts have few.
const char* find_before_number(const char* at, const char* end) {
    for (; end - at >= 8; at += 8) {
        std::uint64_t word;
        std::memcpy(&word, at, sizeof word);
        std::uint64_t found = where(word, '[') | where(word, ',') | where(word, ':');
        if (found != 0) return at + std::countr_zero(found) / 8;
    }
    while (at != end && *at != '[' && *at != ',' && *at != ':') ++at;
    return at;
}

/// Writes the text with holes at `out`, which has room for all of it, and moves `out` behind it;
/// false where there are too many.
bool cut_numbers(std::string_view text, char*& out, ShapedText& shaped) {
    const char* end = text.data() + text.size();
    const char* copied = text.data();
    const char* at = copied;
    while ((at = find_before_number(at, end)) != end) {
        ++at;
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

bool read_alike(std::string_view text, std::string_view shape, std::span<const std::uint32_t> holes,
                Decimal* numbers) {
    std::size_t at = 0;  // in the shape
    for (std::uint32_t hole : holes) {
        std::string_view same = shape.substr(at, hole - at);
        if (!text.starts_with(same)) return false;
        text.remove_prefix(same.size());
        std::size_t size = 0;
        if (!read_decimal(text, *numbers++, size)) return false;
        text.remove_prefix(size);
        at = hole + 1;
    }
    // What follows a number in the shape may follow one: so these numbers would be cut out, too.
    return text == shape.substr(at);
}

bool read_base64(std::string_view quoted, std::string& bytes, std::vector<std::uint32_t>& pieces) {
    bytes.clear();
    pieces.clear();
    if (quoted.size() < kLeastBase64 || quoted.size() % 4 != 2) return false;
    if (quoted.front() != '"' || quoted.back() != '"') return false;
    bytes.resize(quoted.size() / 4 * 3);
    char* out = bytes.data();
    char* begin = out;  // of the piece
    auto end_piece = [&] {
        pieces.push_back(static_cast<std::uint32_t>(out - begin));
        begin = out;
    };
    auto six = [](char c) { return std::int32_t{kSixBits[static_cast<unsigned char>(c)]}; };
    for (const char* at = quoted.data() + 1; at != quoted.data() + quoted.size() - 1; at += 4) {
        std::size_t padding = at[3] != '=' ? 0 : at[2] != '=' ? 1 : 2;
        // One that is no digit is -1, of which every bit is set.
        std::int32_t first = six(at[0]), second = six(at[1]);
        std::int32_t third = padding < 2 ? six(at[2]) : 0, fourth = padding < 1 ? six(at[3]) : 0;
        if ((first | second | third | fourth) < 0) return false;
        std::int32_t bits = first << 18 | second << 12 | third << 6 | fourth;
        out[0] = static_cast<char>(bits >> 16);
        out[1] = static_cast<char>(bits >> 8);
        out[2] = static_cast<char>(bits);
        out += 3 - padding;
        if (padding == 0) continue;
        bool unused_bits = (bits & (padding == 1 ? 0xff : 0xffff)) != 0;
        if (unused_bits) return false;
        end_piece();
    }
    if (out != begin) end_piece();
    bytes.resize(static_cast<std::size_t>(out - bytes.data()));
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
