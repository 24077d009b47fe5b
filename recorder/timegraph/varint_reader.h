#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "teatime/state/bytes.h"

namespace teatime::timegraph {

/// Reads columns of varints, of which a body has tens of thousands: the same numbers, and the same
/// refusals of hostile input, as ByteReader::varint(), in about 1 ns each.
class VarintReader {
public:
    VarintReader() = default;
    explicit VarintReader(std::string_view bytes)
        : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    [[gnu::always_inline]] std::uint64_t next() {
        std::uint64_t word = 0;
        if (end_ - at_ >= 8) {
            std::memcpy(&word, at_, sizeof word);
            if ((word & 0x80) == 0) {
                ++at_;
                return word & 0x7f;
            }
            if ((word & 0x8000) == 0 && (word & 0x7f00) != 0) {
                at_ += 2;
                return (word & 0x7f) | ((word & 0x7f00) >> 1);
            }
        }
        Read read = longer(at_, end_);
        ok_ = ok_ && read.size != 0;
        at_ = read.size != 0 ? at_ + read.size : end_;
        return read.value;
    }
    [[gnu::always_inline]] std::int64_t next_signed() { return from_zig_zag(next()); }
    static std::int64_t from_zig_zag(std::uint64_t value) {
        return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
    }
    /// The next eight, a byte each and the first one lowest, where all of them are that small.
    [[gnu::always_inline]] bool take_eight(std::uint64_t& bytes) {
        if (end_ - at_ < 8) return false;
        std::memcpy(&bytes, at_, sizeof bytes);
        if ((bytes & kHighBits) != 0) return false;
        at_ += 8;
        return true;
    }
    /// Goes over `count` of them without looking whether each is well formed. O(bytes / 8).
    void skip(std::size_t count) {
        for (; count >= 8 && end_ - at_ >= 8; at_ += 8) {
            std::uint64_t word;
            std::memcpy(&word, at_, sizeof word);
            count -= ((~word & kHighBits) >> 7) * kOnes >> 56;  // how many bytes end one
        }
        while (count > 0 && at_ != end_)
            count -= static_cast<std::uint8_t>(*at_++) < 0x80 ? 1u : 0u;
        if (count > 0) fail();
    }

    std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
    bool ok() const { return ok_; }
    bool done() const { return ok_ && at_ == end_; }

private:
    static constexpr std::uint64_t kHighBits = 0x8080808080808080, kOnes = 0x0101010101010101;

    void fail() {
        ok_ = false;
        at_ = end_;
    }
    struct Read {
        std::uint64_t value;
        std::size_t size;  ///< of its bytes; 0: it is none
    };
    /// Takes and gives values only, so that a loop may keep the reader in registers. All seven bits
    /// of each byte are moved together in three steps.
    [[gnu::noinline]] static Read longer(const char* at, const char* end) {
        std::uint64_t word = 0;
        bool whole = end - at >= 8;
        if (whole) std::memcpy(&word, at, sizeof word);
        std::uint64_t ends = ~word & kHighBits;
        if (!whole || ends == 0) return slow_next(at, end);
        int bits = std::countr_zero(ends) + 1;
        word <<= 64 - bits;  // the bytes behind it
        word >>= 64 - bits;
        if (word >> (bits - 8) == 0) return {0, 0};
        word &= ~kHighBits;
        word = (word & 0x007f007f007f007f) | ((word & 0x7f007f007f007f00) >> 1);
        word = (word & 0x00003fff00003fff) | ((word & 0x3fff00003fff0000) >> 2);
        word = (word & 0x000000000fffffff) | ((word & 0x0fffffff00000000) >> 4);
        return {word, static_cast<std::size_t>(bits / 8)};
    }
    static Read slow_next(const char* at, const char* end) {
        ByteReader reader(std::string_view(at, static_cast<std::size_t>(end - at)));
        std::uint64_t value = reader.varint();
        if (!reader.ok()) return {0, 0};
        return {value, static_cast<std::size_t>(end - at) - reader.left()};
    }

    const char* at_ = nullptr;
    const char* end_ = nullptr;
    bool ok_ = true;
};

}  // namespace teatime::timegraph
