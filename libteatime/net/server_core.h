#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "loop_impl.h"
#include "teatime/net/server.h"

namespace teatime::net {

struct ServerCore;

/// One socket's owner: an HTTP exchange or a WebSocket connection. Held by its Worker's table and
/// by its pending operations; used by the Worker's thread only.
class Peer : public std::enable_shared_from_this<Peer> {
public:
    explicit Peer(ServerCore& core);
    virtual ~Peer();
    /// A few times a second: deadlines. For `stalled` before it this thread did not run (the
    /// program was stopped, its machine slept): time that is held against no peer.
    virtual void sweep(Loop::Clock::time_point now, Loop::Clock::duration stalled) = 0;
    /// The server stops.
    virtual void shut_down() = 0;

protected:
    ServerCore& core_;
};

struct Worker {
    std::size_t index = 0;
    Loop loop;
    std::unordered_map<Peer*, std::shared_ptr<Peer>> peers;
    std::thread thread;

    void add(const std::shared_ptr<Peer>& peer) { peers.emplace(peer.get(), peer); }
    void remove(Peer* peer) { peers.erase(peer); }
};

/// A connection's place among the unconfirmed ones of its address; gives it back when it goes.
class Admission {
public:
    Admission() = default;
    Admission(ServerCore& core, std::string address) : core_(&core), address_(std::move(address)) {}
    Admission(Admission&& other) noexcept { *this = std::move(other); }
    Admission& operator=(Admission&& other) noexcept {
        std::swap(core_, other.core_);
        std::swap(address_, other.address_);
        return *this;
    }
    ~Admission() { confirm(); }
    void confirm();
    const std::string& address() const { return address_; }

private:
    ServerCore* core_ = nullptr;
    std::string address_;
};

/// What the parts of one Server share.
struct ServerCore {
    ServerCore(ServerHandler& its_handler, ServerOptions its_options)
        : handler(its_handler), options(std::move(its_options)) {}

    /// Nothing if the address has too many unconfirmed connections.
    std::optional<Admission> admit(const boost::asio::ip::address& address);

    ServerHandler& handler;
    const ServerOptions options;
    std::atomic<std::uint64_t> last_id{0};
    std::atomic<std::size_t> body_bytes{0};  ///< of the uploads in progress
    std::atomic<bool> stopping{false};

    std::mutex mutex;  ///< guards the rest
    std::unordered_map<std::string, std::size_t> unconfirmed;
    std::size_t peers = 0;
    std::condition_variable no_peers;

    /// Last, so that what they still hold may use the above while it goes.
    std::vector<std::unique_ptr<Worker>> workers;
};

/// Reads an HTTP header on `accepting` and serves what it asks for on the thread that it names.
void serve_http(ServerCore& core, Worker& accepting, boost::asio::ip::tcp::socket socket,
                Admission admission);

/// Takes over from there: `request` is a valid upgrade, `read_ahead` came behind it.
void serve_websocket(ServerCore& core, Worker& worker, boost::asio::ip::tcp::socket socket,
                     Admission admission, HttpRequest request, std::string read_ahead);

}  // namespace teatime::net
