#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace teatime::net::test {

/// A TCP client that sends what it is told, right or wrong, and reads under a deadline.
class RawSocket {
public:
    explicit RawSocket(std::uint16_t port, int receive_buffer = 0);
    ~RawSocket();
    RawSocket(RawSocket&& other) noexcept;
    RawSocket(const RawSocket&) = delete;

    /// In pieces of `chop` bytes, each its own system call; false once the other side is gone.
    bool send(std::string_view bytes, std::size_t chop = 0);
    /// Up to `size` bytes; fewer only at the end of the stream or the deadline.
    std::string read(std::size_t size, std::chrono::milliseconds deadline);
    std::string read_to_end();
    /// The other side ended within the deadline (what it sent before is skipped).
    bool ended();

protected:
    int socket_;
};

struct Received {
    unsigned opcode = 0;
    std::string payload = {};
    std::uint16_t close_code() const {
        if (payload.size() < 2) return 1005;
        return static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8 |
                                          static_cast<unsigned char>(payload[1]));
    }
    std::string reason() const { return payload.size() < 2 ? "" : payload.substr(2); }
};

/// RFC 6455's client frame, with whatever is wrong about it.
struct Frame {
    unsigned opcode = 1;
    std::string payload = {};
    bool final = true;
    unsigned reserved = 0;
    bool masked = true;
    std::optional<std::uint64_t> declared = {};  ///< another length than the payload's
    unsigned length_form = 0;                    ///< 16 or 64: longer than it must be

    std::string bytes() const;
};
std::string text(std::string_view payload);
std::string ping(std::string_view payload);
std::string close_frame(std::uint16_t code, std::string_view reason = {});

std::string upgrade_request(std::string_view target = "/",
                            std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==");

/// Beyond the handshake.
class RawWebSocket : public RawSocket {
public:
    explicit RawWebSocket(std::uint16_t port, std::string_view target = "/",
                          int receive_buffer = 0);
    /// The next frame, which must be whole, unmasked and without reserved bits; nothing at the end
    /// of the stream or the deadline.
    std::optional<Received> receive(std::chrono::milliseconds deadline = std::chrono::seconds(20));
    /// Skips until the close frame.
    std::optional<Received> receive_close();
    bool accepted() const { return accepted_; }

private:
    bool accepted_ = false;
};

}  // namespace teatime::net::test
