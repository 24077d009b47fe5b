#pragma once

#include <QObject>
#include <QString>
#include <QStringList>
#include <memory>
#include <optional>
#include <vector>

#include "player.h"
#include "teatime/replayer/query.h"
#include "time_scale.h"

namespace teatime::inspector {

/// Numbers of one path over a stretch of time, as fine as its columns are.
struct PlotTrack {
    using Column = replayer::ValueTrack::Column;
    struct Point {
        Mark mark;  ///< after the message that wrote it
        double value = 0;
        bool defined = true;  ///< false: from here on there is no number
    };

    QString path;
    VirtualTime from, to;         ///< of the columns
    std::vector<Column> columns;  ///< equal parts of from .. to
    std::vector<Point> points;    ///< each change, where they are few enough; ascending
    bool has_points = false;      ///< they are all there are between from and to
    bool complete = false;        ///< else it is still being found out
    QString problem;              ///< a sentence: no such path, ...

    /// At the end of `time`; empty where there is none, or it is not known exactly.
    std::optional<double> value_at(const Mark& mark) const;
    struct Extent {
        double min = 0, max = 0;
    };
    /// Of what is in view; empty: no numbers there.
    std::optional<Extent> extent(const TimeScale& scale) const;
    /// The band on each pixel of the scale.
    std::vector<Column> pixels(const TimeScale& scale) const;
    /// The change nearest to `time` within `reach`; null: none that is told apart.
    const Point* point_near(VirtualTime time, Duration reach) const;
};

/// `next`, the part of time behind `into`, becomes a part of it.
void join(PlotTrack::Column& into, const PlotTrack::Column& next);

/// Round numbers for the labels of an axis: `most` of them at most, at least two where the extent
/// is not empty.
std::vector<double> value_ticks(double min, double max, int most);
QString value_label(double value, double step);

/// Paths of the numbers that `path` names: itself, or what is inside a structure, list or object,
/// the first `most`. References and texts are none. What is not there, or empty, may be one at
/// another moment: `path` itself. O(bytes of its object).
QStringList numbers_at(const Image& state, const QString& path, int most);

/// The tracks of a PlotsWidget: paths, in the user's order, and their numbers, found out in threads
/// of their own: over the whole recording, and finer where one looks. Of what was asked for only
/// the newest counts. Memory: about 200 KiB a path.
/// Used by the GUI's thread; signals come on it.
class PlotModel : public QObject {
    Q_OBJECT
public:
    explicit PlotModel(QObject* parent = nullptr);
    ~PlotModel() override;

    /// Paths stay, their numbers are found out anew.
    void open(const FactsPtr& facts, const replayer::TimelineOptions& options);
    void set_facts(const FactsPtr& facts);  ///< the same recording: it has grown
    void close();

    const QStringList& paths() const;
    void add(const QString& path);  ///< at the end; nothing where it is there
    /// Adds its numbers_at() that moment, at most kMostPinned; pinned() follows.
    void pin(const QString& path, const MomentPtr& moment);
    static constexpr int kMostPinned = 8;
    void remove(const QString& path);
    void move(int from, int to);

    /// What is in view: more is found out in the background where that is too coarse.
    void look_at(const TimeScale& scale);
    /// The finest there is of what is in view; its columns are empty where nothing is known yet.
    const PlotTrack& track(int index, const TimeScale& scale) const;
    bool working() const;

    /// Each change of a path as a line `time_s,n,value`, from begin to end, in the background;
    /// exported() follows. A file of that name is replaced once all is written.
    void export_csv(const QString& path, const QString& file);
    void cancel_export();  ///< writes no file; exported() does not follow

signals:
    void paths_changed();
    void changed();
    void pinned(const QString& path, const QStringList& numbers);
    void exporting(const QString& file, double share);           ///< 0 .. 1, now and then
    void exported(const QString& file, const QString& problem);  ///< empty problem: done

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace teatime::inspector
