#pragma once

#include "reflector.h"

namespace simulation {

/// What members have around them.
struct Surroundings {
    Scheduler& scheduler;
    Dice& dice;
    Faults& faults;
    Network& network;
    Ledger& ledger;
    Reflector& reflector;
    ControllerOptions options;
};

/// How somebody behaves.
struct Habits {
    Role role = Role::participant;
    bool replica = true;
    double says_per_second = 1;
    double asks_per_second = 0;  ///< for another time
    bool controls_time = false;
    std::size_t budget = 100'000;  ///< messages executed in one go
    Duration per_go{};
};

/// A member's process: drives one Controller as the client program does, and its user.
class Member : public ClientEnd {
public:
    Member(Surroundings& around, Habits habits)
        : ClientEnd(around.scheduler), around_(around), habits_(habits) {}

    void start();
    void crash();
    void leave();
    void clock_stepped() { wake(); }

    void from_server(ConnectionId connection, ControllerInput input) override;

    void say();
    void ask(TimeRequest request);
    void ask_something();
    void do_something_together();

    /// Everything that was reflected is executed, everything said is reflected.
    bool settled() const;
    bool wants_restart() const { return wants_restart_; }
    const Habits& habits() const { return habits_; }
    void hurry() { habits_.per_go = {}; }
    Controller& controller() { return *controller_; }
    const Witness& witness() const { return *witness_; }
    ConnectionId connection() const { return connection_; }
    bool answered() const { return asked_.empty(); }
    /// Of the session that it is in: all that was told.
    const Company& company() const { return controller_->company(); }

private:
    void alarm() override { input(ControllerAlarm{}); }
    Mark somewhere_ahead();
    void wake();
    void log(const std::string& what) const;
    void input(ControllerInput what);
    void run();
    void carry_out();
    void on(Connect&);
    void on(Disconnect& disconnect);
    void on(ToRouter& frame);
    void on(FetchSnapshot& fetch);
    void on(UploadSnapshot& upload);
    void on(Joined& joined);
    void on(ConnectionLost& lost);
    void on(ReplicaBuilt&);
    void on(TimeStateChanged&) {}
    void on(Notice& notice);
    void on(Failed& failed);

    Surroundings& around_;
    Habits habits_;
    Speaker who_ = 0;
    std::int64_t number_ = 0;
    std::string timeline_;  // of the session joined last
    std::unique_ptr<Controller> controller_;
    std::unique_ptr<Witness> witness_;
    ControllerOutputs outputs_;
    ConnectionId connection_;
    bool running_ = false;         // goes on in a while
    std::size_t outstanding_ = 0;  // before the input of now
    bool wants_restart_ = false;
    std::uint64_t last_request_ = 0;
    std::set<std::uint64_t> asked_;  // without an answer
};

}  // namespace simulation
