#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// What a Load saw during one span.
struct Counts {
    double seconds = 0;
    std::uint64_t deliveries = 0;           ///< messages, over all clients
    std::uint64_t ticks = 0;                ///< likewise
    std::vector<std::uint32_t> latency_us;  ///< from send() to each client's read; paced sends only
};

/// Croquet clients on plain sockets, all on the thread that uses it: one process's worth of load
/// for a server on 127.0.0.1. Any surprise (a closed connection, a frame that breaks the protocol)
/// ends the process with a sentence and status 2.
class Load {
public:
    /// Connects and joins them all; returns when each has its SYNC.
    Load(std::uint16_t port, std::size_t sessions, std::size_t clients, int tick_ms);
    ~Load();
    Load(const Load&) = delete;

    Counts listen(double seconds);
    /// So many sends a second, evenly, whatever comes back. One session.
    Counts pace(double sends_per_second, double seconds);
    /// So many sends under way at any time. One session.
    Counts saturate(std::size_t outstanding, double seconds);

private:
    struct Client {
        int socket = -1;
        std::size_t session = 0;
        bool upgraded = false;  ///< from HTTP
        std::string rest;       ///< the beginning of a frame
    };

    void connect(std::uint16_t port, Client& client, int tick_ms);
    Counts run(double sends_per_second, std::size_t outstanding, double seconds);
    void send_message();
    void send_frame(const Client& client, unsigned char opcode, std::string_view payload);
    void read_ready(int timeout_ms);
    void on_frame(Client& client, unsigned char opcode, std::string_view payload);
    void on_message(Client& client, std::string_view tuple);
    void fake_snapshot(Client& client, std::string_view tuple);

    std::vector<std::string> sessions_;
    std::vector<Client> clients_;
    int poll_ = -1;
    std::vector<char> sink_;
    std::size_t synced_ = 0;
    std::size_t action_at_ = 0;  ///< where the last frame had it
    std::size_t next_sender_ = 0;
    std::uint64_t sent_ = 0, reflected_ = 0;
    bool timing_ = false;
    Counts counts_;
};

}  // namespace bench
