#include "teatime/replayer/survey.h"

#include <algorithm>
#include <mutex>
#include <thread>

#include "background.h"
#include "places.h"
#include "teatime/replayer/density.h"
#include "teatime/replayer/stretches.h"

namespace teatime::replayer {
namespace {

constexpr std::size_t kLanes = 512;
constexpr std::size_t kErrors = 10'000;
constexpr std::uint64_t kEvery = 1024;

using MarkPlaces = Places<Mark>;
using Kind = MarkPlaces::Kind;
using State = SurveyProgress::State;

}  // namespace

double SurveyProgress::fraction() const {
    double whole = static_cast<double>((end.time - begin.time).count());
    if (whole <= 0) return state == State::opening ? 0 : 1;
    return std::clamp(static_cast<double>((at.time - begin.time).count()) / whole, 0.0, 1.0);
}

class Survey::Impl {
public:
    Impl(std::string path, SurveyOptions options)
        : path_(std::move(path)),
          options_(std::move(options)),
          notifier_(options_.changed),
          thread_([this](const std::stop_token& stop) { work(stop); }) {}

    // Of the owner, from any thread
    result<std::vector<ExecutedInfo>> rows(Timeline& timeline, std::uint64_t first,
                                           std::size_t count, const Watch& watch) const;
    result<std::optional<std::uint64_t>> row_at(Timeline& timeline, const Mark& mark,
                                                const Watch& watch) const;
    /// From where to execute to get to row `number`, and how far that goes.
    struct Way {
        MarkPlaces::Place from;
        Mark until;
    };
    Way way_to(std::size_t place) const;

    struct Lane {
        TallyEntry total;
        Density density;
    };

    mutable std::mutex mutex_;  ///< guards all to the next remark
    SurveyProgress progress_;
    std::vector<std::string> notes_;
    std::vector<Lane> lanes_;
    Density all_;
    std::vector<HandlerError> errors_;
    MarkPlaces places_{kEvery};

private:
    // Of the thread
    void work(const std::stop_token& stop);
    result<bool> catch_up(Timeline& timeline, const std::stop_token& stop);
    result<void> walk(Timeline& timeline, const Stretch& stretch, const std::stop_token& stop);
    bool take(const Timeline& timeline, const RunResult& part, const TallyRequest& request);
    std::size_t lane_of(const TallyEntry& entry);
    void set_state(State state, std::string why = {});

    const std::string path_;
    const SurveyOptions options_;
    Notifier notifier_;
    Mark walked_;          ///< everything before was executed or is missing
    std::jthread thread_;  ///< last: starts when all else is there, ends before
};

void Survey::Impl::set_state(State state, std::string why) {
    {
        std::lock_guard lock(mutex_);
        if (progress_.state == state) return;
        progress_.state = state;
        progress_.why = std::move(why);
    }
    notifier_.now();
}

void Survey::Impl::work(const std::stop_token& stop) {
    auto timeline = Timeline::open(path_, options_.timeline);
    if (!timeline) return set_state(State::failed, timeline.error().message);
    walked_ = timeline->begin();
    {
        std::lock_guard lock(mutex_);
        notes_ = timeline->notes();
        progress_.begin = progress_.at = walked_;
        progress_.end = timeline->end();
        all_ = Density(walked_.time);
        places_.add({0, walked_, Kind::begins});
    }
    if (!timeline->can_execute()) return set_state(State::failed, timeline->why_not_executed());
    while (!stop.stop_requested()) {
        set_state(State::running);
        auto more = catch_up(*timeline, stop);
        if (!more) {
            // Being told to end is no failure.
            if (!stop.stop_requested()) set_state(State::failed, more.error().message);
            return;
        }
        if (*more) continue;
        set_state(State::waiting);
        if (!options_.follow) return;
        while (timeline->end() <= walked_) {
            if (!wait_for_more(stop)) return;
        }
    }
}

/// Executes what is recorded by now; true where there is more already.
result<bool> Survey::Impl::catch_up(Timeline& timeline, const std::stop_token& stop) {
    const Mark end = timeline.end();
    auto parts = stretches(timeline);
    if (!parts) return parts.error();
    for (Stretch& part : *parts) {
        part.to = std::min(part.to, end);
        if (part.to <= walked_ || part.from > part.to) continue;
        if (auto went = walk(timeline, part, stop); !went) return went.error();
    }
    walked_ = end;
    std::lock_guard lock(mutex_);
    progress_.end = std::max(progress_.end, end);
    progress_.at = std::max(progress_.at, end);
    return timeline.end() > end;
}

result<void> Survey::Impl::walk(Timeline& timeline, const Stretch& stretch,
                                const std::stop_token& stop) {
    Watch watch;
    watch.stop = stop;
    if (stretch.from > timeline.mark()) {  // behind missing messages
        {
            std::lock_guard lock(mutex_);
            places_.add({progress_.executed, timeline.mark(), Kind::ends});
        }
        if (auto there = timeline.seek(stretch.from, watch); !there) return there;
        std::lock_guard lock(mutex_);
        places_.add({progress_.executed, timeline.mark(), Kind::begins});
    }
    RunLimit what;
    bool reached = false;
    while (!reached) {
        TallyRequest request;
        {
            std::lock_guard lock(mutex_);
            progress_.end = std::max(progress_.end, timeline.end());
            request = {progress_.begin.time, all_.width(), progress_.executed, kEvery};
        }
        what.tally = request;
        auto tell = [&](const RunResult& part) {
            reached = !take(timeline, part, request);
            notifier_.soon();
            return reached;
        };
        if (auto went = timeline.observe(stretch.to, what, tell, watch); !went) return went;
    }
    walked_ = stretch.to;
    return {};
}

std::size_t Survey::Impl::lane_of(const TallyEntry& entry) {
    auto found = std::find_if(lanes_.begin(), lanes_.end(),
                              [&](const Lane& lane) { return lane.total.same_kind(entry); });
    if (found != lanes_.end()) return static_cast<std::size_t>(found - lanes_.begin());
    if (lanes_.size() + 1 >= kLanes && entry.selector != Tally::kOthers) {
        TallyEntry others;
        others.selector = Tally::kOthers;
        return lane_of(others);
    }
    Lane lane{{}, Density(progress_.begin.time)};
    lane.total.class_name = entry.class_name;
    lane.total.selector = entry.selector;
    lane.total.external = entry.external;
    lanes_.push_back(std::move(lane));
    return lanes_.size() - 1;
}

/// Adds it up; true where the buckets of the request are much too fine by now.
bool Survey::Impl::take(const Timeline& timeline, const RunResult& part,
                        const TallyRequest& request) {
    std::lock_guard lock(mutex_);
    std::vector<std::size_t> lane_by_entry;
    for (const TallyEntry& entry : part.tally.entries) {
        lane_by_entry.push_back(lane_of(entry));
        TallyEntry& total = lanes_[lane_by_entry.back()].total;
        total.count += entry.count;
        total.errors += entry.errors;
        total.time += entry.time;
    }
    for (const Tally::Cell& cell : part.tally.cells) {
        VirtualTime time = request.origin + request.bucket * cell.bucket;
        all_.add(time, cell.count);
        lanes_[lane_by_entry[cell.entry]].density.add(time, cell.count);
    }
    for (const Tally::Place& place : part.tally.places) {
        if (place.number % places_.every() == 0) places_.add({place.number, place.mark});
    }
    for (const HandlerError& error : part.errors) {
        if (errors_.size() < kErrors) errors_.push_back(error);
    }
    progress_.executed += part.executed;
    progress_.errors += part.error_count;
    progress_.at = timeline.mark();
    progress_.end = std::max(progress_.end, progress_.at);
    return all_.width() >= 4 * request.bucket;
}

Survey::Impl::Way Survey::Impl::way_to(std::size_t place) const {
    Way way{places_[place], progress_.at};
    for (std::size_t i = place + 1; i < places_.size(); ++i) {
        if (places_[i].kind != Kind::ends) continue;
        way.until = places_[i].at;
        break;
    }
    return way;
}

result<std::vector<ExecutedInfo>> Survey::Impl::rows(Timeline& timeline, std::uint64_t first,
                                                     std::size_t count, const Watch& watch) const {
    std::vector<ExecutedInfo> rows;
    while (rows.size() < count) {
        Way way;
        std::uint64_t skip = 0;
        {
            std::lock_guard lock(mutex_);
            if (places_.empty() || first + rows.size() >= progress_.executed) break;
            way = way_to(places_.before(first + rows.size()));
            skip = first + rows.size() - way.from.number;
        }
        if (way.from.kind == Kind::ends || way.from.at >= way.until) break;
        if (auto there = timeline.seek(way.from.at, watch); !there) return there.error();
        RunLimit what;
        what.messages = skip;
        auto skipped = timeline.observe(
            way.until, what, [](const RunResult&) { return true; }, watch);
        if (!skipped) return skipped.error();
        what.messages = count - rows.size();
        what.details = true;
        const std::size_t before = rows.size();
        auto told = [&](const RunResult& part) {
            rows.insert(rows.end(), part.details.begin(), part.details.end());
            return true;
        };
        if (auto went = timeline.observe(way.until, what, told, watch); !went) return went.error();
        if (rows.size() == before) break;
    }
    return rows;
}

result<std::optional<std::uint64_t>> Survey::Impl::row_at(Timeline& timeline, const Mark& mark,
                                                          const Watch& watch) const {
    using Row = std::optional<std::uint64_t>;
    Way way;
    {
        std::lock_guard lock(mutex_);
        if (places_.empty() || mark > progress_.at) return Row();
        way = way_to(places_.before(mark));
    }
    std::uint64_t number = way.from.number;
    if (way.from.kind != Kind::ends && way.from.at < mark) {
        if (auto there = timeline.seek(way.from.at, watch); !there) return there.error();
        auto counted = [&](const RunResult& part) {
            number += part.executed;
            return true;
        };
        auto went = timeline.observe(std::min(mark, way.until), {}, counted, watch);
        if (!went) return went.error();
    }
    return number > 0 ? Row(number - 1) : Row();
}

Survey::Survey(std::string path, SurveyOptions options)
    : impl_(std::make_unique<Impl>(std::move(path), std::move(options))) {}
Survey::~Survey() = default;

SurveyProgress Survey::progress() const {
    std::lock_guard lock(impl_->mutex_);
    return impl_->progress_;
}
std::vector<std::string> Survey::notes() const {
    std::lock_guard lock(impl_->mutex_);
    return impl_->notes_;
}
std::vector<TallyEntry> Survey::selectors() const {
    std::lock_guard lock(impl_->mutex_);
    std::vector<TallyEntry> all;
    for (const Impl::Lane& lane : impl_->lanes_) all.push_back(lane.total);
    return all;
}
std::vector<std::vector<double>> Survey::density(VirtualTime from, VirtualTime to,
                                                 std::size_t columns) const {
    std::lock_guard lock(impl_->mutex_);
    std::vector<std::vector<double>> all;
    for (const Impl::Lane& lane : impl_->lanes_) {
        all.push_back(lane.density.columns(from, to, columns));
    }
    return all;
}
Duration Survey::resolution() const {
    std::lock_guard lock(impl_->mutex_);
    return impl_->all_.width();
}
std::vector<HandlerError> Survey::errors() const {
    std::lock_guard lock(impl_->mutex_);
    return impl_->errors_;
}
Tally::Place Survey::place_before(std::uint64_t row) const {
    std::lock_guard lock(impl_->mutex_);
    if (impl_->places_.empty()) return {0, {}};
    const auto& place = impl_->places_[impl_->places_.before(row)];
    return {place.number, place.at};
}
Tally::Place Survey::place_before(const Mark& mark) const {
    std::lock_guard lock(impl_->mutex_);
    if (impl_->places_.empty()) return {0, {}};
    const auto& place = impl_->places_[impl_->places_.before(mark)];
    return {place.number, place.at};
}
result<std::vector<ExecutedInfo>> Survey::rows(Timeline& timeline, std::uint64_t first,
                                               std::size_t count, const Watch& watch) const {
    return impl_->rows(timeline, first, count, watch);
}
result<std::optional<std::uint64_t>> Survey::row_at(Timeline& timeline, const Mark& mark,
                                                    const Watch& watch) const {
    return impl_->row_at(timeline, mark, watch);
}

}  // namespace teatime::replayer
