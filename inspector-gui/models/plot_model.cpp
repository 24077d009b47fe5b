#include <QLocale>
#include <QSaveFile>
#include <algorithm>
#include <map>

#include "background.h"
#include "detached.h"
#include "plot.h"
#include "teatime/state/json.h"
#include "timeline_thread.h"

namespace teatime::inspector {
namespace {

constexpr std::size_t kColumns = 4096;  // of the whole recording
constexpr std::size_t kPartColumns = 256;
constexpr std::uint64_t kMostPoints = 2000;

struct Found {
    std::vector<replayer::ValueTrack> tracks;
    std::vector<std::vector<PlotTrack::Point>> points;  ///< empty: too many
    QString problem;
};

std::vector<std::string> utf8(const QStringList& paths) {
    std::vector<std::string> all;
    for (const QString& path : paths) all.push_back(path.toStdString());
    return all;
}

Found find(replayer::Timeline& timeline, const QStringList& paths, const Mark& from, const Mark& to,
           std::size_t columns, const std::stop_token& stop) {
    Found found;
    auto tracks = replayer::value_tracks(timeline, utf8(paths), from, to, columns,
                                         {.progress = {}, .stop = stop});
    if (tracks) {
        found.tracks = std::move(*tracks);
    } else {
        found.problem = QString::fromStdString(tracks.error().message);
    }
    return found;
}

/// Each change, where that is not too many of them.
void find_points(replayer::Timeline& timeline, const QStringList& paths, const Mark& from,
                 const Mark& to, Found& found, const std::stop_token& stop) {
    std::uint64_t changes = 0;
    for (const auto& track : found.tracks) {
        for (const auto& column : track.columns) changes += column.changes;
    }
    if (!found.problem.isEmpty() || changes > kMostPoints) return;
    found.points.resize(static_cast<std::size_t>(paths.size()));
    auto done = replayer::values(
        timeline, utf8(paths), from, to,
        [&](const replayer::ValueChange& change) {
            const auto number = replayer::number_of(change.value);
            found.points[change.path].push_back({change.at_start ? from : change.step.mark(),
                                                 number.value_or(0), number.has_value()});
        },
        {.progress = {}, .stop = stop});
    if (!done) found.points.clear();
}

/// Two columns into one.
void halve(std::vector<PlotTrack::Column>& columns) {
    for (std::size_t i = 0; i * 2 < columns.size(); ++i) {
        PlotTrack::Column joined = columns[i * 2];
        if (i * 2 + 1 < columns.size()) join(joined, columns[i * 2 + 1]);
        columns[i] = joined;
    }
    columns.resize((columns.size() + 1) / 2);
}

QString csv_value(const std::optional<Value>& value) {
    if (!value) return {};
    if (const auto number = replayer::number_of(value)) {
        return QString::number(*number, 'g', QLocale::FloatingPointShortest);
    }
    QString text = QString::fromStdString(to_json(*value));
    return '"' + text.replace('"', "\"\"") + '"';
}

/// `tell`: how far it is, ten times a second.
QString write_csv(replayer::Timeline& timeline, const QString& path, const QString& name,
                  const std::stop_token& stop, const std::function<void(double)>& tell) {
    QSaveFile file(name);
    if (!file.open(QIODevice::WriteOnly)) return file.errorString();
    file.write("time_s,n,value\n");
    using std::chrono::steady_clock;
    const Mark begin = timeline.begin(), end = timeline.end();
    auto next = steady_clock::now();
    const auto progress = [&](const Mark& at) {
        if (steady_clock::now() < next) return;
        next = steady_clock::now() + std::chrono::milliseconds(100);
        const auto span = static_cast<double>((end.time - begin.time).count());
        const auto done = static_cast<double>((at.time - begin.time).count());
        tell(span > 0 ? std::clamp(done / span, 0.0, 1.0) : 0);
    };
    auto done =
        replayer::values(timeline, {path.toStdString()}, begin, end,
                         [&file](const replayer::ValueChange& change) {
                             std::string time = to_string(change.step.time);
                             time.pop_back();  // the unit
                             file.write(QByteArray::fromStdString(time) + ',' +
                                        QByteArray::number(static_cast<qulonglong>(change.step.n)) +
                                        ',' + csv_value(change.value).toUtf8() + '\n');
                         },
                         {.progress = progress, .stop = stop});
    if (!done) return QString::fromStdString(done.error().message);
    if (stop.stop_requested()) return {};
    return file.commit() ? QString() : file.errorString();
}

}  // namespace

class PlotModel::Impl {
public:
    explicit Impl(PlotModel& model) : model_(model) {}

    /// The whole recording's track of one path. Columns are `step` wide and grow at the end; when
    /// they are too many, neighbours join.
    struct Whole {
        PlotTrack track;
        Duration step{1};
        std::size_t done = 0;  ///< columns that will not change
        VirtualTime known;     ///< up to here
    };

    void open(const FactsPtr& facts, const replayer::TimelineOptions& options) {
        close();
        facts_ = facts;
        options_ = options;
        options_.checkpoint_bytes = std::size_t{64} << 20;
        for (const QString& path : paths) start(path);
        find_whole();
    }

    void close() {
        whole_thread_.reset();
        near_thread_.reset();
        export_thread_.reset();
        whole_.clear();
        near_.clear();
        facts_.reset();
        whole_running_ = near_running_ = false;
        ++pin_run_;
    }

    void set_facts(const FactsPtr& facts) {
        facts_ = facts;
        if (!whole_running_) find_whole();
    }

    void start(const QString& path) {
        if (!facts_ || !facts_->can_execute) return;
        Whole& whole = whole_[path];
        whole = {};
        whole.track.path = path;
        whole.track.from = whole.track.to = whole.known = facts_->begin.time;
        const auto span = (facts_->end.time - facts_->begin.time).count();
        whole.step = Duration(span / static_cast<std::int64_t>(kColumns) + 1);
    }

    void forget(const QString& path) {
        whole_.erase(path);
        near_.erase(path);
    }

    /// The next part of those paths of which least is known; what it finds leads to the next.
    void find_whole() {
        if (!facts_ || !facts_->can_execute) return;
        for (auto& [path, whole] : whole_) {
            while (columns_needed(whole) > kColumns) {
                // An odd one at the end will change.
                whole.done -= whole.done % 2;
                whole.track.columns.resize(whole.done);
                halve(whole.track.columns);
                whole.done /= 2;
                whole.step *= 2;
                whole.track.to = whole.known = whole.track.from + column(whole, whole.done);
            }
        }
        const Whole* least = nullptr;
        for (const auto& [path, whole] : whole_) {
            const bool open = whole.track.problem.isEmpty() && whole.known < facts_->end.time;
            if (open && (!least || whole.done < least->done)) least = &whole;
        }
        whole_running_ = least != nullptr;
        if (!least) return;
        QStringList group;
        for (const auto& [path, whole] : whole_) {
            if (whole.done == least->done && whole.step == least->step) group << path;
        }
        const std::size_t first = least->done;
        const std::size_t count = std::min(kPartColumns, columns_needed(*least) - first);
        const VirtualTime begin = facts_->begin.time;
        const Mark from = first == 0 ? facts_->begin : before(begin + column(*least, first));
        const Mark to = std::min(before(begin + column(*least, first + count)), facts_->end);
        if (!whole_thread_) whole_thread_ = thread(TimelineThread::Priority::low);
        whole_thread_->run([this, group, from, to, first, count](replayer::Timeline& timeline,
                                                                 const std::stop_token& stop,
                                                                 const GuiCall& post) {
            auto found = find(timeline, group, from, to, count, stop);
            if (stop.stop_requested()) return;
            post([this, group, to, first, found = std::move(found)] {
                take_whole(group, to, first, found);
            });
        });
    }

    void take_whole(const QStringList& group, const Mark& to, std::size_t first,
                    const Found& found) {
        for (int i = 0; i < group.size(); ++i) {
            auto at = whole_.find(group[i]);
            if (at == whole_.end() || at->second.done != first) continue;  // removed meanwhile
            Whole& whole = at->second;
            whole.track.problem = found.problem;
            if (!found.problem.isEmpty()) continue;
            whole.track.columns.resize(first);
            const auto& columns = found.tracks[static_cast<std::size_t>(i)].columns;
            whole.track.columns.insert(whole.track.columns.end(), columns.begin(), columns.end());
            whole.track.to = whole.track.from + column(whole, whole.track.columns.size());
            whole.known = to.time;
            const auto known = (to.time - whole.track.from) / whole.step;
            whole.done = std::min(whole.track.columns.size(), static_cast<std::size_t>(known));
            whole.track.complete = whole.known >= facts_->end.time;
        }
        find_whole();
        emit model_.changed();
    }

    void look_at(const TimeScale& scale) {
        if (!facts_ || !facts_->can_execute || paths.isEmpty()) return;
        const Duration span = scale.right() - scale.left;
        const double whole_us =
            static_cast<double>((facts_->end.time - facts_->begin.time).count());
        const bool fine = whole_us / kColumns < 1.5 * scale.us_per_pixel;
        if (fine && !points_wanted(scale)) return;
        const bool fits = near_from_ <= std::max(scale.left, facts_->begin.time) &&
                          near_to_ >= std::min(scale.right(), facts_->end.time) &&
                          near_to_ - near_from_ <= 8 * span && near_paths_ == paths;
        if (fits) return;
        near_from_ = std::max(facts_->begin.time, scale.left - span);
        near_to_ = std::min(facts_->end.time, scale.right() + span);
        if (near_to_ <= near_from_) return;
        near_paths_ = paths;
        near_running_ = true;
        const auto columns = static_cast<std::size_t>(
            std::clamp(scale.x_of(near_to_) - scale.x_of(near_from_), 1.0, 16'000.0));
        const Mark from = std::max(before(near_from_), facts_->begin);
        const Mark to = std::min(Mark{BranchId{}, near_to_, Mark::kWholeInstant}, facts_->end);
        if (!near_thread_) near_thread_ = thread(TimelineThread::Priority::normal);
        near_thread_->run([this, group = paths, from, to, columns](replayer::Timeline& timeline,
                                                                   const std::stop_token& stop,
                                                                   const GuiCall& post) {
            auto found = find(timeline, group, from, to, columns, stop);
            if (!stop.stop_requested()) find_points(timeline, group, from, to, found, stop);
            if (stop.stop_requested()) return;
            post([this, group, from, to, found = std::move(found)]() mutable {
                take_near(group, from, to, std::move(found));
            });
        });
    }

    /// Each change can be told in view, but the whole recording's tracks tell only how many.
    bool points_wanted(const TimeScale& scale) const {
        std::uint64_t changes = 0;
        for (const auto& [path, whole] : whole_) {
            if (!whole.track.complete) return false;
            for (const auto& pixel : whole.track.pixels(scale)) changes += pixel.changes;
        }
        return changes <= kMostPoints;
    }

    void take_near(const QStringList& group, const Mark& from, const Mark& to, Found found) {
        near_running_ = false;
        near_.clear();
        for (int i = 0; i < group.size() && found.problem.isEmpty(); ++i) {
            const auto index = static_cast<std::size_t>(i);
            PlotTrack& track = near_[group[i]];
            track.path = group[i];
            track.from = from.time;
            track.to = to.time;
            track.columns = std::move(found.tracks[index].columns);
            track.has_points = !found.points.empty();
            if (track.has_points) track.points = std::move(found.points[index]);
            track.complete = true;
        }
        emit model_.changed();
    }

    const PlotTrack& track(int index, const TimeScale& scale) const {
        const QString& path = paths[index];
        const auto near = near_.find(path);
        if (near != near_.end() && near->second.from <= std::max(scale.left, facts_->begin.time) &&
            near->second.to >= std::min(scale.right(), facts_->end.time)) {
            const double step = static_cast<double>((near->second.to - near->second.from).count()) /
                                static_cast<double>(near->second.columns.size());
            const auto whole = whole_.find(path);
            if (near->second.has_points || whole == whole_.end() ||
                step < static_cast<double>(whole->second.step.count())) {
                return near->second;
            }
        }
        const auto whole = whole_.find(path);
        static const PlotTrack kNothing;
        return whole == whole_.end() ? kNothing : whole->second.track;
    }

    void export_csv(const QString& path, const QString& file) {
        export_thread_ = thread(TimelineThread::Priority::low);
        export_thread_->run([this, path, file](replayer::Timeline& timeline,
                                               const std::stop_token& stop, const GuiCall& post) {
            const auto tell = [this, &post, &file](double share) {
                post([this, file, share] { emit model_.exporting(file, share); });
            };
            const QString problem = write_csv(timeline, path, file, stop, tell);
            post([this, file, problem] { emit model_.exported(file, problem); });
        });
    }

    void pin(const QString& path, const MomentPtr& moment) {
        pinning_.run([this, path, moment, run = pin_run_](const std::stop_token&) {
            const QStringList numbers = numbers_at(*moment->state, path, kMostPinned);
            QMetaObject::invokeMethod(
                &model_,
                [this, path, numbers, run] {
                    if (run == pin_run_) add_pinned(path, numbers);
                },
                Qt::QueuedConnection);
        });
    }

    void cancel_export() { export_thread_.reset(); }

    bool working() const { return whole_running_ || near_running_; }
    bool opened() const { return facts_ != nullptr; }

    QStringList paths;
    const DetachedThreads threads;

private:
    void add_pinned(const QString& path, const QStringList& numbers) {
        for (const QString& number : numbers) model_.add(number);
        emit model_.pinned(path, numbers);
    }
    static Mark before(VirtualTime time) { return {BranchId{}, time, 0}; }
    static Duration column(const Whole& whole, std::size_t index) {
        return whole.step * static_cast<std::int64_t>(index);
    }
    std::size_t columns_needed(const Whole& whole) const {
        const auto span = facts_->end.time - whole.track.from;
        return static_cast<std::size_t>(span / whole.step) + 1;
    }
    std::unique_ptr<TimelineThread> thread(TimelineThread::Priority priority) {
        return std::make_unique<TimelineThread>(model_, threads, facts_->path.toStdString(),
                                                options_, priority);
    }

    PlotModel& model_;
    FactsPtr facts_;
    replayer::TimelineOptions options_;
    std::map<QString, Whole> whole_;
    std::map<QString, PlotTrack> near_;
    VirtualTime near_from_, near_to_;  ///< asked for last
    QStringList near_paths_;
    bool whole_running_ = false, near_running_ = false;
    std::unique_ptr<TimelineThread> whole_thread_, near_thread_, export_thread_;
    std::uint64_t pin_run_ = 0;  ///< what is found for an older recording comes too late
    Background pinning_;
};

PlotModel::PlotModel(QObject* parent) : QObject(parent), impl_(std::make_unique<Impl>(*this)) {}
PlotModel::~PlotModel() {
    const DetachedThreads threads = impl_->threads;
    impl_.reset();
    threads.wait();
}

void PlotModel::open(const FactsPtr& facts, const replayer::TimelineOptions& options) {
    impl_->open(facts, options);
    emit changed();
}

void PlotModel::set_facts(const FactsPtr& facts) {
    impl_->set_facts(facts);
}

void PlotModel::close() {
    impl_->close();
    emit changed();
}

const QStringList& PlotModel::paths() const {
    return impl_->paths;
}

void PlotModel::add(const QString& path) {
    if (path.isEmpty() || impl_->paths.contains(path)) return;
    impl_->paths << path;
    impl_->start(path);
    impl_->find_whole();
    emit paths_changed();
}

void PlotModel::pin(const QString& path, const MomentPtr& moment) {
    if (moment && moment->state) impl_->pin(path, moment);
}

void PlotModel::remove(const QString& path) {
    if (impl_->paths.removeAll(path) == 0) return;
    impl_->forget(path);
    emit paths_changed();
}

void PlotModel::move(int from, int to) {
    const int count = static_cast<int>(impl_->paths.size());
    if (from < 0 || from >= count || to < 0 || to >= count || from == to) return;
    impl_->paths.move(from, to);
    emit paths_changed();
}

void PlotModel::look_at(const TimeScale& scale) {
    impl_->look_at(scale);
}

const PlotTrack& PlotModel::track(int index, const TimeScale& scale) const {
    return impl_->track(index, scale);
}

bool PlotModel::working() const {
    return impl_->working();
}

void PlotModel::export_csv(const QString& path, const QString& file) {
    if (!impl_->opened()) return;
    impl_->export_csv(path, file);
    emit exporting(file, 0);
}

void PlotModel::cancel_export() {
    impl_->cancel_export();
}

}  // namespace teatime::inspector
