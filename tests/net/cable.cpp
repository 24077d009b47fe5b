#include <netinet/in.h>

#include <array>

#include "session_net.h"

namespace teatime::net::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

}  // namespace

Cable::Cable(std::uint16_t to) : listener_(::socket(AF_INET, SOCK_STREAM, 0)), to_(to) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 8);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { work(); });
}

Cable::~Cable() {
    end_ = true;
    thread_.join();
    ::close(listener_);
}

void Cable::work() {
    std::vector<pollfd> ends{{listener_, POLLIN, 0}};  // then pairs: client, server
    auto drop = [&](std::size_t pair) {
        ::close(ends[pair].fd);
        ::close(ends[pair + 1].fd);
        ends.erase(ends.begin() + static_cast<std::ptrdiff_t>(pair),
                   ends.begin() + static_cast<std::ptrdiff_t>(pair) + 2);
    };
    std::array<char, 65536> buffer;
    while (!end_) {
        ::poll(ends.data(), ends.size(), 5);
        if (cut_.exchange(false)) {
            for (; ends.size() > 1; ++cuts_) drop(1);
        }
        for (std::size_t pair = 1; pair < ends.size();) {
            bool alive = true;
            for (std::size_t side : {pair, pair + 1}) {
                if (!(ends[side].revents & (POLLIN | POLLHUP | POLLERR))) continue;
                ssize_t size = ::recv(ends[side].fd, buffer.data(), buffer.size(), 0);
                int other = ends[side == pair ? pair + 1 : pair].fd;
                alive = alive && size > 0 &&
                        ::send(other, buffer.data(), static_cast<std::size_t>(size),
                               MSG_NOSIGNAL) == size;
            }
            if (alive)
                pair += 2;
            else
                drop(pair);
        }
        if (ends[0].revents & POLLIN) {
            int client = ::accept(listener_, nullptr, nullptr);
            int server = ::socket(AF_INET, SOCK_STREAM, 0);
            sockaddr_in address = loopback(to_);
            ::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address);
            ends.push_back({client, POLLIN, 0});
            ends.push_back({server, POLLIN, 0});
        }
    }
    while (ends.size() > 1) drop(1);
}

}  // namespace teatime::net::test
