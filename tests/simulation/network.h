#pragma once

#include <map>
#include <memory>

#include "dice.h"
#include "faults.h"
#include "scheduler.h"
#include "teatime/session/controller.h"
#include "teatime/session/router.h"

namespace simulation {

using namespace teatime;
using namespace teatime::session;

/// Who is at the ends of connections.
class ServerEnd : public Process {
public:
    using Process::Process;
    virtual void from_client(ConnectionId connection, ClientFrame frame) = 0;
    virtual void client_gone(ConnectionId connection, bool for_good) = 0;
};
class ClientEnd : public Process {
public:
    using Process::Process;
    virtual void from_server(ConnectionId connection, ControllerInput input) = 0;
};

/// Connections as TCP has them: order is kept within one direction of one connection and nowhere
/// else; a break is noticed by each end at another time, or only when keep-alives stay away.
class Network {
public:
    Network(Scheduler& scheduler, Dice& dice, Faults& faults, ServerEnd& server)
        : scheduler_(scheduler), dice_(dice), faults_(faults), server_(server) {}

    // ---- the client's calls
    ConnectionId connect(ClientEnd& client);  ///< then Connected or Disconnected
    void to_server(ConnectionId connection, ClientFrame frame);
    void close_by_client(ConnectionId connection, CloseCode code);
    // ---- the server's calls
    void to_client(ConnectionId connection, const Frame& frame);
    void close_by_server(ConnectionId connection, CloseCode code, std::string reason);

    // ---- trouble
    void cut(ConnectionId connection);
    void half_open(ConnectionId connection);
    void clog(ConnectionId connection, Duration how_long);
    void slow_reader(ConnectionId connection, Duration per_frame);
    void process_died(const Process& process);  ///< its connections break
    void heal();                                ///< no delay beyond the usual from now on

    std::vector<ConnectionId> open() const;

private:
    struct Pipe {
        Duration latency{};
        Duration per_frame{};
        Moment clogged_until{};
        Moment last{};  ///< arrival of the last frame
        std::size_t flying = 0;
        bool broken = false;
    };
    struct Connection {
        ConnectionId id;
        ClientEnd* client;
        Pipe up, down;
        bool client_open = true;
        bool server_open = false;
        bool overflown = false;  // the server is about to be told
    };
    using Ptr = std::shared_ptr<Connection>;

    Ptr find(ConnectionId connection);
    void post(const Ptr& connection, Pipe Connection::*pipe, Process& to, Scheduler::Action arrive);
    void close_client(const Ptr& connection, CloseCode code, std::string reason);
    void tell_client(const Ptr& connection, Moment when, std::uint16_t code, std::string reason);
    void tell_server(const Ptr& connection, Moment when, bool for_good);
    void break_pipes(Connection& connection);

    Scheduler& scheduler_;
    Dice& dice_;
    Faults& faults_;
    ServerEnd& server_;
    std::map<ConnectionId, Ptr> connections_;
    std::uint64_t last_id_ = 0;
};

}  // namespace simulation
