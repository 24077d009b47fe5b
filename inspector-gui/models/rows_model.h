#pragma once

#include <QAbstractTableModel>
#include <QMetaType>
#include <QString>
#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "teatime/state/mark.h"
#include "teatime/state/value.h"

namespace teatime::inspector {

/// What models tell beside Qt's own roles; the same in all of them.
enum Role {
    MarkRole = Qt::UserRole + 1,  ///< teatime::Mark to go to
    PathRole,                     ///< text, as state_tree() reads it
    ObjectRole,                   ///< qulonglong, id of an object
    ChangedRole,                  ///< bool: the message did it
    ChangedInsideRole,            ///< int: so much below was changed
    OldValueRole,                 ///< text; invalid where there was none
    NumberRole,                   ///< double; invalid where it is none: can be plotted
    ErrorRole,                    ///< bool: something is wrong here
    SortRole,                     ///< what to sort by
    LoadingRole,                  ///< bool: a placeholder, its row is on the way
};

inline QString to_text(std::string_view utf8) {
    return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size()));
}
inline QString to_text(const std::string& utf8) {
    return to_text(std::string_view(utf8));
}
inline QString to_text(const Mark& mark) {
    return to_text(to_string(mark));
}
inline QString to_text(VirtualTime time) {
    return to_text(to_string(time));
}
/// One line, cut where it is long.
QString to_text(const Value& value);
QString size_text(qint64 bytes);  ///< `1.2 MB`

/// A flat table whose rows are replaced by newer ones: what stays the same at both ends stays, so
/// that a view keeps its place and its selection.
template <class Row, class Same = std::equal_to<Row>>
class RowsModel : public QAbstractTableModel {
public:
    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : static_cast<int>(rows_.size());
    }
    int columnCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : static_cast<int>(titles_.size());
    }
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override {
        bool title = orientation == Qt::Horizontal && role == Qt::DisplayRole;
        return title && section >= 0 && section < titles_.size() ? titles_[section] : QVariant();
    }
    const std::vector<Row>& rows() const { return rows_; }

protected:
    RowsModel(QStringList titles, QObject* parent)
        : QAbstractTableModel(parent), titles_(std::move(titles)) {}

    const Row* row_at(const QModelIndex& index) const {
        bool inside = index.isValid() && index.row() < static_cast<int>(rows_.size());
        return inside ? &rows_[static_cast<std::size_t>(index.row())] : nullptr;
    }

    void replace_rows(std::vector<Row> now) {
        const std::size_t most = std::min(rows_.size(), now.size());
        std::size_t front = 0, back = 0;
        while (front < most && Same()(rows_[front], now[front])) ++front;
        while (front + back < most &&
               Same()(rows_[rows_.size() - 1 - back], now[now.size() - 1 - back])) {
            ++back;
        }
        const std::size_t old_middle = rows_.size() - front - back;
        const std::size_t new_middle = now.size() - front - back;
        const std::size_t both = std::min(old_middle, new_middle);
        for (std::size_t i = front; i < front + both; ++i) rows_[i] = std::move(now[i]);
        auto at = [this](std::size_t i) { return rows_.begin() + static_cast<std::ptrdiff_t>(i); };
        const int first = static_cast<int>(front + both);
        if (old_middle > both) {
            beginRemoveRows({}, first, static_cast<int>(front + old_middle) - 1);
            rows_.erase(at(front + both), at(front + old_middle));
            endRemoveRows();
        } else if (new_middle > both) {
            beginInsertRows({}, first, static_cast<int>(front + new_middle) - 1);
            rows_.insert(at(front + both), std::make_move_iterator(now.begin() + first),
                         std::make_move_iterator(now.begin() + first +
                                                 static_cast<std::ptrdiff_t>(new_middle - both)));
            endInsertRows();
        }
        if (both > 0) {
            emit dataChanged(index(static_cast<int>(front), 0),
                             index(first - 1, static_cast<int>(titles_.size()) - 1));
        }
    }

    void set_title(int column, const QString& title) {
        titles_[column] = title;
        emit headerDataChanged(Qt::Horizontal, column, column);
    }

private:
    QStringList titles_;
    std::vector<Row> rows_;
};

}  // namespace teatime::inspector

Q_DECLARE_METATYPE(teatime::Mark)
