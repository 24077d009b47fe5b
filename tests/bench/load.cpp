#include "load.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPayload = 132;  // characters, as in the measurements of other reflectors
constexpr std::uint64_t kSnapshotEvery = 10'000;  // else a reflector stops at 100,000 messages
constexpr std::string_view kAction = "\"action\":\"";
constexpr std::string_view kHeaderEnd = "\r\n\r\n";
constexpr std::string_view kArgs = "\",\"args\":";

[[noreturn]] void fail(std::string_view sentence) {
    fmt::print(stderr, "load: {}\n", sentence);
    std::exit(2);
}

std::uint64_t now_ns() {
    return static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
}

}  // namespace

Load::Load(std::uint16_t port, std::size_t sessions, std::size_t clients, int tick_ms)
    : clients_(sessions * clients), poll_(::epoll_create1(0)), sink_(1 << 18) {
    for (std::size_t i = 0; i < sessions; ++i) {
        sessions_.push_back(fmt::format("bench-{}-{}-{:0>24}", ::getpid(), now_ns(), i));
    }
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        clients_[i].session = i / clients;
        connect(port, clients_[i], tick_ms);
        epoll_event event{EPOLLIN, {.u32 = static_cast<std::uint32_t>(i)}};
        ::epoll_ctl(poll_, EPOLL_CTL_ADD, clients_[i].socket, &event);
    }
    while (synced_ < clients_.size()) read_ready(1000);
}

Load::~Load() {
    for (const Client& client : clients_) ::close(client.socket);
    ::close(poll_);
}

void Load::connect(std::uint16_t port, Client& client, int tick_ms) {
    client.socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(client.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::string& session = sessions_[client.session];
    const std::string upgrade = fmt::format(
        "GET /{} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        session);
    if (::connect(client.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::send(client.socket, upgrade.data(), upgrade.size(), 0) < 0) {
        fail("cannot connect");
    }
    send_frame(client, 1,
               fmt::format(R"({{"id":"{}","action":"JOIN","args":{{"name":"bench/bench",)"
                           R"("apiKey":"none","appId":"bench.bench","persistentId":"p",)"
                           R"("url":"http://localhost/","sdk":"2.0.4","developerId":"d",)"
                           R"("version":1,"user":"u{}","ticks":{{"tick":{},"delay":0}},)"
                           R"("dormantDelay":0,"tove":"t","codeHash":"c"}}}})",
                           session, client.socket, tick_ms));
}

Counts Load::listen(double seconds) {
    return run(0, 0, seconds);
}
Counts Load::pace(double sends_per_second, double seconds) {
    return run(sends_per_second, 0, seconds);
}
Counts Load::saturate(std::size_t outstanding, double seconds) {
    return run(0, outstanding, seconds);
}

Counts Load::run(double sends_per_second, std::size_t outstanding, double seconds) {
    counts_ = {};
    timing_ = sends_per_second > 0;
    const Clock::time_point start = Clock::now();
    std::uint64_t paced = 0;
    for (;;) {
        counts_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
        if (counts_.seconds >= seconds) return std::move(counts_);
        for (; static_cast<double>(paced) < counts_.seconds * sends_per_second; ++paced) {
            send_message();
        }
        while (sent_ - reflected_ < outstanding) send_message();
        read_ready(sends_per_second > 0 ? 1 : 20);
    }
}

void Load::send_message() {
    const Client& client = clients_[next_sender_++ % clients_.size()];
    std::string frame = fmt::format(R"({{"id":"{}","action":"SEND","args":[0,0,"{:0>19}|)",
                                    sessions_[client.session], now_ns());
    frame.append(kPayload - 20, 'x');
    frame += "\",0]}";
    ++sent_;
    send_frame(client, 1, frame);
}

void Load::send_frame(const Client& client, unsigned char opcode, std::string_view payload) {
    std::string frame{static_cast<char>(0x80 | opcode)};
    if (payload.size() < 126) {
        frame.push_back(static_cast<char>(0x80 | payload.size()));
    } else {
        frame.append({static_cast<char>(0xfe), static_cast<char>(payload.size() >> 8),
                      static_cast<char>(payload.size())});
    }
    frame.append(4, '\0');  // masked by zero
    frame += payload;
    if (::send(client.socket, frame.data(), frame.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(frame.size())) {
        fail("a connection was lost while sending");
    }
}

void Load::read_ready(int timeout_ms) {
    std::array<epoll_event, 256> events;
    const int ready = ::epoll_wait(poll_, events.data(), events.size(), timeout_ms);
    for (int i = 0; i < ready; ++i) {
        Client& client = clients_[events[static_cast<std::size_t>(i)].data.u32];
        const ssize_t size = ::recv(client.socket, sink_.data(), sink_.size(), MSG_DONTWAIT);
        if (size <= 0) fail("a connection was closed");
        client.rest.append(sink_.data(), static_cast<std::size_t>(size));
        std::string_view left = client.rest;
        if (const auto end = left.find(kHeaderEnd); !client.upgraded && end != left.npos) {
            client.upgraded = true;
            left.remove_prefix(end + kHeaderEnd.size());
        }
        while (client.upgraded && left.size() >= 2) {
            const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(left[at]); };
            std::size_t header = 2, length = byte(1);
            if (length == 127) fail("a frame is longer than any that is expected");
            if (length == 126) {
                if (left.size() < 4) break;
                header = 4;
                length = static_cast<std::size_t>(byte(2) << 8 | byte(3));
            }
            if (left.size() < header + length) break;
            on_frame(client, byte(0) & 15, left.substr(header, length));
            left.remove_prefix(header + length);
        }
        client.rest.erase(0, client.rest.size() - left.size());
    }
}

void Load::on_frame(Client& client, unsigned char opcode, std::string_view payload) {
    if (opcode == 9) return send_frame(client, 10, payload);
    if (opcode == 8) fail(fmt::format("the server closed: {}", payload.substr(2)));
    if (opcode != 1) return;
    if (!payload.substr(std::min(action_at_, payload.size())).starts_with(kAction)) {
        action_at_ = payload.substr(0, 160).find(kAction);
        if (action_at_ == payload.npos) {
            action_at_ = 0;
            return;
        }
    }
    payload.remove_prefix(action_at_ + kAction.size());
    if (payload.starts_with("RECV")) {
        on_message(client, payload.substr(4 + kArgs.size()));
    } else if (payload.starts_with("TICK")) {
        ++counts_.ticks;
    } else if (payload.starts_with("SYNC")) {
        ++synced_;
    }
}

/// `[time,seq,"<ns>|xxx...`; what the server itself says has an object there.
void Load::on_message(Client& client, std::string_view tuple) {
    const std::size_t time_ends = tuple.find(',');
    const std::size_t payload = tuple.find(',', time_ends + 1) + 1;
    if (payload >= tuple.size() || tuple[payload] != '"') return;
    ++counts_.deliveries;
    if (timing_) {
        std::uint64_t sent_at = 0;
        std::from_chars(tuple.data() + payload + 1, tuple.data() + tuple.size(), sent_at);
        counts_.latency_us.push_back(static_cast<std::uint32_t>((now_ns() - sent_at) / 1000));
    }
    if (&client == &clients_[0] && ++reflected_ % kSnapshotEvery == 0) fake_snapshot(client, tuple);
}

void Load::fake_snapshot(Client& client, std::string_view tuple) {
    const std::size_t time_ends = tuple.find(',');
    const std::size_t seq_ends = tuple.find(',', time_ends + 1);
    send_frame(client, 1,
               fmt::format(R"({{"id":"{}","action":"SNAP","args":{{"time":{},"seq":{},)"
                           R"("hash":"h","url":"http://127.0.0.1/x","dissident":null}}}})",
                           sessions_[client.session], tuple.substr(1, time_ends - 1),
                           tuple.substr(time_ends + 1, seq_ends - time_ends - 1)));
}

}  // namespace bench
