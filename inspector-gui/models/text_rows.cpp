#include "text_rows.h"

#include <QFont>

namespace teatime::inspector {

TextRowsModel::TextRowsModel(QStringList titles, QObject* parent)
    : RowsModel(std::move(titles), parent) {}

QVariant TextRowsModel::data(const QModelIndex& index, int role) const {
    const TextRow* row = row_at(index);
    if (!row) return {};
    switch (role) {
        case Qt::DisplayRole:
        case SortRole:
            return row->cells.value(index.column());
        case Qt::FontRole:
            if (!row->strong) return {};
            {
                QFont font;
                font.setBold(true);
                return font;
            }
        case MarkRole:
            return row->mark ? QVariant::fromValue(*row->mark) : QVariant();
        case ErrorRole:
            return row->error;
        case DataRole:
            return row->data;
        default:
            return {};
    }
}

}  // namespace teatime::inspector
