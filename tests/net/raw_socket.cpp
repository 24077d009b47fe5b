#include "raw_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace teatime::net::test {

using Clock = std::chrono::steady_clock;

RawSocket::RawSocket(std::uint16_t port, int receive_buffer)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (receive_buffer > 0) {
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        ::close(socket_);
        socket_ = -1;
    }
}

RawSocket::~RawSocket() {
    if (socket_ >= 0) ::close(socket_);
}

RawSocket::RawSocket(RawSocket&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}

bool RawSocket::send(std::string_view bytes, std::size_t chop) {
    while (!bytes.empty()) {
        const std::size_t size = chop == 0 ? bytes.size() : std::min(chop, bytes.size());
        const auto sent = ::send(socket_, bytes.data(), size, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string RawSocket::read(std::size_t size, std::chrono::milliseconds deadline) {
    const auto end = Clock::now() + deadline;
    std::string bytes;
    while (bytes.size() < size) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        pollfd poll{socket_, POLLIN, 0};
        if (left < 0 || ::poll(&poll, 1, static_cast<int>(left) + 1) <= 0) break;
        char piece[65536];
        const auto got =
            ::recv(socket_, piece, std::min(sizeof piece, size - bytes.size()), MSG_DONTWAIT);
        if (got <= 0) break;
        bytes.append(piece, static_cast<std::size_t>(got));
    }
    return bytes;
}

std::string RawSocket::read_to_end() {
    return read(std::string::npos, std::chrono::seconds(20));
}

bool RawSocket::ended() {
    const auto end = Clock::now() + std::chrono::seconds(20);
    while (Clock::now() < end) {
        pollfd poll{socket_, POLLIN, 0};
        ::poll(&poll, 1, 100);
        char piece[65536];
        const auto got = ::recv(socket_, piece, sizeof piece, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN)) return true;
    }
    return false;
}

std::string Frame::bytes() const {
    const std::uint64_t length = declared.value_or(payload.size());
    const unsigned mask_bit = masked ? 128 : 0;
    std::string result;
    const auto put = [&](std::uint64_t value, int size) {
        for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
            result.push_back(static_cast<char>(value >> shift));
        }
    };
    put((final ? 128u : 0u) | reserved << 4 | opcode, 1);
    if (length > 65535 || length_form == 64) {
        put(mask_bit | 127, 1);
        put(length, 8);
    } else if (length > 125 || length_form == 16) {
        put(mask_bit | 126, 1);
        put(length, 2);
    } else {
        put(mask_bit | length, 1);
    }
    if (!masked) return result + payload;
    const unsigned char key[4] = {0x12, 0xa5, 0x00, 0xff};
    result.append(reinterpret_cast<const char*>(key), 4);
    for (std::size_t i = 0; i < payload.size(); ++i) {
        result.push_back(static_cast<char>(static_cast<unsigned char>(payload[i]) ^ key[i % 4]));
    }
    return result;
}

std::string text(std::string_view payload) {
    return Frame{1, std::string(payload)}.bytes();
}
std::string ping(std::string_view payload) {
    return Frame{9, std::string(payload)}.bytes();
}
std::string close_frame(std::uint16_t code, std::string_view reason) {
    std::string payload{static_cast<char>(code >> 8), static_cast<char>(code)};
    return Frame{8, payload.append(reason)}.bytes();
}

std::string upgrade_request(std::string_view target, std::string_view key) {
    return "GET " + std::string(target) +
           " HTTP/1.1\r\nHost: l\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
           std::string(key) + "\r\n\r\n";
}

RawWebSocket::RawWebSocket(std::uint16_t port, std::string_view target, int receive_buffer)
    : RawSocket(port, receive_buffer) {
    if (!send(upgrade_request(target))) return;
    std::string answer;
    while (!answer.ends_with("\r\n\r\n")) {
        const std::string byte = read(1, std::chrono::seconds(20));
        if (byte.empty()) return;
        answer += byte;
    }
    accepted_ = answer.starts_with("HTTP/1.1 101 ") &&
                answer.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos;
}

std::optional<Received> RawWebSocket::receive(std::chrono::milliseconds deadline) {
    const std::string head = read(2, deadline);
    if (head.size() < 2) return std::nullopt;
    const unsigned first = static_cast<unsigned char>(head[0]);
    std::uint64_t length = static_cast<unsigned char>(head[1]);
    if ((first & 0xf0) != 0x80 || length > 127) return std::nullopt;
    if (length >= 126) {
        const std::string more = read(length == 126 ? 2 : 8, deadline);
        length = 0;
        for (const char c : more) length = length << 8 | static_cast<unsigned char>(c);
    }
    Received received{first & 15, read(length, deadline)};
    if (received.payload.size() != length) return std::nullopt;
    return received;
}

std::optional<Received> RawWebSocket::receive_close() {
    for (;;) {
        auto received = receive();
        if (!received || received->opcode == 8) return received;
    }
}

}  // namespace teatime::net::test
