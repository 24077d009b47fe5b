#pragma once

#include <deque>

#include "teatime/session/controller.h"

namespace teatime::session {

/// Split over controller.cpp (connection, join, sends) and controller_run.cpp (the replica).
class Controller::Impl {
public:
    Impl(ControllerOptions options, std::optional<IslandFactory> factory, Random64 random,
         ControllerObserver* observer);

    void start(SteadyTime now, ControllerOutputs& out);
    void step(ControllerInput&& input, SteadyTime now, ControllerOutputs& out);
    bool run(std::size_t budget, SteadyTime now, ControllerOutputs& out);
    std::optional<SteadyTime> wake_at() const;

    enum class State : std::uint8_t { idle, waiting, connecting, joining, joined, failed };
    struct Item {
        std::variant<MessagePtr, Tick, Requ> what;
    };
    struct Outstanding {
        std::uint64_t number;
        std::string payload;
    };
    struct Asked {
        std::uint64_t number;
        ClientFrame request;
    };
    struct Upload {
        std::uint64_t request;
        SnapshotInfo info;
    };

    // controller.cpp
    void on(Connected&);
    void on(Disconnected& lost);
    void on(Frame& frame);
    void on(SnapshotArrived& arrived);
    void on(SnapshotFailed& failed);
    void on(SnapshotUploaded& uploaded);
    void on(UserSend& send);
    void on(TimeRequest& request) { ask(request); }
    void on(LeaseRequest& request) { ask(request); }
    void on(NoteRequest& request) { ask(request); }
    void on(StateRequest& request) { ask(request); }
    void on(Playhead& playhead);
    void on(ControllerAlarm&);
    void on_frame(SyncPtr& sync);
    void on_frame(MessagePtr& message);
    void on_frame(Tick& tick);
    void on_frame(Requ& requ);
    void on_frame(Info& info);
    void on_frame(Puller& puller);
    void on_frame(std::shared_ptr<const StepOutcome>& outcome);
    void on_frame(TimeAnswer& answer) { answered(answer); }
    void on_frame(Answer& answer) { answered(answer); }
    void on_frame(StateAnswer& answer) { answered(answer); }
    void on_frame(Roster& roster);
    void on_frame(Lease& lease);
    void on_frame(WaitingMessages& waiting);
    void on_frame(Notes& notes);
    void on_frame(Playheads& playheads);
    template <class Request>
    void ask(Request& request);
    template <class OneAnswer>
    void answered(OneAnswer& answer);
    void refuse(const ClientFrame& request, const char* sentence);
    void ask_again(bool known);
    void show_playhead();
    void say(ControllerOutput output) { out_->push_back(std::move(output)); }
    void to_router(ClientFrame frame);
    Duration longer(Duration delay);
    void retry(std::string why);
    void drop_connection(CloseCode code, std::string why);
    void forget_replica();
    void fail(Error error);
    void take_sends(const Sync::Native& native);
    void send_outstanding(const Outstanding& one);
    void drop_sends();
    bool load(const SyncPtr& sync);
    void built(std::unique_ptr<Island> island, const std::string* image);
    void fetch();
    void start_again(std::string why);
    bool take(MessagePtr message);
    void heard(VirtualTime time);

    // controller_run.cpp
    bool work(Item& item);
    bool obey_message(const MessagePtr& message);
    bool obey_time(const TimeOp& op, const Stamp& stamp);
    bool obey_step(const TimeOp& op, const Stamp& stamp, Mark& mark);
    bool execute_one();
    bool run_to(VirtualTime time);
    bool run_to_mark(const Mark& goal, Mark& reached);
    VirtualTime short_of_until(VirtualTime time) const;
    bool vote_before(VirtualTime time);
    void report(const TimeOp& op, const Mark& mark);
    void snapshot(const Requ& requ);
    std::optional<VirtualTime> need() const;
    void pull();
    std::optional<SteadyTime> overdue_at() const;

    ControllerOptions options_;
    std::optional<IslandFactory> factory_;
    Random64 random_;
    ControllerObserver* observer_;
    SteadyTime now_{};
    ControllerOutputs* out_ = nullptr;

    // Connection.
    State state_ = State::idle;
    Duration delay_{0};
    SteadyTime retry_at_{};
    SteadyTime deadline_{};  // of connecting and joining
    SteadyTime joined_at_{};
    SessionInfo session_;
    MemberId member_;
    std::string token_;
    Seq received_;  // last message taken
    std::deque<Outstanding> outstanding_;
    std::uint64_t last_number_ = 0;
    std::deque<Asked> asked_;  // requests without an answer
    Company company_;
    std::optional<Playhead> playhead_;  // the own
    bool playhead_shown_ = true;
    SteadyTime playhead_at_{};  // shown last

    // Replica.
    std::unique_ptr<Island> island_;
    bool built_ = false;  // or nothing to build
    bool had_replica_ = false;
    SyncPtr loading_;  // while its snapshot is fetched
    bool fetching_ = false;
    SteadyTime fetch_due_{};  // what is fetched; else the next try
    Duration fetch_delay_{0};
    std::deque<Item> program_;
    std::size_t program_bytes_ = 0;
    std::size_t budget_ = 0;
    TimeState time_;
    VirtualTime bound_{};
    std::optional<StepReport> reported_;                 // no outcome seen since
    std::optional<std::optional<VirtualTime>> instant_;  // of a step begun: its target
    std::deque<Upload> uploads_;

    // Votes: the next point of the grid, and what was executed when last voted.
    VirtualTime next_vote_{};
    std::optional<std::uint64_t> voted_at_;

    // Lazy time.
    MemberId puller_;
    std::optional<VirtualTime> pulled_;
    VirtualTime heard_{};  // the router's clock was at least this
    SteadyTime heard_at_{};
    SteadyTime pull_not_before_{};
};

}  // namespace teatime::session
