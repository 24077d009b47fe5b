#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace teatime::timegraph {

/// Appends many varints to a string, as ByteWriter::varint() does, a piece at a time.
class VarintWriter {
public:
    explicit VarintWriter(std::string& out) : out_(out) {}
    ~VarintWriter() { flush(); }
    VarintWriter(const VarintWriter&) = delete;
    VarintWriter& operator=(const VarintWriter&) = delete;

    void add(std::uint64_t value) {
        if (size_ + kLargest > sizeof piece_) flush();
        for (; value >= 0x80; value >>= 7) piece_[size_++] = static_cast<char>(value | 0x80);
        piece_[size_++] = static_cast<char>(value);
    }
    void add_signed(std::int64_t value) {  // zig-zag
        add((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
    }

private:
    static constexpr std::size_t kLargest = 10;
    void flush() {
        out_.append(piece_, size_);
        size_ = 0;
    }
    std::string& out_;
    std::size_t size_ = 0;
    char piece_[256];
};

}  // namespace teatime::timegraph
