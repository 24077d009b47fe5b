// What the transport alone can do: one sender, many receivers, every message broadcast to all of
// them by a server of one thread. The load is another process with plain sockets.
//
//     broadcast_bench [receivers=100] [outstanding=256] [payload=218] [seconds=4]
//
// Prints deliveries per second of wall clock and per second of the server thread's own CPU.

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <future>
#include <string>
#include <vector>

#include "teatime/net/server.h"

using namespace teatime::net;

namespace {

struct Broadcast final : ServerHandler {
    std::vector<Connection*> members;
    std::uint64_t deliveries = 0;

    void on_open(Connection& connection) override {
        members.push_back(&connection);
        connection.confirm();
    }
    void on_text(Connection&, std::string_view text) override {
        const auto frame = make_text_frame(text);
        for (Connection* member : members) member->send(frame);
        deliveries += members.size();
    }
    void on_close(Connection& connection, std::uint16_t code, std::string_view why) override {
        if (code != 1001 && code != 1006) fmt::print("closed {}: {}\n", code, why);
        std::erase(members, &connection);
    }
};

int dial(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::string request =
        "GET / HTTP/1.1\r\nHost: l\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::send(socket, request.data(), request.size(), 0) < 0) {
        std::exit(1);
    }
    std::string answer;
    while (!answer.ends_with("\r\n\r\n")) {
        char byte;
        if (::recv(socket, &byte, 1, 0) != 1) std::exit(1);
        answer.push_back(byte);
    }
    return socket;
}

/// Keeps `outstanding` messages under way, judged by what the first receiver got; never returns.
void load(std::uint16_t port, std::size_t receivers, std::size_t outstanding, std::size_t payload) {
    std::string message{
        '\x81', '\xfe', static_cast<char>(payload >> 8), static_cast<char>(payload), 0, 0,
        0,      0};  // masked by zero
    message.append(payload, 'x');
    const std::size_t frame = payload + 4;
    const int poll = ::epoll_create1(0);
    std::vector<int> sockets;
    for (std::size_t i = 0; i < receivers; ++i) {
        sockets.push_back(dial(port));
        epoll_event event{EPOLLIN, {.u32 = static_cast<std::uint32_t>(i)}};
        ::epoll_ctl(poll, EPOLL_CTL_ADD, sockets[i], &event);
    }
    std::size_t sent = 0, received = 0;
    std::vector<char> sink(1 << 18);
    for (;;) {
        std::string burst;
        for (; sent - received / frame < outstanding; ++sent) burst += message;
        if (!burst.empty() && ::send(sockets[0], burst.data(), burst.size(), MSG_NOSIGNAL) !=
                                  static_cast<ssize_t>(burst.size())) {
            std::exit(1);
        }
        epoll_event events[128];
        const int ready = ::epoll_wait(poll, events, 128, -1);
        for (int i = 0; i < ready; ++i) {
            const auto size = ::recv(sockets[events[i].data.u32], sink.data(), sink.size(), 0);
            if (size <= 0) std::exit(1);
            if (events[i].data.u32 == 0) received += static_cast<std::size_t>(size);
        }
    }
}

struct Sample {
    double wall = 0, cpu = 0;
    std::uint64_t deliveries = 0;
};

double seconds(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

int main(int argc, char** argv) {
    const auto argument = [&](int i, std::size_t otherwise) {
        return argc > i ? static_cast<std::size_t>(std::atoll(argv[i])) : otherwise;
    };
    const std::size_t receivers = argument(1, 100);
    const std::size_t outstanding = argument(2, 256);
    const std::size_t payload = std::clamp<std::size_t>(argument(3, 218), 126, 65535);
    const auto span = std::chrono::seconds(argument(4, 4));

    int port_pipe[2];
    if (::pipe(port_pipe) != 0) return 1;
    const pid_t child = ::fork();  // before there are threads
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        std::uint16_t port = 0;
        if (::read(port_pipe[0], &port, sizeof port) == sizeof port) {
            load(port, receivers, outstanding, payload);
        }
        return 1;
    }

    Broadcast handler;
    ServerOptions options;
    options.port = 0;
    options.threads = 1;
    options.limits.messages_per_second = options.limits.bytes_per_second = 0;
    auto started = Server::start(handler, options);
    if (!started) {
        fmt::print(stderr, "{}\n", started.error().message);
        return 1;
    }
    Server& server = **started;
    const std::uint16_t port = server.port();
    if (::write(port_pipe[1], &port, sizeof port) != sizeof port) return 1;

    std::promise<std::pair<Sample, Sample>> measured;
    const auto sample = [&] {
        return Sample{seconds(CLOCK_MONOTONIC), seconds(CLOCK_THREAD_CPUTIME_ID),
                      handler.deliveries};
    };
    server.loop(0).post([&] {
        server.loop(0).schedule_after(std::chrono::seconds(1), [&] {
            const Sample first = sample();
            server.loop(0).schedule_after(span, [&, first] {
                measured.set_value({first, sample()});
            });
        });
    });
    const auto [first, last] = measured.get_future().get();
    ::kill(child, SIGTERM);
    ::waitpid(child, nullptr, 0);
    const double deliveries = static_cast<double>(last.deliveries - first.deliveries);
    fmt::print(
        "{} receivers, {} outstanding, {} bytes: {:.0f} deliveries/s, {:.0f} per CPU-second "
        "(server at {:.0f} %)\n",
        receivers, outstanding, payload, deliveries / (last.wall - first.wall),
        deliveries / (last.cpu - first.cpu),
        100 * (last.cpu - first.cpu) / (last.wall - first.wall));
    return 0;
}
