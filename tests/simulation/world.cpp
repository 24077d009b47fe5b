#include "world.h"

#include "stage_module.h"

namespace simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Op = TimeRequest::Op;

constexpr std::uint64_t kMostEvents = 1'000'000;  // in 100 ms; more: something never rests

}  // namespace

World::World(std::uint64_t seed, const std::string& folder, bool log)
    : dice_(seed),
      faults_(dice_),
      router_options_(router_options()),
      reflector_(scheduler_, dice_, faults_, ledger_, router_options_, recording_habits(folder)),
      network_(scheduler_, dice_, faults_, reflector_),
      around_{scheduler_, dice_, faults_, network_, ledger_, reflector_, controller_options()} {
    if (log) scheduler_.log = stdout;
    reflector_.use(network_);
    says_ = dice_.level(0.2, 4);
    asks_ = dice_.chance(0.7) ? dice_.level(0.02, 1) : 0;
    bursts_ = dice_.chance(0.5) ? dice_.uniform() * 0.1 : 0;
}

/// Limits low enough to be met.
RouterOptions World::router_options() {
    RouterOptions options;
    auto ms = [&](std::int64_t least, std::int64_t most) {
        return milliseconds(dice_.between(least, most));
    };
    options.mode = dice_.chance(0.5) ? TimeMode::lazy : TimeMode::heartbeat;
    if (dice_.chance(0.2))
        options.rate = Rate::of(static_cast<std::uint64_t>(dice_.between(1, 8)),
                                static_cast<std::uint64_t>(dice_.between(1, 8)));
    options.paused = dice_.chance(0.1);
    options.tick = ms(10, 100);
    constexpr std::array<int, 4> kVotes{0, 250, 1'000, 5'000};
    options.vote_interval = milliseconds(dice_.pick(kVotes));
    options.users_batch = ms(0, 300);
    options.rejoin_window = ms(0, 6'000);
    options.join_messages = static_cast<std::size_t>(dice_.between(1, 300));
    options.join_time = ms(500, 20'000);
    options.snapshot_deadline = ms(200, 2'000);
    if (dice_.chance(0.3)) {
        options.history_request = static_cast<std::size_t>(dice_.between(20, 200));
        options.history_limit = options.history_request * 2;
    }
    if (dice_.chance(0.3)) options.held = static_cast<std::size_t>(dice_.between(1, 20));
    options.step_deadline = ms(200, 2'000);
    options.vote_deadline = ms(200, 2'000);
    options.lease = dice_.chance(0.25) ? Duration(0) : ms(100, 10'000);
    options.lease_idle = ms(500, 20'000);
    options.company_batch = ms(0, 200);
    options.note_every = ms(1, 2'000);
    return options;
}

RecordingHabits World::recording_habits(const std::string& folder) {
    RecordingHabits habits;
    habits.folder = folder;
    habits.replica = dice_.chance(0.6);
    habits.commit = milliseconds(dice_.between(50, 500));
    if (dice_.chance(0.1)) habits.queue = static_cast<std::size_t>(dice_.between(5, 50));
    return habits;
}

ControllerOptions World::controller_options() {
    ControllerOptions options;
    options.session_id = "simulated";
    options.app = "stage";
    options.code_id = module().code_id();
    options.most_delay = milliseconds(dice_.between(500, 5'000));
    options.sync_deadline = milliseconds(dice_.between(4'000, 10'000));
    options.snapshot_deadline = milliseconds(dice_.between(1'000, 5'000));
    if (dice_.chance(0.2)) options.outstanding = static_cast<std::size_t>(dice_.between(1, 20));
    // It must hold what a router keeps, and what that held back while paused.
    std::size_t kept = router_options_.history_limit + router_options_.held;
    if (dice_.chance(0.5)) options.buffered_messages = kept + 500;
    return options;
}

Habits World::habits(std::size_t place) {
    Habits habits;
    habits.says_per_second = says_ * dice_.level(0.3, 3);
    habits.asks_per_second = asks_ * dice_.level(0.3, 3);
    if (place > 0 && dice_.chance(0.25)) habits.role = Role::viewer;
    if (habits.role == Role::viewer && dice_.chance(0.3)) habits.replica = false;
    if (faults_.strikes(Fault::slow_replica, 0.7)) {
        habits.budget = static_cast<std::size_t>(dice_.between(1, 20));
        habits.per_go = milliseconds(dice_.between(1, 60));
    }
    return habits;
}

// ---- life ----------------------------------------------------------------------------------

void World::add_member() {
    Member& member =
        *members_.emplace_back(std::make_unique<Member>(around_, habits(members_.size())));
    member.start();
    user_says(member);
    user_asks(member);
}

void World::user_says(Member& member) {
    if (!trouble_ || member.habits().role == Role::viewer) return;
    scheduler_.after(dice_.wait(member.habits().says_per_second), [this, &member] {
        int things = dice_.chance(bursts_) ? static_cast<int>(dice_.between(2, 30)) : 1;
        for (; things > 0 && member.up() && trouble_; --things) {
            member.deliver([&member] { member.say(); });
        }
        user_says(member);
    });
}

void World::user_asks(Member& member) {
    if (!trouble_ || !(member.habits().asks_per_second > 0)) return;
    scheduler_.after(dice_.wait(member.habits().asks_per_second / 4), [this, &member] {
        bool of_time = dice_.chance(0.6);
        if (member.up() && trouble_) {
            member.deliver([&member, of_time] {
                of_time ? member.ask_something() : member.do_something_together();
            });
        }
        user_asks(member);
    });
}

std::vector<Member*> World::everybody(bool participants_only) {
    std::vector<Member*> all;
    for (auto& one : members_) {
        if (one->up() && (!participants_only || one->habits().role == Role::participant))
            all.push_back(one.get());
    }
    return all;
}

// ---- trouble -------------------------------------------------------------------------------

void World::strike() {
    if (!trouble_) return;
    strike_connections();
    strike_members();
    strike_reflector();
    restart_who_failed();
    scheduler_.after(milliseconds(100), [this] { strike(); });
}

void World::strike_connections() {
    auto on_one = [&](Fault fault, double p, auto&& act) {
        if (!(faults_.level(fault) > 0)) return;
        auto open = network_.open();
        if (!open.empty() && faults_.strikes(fault, p)) act(dice_.pick(open));
    };
    on_one(Fault::cut, 0.1, [&](ConnectionId one) { network_.cut(one); });
    on_one(Fault::half_open, 0.05, [&](ConnectionId one) { network_.half_open(one); });
    on_one(Fault::clog, 0.1,
           [&](ConnectionId one) { network_.clog(one, milliseconds(dice_.between(50, 5'000))); });
    on_one(Fault::slow_reader, 0.03, [&](ConnectionId one) {
        network_.slow_reader(one, milliseconds(dice_.between(20, 400)));
    });
}

void World::strike_members() {
    auto on_one = [&](Fault fault, double p, auto&& act) {
        if (!(faults_.level(fault) > 0)) return;
        auto up = everybody();
        if (!up.empty() && faults_.strikes(fault, p)) act(*dice_.pick(up));
    };
    auto later = [&](std::int64_t most_ms, Scheduler::Action action) {
        scheduler_.after(milliseconds(dice_.between(100, most_ms)), std::move(action));
    };
    on_one(Fault::member_crash, 0.03, [&](Member& one) {
        one.crash();
        later(5'000, [&one] {
            if (!one.up()) one.start();
        });
    });
    on_one(Fault::leave, 0.03, [&](Member& one) {
        one.leave();
        later(20'000, [&one] {
            if (!one.up()) one.start();
        });
    });
    on_one(Fault::member_freeze, 0.05, [&](Member& one) {
        one.freeze();
        later(5'000, [&one] { one.thaw(); });
    });
    on_one(Fault::clock_step, 0.05, [&](Member& one) {
        one.clock.step(scheduler_.now(), milliseconds(dice_.between(-300, 2'000)));
        one.deliver([&one] { one.clock_stepped(); });
    });
    if (members_.size() < 10 && faults_.strikes(Fault::late_join, 0.02)) add_member();
}

void World::strike_reflector() {
    auto later = [&](std::int64_t most_ms, Scheduler::Action action) {
        scheduler_.after(milliseconds(dice_.between(100, most_ms)), std::move(action));
    };
    if (faults_.strikes(Fault::wall_step, 0.05)) {
        reflector_.recordings.step_wall(std::chrono::minutes(dice_.between(-60, 60)));
    }
    auto on_disk = [&](Fault fault, Disk::Trouble trouble) {
        if (!faults_.strikes(fault, 0.02)) return;
        reflector_.recordings.trouble(trouble);
        later(3'000, [this] { reflector_.recordings.trouble(Disk::Trouble::none); });
    };
    on_disk(Fault::disk_error, Disk::Trouble::error);
    on_disk(Fault::disk_full, Disk::Trouble::full);
    on_disk(Fault::sync_error, Disk::Trouble::sync);
    if (!reflector_.up()) return;
    if (faults_.strikes(Fault::reflector_freeze, 0.01)) {
        reflector_.freeze();
        later(3'000, [this] { reflector_.thaw(); });
    }
    if (faults_.strikes(Fault::clock_step, 0.02)) {
        reflector_.clock.step(scheduler_.now(), milliseconds(dice_.between(-300, 2'000)));
        reflector_.deliver([this] { reflector_.clock_stepped(); });
    }
    bool restore = faults_.level(Fault::reflector_restored) > 0;
    if (faults_.strikes(Fault::reflector_crash, 0.012)) {
        reflector_.crash(restore && dice_.chance(0.9));
        later(4'000, [this] {
            if (!reflector_.up()) reflector_.start();  // peace may have come first
        });
    }
}

void World::restart_who_failed() {
    for (auto& one : members_) {
        if (!one->up() || !one->wants_restart()) continue;
        one->crash();
        one->start();
    }
}

// ---- peace ---------------------------------------------------------------------------------

World::Result World::run() {
    reflector_.start();
    std::size_t first = static_cast<std::size_t>(dice_.between(5, 8));
    for (std::size_t i = 0; i < first; ++i) add_member();
    strike();
    play_until(Moment(kTrouble), [] { return false; });

    Result result;
    if (ledger_.failure().empty()) {
        make_peace();
        Moment end = scheduler_.now() + kPeace;
        if (!play_until(end, [this] { return settled(); }))
            ledger_.fail("Not all have settled in 30 s: " + who_is_unsettled());
        result.converged_after =
            std::chrono::duration<double>(scheduler_.now() - Moment(kTrouble)).count();
    }
    if (ledger_.failure().empty()) agree();
    if (ledger_.failure().empty()) ledger_.nothing_lost();
    reflector_.recordings.close();
    if (ledger_.failure().empty()) reflector_.recordings.check();

    result.failure = ledger_.failure();
    result.at = std::chrono::duration<double>(scheduler_.now().time_since_epoch()).count();
    result.trace = scheduler_.trace();
    result.events = scheduler_.events();
    for (std::size_t i = 0; i < kFaults; ++i)
        result.faults[i] = faults_.count(static_cast<Fault>(i));
    result.totals = ledger_.totals;
    result.incarnations = ledger_.incarnations().size();
    const Recordings& recordings = reflector_.recordings;
    result.recorded = recordings.messages;
    result.gaps = recordings.gaps;
    result.replayed = recordings.replayed;
    result.votes = recordings.votes;
    return result;
}

/// Events up to `end`, or until `done`, looked at ten times a second. False: it never was.
bool World::play_until(Moment end, const std::function<bool()>& done) {
    while (scheduler_.now() < end && ledger_.failure().empty()) {
        Moment next = std::min(end, scheduler_.now() + milliseconds(100));
        std::uint64_t events = scheduler_.events();
        while (scheduler_.turn(next)) {
            if (!ledger_.failure().empty()) return false;
            if (scheduler_.events() > events + kMostEvents) {
                ledger_.fail("Something never rests");
                return false;
            }
        }
        if (done()) return true;
    }
    return false;
}

void World::make_peace() {
    trouble_ = false;
    faults_.stop();
    network_.heal();
    reflector_.recordings.trouble(Disk::Trouble::none);
    if (!reflector_.up()) reflector_.start();
    reflector_.thaw();
    for (auto& one : members_) {
        one->hurry();
        if (!one->up()) one->start();
        one->thaw();
    }
}

/// Whether all are there and have seen everything. Where the session is paused, somebody resumes.
bool World::settled() {
    restart_who_failed();
    Incarnation* in = ledger_.current();
    if (!in) return false;
    bool all = reflector_.members() == members_.size();  // the dead are forgotten
    for (Member* one : everybody()) {
        all = all && one->settled();
        if (one->habits().replica)
            all = all && one->witness().last() == in->last() && !one->controller().time().paused;
    }
    Member* somebody = who_may_ask();
    bool stops = in->paused || in->until;
    if (stops && !in->stepping && somebody && somebody->controller().joined() &&
        somebody->answered()) {
        TimeRequest resume;
        resume.op = Op::resume;
        somebody->ask(resume);
    }
    return all && !stops && in_company();
}

/// Who drives; null while that one is away.
Member* World::who_may_ask() {
    MemberId driver = reflector_.driver();
    for (Member* one : everybody(!driver)) {
        if (!driver || one->controller().member() == driver) return one;
    }
    return nullptr;
}

/// Everybody knows of everybody, of who drives and of what was noted.
bool World::in_company() {
    Incarnation* in = ledger_.current();
    if (in->lease.away) return false;
    std::vector<MemberInfo> list;
    for (const RouterMember& member : reflector_.list()) list.push_back(member.info);
    for (Member* one : everybody()) {
        const Company& company = one->company();
        bool knows = company.members == list && company.lease == in->lease &&
                     company.notes == in->notes && company.waiting.total == 0;
        if (!knows || !one->answered()) return false;
    }
    return true;
}

std::string World::who_is_unsettled() {
    Incarnation* in = ledger_.current();
    if (!in) return "there is no session";
    std::string text = "session at " + std::to_string(in->last().value) +
                       (in->paused ? " paused" : "") + (in->stepping ? " stepping" : "");
    for (auto& one : members_) {
        Controller& c = one->controller();
        text += "; #" + std::to_string(c.member().value) + (one->up() ? "" : " down") +
                (one->frozen() ? " frozen" : "") + (c.joined() ? "" : " not joined") +
                (c.caught_up() ? "" : " not caught up") + (c.time().paused ? " paused" : "") +
                " out " + std::to_string(c.outstanding()) + " at " +
                std::to_string(one->witness().last().value) +
                (one->habits().replica ? "" : " no replica") + (one->answered() ? "" : " asks") +
                (one->wants_restart() ? " failed" : "");
    }
    return text;
}

/// Everybody says one more thing, then the session is paused: all must stand at one Mark.
void World::agree() {
    for (Member* one : everybody()) one->say();
    if (!play_until(scheduler_.now() + seconds(5), [this] { return settled(); }))
        return ledger_.fail("The last words did not reach all");
    TimeRequest pause;
    pause.op = Op::pause;
    Incarnation* in = ledger_.current();
    Member* driver = who_may_ask();
    if (!driver) return ledger_.fail("Nobody drives who is here");
    driver->ask(pause);
    bool paused = play_until(scheduler_.now() + seconds(5), [&] {
        bool all = in->paused && !in->stepping;
        for (Member* one : everybody()) {
            if (!one->habits().replica) continue;
            all = all && one->settled() && one->controller().time().paused &&
                  one->witness().last() == in->last();
        }
        return all;
    });
    if (!paused) return ledger_.fail("The last pause did not reach all");
    auto outcome = reflector_.last_outcome();
    std::size_t reported = outcome->groups.front().members.size();
    if (!outcome->missing.empty() || reported < everybody(true).size())
        ledger_.fail("Only " + std::to_string(reported) + " reported the last pause");
    compare_replicas();
}

void World::compare_replicas() {
    Island* first = nullptr;
    for (Member* one : everybody()) {
        Island* island = one->controller().island();
        if (!island) continue;
        if (!first) first = island;
        if (island->mark() != first->mark() || island->hash() != first->hash())
            ledger_.fail("Paused replicas stand at " + to_string(first->mark()) + " and " +
                         to_string(island->mark()));
    }
}

}  // namespace simulation
