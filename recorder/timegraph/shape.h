#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "number_text.h"

namespace teatime::timegraph {

/// What messages of one kind have in common: their text with a hole for each number that stands
/// between JSON's `[ , :` and `, ] }`. The same shape means: same target, selector and kinds of
/// arguments. Opaque text is a shape without holes; base64 in quotes, as encrypted sessions send
/// it, is kept as bytes.
///
/// After the idea of CLP (Rodrigues, Luo, Yuan: "CLP: Efficient and Scalable Search on Compressed
/// Text Logs", OSDI 2021), for JSON, whose numbers say themselves where they begin and end.
inline constexpr char kHole = '\x01';
inline constexpr std::size_t kMaxHoles = 16;

/// A message's text, taken apart.
struct ShapedText {
    std::string_view text;         ///< of the shape, payload and extra in one; see payload_size
    std::size_t payload_size = 0;  ///< how much of `text` is the payload's
    std::size_t holes = 0;
    std::array<Decimal, kMaxHoles> numbers;
};

/// Takes a text apart; where it has too many numbers, or a byte that looks like a hole, it is a
/// shape without holes. `scratch` holds the shape's text. About 1 ns a byte.
void take_apart(std::string_view payload, std::string_view extra, std::string& scratch,
                ShapedText& shaped);

/// Whether `text` is `shape` with numbers in its holes, which are at `holes`: then `numbers` are
/// those. Requires: the shape came out of take_apart(), which then would find the same; this takes
/// a fifth of the time.
bool read_alike(std::string_view text, std::string_view shape, std::span<const std::uint32_t> holes,
                Decimal* numbers);

/// The bytes of text in quotes that is base64 in one or several padded pieces, and nothing else,
/// together with the size of each piece; false for all other text. Writing them again gives exactly
/// the same text.
bool read_base64(std::string_view quoted, std::string& bytes, std::vector<std::uint32_t>& pieces);

/// Appends what read_base64() read.
void append_base64(std::string& out, std::string_view bytes, std::span<const std::uint32_t> pieces);

}  // namespace teatime::timegraph
