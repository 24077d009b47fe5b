#pragma once

#include <QSortFilterProxyModel>

#include "panel.h"

class QHBoxLayout;

namespace teatime::inspector {

class ListView;

/// A list with a filter; a row with a Mark leads there.
class RowsPanel : public Panel {
    Q_OBJECT
public:
    /// `widths` in characters, see ListView. `model` stays its owner's.
    RowsPanel(const QString& name, QAbstractItemModel& model, const std::vector<int>& widths,
              const QString& empty, QWidget* parent = nullptr);

    ListView& view() { return *view_; }
    QWidget* first_focus() override;
    void add_tool(QWidget* tool);  ///< beside the filter
    void make_sortable();          ///< by SortRole

private:
    QSortFilterProxyModel filtered_;
    ListView* view_;
    QHBoxLayout* tools_;
};

}  // namespace teatime::inspector
