#include "bare_server.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bench {
namespace {

constexpr std::string_view kActionText = "\"action\":\"";
constexpr std::string_view kTuple = "\"args\":[0,0,";

struct Session {
    std::vector<int> sockets;
    std::uint64_t messages = 0;
};

struct Client {
    bool upgraded = false;
    Session* session = nullptr;
    std::string bytes;
};

std::string text_frame(std::string_view text) {
    std::string frame{'\x81'};
    if (text.size() < 126) {
        frame.push_back(static_cast<char>(text.size()));
    } else {
        frame.append({126, static_cast<char>(text.size() >> 8), static_cast<char>(text.size())});
    }
    frame += text;
    return frame;
}

class BareServer {
public:
    BareServer(int ticks_ms, const std::function<void(std::uint16_t)>& tell);
    [[noreturn]] void run();

private:
    void watch(int descriptor);
    void accept_one();
    void read(int socket);
    void on_text(int socket, Client& client, std::string_view text);
    void send_all(const Session& session, const std::string& frame);
    void tick();

    int listener_ = -1, timer_ = -1, poll_ = ::epoll_create1(0);
    std::map<int, Client> clients_;
    std::map<std::string, Session, std::less<>> sessions_;
    std::uint64_t ticks_ = 0;
};

BareServer::BareServer(int ticks_ms, const std::function<void(std::uint16_t)>& tell) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, SOMAXCONN) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        std::exit(2);
    }
    watch(listener_);
    if (ticks_ms > 0) {
        timer_ = ::timerfd_create(CLOCK_MONOTONIC, 0);
        const timespec period{ticks_ms / 1000, ticks_ms % 1000 * 1'000'000L};
        const itimerspec every{period, period};
        ::timerfd_settime(timer_, 0, &every, nullptr);
        watch(timer_);
    }
    tell(ntohs(address.sin_port));
}

void BareServer::watch(int descriptor) {
    epoll_event event{EPOLLIN, {.fd = descriptor}};
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, descriptor, &event);
}

void BareServer::run() {
    for (;;) {
        std::array<epoll_event, 256> events;
        const int ready = ::epoll_wait(poll_, events.data(), events.size(), -1);
        for (int i = 0; i < ready; ++i) {
            const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
            if (descriptor == listener_) {
                accept_one();
            } else if (descriptor == timer_) {
                tick();
            } else {
                read(descriptor);
            }
        }
    }
}

void BareServer::accept_one() {
    const int socket = ::accept(listener_, nullptr, nullptr);
    if (socket < 0) return;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    clients_[socket];
    watch(socket);
}

void BareServer::read(int socket) {
    static std::array<char, 1 << 16> sink;
    Client& client = clients_.at(socket);
    const ssize_t size = ::recv(socket, sink.data(), sink.size(), 0);
    if (size <= 0) {
        if (client.session) std::erase(client.session->sockets, socket);
        clients_.erase(socket);
        ::close(socket);
        return;
    }
    client.bytes.append(sink.data(), static_cast<std::size_t>(size));
    std::string_view left = client.bytes;
    if (const auto end = left.find("\r\n\r\n"); !client.upgraded && end != left.npos) {
        constexpr std::string_view kSwitch = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
        ::send(socket, kSwitch.data(), kSwitch.size(), MSG_NOSIGNAL);
        client.upgraded = true;
        left.remove_prefix(end + 4);
    }
    while (client.upgraded && left.size() >= 6) {  // clients mask by zero
        const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(left[at]); };
        const bool small = (byte(1) & 127) < 126;
        const std::size_t header = small ? 6 : 8;
        const std::size_t length =
            small ? byte(1) & 127 : static_cast<std::size_t>(byte(2) << 8 | byte(3));
        if (left.size() < header + length) break;
        on_text(socket, client, left.substr(header, length));
        left.remove_prefix(header + length);
    }
    client.bytes.erase(0, client.bytes.size() - left.size());
}

void BareServer::on_text(int socket, Client& client, std::string_view text) {
    const std::size_t action = text.find(kActionText) + kActionText.size();
    const std::string_view id = text.substr(7, action - kActionText.size() - 2 - 7);
    if (text.substr(action).starts_with("JOIN")) {
        client.session = &sessions_[std::string(id)];
        const std::string sync = text_frame(
            fmt::format(R"({{"id":"{}","action":"SYNC","args":{{"time":0,"messages":[]}}}})", id));
        ::send(socket, sync.data(), sync.size(), MSG_NOSIGNAL);
        client.session->sockets.push_back(socket);
    } else if (text.substr(action).starts_with("SEND") && client.session) {
        const std::string_view payload = text.substr(text.find(kTuple) + kTuple.size());
        send_all(
            *client.session,
            text_frame(fmt::format(R"({{"id":"{}","action":"RECV","args":[{},{},{})", id, 100'000,
                                   4'000'000'000 + ++client.session->messages, payload)));
    }
}

void BareServer::send_all(const Session& session, const std::string& frame) {
    for (const int socket : session.sockets) {
        ::send(socket, frame.data(), frame.size(), MSG_NOSIGNAL);
    }
}

void BareServer::tick() {
    std::uint64_t missed;
    if (::read(timer_, &missed, sizeof missed) != sizeof missed) return;
    ++ticks_;
    for (const auto& [id, session] : sessions_) {
        send_all(session, text_frame(fmt::format(R"({{"id":"{}","action":"TICK","args":{}}})", id,
                                                 100'000 + ticks_)));
    }
}

}  // namespace

void run_bare_server(int ticks_ms, const std::function<void(std::uint16_t)>& tell) {
    BareServer(ticks_ms, tell).run();
}

}  // namespace bench
