#pragma once

#include <QStyledItemDelegate>

namespace teatime::inspector {

/// Paints rows of all lists by the roles of their models: what was changed stands out, with its old
/// value; errors are red; what is still loading is faint.
class RowDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;
};

/// The text of a value with what it was, or with how much was changed inside.
QString with_change(const QModelIndex& index, const QString& text);

}  // namespace teatime::inspector
