#pragma once

#include <map>
#include <optional>
#include <string>

#include "ledger.h"
#include "network.h"

namespace simulation {

/// Files that members upload; they outlive the reflector's process.
using Files = std::map<std::string, std::string>;

/// The reflector's process: drives one Router as the server does. What the disk keeps over a crash:
/// the files and the last snapshot.
class Reflector : public ServerEnd {
public:
    Reflector(Scheduler& scheduler, Dice& dice, Ledger& ledger, RouterOptions options)
        : ServerEnd(scheduler), dice_(dice), ledger_(ledger), options_(std::move(options)) {}
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
    std::uint64_t restored() const { return restored_; }

    Files files;

private:
    void alarm() override { input({{}, Alarm{}}); }
    void wake() { set_alarm(router_ ? router_->wake_at() : std::nullopt); }
    void input(RouterInput&& input);
    void carry_out(RouterOutput& output, SteadyTime now);
    void on(const Record& record, SteadyTime now);
    void note_refusal(const SendTo& output);

    Dice& dice_;
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
    std::uint64_t restored_ = 0;
};

}  // namespace simulation
