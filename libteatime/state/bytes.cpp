#include "teatime/state/bytes.h"

#include <bit>

namespace teatime {

static_assert(std::endian::native == std::endian::little,
              "the encoding is little endian and copies memory as it is");

void ByteWriter::long_varint(std::uint64_t value) {
    char raw[10];
    std::size_t size = 0;
    for (; value >= 0x80; value >>= 7) raw[size++] = static_cast<char>(value | 0x80);
    raw[size++] = static_cast<char>(value);
    out_.append(raw, size);
}

std::uint64_t ByteReader::long_varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        auto byte = fixed<std::uint8_t>();
        if (!ok_) return 0;
        // A tenth byte holds one bit; a last byte of zero is a longer form of a shorter number.
        if ((shift == 63 && byte > 1) || (byte == 0 && shift > 0)) break;
        value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    fail();
    return 0;
}

}  // namespace teatime
