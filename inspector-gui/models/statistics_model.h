#pragma once

#include "rows_model.h"
#include "teatime/replayer/tally.h"

namespace teatime::inspector {

/// How often messages of each kind were executed and what they cost, by class and selector or by
/// class alone. SortRole has numbers: put a QSortFilterProxyModel in between.
class StatisticsModel : public RowsModel<replayer::TallyEntry> {
    Q_OBJECT
public:
    enum Column { Class, Selector, Kind, Count, Rate, Time, Mean, Share, Errors, kColumns };

    explicit StatisticsModel(QObject* parent = nullptr);

    /// `span`: of virtual time in which they happened, for the rate.
    void show(const std::vector<replayer::TallyEntry>& entries, Duration span);
    void set_by_class(bool by_class);
    bool by_class() const { return by_class_; }

    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    double number(const replayer::TallyEntry& entry, int column) const;
    void update();

    std::vector<replayer::TallyEntry> entries_;
    Duration span_{0};
    std::chrono::nanoseconds time_{0};  ///< of all
    bool by_class_ = false;
};

}  // namespace teatime::inspector
