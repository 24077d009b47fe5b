#pragma once

#include <QObject>
#include <QString>
#include <memory>
#include <vector>

#include "player.h"
#include "time_scale.h"

namespace teatime::inspector {

/// One lane's worth of what happened, for the pixels of a TimeScale. Cost and memory depend on
/// pixels, not on messages.
struct LaneSlice {
    std::vector<float> density;  ///< messages per pixel; empty where single messages are given
    struct Single {
        Mark mark;  ///< after it
        std::uint64_t order = 0;
        bool external = false;
        bool error = false;
        Mark cause;  ///< where `has_cause`
        bool has_cause = false;
        QString label;  ///< the call, for tool tips and when there is room
    };
    std::vector<Single> singles;  ///< when few enough are visible to be told apart
};

struct Lane {
    enum class Kind { external, future };
    Kind kind = Kind::external;
    QString name;     ///< member's name, or Class.selector
    MemberId member;  ///< external
    std::uint64_t total = 0;
};

/// What happened in a recording, found out in the background: external messages by sender from the
/// file alone, futures by selector, errors, costs and the row index from executing it once in a
/// worker of its own. Usable at once and better with time; goes on when the recording grows.
/// Used by the GUI's thread; signals come on it.
class History : public QObject {
    Q_OBJECT
public:
    explicit History(QObject* parent = nullptr);
    ~History() override;

    void open(const FactsPtr& facts, const replayer::TimelineOptions& options);
    void close();

    const std::vector<Lane>& lanes() const;  ///< externals first, then futures; most messages first
    /// Answers from what is in memory, at once; asks for more in the background where that is too
    /// coarse: changed() follows.
    LaneSlice slice(std::size_t lane, const TimeScale& scale);

    struct Progress {
        Mark surveyed;     ///< executed up to here
        double share = 0;  ///< 0 .. 1
        bool executing = false;
        QString problem;  ///< the module crashed, ...
    };
    const Progress& progress() const;

signals:
    void changed();
    void progress_changed();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace teatime::inspector
