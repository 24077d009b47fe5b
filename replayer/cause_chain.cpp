#include <algorithm>

#include "mark_steps.h"
#include "teatime/replayer/query.h"
#include "teatime/timegraph/reader.h"

namespace teatime::replayer {
namespace {

using Cause = ExecutedInfo::Cause;

class ChainFinder {
public:
    ChainFinder(Timeline& timeline, const Watch& watch)
        : timeline_(timeline), reader_(*timeline.reader()), watch_(watch) {}

    /// Executes the message that is `cause` once more; it was executed before `before`. Empty where
    /// it was not executed in this recording.
    result<std::optional<ExecutedInfo>> find(const Cause& cause, const Mark& before) {
        auto where = cause.external ? instant_of(cause.order) : interval_of(cause.order, before);
        if (!where) return where.error();
        Mark from = std::max(where->first, timeline_.begin());
        Mark to = std::min(where->second, before);
        if (from >= to) return std::optional<ExecutedInfo>();
        if (auto there = timeline_.seek(from, watch_); !there) return there.error();
        RunLimit what;
        what.find = cause;
        std::optional<ExecutedInfo> found;
        auto tell = [&](const RunResult& part) {
            if (!part.details.empty()) found = part.details.back();
            return true;
        };
        auto went = timeline_.observe(to, what, tell, watch_);
        if (!went) return went.error();
        return found;
    }

private:
    using Interval = std::pair<Mark, Mark>;

    /// An external message is executed at the time of its stamp.
    result<Interval> instant_of(std::uint64_t seq) {
        auto cursor = reader_.messages_after(Seq{seq - 1});
        if (!cursor.next()) {
            if (!cursor.status()) return cursor.status().error();
            return Interval{};
        }
        if (cursor.message().stamp.seq.value != seq) return Interval{};
        VirtualTime time = cursor.message().stamp.time;
        return Interval{{BranchId{}, time - Duration(1), Mark::kWholeInstant},
                        {BranchId{}, time, Mark::kWholeInstant}};
    }

    /// A stored state, and whether it lies after the execution of an internal message.
    struct Known {
        Mark mark;
        bool executed;
    };

    /// Executed: the message was given its number, and is not pending any more.
    static bool executed_by(const Image& image, std::uint64_t order) {
        return order < image.next_internal &&
               std::none_of(image.queue.begin(), image.queue.end(), [&](const auto& message) {
                   return !message.external && message.order == order;
               });
    }

    /// By the last state at or before `mark` that can be read: damage is passed over, as the
    /// Timeline does, and tells.
    result<std::optional<Known>> known_before(Mark mark, std::uint64_t order) {
        for (;;) {
            if (watch_.stop.stop_requested()) return failed("cancelled at " + to_string(mark));
            std::vector<Error> damaged;
            auto keyframe = reader_.keyframe_before(mark, &damaged);
            if (!keyframe) return keyframe.error();
            if (!*keyframe || (*keyframe)->mark < timeline_.begin()) return std::optional<Known>();
            mark = (*keyframe)->mark;
            if (auto image = reader_.image(**keyframe)) {
                return std::optional(Known{mark, executed_by(*image, order)});
            }
            mark = just_before(mark);
        }
    }

    /// The stretch between two keyframes in which it was executed. Most causes are near: looks back
    /// in growing steps, then halves the last one.
    result<Interval> interval_of(std::uint64_t order, const Mark& before) {
        Mark low = timeline_.begin(), high = before;
        Duration step = std::chrono::seconds(1);
        for (Mark look = just_before(before);;) {
            auto known = known_before(look, order);
            if (!known) return known.error();
            if (!*known) break;
            if (!(*known)->executed) {
                low = (*known)->mark;
                break;
            }
            high = (*known)->mark;
            if (high.time <= timeline_.begin().time) break;
            VirtualTime back = high.time - timeline_.begin().time < step ? timeline_.begin().time
                                                                         : high.time - step;
            look = {BranchId{}, back, Mark::kWholeInstant};
            step *= 2;
        }
        return halved(order, low, high);
    }

    result<Interval> halved(std::uint64_t order, Mark low, Mark high) {
        VirtualTime earliest = low.time;
        while (high.time - earliest > Duration(1)) {
            VirtualTime middle = earliest + (high.time - earliest) / 2;
            auto known = known_before({BranchId{}, middle, Mark::kWholeInstant}, order);
            if (!known) return known.error();
            if (!*known || (*known)->mark <= low) {
                earliest = middle;
            } else if ((*known)->executed) {
                high = (*known)->mark;
            } else {
                low = (*known)->mark;
                earliest = std::max(low.time, middle);
            }
        }
        return Interval{low, high};
    }

    Timeline& timeline_;
    const timegraph::Reader& reader_;
    const Watch& watch_;
};

}  // namespace

result<CauseChain> cause_chain(Timeline& timeline, const Mark& mark, std::size_t most,
                               const Watch& watch) {
    if (!timeline.can_execute()) {
        return wrong_usage("cannot execute: " + timeline.why_not_executed());
    }
    Mark before = std::max(just_before(mark), timeline.begin());
    if (auto there = timeline.seek(before, watch); !there) return there.error();
    auto asked = timeline.step(watch);
    if (!asked) return asked.error();
    if (!*asked || (*asked)->mark != mark) {
        return wrong_usage("no message leads to " + to_string(mark));
    }
    CauseChain chain;
    chain.links.push_back(std::move(**asked));
    ChainFinder finder(timeline, watch);
    for (;;) {
        const ExecutedInfo& last = chain.links.back();
        chain.complete = last.external || !last.cause;
        if (chain.complete) return chain;
        if (chain.links.size() >= most) {
            chain.end = "the chain goes on beyond " + std::to_string(most) + " messages";
            return chain;
        }
        if (watch.progress) watch.progress(last.mark);
        auto found = finder.find(*last.cause, just_before(last.mark));
        if (!found) {
            if (watch.stop.stop_requested()) return found.error();
            chain.end = found.error().message;
            return chain;
        }
        if (!*found) {
            chain.end = "the message that sent it was executed before the recording begins";
            return chain;
        }
        chain.links.push_back(std::move(**found));
    }
}

}  // namespace teatime::replayer
