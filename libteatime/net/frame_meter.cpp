#include "frame_meter.h"

#include <fmt/format.h>

#include <algorithm>

namespace teatime::net {

bool TokenBucket::take(double amount, Clock::time_point now) {
    if (per_second_ == 0) return true;
    const double seconds = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    tokens_ = std::min(burst_, tokens_ + seconds * per_second_) - amount;
    return tokens_ >= 0;
}

FrameMeter::FrameMeter(const Limits& limits)
    : limits_(limits),
      messages_(limits.messages_per_second, limits.message_burst),
      bytes_(limits.bytes_per_second, limits.byte_burst),
      controls_(limits.controls_per_second, limits.control_burst) {}

std::optional<Breach> FrameMeter::feed(std::string_view bytes, TokenBucket::Clock::time_point now) {
    if (!bytes_.take(static_cast<double>(bytes.size()), now)) {
        return Breach{1008, fmt::format("more than {} bytes a second", limits_.bytes_per_second)};
    }
    while (!bytes.empty()) {
        if (payload_left_ > 0) {
            const auto skipped = std::min<std::uint64_t>(payload_left_, bytes.size());
            payload_left_ -= skipped;
            bytes.remove_prefix(skipped);
            continue;
        }
        header_[header_size_++] = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        if (header_size_ < 2) continue;
        const unsigned form = header_[1] & 127u;
        const unsigned length_bytes = form == 127 ? 8 : form == 126 ? 2 : 0;
        const unsigned mask_bytes = header_[1] & 128u ? 4 : 0;
        if (header_size_ < 2 + length_bytes + mask_bytes) continue;
        payload_left_ = length_bytes == 0 ? form : 0;
        for (unsigned i = 0; i < length_bytes; ++i) {
            payload_left_ = payload_left_ << 8 | header_[2 + i];
        }
        header_size_ = 0;
        if (auto breach = header_complete(now)) return breach;
    }
    return std::nullopt;
}

std::optional<Breach> FrameMeter::header_complete(TokenBucket::Clock::time_point now) {
    const unsigned opcode = header_[0] & 15u;
    if (opcode >= 8) {
        if (controls_.take(1, now)) return std::nullopt;
        return Breach{1008, fmt::format("more than {} pings a second (burst {})",
                                        limits_.controls_per_second, limits_.control_burst)};
    }
    if (opcode == 0) {
        if (++fragments_ <= limits_.fragments) return std::nullopt;
        return Breach{1009, fmt::format("a message of more than {} fragments", limits_.fragments)};
    }
    fragments_ = 1;
    if (messages_.take(1, now)) return std::nullopt;
    return Breach{1008, fmt::format("more than {} messages a second (burst {})",
                                    limits_.messages_per_second, limits_.message_burst)};
}

}  // namespace teatime::net
