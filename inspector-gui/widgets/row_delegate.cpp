#include "row_delegate.h"

#include "rows_model.h"
#include "theme.h"

namespace teatime::inspector {

void RowDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const {
    QStyledItemDelegate::initStyleOption(option, index);
    Tints tints = inspector::tints(option->palette);
    if (index.data(ChangedRole).toBool()) {
        option->backgroundBrush = tints.changed_back;
        QVariant old = index.data(OldValueRole);
        if (old.isValid() && !option->text.isEmpty() && index.column() == 1) {
            option->text += QString("   (was %1)").arg(old.toString());
        }
    } else if (index.data(ChangedInsideRole).toBool() && index.column() == 0) {
        option->font.setItalic(true);
    }
    if (index.data(ErrorRole).toBool()) option->palette.setColor(QPalette::Text, tints.error);
    if (index.data(LoadingRole).toBool()) option->palette.setColor(QPalette::Text, tints.faint);
}

}  // namespace teatime::inspector
