#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "teatime/session/controller.h"
#include "teatime/session/router.h"

/// What must hold, checked while it happens. The ledger sees everything that the routers put out
/// and that the replicas do; the first thing that is wrong ends the run.
namespace simulation {

using namespace teatime;
using namespace teatime::session;

/// A program of a member: from its start to its end, over any number of connections.
using Speaker = std::int64_t;

/// One life of the session: from a router's first join to its end. Seq, members and states are
/// its own.
struct Incarnation {
    SessionInfo session;
    std::optional<SnapshotInfo> start;
    std::vector<MessagePtr> messages;  ///< in the order of their broadcast
    bool over = false;

    // Where time stands, reckoned from the stamped time messages alone.
    VirtualTime announced{};  ///< highest stamp or bound
    VirtualTime allowed{};    ///< as far as replicas may run: further only within a step
    bool paused = false;
    Rate rate;
    VirtualTime since{};  ///< the clock was here
    SteadyTime at{};      ///< at this time of the router's
    std::optional<TimeOp> stepping;
    std::optional<Mark> until;  ///< it stops there

    // Who drives, as was broadcast.
    Lease lease;
    SteadyTime lease_since{};
    std::set<MemberId> drivers;  ///< all that ever did
    std::vector<Note> notes;

    // What replicas had, the first that came there.
    struct State {
        Mark mark;
        Hash128 hash;
        Seq queued;  ///< last message enqueued then
        bool operator==(const State&) const = default;
    };
    std::map<Seq, State> after;  ///< executing an external message
    std::map<Mark, Hash128> votes;
    std::map<std::uint64_t, State> reports;  ///< of a pause or step, by its id
    std::map<std::uint64_t, Seq> ops;        ///< where they were stamped
    std::map<Speaker, std::int64_t> said;    ///< last number stamped
    std::map<MemberId, Speaker> speakers;

    Seq before_first() const { return start ? start->seq : Seq{}; }
    Seq last() const { return {before_first().value + messages.size()}; }
    const MessagePtr& message(Seq seq) const {
        return messages[seq.value - before_first().value - 1];
    }
};

/// Who said what: a payload of say(); nothing where it is none.
std::optional<std::pair<Speaker, std::int64_t>> parse_saying(const std::string& payload);

class Ledger {
public:
    // ---- the router's side
    void begin(const Started& started, SteadyTime now);
    void reflected(const MessagePtr& message, SteadyTime now);
    void ticked(const Tick& tick, SteadyTime now);
    void sent(const Frame& frame);
    void told(const Frame& frame, SteadyTime now);
    /// The router's lease after a step, of which `holder_is_here`.
    void leased(const Lease& lease, bool holder_is_here, Duration lasts, SteadyTime now);
    void recorded(const Record& record);
    void end();

    // ---- the replicas' side
    Incarnation* find(const std::string& timeline);
    void executed_external(Incarnation& in, Seq seq, const Incarnation::State& state);
    void voted(Incarnation& in, const Vote& vote);
    void reported(Incarnation& in, const StepReport& report);

    // ---- the users' side
    Speaker next_speaker() { return ++last_speaker_; }
    /// `timeline`: of the session that it believes to be in; empty: it was in none yet.
    void said(Speaker who, std::int64_t number, const std::string& timeline);
    void refused(Speaker who, std::int64_t number) { refused_[who].insert(number); }
    /// Of what it said up to `number`, at most `most` that were not stamped never will be.
    void dropped(Speaker who, std::int64_t number, std::size_t most);
    void died(Speaker who) { mortal_.insert(who); }
    /// At the end: all that survivors said was stamped or refused.
    void nothing_lost();

    void fail(std::string sentence) {
        if (failure_.empty()) failure_ = std::move(sentence);
    }
    const std::string& failure() const { return failure_; }
    const std::vector<std::unique_ptr<Incarnation>>& incarnations() const { return incarnations_; }
    Incarnation* current() { return current_; }

    struct Totals {
        std::uint64_t stamps = 0, ticks = 0, sent = 0, refused = 0, states = 0, compared = 0,
                      votes = 0, pauses = 0, steps = 0, agreed = 0, rates = 0, untils = 0,
                      leads = 0, expired = 0, notes = 0, not_led = 0;
        Totals& operator+=(const Totals& other);
    } totals;

private:
    void in_time(std::string_view what, VirtualTime time, SteadyTime now, VirtualTime above);
    void user_message(const Message& message);
    void stop_at_mark(const TimeOp& op, SteadyTime now);
    void time_message(const Message& message, const TimeOp& op);
    void outcome(const StepOutcome& outcome);

    std::vector<std::unique_ptr<Incarnation>> incarnations_;
    Incarnation* current_ = nullptr;
    bool leads_ = false;  // somebody must lead
    SteadyTime now_{};    // the router's, at the last stamp or bound
    Speaker last_speaker_ = 0;
    std::map<Speaker, std::int64_t> last_said_;
    std::map<std::pair<Speaker, std::int64_t>, std::string> meant_for_;
    std::map<Speaker, std::set<std::int64_t>> stamped_;
    std::map<Speaker, std::set<std::int64_t>> refused_;
    std::set<Speaker> mortal_;
    std::string failure_;
};

/// Watches one replica: a controller's observer.
class Witness : public ControllerObserver {
public:
    Witness(Ledger& ledger, const std::unique_ptr<Controller>& controller)
        : ledger_(ledger), controller_(controller) {}

    void started(const Sync& sync, const std::string* image, bool gap) override;
    void stamped(const MessagePtr& message) override;
    void bound(VirtualTime bound) override;
    void voted(const Vote& vote) override;
    void executed(const Executed& executed) override;
    void reported(const StepReport& report);

    Incarnation* incarnation() { return in_; }
    Seq last() const { return last_; }

private:
    std::string name() const;

    Ledger& ledger_;
    const std::unique_ptr<Controller>& controller_;
    Incarnation* in_ = nullptr;
    Seq last_;
    VirtualTime bound_{};
    VirtualTime time_{};
};

}  // namespace simulation
