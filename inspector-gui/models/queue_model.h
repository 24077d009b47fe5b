#pragma once

#include "moment.h"
#include "rows_model.h"

namespace teatime::inspector {

/// What is pending at a Moment, in the order in which it will be executed: its messages and, where
/// they are known, those that were stamped but not yet executed. A row's texts are made when they
/// are shown.
class QueueModel : public RowsModel<Image::Message> {
    Q_OBJECT
public:
    enum Column { Time, Kind, Target, Selector, Arguments, Cause, kColumns };

    explicit QueueModel(QObject* parent = nullptr);
    void show(const MomentPtr& moment);

    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    MomentPtr moment_;
};

}  // namespace teatime::inspector
