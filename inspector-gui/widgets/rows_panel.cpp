#include "rows_panel.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QVBoxLayout>

#include "list_view.h"
#include "rows_model.h"

namespace teatime::inspector {

RowsPanel::RowsPanel(const QString& name, QAbstractItemModel& model, const std::vector<int>& widths,
                     const QString& empty, QWidget* parent)
    : Panel(parent) {
    filtered_.setSourceModel(&model);
    filtered_.setFilterKeyColumn(-1);
    filtered_.setFilterCaseSensitivity(Qt::CaseInsensitive);
    filtered_.setSortRole(SortRole);
    view_ = new ListView(name, empty);
    view_->setModel(&filtered_);
    view_->set_widths(widths);
    auto* filter = new QLineEdit;
    filter->setPlaceholderText(tr("Filter"));
    filter->setClearButtonEnabled(true);
    filter->setAccessibleName(tr("Filter of %1").arg(name));
    connect(filter, &QLineEdit::textChanged, &filtered_,
            &QSortFilterProxyModel::setFilterFixedString);
    connect(view_, &QTreeView::activated, this, [this](const QModelIndex& index) {
        QVariant mark = index.data(MarkRole);
        if (mark.isValid()) emit go(mark.value<Mark>());
    });
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    tools_ = new QHBoxLayout;
    tools_->setContentsMargins(4, 4, 4, 4);
    tools_->addWidget(filter, 1);
    column->addLayout(tools_);
    column->addWidget(view_, 1);
}

QWidget* RowsPanel::first_focus() {
    return view_;
}

void RowsPanel::add_tool(QWidget* tool) {
    tools_->addWidget(tool);
}

void RowsPanel::make_sortable() {
    view_->setSortingEnabled(true);
    view_->sortByColumn(-1, Qt::AscendingOrder);
}

}  // namespace teatime::inspector
