#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace teatime::net {

/// What a peer may do to a Server. Breaking a limit closes that connection with a code and a
/// sentence (HTTP: a status), and does nothing else. A rate of 0 is no limit.
struct Limits {
    static constexpr std::size_t kKiB = 1024;
    static constexpr std::size_t kMiB = 1024 * kKiB;

    std::chrono::milliseconds handshake{5'000};  ///< from accept to the end of the HTTP header
    std::size_t header_bytes = 8 * kKiB;
    std::size_t unconfirmed_per_address = 64;  ///< connections before Connection::confirm()
    std::size_t unconfirmed_loopback = 4096;   ///< the same for 127.0.0.0/8 and ::1

    std::size_t message_bytes = kMiB;
    std::size_t fragments = 1024;
    double messages_per_second = 200;
    double message_burst = 400;
    double bytes_per_second = kMiB;
    double byte_burst = 2 * kMiB;  ///< at least message_bytes, or the longest message breaks it
    double controls_per_second = 10;
    double control_burst = 20;

    std::size_t queued_bytes = 4 * kMiB;      ///< beyond the frame that is being sent
    std::chrono::milliseconds behind{5'000};  ///< age of the oldest frame not yet sent
    /// A long frame (a catch-up) adds its size divided by this to the age that is allowed.
    double slowest_reader_bytes_per_second = 128 * kKiB;
    std::uint16_t behind_code = 4001;

    std::chrono::milliseconds ping_after{35'000};  ///< silence
    std::chrono::milliseconds cut_after{60'000};
    std::uint16_t silent_code = 4002;
    std::chrono::milliseconds closing{2'000};  ///< for the last bytes and the peer's farewell

    std::size_t body_bytes = 256 * kMiB;
    std::size_t bodies_together_bytes = 512 * kMiB;  ///< of all uploads in progress
    /// A body must keep this pace on average, after `handshake` of grace, in both directions.
    double slowest_body_bytes_per_second = 16 * kKiB;
};

}  // namespace teatime::net
