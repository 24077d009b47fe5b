#include <optional>

#include "describer.h"
#include "progress_page.h"
#include "tallier.h"
#include "teatime/replayer/local_session.h"
#include "watcher.h"

namespace teatime::replayer {
namespace {

using Clock = std::chrono::steady_clock;
using Stop = RunResult::Stop;

constexpr std::uint64_t kMessagesPerLook = 8;  // at the clock: 25 ns against 100 ns a message

/// All that a run tells beside where it came; each part only where it was asked for.
class Telling {
public:
    Telling(const RunLimit& limit, Island& island, Describer& describer, RunResult& done)
        : limit_(limit), island_(island), describer_(describer), done_(done) {}

    result<void> start() {
        if (!limit_.watch.empty()) {
            auto watcher = Watcher::start(island_, limit_.watch, done_.values);
            if (!watcher) return watcher.error();
            watcher_.emplace(std::move(*watcher));
        }
        if (limit_.tally) {
            if (limit_.tally->bucket <= Duration::zero() || limit_.tally->every == 0) {
                return wrong_usage("a tally needs a width of its buckets and a step above zero");
            }
            tallier_.emplace(*limit_.tally, done_.tally);
            tallier_->start();
        }
        return {};
    }

    bool full() const {
        return (watcher_ && watcher_->full()) || (tallier_ && tallier_->full()) ||
               done_.details.size() >= RunResult::kDetailsKept;
    }
    void before(const NextMessage& next) {
        describing_ = limit_.details || is_found(next.external, next.order);
        if (!describing_) return;
        done_.details.push_back(describer_.next(island_));
        if (tallier_) tallier_->start();
    }
    bool is_found(bool external, std::uint64_t order) const {
        return limit_.find && limit_.find->external == external && limit_.find->order == order;
    }
    void after(const Executed& executed) {
        if (tallier_) tallier_->executed(executed);
        if (watcher_) watcher_->executed({executed.time, executed.n, executed.external});
        if (describing_) describer_.executed(island_, executed, done_.details.back());
        if (limit_.steps) done_.steps.push_back({executed.time, executed.n, executed.external});
        if (tallier_ && watcher_) tallier_->start();
    }
    void finish() {
        if (tallier_) tallier_->finish();
    }

private:
    const RunLimit& limit_;
    Island& island_;
    Describer& describer_;
    RunResult& done_;
    std::optional<Watcher> watcher_;
    std::optional<Tallier> tallier_;
    bool describing_ = false;  ///< the message that is being executed
};

}  // namespace

result<RunResult> LocalSession::run(const RunLimit& limit) {
    if (!island_) return no_state();
    RunResult done;
    Telling telling(limit, *island_, *describer_, done);
    if (auto started = telling.start(); !started) return started.error();
    Clock::time_point deadline = Clock::now() + limit.wall;
    ObjectId root = island_->find("root");
    /// Why not to execute the next message, if so.
    auto stop_before = [&](const NextMessage& next) -> std::optional<Stop> {
        if (Mark{limit.until.branch, next.time, next.n} > limit.until) return Stop::until;
        if (done.executed >= limit.messages) return Stop::messages;
        if (telling.full()) return Stop::full;
        bool look =
            limit.wall.count() > 0 && done.executed > 0 && done.executed % kMessagesPerLook == 0;
        return look && Clock::now() >= deadline ? std::optional(Stop::wall) : std::nullopt;
    };
    std::optional<Stop> stop;
    while (!stop) {
        std::optional<NextMessage> next = island_->next();
        if (!next || next->time > island_->bound()) {
            stop = Stop::bound;
            break;
        }
        if ((stop = stop_before(*next))) break;
        telling.before(*next);
        if (page_) page_->begin(*next, root);
        std::optional<Executed> executed = island_->execute_next();
        ++done.executed;
        if (executed->error) {
            ++done.error_count;
            if (done.errors.size() < RunResult::kErrorsKept)
                done.errors.push_back(*executed->error);
        }
        telling.after(*executed);
        if (telling.is_found(executed->external, executed->order)) {
            stop = Stop::found;
        } else if (executed->error && limit.stop_after_error) {
            stop = Stop::error;
        } else if (executed->external && limit.stop_after_external) {
            stop = Stop::external;
        }
    }
    done.stop = *stop;
    telling.finish();
    if (page_) page_->set(ProgressPage::nothing);
    update_position();
    return done;
}

}  // namespace teatime::replayer
