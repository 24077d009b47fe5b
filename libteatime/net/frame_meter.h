#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "teatime/net/limits.h"

namespace teatime::net {

/// So many at once, so many a second. A rate of 0 is no limit.
class TokenBucket {
public:
    using Clock = std::chrono::steady_clock;
    TokenBucket(double per_second, double burst)
        : per_second_(per_second), burst_(burst), tokens_(burst) {}
    bool take(double amount, Clock::time_point now);

private:
    double per_second_, burst_, tokens_;
    Clock::time_point last_{};
};

struct Breach {
    std::uint16_t code;
    std::string sentence;
};

/// Watches the bytes that come from a WebSocket peer before Beast does, frame header by frame
/// header, because Beast swallows empty fragments and pings without a word. Costs a few steps a
/// frame and none a payload byte. Judges amounts only; syntax is Beast's.
class FrameMeter {
public:
    explicit FrameMeter(const Limits& limits);
    std::optional<Breach> feed(std::string_view bytes, TokenBucket::Clock::time_point now);

private:
    std::optional<Breach> header_complete(TokenBucket::Clock::time_point now);

    const Limits& limits_;
    TokenBucket messages_, bytes_, controls_;
    unsigned char header_[14];
    unsigned header_size_ = 0;
    std::uint64_t payload_left_ = 0;
    std::size_t fragments_ = 0;
};

}  // namespace teatime::net
