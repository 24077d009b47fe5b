#pragma once

#include <map>
#include <optional>
#include <string>

#include "ledger.h"
#include "network.h"
#include "recordings.h"

namespace simulation {

/// The reflector's process: drives one Router as the server does. What the disk keeps over a crash:
/// the files and the last snapshot.
class Reflector : public ServerEnd {
public:
    Reflector(Scheduler& scheduler, Dice& dice, Faults& faults, Ledger& ledger,
              RouterOptions options, RecordingHabits recording)
        : ServerEnd(scheduler),
          recordings(std::move(recording), scheduler, ledger, files),
          dice_(dice),
          faults_(faults),
          ledger_(ledger),
          options_(std::move(options)) {}
    void use(Network& network) { network_ = &network; }

    void start();
    /// `restore`: the next router goes on from the last snapshot, if there was one.
    void crash(bool restore);
    void clock_stepped() { wake(); }

    void from_client(ConnectionId connection, ClientFrame frame) override;
    void client_gone(ConnectionId connection, bool for_good) override;

    /// How many connections the router takes for members'.
    std::size_t members() const {
        if (!router_) return 0;
        RouterStatus status = router_->status(latest_);
        return status.participants + status.viewers;
    }
    std::shared_ptr<const StepOutcome> last_outcome() const { return last_outcome_; }
    MemberId driver() const { return router_ ? router_->status(latest_).lease.holder : MemberId{}; }
    std::vector<RouterMember> list() const {
        return router_ ? router_->members() : std::vector<RouterMember>();
    }
    bool somebody_leads() const { return options_.lease > Duration(0); }

    Files files;
    Recordings recordings;

private:
    void alarm() override { input({{}, Alarm{}}); }
    void turn();
    void wake() { set_alarm(router_ ? router_->wake_at() : std::nullopt); }
    void input(RouterInput&& input);
    void carry_out(RouterOutput& output, SteadyTime now);
    void on(const Record& record, SteadyTime now);
    void note_refusal(const SendTo& output);
    void check_lease(SteadyTime now);

    Dice& dice_;
    Faults& faults_;
    Ledger& ledger_;
    const RouterOptions options_;
    Network* network_ = nullptr;
    std::optional<Router> router_;
    SteadyTime latest_{};  // a router takes a clock that goes back for one that stands still
    RouterOutputs outputs_;
    std::set<ConnectionId> synced_;
    std::map<std::pair<ConnectionId, std::uint64_t>, std::string> sends_;  // by their number
    std::shared_ptr<const StepOutcome> last_outcome_;
    std::optional<SessionStart> saved_;
    bool restore_ = false;
};

}  // namespace simulation
