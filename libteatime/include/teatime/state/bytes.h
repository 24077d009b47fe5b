#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace teatime {

/// Appends little-endian values to a string: the one way in which this project writes binary data.
class ByteWriter {
public:
    explicit ByteWriter(std::string& out) : out_(out) {}

    template <std::integral T>
    void fixed(T value) {
        char raw[sizeof(T)];
        std::memcpy(raw, &value, sizeof(T));  // little endian: checked once in bytes.cpp
        out_.append(raw, sizeof(T));
    }
    void raw(std::string_view bytes) { out_.append(bytes); }
    /// u32 size, then the bytes.
    void sized(std::string_view bytes) {
        fixed(static_cast<std::uint32_t>(bytes.size()));
        raw(bytes);
    }
    /// LEB128, 1 to 10 bytes.
    void varint(std::uint64_t value) {
        if (value < 0x80) {  // most are, and there are very many of them
            out_.push_back(static_cast<char>(value));
        } else {
            long_varint(value);
        }
    }
    void signed_varint(std::int64_t value) {  // zig-zag
        varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
    }

private:
    void long_varint(std::uint64_t value);
    std::string& out_;
};

/// Reads what ByteWriter wrote. Hostile input is safe: after the first read past the end everything
/// reads as zero or empty and ok() stays false. Sizes are checked against what is left before
/// anything is allocated.
class ByteReader {
public:
    ByteReader() = default;
    explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

    template <std::integral T>
    T fixed() {
        T value{};
        if (rest_.size() < sizeof(T)) {
            fail();
            return value;
        }
        std::memcpy(&value, rest_.data(), sizeof(T));
        rest_.remove_prefix(sizeof(T));
        return value;
    }
    std::string_view raw(std::size_t size) {
        if (rest_.size() < size) {
            fail();
            return {};
        }
        std::string_view bytes = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return bytes;
    }
    std::string_view sized() { return raw(fixed<std::uint32_t>()); }
    std::uint64_t varint() {
        if (rest_.empty() || static_cast<std::uint8_t>(rest_.front()) >= 0x80) return long_varint();
        auto value = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return value;
    }
    std::int64_t signed_varint() {
        std::uint64_t value = varint();
        return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
    }

    /// A number of elements that each take at least `smallest` bytes; more than can be left fails.
    std::uint32_t count(std::size_t smallest = 1) {
        std::uint32_t number = fixed<std::uint32_t>();
        if (number > rest_.size() / (smallest == 0 ? 1 : smallest)) {
            fail();
            return 0;
        }
        return number;
    }

    void fail() {
        ok_ = false;
        rest_ = {};
    }
    bool ok() const { return ok_; }
    bool done() const { return ok_ && rest_.empty(); }
    std::size_t left() const { return rest_.size(); }

private:
    std::uint64_t long_varint();
    std::string_view rest_;
    bool ok_ = true;
};

}  // namespace teatime
