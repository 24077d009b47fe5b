#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "teatime/net/loop.h"
#include "teatime/net/participant.h"
#include "teatime/net/url.h"

namespace teatime::inspector {

/// A connection to a session without a replica, on a thread of its own. Its owner calls from one
/// thread; what it hears comes on the connection's thread.
class SessionLink {
public:
    struct Options {
        net::Url reflector;
        std::string session;
        std::string name;
        session::Role role = session::Role::participant;
    };
    struct Heard {
        /// Before it joins: the session is a shared recording, this is its path at the reflector.
        std::function<void(const std::string& file)> shared;
        /// Before it joins: its reflector, on this machine, records it into this file.
        std::function<void(const std::string& file)> recorded;
        std::function<void(MemberId)> joined;
        std::function<void(const std::string& sentence)> lost;  ///< it comes back by itself
        std::function<void(const session::TimeState&)> time_changed;
        /// Something in it is new: who is here, who leads, what waits, notes, playheads.
        std::function<void(const session::Company&)> company;
        std::function<void(const session::Frame&)> notice;
        /// Final: it cannot be joined, or was started anew.
        std::function<void(const std::string& sentence)> failed;
        /// What its reflector tells of the session, while it is watched.
        std::function<void(const Value&)> figures;
        /// What ask_state() wrote, or why it did not.
        std::function<void(std::uint64_t request, const result<Mark>& state)> state;
        /// The recording that a recorder writes, or that was fetched, can be opened.
        std::function<void()> file_ready;
    };

    /// Looks for the session first: joining one that is not there would start it.
    SessionLink(Options options, Heard heard);
    /// Leaves, for at most 300 ms. Nothing is heard afterwards.
    ~SessionLink();

    void send(std::string payload);
    void request(const session::TimeRequest& request);
    void lead(session::LeaseRequest::Op op, MemberId to);
    void note(const Mark& mark, std::string text);
    void show_playhead(const Mark& mark, bool follows);
    void point_at(std::string path);
    /// Writes the state of a member's replica into `path`, a saved Island.
    void ask_state(std::uint64_t request, MemberId member, std::string path);
    /// Once a second, or no longer.
    void watch_figures(bool on);
    /// Tells once when there is something in it to be opened.
    void await_file(std::string path);
    /// Fetches a shared recording into `path`; file_ready or failed follows.
    void fetch_file(const std::string& file, std::string path);

private:
    void start();
    void join();
    void ask_figures();
    void look_at_file(const std::string& path);
    void tell_company() { heard_.company(participant_->controller().company()); }
    template <class Call>
    void with_participant(Call call);

    const Options options_;
    const Heard heard_;
    std::unique_ptr<net::LoopThread> thread_;
    // Of the thread:
    std::optional<net::Participant> participant_;
    std::string timeline_;  // of the session joined first
    bool watching_ = false;
    net::Loop::Timer next_figures_;
};

}  // namespace teatime::inspector
