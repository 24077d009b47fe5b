#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "teatime/net/server.h"

namespace teatime::net::test {

/// Echoes, broadcasts what begins with '*', closes on "close CODE REASON", and notes every close.
/// All connections live on one thread, so its members need no lock except `closes`.
class TestHandler : public ServerHandler {
public:
    struct Close {
        std::string target;
        std::uint16_t code;
        std::string reason;
    };

    std::size_t thread_of(std::string_view) override { return 0; }
    void on_open(Connection& connection) override {
        members.push_back(&connection);
        if (connection.target() != "/unconfirmed") connection.confirm();
    }
    void on_text(Connection& connection, std::string_view text) override {
        if (text.starts_with('*')) {
            const auto frame = make_text_frame(text);
            for (Connection* member : members) member->send(frame);
        } else if (text.starts_with("close ")) {
            connection.close(static_cast<std::uint16_t>(std::stoi(std::string(text.substr(6, 4)))),
                             text.substr(11));
        } else {
            connection.send(make_text_frame(text));
        }
    }
    void on_close(Connection& connection, std::uint16_t code, std::string_view reason) override {
        std::erase(members, &connection);
        const std::lock_guard lock(mutex_);
        closes_.push_back({connection.target(), code, std::string(reason)});
        changed_.notify_all();
    }

    /// Waits until so many connections have ended.
    std::vector<Close> closes(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds(20), [&] { return closes_.size() >= count; });
        return closes_;
    }

    bool closed() {
        const std::lock_guard lock(mutex_);
        return !closes_.empty();
    }

    std::vector<Connection*> members;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Close> closes_;
};

inline std::unique_ptr<Server> start(ServerHandler& handler, Limits limits = {}) {
    ServerOptions options;
    options.port = 0;
    options.limits = limits;
    return std::move(Server::start(handler, options).value());
}

}  // namespace teatime::net::test
