#include "history.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include "detached.h"
#include "gui_call.h"
#include "near_messages.h"
#include "timeline_thread.h"

namespace teatime::inspector {
namespace {

using replayer::ExternalSurvey;
using replayer::Survey;

/// As many messages in view as one can tell apart.
constexpr double kSinglesInView = 1500;
constexpr std::size_t kSinglesKept = 6000;

struct IdHash {
    std::size_t operator()(const MessageId& id) const {
        return std::hash<std::uint64_t>()(id.order * 2 + (id.external ? 1 : 0));
    }
};

/// Ends the work where nobody waits for it: one message may take long.
template <class T>
void end_elsewhere(const DetachedThreads& threads, std::shared_ptr<T> work) {
    if (!work) return;
    threads.run([work = std::move(work)]() mutable { work.reset(); });
}

std::vector<float> narrowed(const std::vector<double>& counts) {
    return {counts.begin(), counts.end()};
}

}  // namespace

class History::Impl {
public:
    explicit Impl(History& history) : history_(history) {}
    ~Impl() { close(); }

    void open(const FactsPtr& facts, const replayer::TimelineOptions& options) {
        close();
        facts_ = facts;
        if (!facts || !facts->is_recording) return;
        call_.emplace(history_);
        const std::string path = facts->path.toStdString();
        const auto tell = [call = *call_, this] { call([this] { learn(); }); };
        external_ = std::make_shared<ExternalSurvey>(
            path, replayer::ExternalSurveyOptions{.follow = true, .changed = tell});
        if (facts->can_execute) {
            replayer::SurveyOptions how;
            how.timeline = options;
            how.changed = tell;
            survey_ = std::make_shared<Survey>(path, how);
        }
        near_thread_ = std::make_unique<TimelineThread>(history_, threads, path, options,
                                                        TimelineThread::Priority::normal);
    }

    /// One that could not even begin, as where the first keyframe is damaged, tells nothing.
    std::shared_ptr<const Survey> survey() const {
        if (!survey_) return nullptr;
        const auto now = survey_->progress();
        const bool none = now.state == replayer::SurveyProgress::State::failed && !now.executed;
        return none ? nullptr : survey_;
    }
    std::shared_ptr<const ExternalSurvey> external_survey() const { return external_; }

    void close() {
        if (call_) call_->give_up();
        call_.reset();
        end_elsewhere(threads, std::move(external_));
        end_elsewhere(threads, std::move(survey_));
        near_thread_.reset();
        lanes_.clear();
        by_member_.clear();
        by_call_.clear();
        sender_lanes_.clear();
        selector_lanes_.clear();
        near_ = {};
        near_of_.clear();
        wanted_ = {};
        sliced_ = {};
        totals_ = {};
        progress_ = {};
        names_.clear();
        facts_.reset();
    }

    void set_facts(const FactsPtr& facts) {
        facts_ = facts;
        for (const timegraph::Member& member : facts->members) {
            if (!member.name.empty()) names_[member.id] = member.name;
        }
        rename();
    }

    bool add_names(const std::map<MemberId, std::string>& names) {
        const std::size_t before = names_.size();
        for (const auto& [id, name] : names) {
            if (!name.empty()) names_.try_emplace(id, name);
        }
        if (!facts_ || names_.size() == before) return false;
        rename();
        return true;
    }

    const DetachedThreads threads;

    const std::vector<Lane>& lanes() const { return lanes_; }
    const Progress& progress() const { return progress_; }

    LaneSlice slice(std::size_t lane, const TimeScale& scale) {
        if (sliced_.scale != scale || sliced_.version != version_) slice_all(scale);
        return lane < sliced_.lanes.size() ? sliced_.lanes[lane] : LaneSlice();
    }

    Totals totals(const TimeScale& scale) {
        if (totals_.scale == scale && totals_.version == version_) return totals_.totals;
        totals_ = {scale, version_, {}};
        for (const auto& [lane, counts] : counts(scale)) {
            auto& sum = lanes_[lane].kind == Lane::Kind::external ? totals_.totals.external
                                                                  : totals_.totals.future;
            sum.resize(counts.size());
            for (std::size_t i = 0; i < counts.size(); ++i) sum[i] += counts[i];
        }
        return totals_.totals;
    }

    std::optional<Place> place_of(const MessageId& id) const {
        const auto found = near_of_.find(id);
        return found == near_of_.end() ? std::nullopt : std::optional(found->second);
    }

private:
    using LaneCounts = std::vector<std::pair<std::size_t, std::vector<float>>>;

    QString name_of(MemberId id) const {
        if (!id) return History::tr("router");
        const auto found = names_.find(id);
        if (found == names_.end()) return History::tr("member %1").arg(id.value);
        const QString name = QString::fromStdString(found->second);
        const auto same = std::count_if(names_.begin(), names_.end(), [&](const auto& each) {
            return each.second == found->second;
        });
        return same > 1 ? QStringLiteral("%1 (%2)").arg(name).arg(id.value) : name;
    }

    void rename() {
        for (const auto& [member, lane] : by_member_) lanes_[lane].name = name_of(member);
        ++version_;
    }

    std::size_t lane_of(MemberId member) {
        const auto [found, fresh] = by_member_.try_emplace(member, lanes_.size());
        if (fresh) lanes_.push_back({Lane::Kind::external, name_of(member), member, 0});
        return found->second;
    }

    std::size_t lane_of(const QString& call) {
        const auto [found, fresh] = by_call_.try_emplace(call, lanes_.size());
        if (fresh) lanes_.push_back({Lane::Kind::future, call, {}, 0});
        return found->second;
    }

    /// Something new is known.
    void learn() {
        const auto senders = external_->senders();
        for (std::size_t i = 0; i < senders.size(); ++i) {
            if (i == sender_lanes_.size()) sender_lanes_.push_back(lane_of(senders[i].member));
            lanes_[sender_lanes_[i]].total = senders[i].count;
        }
        const auto selectors = survey_ ? survey_->selectors() : std::vector<replayer::TallyEntry>();
        for (std::size_t i = 0; i < selectors.size(); ++i) {
            const replayer::TallyEntry& entry = selectors[i];
            if (i == selector_lanes_.size()) {
                const auto call = QString::fromStdString(
                    entry.class_name.empty() ? entry.selector
                                             : entry.class_name + '.' + entry.selector);
                selector_lanes_.push_back(entry.external ? kNoLane : lane_of(call));
            }
            if (selector_lanes_[i] != kNoLane) lanes_[selector_lanes_[i]].total = entry.count;
        }
        learn_progress();
        ++version_;
        emit history_.changed();
    }

    void learn_progress() {
        using State = replayer::SurveyProgress::State;
        const auto now = survey_ ? survey_->progress() : external_->progress();
        Progress next;
        next.surveyed = now.at;
        next.share = now.fraction();
        next.executing = survey_ && (now.state == State::opening || now.state == State::running);
        if (now.state == State::failed) next.problem = QString::fromStdString(now.why);
        const bool differs = next.surveyed != progress_.surveyed || next.share != progress_.share ||
                             next.executing != progress_.executing ||
                             next.problem != progress_.problem;
        progress_ = next;
        if (differs) emit history_.progress_changed();
    }

    /// From the surveys: as fine as their buckets are.
    LaneCounts counts(const TimeScale& scale) const {
        LaneCounts all;
        if (!external_) return all;
        const VirtualTime from = scale.left, to = scale.right();
        const auto columns = static_cast<std::size_t>(scale.width);
        if (to <= from) return all;
        const auto outside = external_->density(from, to, columns);
        for (std::size_t i = 0; i < std::min(outside.by_sender.size(), sender_lanes_.size()); ++i) {
            all.emplace_back(sender_lanes_[i], narrowed(outside.by_sender[i]));
        }
        if (!survey_) return all;
        const auto inside = survey_->density(from, to, columns);
        for (std::size_t i = 0; i < std::min(inside.size(), selector_lanes_.size()); ++i) {
            if (selector_lanes_[i] == kNoLane) continue;
            all.emplace_back(selector_lanes_[i], narrowed(inside[i]));
        }
        return all;
    }

    void slice_all(const TimeScale& scale) {
        sliced_ = {scale, version_, std::vector<LaneSlice>(lanes_.size())};
        double in_view = 0;
        for (auto& [lane, counts] : counts(scale)) {
            for (float count : counts) in_view += count;
            sliced_.lanes[lane].density = std::move(counts);
        }
        if (!facts_) return;
        // A recording that grows is shown as far as it was known, until more has come.
        const Duration span = scale.right() - scale.left;
        const bool known =
            !near_.too_many && near_.from <= scale.left && near_.to >= scale.left + span / 2;
        const bool all = known && near_.to >= std::min(scale.right(), facts_->end.time);
        if (known) take_near(scale);
        if (!all && in_view <= kSinglesInView) want_near(scale);
    }

    /// What is known one by one, in place of counts.
    void take_near(const TimeScale& scale) {
        const auto before = [](const NearMessage& message, VirtualTime time) {
            return message.single.mark.time < time;
        };
        auto first =
            std::lower_bound(near_.messages.begin(), near_.messages.end(), scale.left, before);
        const auto last = std::lower_bound(first, near_.messages.end(), scale.right(), before);
        std::vector<std::size_t> counts(lanes_.size());
        for (auto message = first; message != last; ++message) ++counts[near_lane(*message)];
        constexpr std::size_t kPixelsApart = 5;  // dots that touch are told better by a density
        const auto width = static_cast<std::size_t>(scale.width);
        for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
            const bool apart = counts[lane] * kPixelsApart <= width;
            sliced_.lanes[lane].exact = true;
            sliced_.lanes[lane].density.assign(apart ? 0 : width, 0);
        }
        for (; first != last; ++first) {
            LaneSlice& slice = sliced_.lanes[near_lane(*first)];
            const double x = scale.x_of(first->single.mark.time);
            if (slice.density.empty()) {
                slice.singles.push_back(first->single);
            } else if (x >= 0 && x < scale.width) {
                slice.density[static_cast<std::size_t>(x)] += 1;
            }
        }
    }

    std::size_t near_lane(const NearMessage& message) const {
        return message.single.id.external ? by_member_.at(message.sender)
                                          : by_call_.at(message.call);
    }

    /// Asks for what is in view and as much again on either side, for panning.
    void want_near(const TimeScale& scale) {
        const Duration span = scale.right() - scale.left;
        const VirtualTime from = scale.left - span, to = scale.right() + span;
        const bool within =
            wanted_.from <= scale.left && wanted_.to >= scale.right() && wanted_.from < wanted_.to;
        if (within && wanted_.running) return;
        // Too many: not again before one looks much nearer.
        const bool nearer = wanted_.to - wanted_.from > 4 * (to - from);
        if (within && wanted_.end == facts_->end && !nearer) return;
        wanted_ = {from, to, facts_->end, true};
        near_thread_->run([this, from, to](replayer::Timeline& timeline,
                                           const std::stop_token& stop, const GuiCall& post) {
            auto found = near_messages(timeline, from, to, kSinglesKept, stop);
            if (stop.stop_requested()) return;
            post([this, found = std::move(found)]() mutable { keep(std::move(found)); });
        });
    }

    void keep(NearMessages found) {
        wanted_.running = false;
        near_ = std::move(found);
        near_of_.clear();
        for (const NearMessage& message : near_.messages) {
            const std::size_t lane =
                message.single.id.external ? lane_of(message.sender) : lane_of(message.call);
            near_of_[message.single.id] = {lane, message.single.mark};
        }
        ++version_;
        emit history_.changed();
    }

    static constexpr std::size_t kNoLane = ~std::size_t{0};

    History& history_;
    FactsPtr facts_;
    std::optional<GuiCall> call_;
    std::shared_ptr<ExternalSurvey> external_;
    std::shared_ptr<Survey> survey_;  ///< null where nothing can be executed
    std::unique_ptr<TimelineThread> near_thread_;

    std::vector<Lane> lanes_;
    std::map<MemberId, std::size_t> by_member_;
    std::map<QString, std::size_t> by_call_;
    std::map<MemberId, std::string> names_;  ///< of facts_, and others from elsewhere
    std::vector<std::size_t> sender_lanes_, selector_lanes_;  ///< by index of the surveys
    Progress progress_;
    std::uint64_t version_ = 0;  ///< of what is known

    NearMessages near_;
    std::unordered_map<MessageId, Place, IdHash> near_of_;
    struct Wanted {
        VirtualTime from, to;
        Mark end;  ///< of the recording, then
        bool running = false;
    } wanted_;

    struct Sliced {
        TimeScale scale;
        std::uint64_t version = ~std::uint64_t{0};
        std::vector<LaneSlice> lanes;
    } sliced_;
    struct KnownTotals {
        TimeScale scale;
        std::uint64_t version = ~std::uint64_t{0};
        Totals totals;
    } totals_;
};

History::History(QObject* parent) : LaneSource(parent), impl_(std::make_unique<Impl>(*this)) {}
History::~History() {
    const DetachedThreads threads = impl_->threads;
    impl_.reset();
    threads.wait();
}

void History::open(const FactsPtr& facts, const replayer::TimelineOptions& options) {
    impl_->open(facts, options);
    emit changed();
    emit progress_changed();
}

void History::set_facts(const FactsPtr& facts) {
    impl_->set_facts(facts);
    emit changed();
}

void History::add_names(const std::map<MemberId, std::string>& names) {
    if (impl_->add_names(names)) emit changed();
}

void History::close() {
    impl_->close();
    emit changed();
    emit progress_changed();
}

const std::vector<Lane>& History::lanes() const {
    return impl_->lanes();
}

LaneSlice History::slice(std::size_t lane, const TimeScale& scale) {
    return impl_->slice(lane, scale);
}

LaneSource::Totals History::totals(const TimeScale& scale) {
    return impl_->totals(scale);
}

std::optional<LaneSource::Place> History::place_of(const MessageId& id) const {
    return impl_->place_of(id);
}

const LaneSource::Progress& History::progress() const {
    return impl_->progress();
}

std::shared_ptr<const Survey> History::survey() const {
    return impl_->survey();
}

std::shared_ptr<const ExternalSurvey> History::external_survey() const {
    return impl_->external_survey();
}

}  // namespace teatime::inspector
