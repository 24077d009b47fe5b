#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "member.h"

namespace simulation {

/// One simulated hour of trouble, so to say: a reflector, members and a recorder, the real engines
/// of each, in one thread, from one seed. They send, ask for other times, come and go; faults
/// strike for a minute, then stop, and within half a minute all must agree.
class World {
public:
    struct Result {
        std::string failure;  ///< empty: all held
        double at = 0;        ///< simulated seconds
        std::uint64_t trace = 0;
        std::uint64_t events = 0;
        double converged_after = 0;
        std::array<std::uint64_t, kFaults> faults{};
        Ledger::Totals totals;
        std::uint64_t incarnations = 0;
        std::uint64_t recorded = 0, gaps = 0, replayed = 0, votes = 0;
    };

    /// `log`: tells on stdout what happens.
    World(std::uint64_t seed, const std::string& folder, bool log = false);
    Result run();

private:
    static constexpr Duration kTrouble = std::chrono::seconds(60);
    static constexpr Duration kPeace = std::chrono::seconds(30);

    RouterOptions router_options();
    RecordingHabits recording_habits(const std::string& folder);
    ControllerOptions controller_options();
    Habits habits(std::size_t place);
    void add_member();
    void live(Member& member);
    void user_says(Member& member);
    void user_asks(Member& member);
    void strike();
    void strike_connections();
    void strike_members();
    void strike_reflector();
    void restart_who_failed();

    bool play_until(Moment end, const std::function<bool()>& done);
    void make_peace();
    bool settled();
    Member* who_may_ask();
    bool in_company();
    std::string who_is_unsettled();
    void agree();
    void compare_replicas();
    std::vector<Member*> everybody(bool participants_only = false);

    Dice dice_;
    Scheduler scheduler_;
    Faults faults_;
    Ledger ledger_;
    RouterOptions router_options_;
    Reflector reflector_;
    Network network_;
    Surroundings around_;
    std::vector<std::unique_ptr<Member>> members_;
    std::vector<Member*> gone_;
    bool trouble_ = true;
    double says_ = 1;
    double asks_ = 0;
    double bursts_ = 0;
};

}  // namespace simulation
