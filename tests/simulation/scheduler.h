#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "teatime/session/steady_time.h"

namespace simulation {

using teatime::Duration;
using teatime::session::SteadyTime;

/// Simulated time since the start of a run; nobody inside the simulated programs can read it.
using Moment = std::chrono::time_point<struct SimulatedClock, Duration>;
inline constexpr Moment kNever = Moment::max();

/// Events in order of their moment, then of their making.
class Scheduler {
public:
    using Action = std::function<void()>;

    Moment now() const { return now_; }
    std::uint64_t events() const { return events_; }
    /// Equal for equal runs: everything that happens mixes into it.
    std::uint64_t trace() const { return trace_; }
    /// What happens, for people.
    void say(const std::string& who, const std::string& what) const {
        if (log)
            std::fprintf(log, "%10.6f  %-12s %s\n",
                         std::chrono::duration<double>(now_.time_since_epoch()).count(),
                         who.c_str(), what.c_str());
    }
    std::FILE* log = nullptr;

    void mix(std::uint64_t value) {
        trace_ = (trace_ ^ value) * 0x9E3779B97F4A7C15u + (trace_ >> 29);
    }

    void at(Moment when, Action action) {
        heap_.push_back({std::max(when, now_), ++made_, std::move(action)});
        std::push_heap(heap_.begin(), heap_.end(), later);
    }
    void after(Duration wait, Action action) { at(now_ + wait, std::move(action)); }

    /// The next event; false: none before `end`, which it is then.
    bool turn(Moment end) {
        if (heap_.empty() || heap_.front().when > end) {
            now_ = end;
            return false;
        }
        std::pop_heap(heap_.begin(), heap_.end(), later);
        Event event = std::move(heap_.back());
        heap_.pop_back();
        now_ = event.when;
        ++events_;
        mix(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
        event.action();
        return true;
    }

private:
    struct Event {
        Moment when;
        std::uint64_t order;
        Action action;
    };
    static bool later(const Event& a, const Event& b) {
        return a.when != b.when ? a.when > b.when : a.order > b.order;
    }

    Moment now_{};
    std::uint64_t made_ = 0;
    std::uint64_t events_ = 0;
    std::uint64_t trace_ = 0;
    std::vector<Event> heap_;
};

/// A process's steady clock: starts anywhere, drifts, and (against its promise) steps.
class ProcessClock {
public:
    void start(Moment now, SteadyTime shows, std::int64_t drift_ppm) {
        base_ = now;
        shows_ = shows;
        speed_ = 1'000'000 + drift_ppm;
    }
    SteadyTime at(Moment now) const {
        return shows_ + Duration((now - base_).count() * speed_ / 1'000'000);
    }
    /// The first moment at which it shows `time`.
    Moment when(SteadyTime time) const {
        if (time - shows_ > std::chrono::hours(1'000)) return kNever;
        if (time <= shows_) return base_;
        return base_ + Duration(((time - shows_).count() * 1'000'000 + speed_ - 1) / speed_);
    }
    void step(Moment now, Duration by) {
        shows_ = at(now) + by;
        base_ = now;
    }

private:
    Moment base_{};
    SteadyTime shows_{};
    std::int64_t speed_ = 1'000'000;
};

/// What can be killed, restarted and stopped for a while.
class Process {
public:
    explicit Process(Scheduler& scheduler) : scheduler_(scheduler) {}
    virtual ~Process() = default;

    bool up() const { return up_; }
    bool frozen() const { return frozen_; }
    /// Differs after each restart: what was meant for the one before must not reach it.
    std::uint64_t life() const { return life_; }

    /// Does it now, or when the process runs again; never where it dies before.
    void deliver(Scheduler::Action action) {
        if (!up_) return;
        if (frozen_)
            backlog_.push_back(std::move(action));
        else
            action();
    }
    void deliver_at(Moment when, Scheduler::Action action) {
        scheduler_.at(when, [this, life = life_, action = std::move(action)]() mutable {
            if (life == life_) deliver(std::move(action));
        });
    }
    void freeze() { frozen_ = up_; }
    void thaw() {
        frozen_ = false;
        while (!backlog_.empty() && !frozen_) {
            Scheduler::Action action = std::move(backlog_.front());
            backlog_.pop_front();
            action();
        }
    }

    ProcessClock clock;

protected:
    void begin_life() {
        up_ = true;
        frozen_ = false;
        ++life_;
        alarm_ = kNever;
    }
    void end_life() {
        up_ = false;
        frozen_ = false;
        ++life_;
        backlog_.clear();
    }
    virtual void alarm() = 0;
    /// alarm() comes when the clock shows `wake`.
    void set_alarm(std::optional<SteadyTime> wake) {
        Moment when = wake ? std::max(clock.when(*wake), scheduler_.now()) : kNever;
        if (when == alarm_) return;
        alarm_ = when;
        if (when == kNever) return;
        deliver_at(when, [this, when] {
            if (alarm_ != when) return;  // set anew since
            alarm_ = kNever;
            alarm();
        });
    }

    Scheduler& scheduler_;

private:
    bool up_ = false;
    bool frozen_ = false;
    std::uint64_t life_ = 0;
    Moment alarm_ = kNever;
    std::deque<Scheduler::Action> backlog_;
};

}  // namespace simulation
