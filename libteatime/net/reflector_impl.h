#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <latch>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "rate_meter.h"
#include "teatime/net/reflector.h"
#include "teatime/state/value.h"
#include "teatime/wire/croquet.h"

namespace teatime::net {

/// Binds a Server to Routers. reflector.cpp: connections and sessions; reflector_http.cpp: the
/// rest.
class Reflector::Impl : public ServerHandler {
public:
    explicit Impl(ReflectorOptions options) : options_(std::move(options)) {}
    ~Impl() override { stop(); }
    result<void> start();
    void stop();
    const Server& server() const { return *server_; }

    std::size_t thread_of(std::string_view target) override;
    void on_open(Connection& connection) override;
    void on_text(Connection& connection, std::string_view text) override;
    void on_close(Connection& connection, std::uint16_t code, std::string_view reason) override;
    void on_http(HttpRequest request, HttpReply reply) override;

private:
    struct Session;
    /// What Connection::user points to.
    struct Attachment {
        Connection* connection = nullptr;
        Session* session = nullptr;  // of which the router knows it
        bool synced = false;         // gets broadcasts
        bool closing = false;        // what it still sends is not read
        Loop::Timer join_deadline;
    };
    /// What members may not be told yet.
    struct Held {
        Seq up_to;  // the last message in it or before it
        session::RouterOutputs outputs;
    };
    struct Session {
        Session(std::string session_id, session::RouterOptions router_options);
        std::string id;
        std::uint64_t incarnation = 0;
        session::Router router;
        session::RouterOutputs outputs;  // of the step being carried out; kept for its memory
        std::deque<Held> held;
        std::unordered_map<session::ConnectionId, Attachment*> attached;
        std::vector<Attachment*> synced;
        Loop::Timer timer;
        std::string name, app;  // as the creator's JOIN says it
        std::unique_ptr<SessionSink> sink;
        RateMeter messages;  // stamped
        RateMeter frames;    // sent to members
        Loop::Clock::time_point pinged_at{};
    };
    /// One thread's sessions; no other touches them.
    struct Shard {
        Loop* loop = nullptr;
        std::unordered_map<std::string, std::unique_ptr<Session>> sessions;
    };
    /// How RouterFeeds find the Impl as long as there is one.
    struct Gate {
        std::mutex mutex;
        Impl* impl = nullptr;
    };

    using SessionWork = std::function<void(Impl&, Shard&, Session&)>;
    using Later = std::function<void(SessionWork)>;

    Shard& shard_of(const Connection& connection) { return shards_[connection.thread_index()]; }
    Session* open_session(Shard& shard, std::string id);
    void step(Shard& shard, Session& session, session::RouterInput&& input);
    Later later_in(const Shard& shard, const Session& session);
    static bool may_tell(const Session& session);
    static void hold(Session& session);
    void release(Session& session);
    static void drop_held(Session& session);
    void carry_out(Session& session, const session::RouterOutputs& outputs);
    void broadcast(Session& session, const session::Frame& frame);
    void send(Session& session, const session::SendTo& to);
    static void close(Session& session, const session::Close& end);
    static void close(Attachment& attachment, session::CloseCode code, std::string_view reason);
    static void detach(Attachment& attachment);
    void begin(Shard& shard, Session& session, const session::Started& started);
    void arm(Shard& shard, Session& session);
    void refuse_client(Connection& connection, session::CloseCode code, std::string_view reason);

    void list_sessions(HttpReply reply);
    static Value describe(const Session& session);
    void show_session(std::string id, HttpReply reply);
    static Value describe_members(const Session& session);
    static Value describe_whole(const Session& session);
    void serve_file(HttpRequest request, std::string path, HttpReply reply);

    ReflectorOptions options_;
    std::vector<Shard> shards_;
    std::atomic<std::size_t> session_count_ = 0;
    std::atomic<std::uint64_t> last_incarnation_ = 0;
    std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
    std::latch ready_{1};  // connections may come before start() has returned
    std::unique_ptr<Server> server_;
    std::unique_ptr<LoopThread> disk_;
};

}  // namespace teatime::net
