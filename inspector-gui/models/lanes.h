#pragma once

#include <QObject>
#include <QString>
#include <optional>
#include <vector>

#include "teatime/replayer/session.h"
#include "time_scale.h"

namespace teatime::inspector {

/// Messages of one kind, shown as one row of the timeline.
struct Lane {
    enum class Kind { external, future };
    Kind kind = Kind::external;
    QString name;     ///< member's name, or Class.selector
    MemberId member;  ///< external
    std::uint64_t total = 0;
    bool operator==(const Lane&) const = default;
};

/// Which message: of one Island, for ever.
using MessageId = replayer::ExecutedInfo::Cause;

/// One message on a lane.
struct Single {
    Mark mark;  ///< after it
    MessageId id;
    bool error = false;
    std::optional<MessageId> cause;  ///< who sent it, where known
    QString label;                   ///< the call, for tool tips and when there is room
};

/// What a lane shows on the pixels of a TimeScale. Cost and memory depend on pixels, not on
/// messages.
struct LaneSlice {
    std::vector<float> density;   ///< messages per pixel; empty where there are `singles`
    std::vector<Single> singles;  ///< when few enough are visible to be told apart; by Mark
    bool exact = false;           ///< all that is in view is known, as fine as pixels are
};

/// Where the timeline's lanes come from. Used by the GUI's thread; nothing here waits.
class LaneSource : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    /// Externals first, then futures. A lane keeps its index while the recording is open.
    virtual const std::vector<Lane>& lanes() const = 0;
    /// Answers from memory; asks for more in the background where that is too coarse: changed()
    /// follows.
    virtual LaneSlice slice(std::size_t lane, const TimeScale& scale) = 0;

    /// Messages per pixel over all lanes.
    struct Totals {
        std::vector<float> external, future;
    };
    virtual Totals totals(const TimeScale& scale) = 0;

    struct Place {
        std::size_t lane = 0;
        Mark mark;
    };
    /// Where a message is, if it is near what was shown last.
    virtual std::optional<Place> place_of(const MessageId& id) const = 0;

    struct Progress {
        Mark surveyed;     ///< executed up to here
        double share = 0;  ///< 0 .. 1
        bool executing = false;
        QString problem;  ///< a sentence: the module crashed, ...
    };
    virtual const Progress& progress() const = 0;

signals:
    void changed();
    void progress_changed();
};

/// Which lanes are where: two groups that can be collapsed, each with its lanes below, the whole
/// scrolled. A plain value; y = 0 is the upper edge of what is seen.
class LaneLayout {
public:
    struct Row {
        bool group = false;  ///< the head of a group; else a lane
        Lane::Kind kind = Lane::Kind::external;
        std::size_t lane = 0;  ///< index in lanes(); of a group: how many it has
        int y = 0, height = 0;
        bool operator==(const Row&) const = default;
    };

    void set_heights(int group, int lane);
    void set_lanes(const std::vector<Lane>& lanes);  ///< most messages first in either group
    void set_collapsed(Lane::Kind kind, bool collapsed);
    bool collapsed(Lane::Kind kind) const { return collapsed_[index(kind)]; }
    void set_scroll(int y, int view_height);  ///< as far as there is something to see
    int scroll() const { return scroll_; }
    int content_height() const { return content_height_; }

    /// Those that are at least partly within 0 .. view_height.
    std::vector<Row> rows(int view_height) const;
    std::optional<Row> row_at(int y) const;
    /// The row that shows a lane: its own, or its group's where that is collapsed.
    std::optional<Row> row_of(std::size_t lane) const;

private:
    static std::size_t index(Lane::Kind kind) { return kind == Lane::Kind::external ? 0 : 1; }
    void arrange();

    std::vector<std::size_t> order_[2];
    std::vector<Row> rows_;  ///< y not scrolled
    bool collapsed_[2] = {false, false};
    int group_height_ = 18, lane_height_ = 22;
    int scroll_ = 0, content_height_ = 0;
};

}  // namespace teatime::inspector
