#include "change_model.h"

namespace teatime::inspector {

QString path_of(const Change& change) {
    std::string_view object = change.object;
    object = object.substr(0, object.find(" ("));  // `#17 (Disc)`
    QString path = to_text(object);
    if (change.path.empty()) return path;
    if (!object.empty() && !change.path.starts_with('[')) path += '.';
    return path + to_text(change.path);
}

ChangeModel::ChangeModel(QObject* parent)
    : RowsModel({tr("Object"), tr("Field"), tr("Before"), tr("After")}, parent) {}

void ChangeModel::show(const MomentPtr& moment) {
    if (moment && !moment->complete) return;
    replace_rows(moment ? moment->changes : std::vector<Change>());
}

void ChangeModel::show(std::vector<Change> changes) {
    replace_rows(std::move(changes));
}

void ChangeModel::set_sides(const QString& before, const QString& after) {
    set_title(Before, before);
    set_title(After, after);
}

int ChangeModel::next(int row, bool forward) const {
    const int count = rowCount();
    if (count == 0) return -1;
    if (row < 0 || row >= count) return forward ? 0 : count - 1;
    return (row + (forward ? 1 : count - 1)) % count;
}

QVariant ChangeModel::data(const QModelIndex& index, int role) const {
    const Change* change = row_at(index);
    if (!change) return {};
    if (role == PathRole) return path_of(*change);
    if (role != Qt::DisplayRole) return {};
    const bool whole = change->path.empty();
    switch (index.column()) {
        case Object:
            return change->object.empty() ? tr("Island") : to_text(change->object);
        case Path:
            return to_text(change->path);
        case Before:
            if (change->what == Change::What::added) return whole ? tr("not there") : QString();
            return to_text(change->before);
        case After:
            if (change->what == Change::What::removed) return whole ? tr("gone") : QString();
            return to_text(change->after);
        default:
            return {};
    }
}

}  // namespace teatime::inspector
