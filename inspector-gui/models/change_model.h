#pragma once

#include "moment.h"
#include "rows_model.h"
#include "teatime/state/inspect.h"

namespace teatime::inspector {

struct SameChange {
    bool operator()(const Change& a, const Change& b) const {
        return a.what == b.what && a.object == b.object && a.path == b.path &&
               a.before == b.before && a.after == b.after;
    }
};

/// Differences, a row each: what the message of a Moment changed, or where two states differ.
class ChangeModel : public RowsModel<Change, SameChange> {
    Q_OBJECT
public:
    enum Column { Object, Path, Before, After, kColumns };

    explicit ChangeModel(QObject* parent = nullptr);
    /// Of the message that led to this Moment; stays as it is while that is not known.
    void show(const MomentPtr& moment);
    void show(std::vector<Change> changes);
    /// What the two columns of values are called: moments, say.
    void set_sides(const QString& before, const QString& after);

    /// The next or previous row behind `row`, round the ends; -1 where there is none.
    int next(int row, bool forward = true) const;

    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
};

/// `counter.count` of a change, as state_tree() and StateModel know it.
QString path_of(const Change& change);

}  // namespace teatime::inspector
