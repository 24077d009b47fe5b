#include "row_delegate.h"

#include "rows_model.h"
#include "theme.h"

namespace teatime::inspector {

QString with_change(const QModelIndex& index, const QString& text) {
    if (index.column() != 1) return text;
    const int inside = index.data(ChangedInsideRole).toInt();
    if (inside > 0) return RowDelegate::tr("%1 changed · %2").arg(inside).arg(text);
    const QVariant old = index.data(OldValueRole);
    return old.isValid() && !text.isEmpty()
               ? RowDelegate::tr("%1   (was %2)").arg(text, old.toString())
               : text;
}

void RowDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const {
    QStyledItemDelegate::initStyleOption(option, index);
    Tints tints = inspector::tints(option->palette);
    option->text = with_change(index, option->text);
    if (index.data(ChangedRole).toBool()) {
        option->backgroundBrush = tints.changed_back;
    } else if (index.data(ChangedInsideRole).toBool()) {
        constexpr int kFaint = 110;  // of 255
        tints.changed_back.setAlpha(kFaint);
        option->backgroundBrush = tints.changed_back;
        if (index.column() == 0) option->font.setItalic(true);
    }
    if (index.data(ErrorRole).toBool()) option->palette.setColor(QPalette::Text, tints.error);
    if (index.data(LoadingRole).toBool()) option->palette.setColor(QPalette::Text, tints.faint);
}

}  // namespace teatime::inspector
