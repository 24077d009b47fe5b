#pragma once

#include <unistd.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "debug_line.h"
#include "online.h"
#include "output.h"
#include "shared_replay.h"
#include "teatime/state/json.h"

namespace teatime::cli {

struct DebugOptions {
    std::string url;
    std::string session;
    std::string name;
    std::vector<std::filesystem::path> modules;
    bool json = false;
};

/// What is told goes here: text for people, an object a line for programs.
class Voice {
public:
    explicit Voice(bool json)
        : json_(json), prompts_(!json && ::isatty(STDIN_FILENO) && ::isatty(STDOUT_FILENO)) {}

    bool json() const { return json_; }
    bool prompts() const { return prompts_; }
    void say(const std::string& event, const std::string& text, Value::Entries more = {}) const {
        if (json_) {
            more.insert(more.begin(), {"event", event});
            print(to_json(Value(std::move(more))));
        } else {
            if (prompts_) std::fputs("\r\x1b[K", stdout);
            print(text);
        }
        prompt();
    }
    void prompt() const {
        if (prompts_) std::fputs("\r\x1b[K> ", stdout);
        std::fflush(stdout);
    }

private:
    const bool json_;
    const bool prompts_;
};

/// One who takes part in a session from a terminal, as a viewer.
class Debug : public session::ControllerObserver {
public:
    using What = DebugLine::What;
    Debug(const DebugOptions& options, SessionAddress address, const Module* module,
          SharedReplay* replay)
        : options_(options),
          address_(std::move(address)),
          module_(module),
          replay_(replay),
          voice_(options.json) {}

    result<int> run();

    void stamped(const session::MessagePtr& message) override { follow(*message); }

private:
    // What lines do.
    void line(std::string text);
    void next();
    bool may_go_on(const DebugLine& line) const;
    void carry_out(const DebugLine& line);
    void hand(const std::string& to);
    void who() const;
    void where();
    void waiting() const;
    void notes() const;
    void state(const std::string& path);
    void point(const std::string& path);
    std::map<MemberId, std::string> pointed_at() const;
    void tell_points();
    void refused(const std::string& sentence, int exit_code);
    void leave();
    Mark here() const;

    // In a shared recording.
    bool replays(const DebugLine& line);
    void obey(const result<void>& done);
    void moved();
    void play_on();
    void say_place(const std::string& before = {});
    void follow_playhead();
    void settle();
    const session::Playhead* shared() const { return company().playhead_of({}); }
    bool another_leads() const {
        MemberId holder = company().lease.holder;
        return holder && holder != participant_->controller().member();
    }

    // What the session tells.
    net::ParticipantHandler handlers();
    void joined(const session::Joined& joined);
    void notice(const session::Frame& frame);
    void answered(std::uint64_t request, const std::string& refusal);
    void outcome(const session::StepOutcome& outcome);
    void obeyed(const session::TimeOp& op);
    void members_changed();
    void lease_changed(const session::Lease& lease);
    void waiting_changed(const session::WaitingMessages& waiting);
    void say_note(const session::Note& note) const;
    void follow(const session::Message& message) const;

    const session::Company& company() const { return participant_->controller().company(); }
    std::string name_of(MemberId member) const {
        return member ? printable(company().name_of(member)) : "the server";
    }
    void end(result<int> outcome) {
        outcome_ = std::move(outcome);
        loop_.stop();
    }

    const DebugOptions& options_;
    const SessionAddress address_;
    const Module* module_;
    SharedReplay* replay_;  // of a shared recording, else null
    const Voice voice_;
    net::Loop loop_;
    std::optional<net::Participant> participant_;
    std::deque<std::string> lines_;
    bool no_more_lines_ = false;
    bool introduced_ = false;
    bool following_ = false;
    bool leaving_ = false;
    std::optional<std::uint64_t> awaited_;  // an answer, before the next line
    bool until_ = false;                    // awaited is an until's
    std::vector<session::MemberInfo> known_;
    std::uint64_t waited_ = 0;                // messages, as told last
    std::map<MemberId, std::string> points_;  // at what others point, as told last
    std::string points_at_;
    bool led_ = false;
    bool with_others_ = true;  // goes with the shared playhead
    bool following_soon_ = false;
    std::optional<Mark> moving_;  // the shared playhead, on its way there, before the next line
    std::optional<session::StepOutcome> last_;
    int exit_code_ = kFine;
    result<int> outcome_ = kFine;
};

}  // namespace teatime::cli
