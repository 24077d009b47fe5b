#include "statistics_model.h"

#include <map>

namespace teatime::inspector {
namespace {

/// Three digits and a unit: `1.23 ms`.
QString time_text(double nanoseconds) {
    const char* const units[] = {"ns", "us", "ms", "s"};
    int unit = 0;
    for (; unit < 3 && nanoseconds >= 999.5; ++unit) nanoseconds /= 1000;
    return QString::number(nanoseconds, 'g', 3) + ' ' + units[unit];
}

}  // namespace

StatisticsModel::StatisticsModel(QObject* parent)
    : RowsModel({tr("Class"), tr("Message"), tr("Kind"), tr("Count"), tr("Per second"), tr("Time"),
                 tr("Each"), tr("Share"), tr("Errors")},
                parent) {}

void StatisticsModel::show(const std::vector<replayer::TallyEntry>& entries, Duration span) {
    entries_ = entries;
    span_ = span;
    time_ = {};
    for (const replayer::TallyEntry& entry : entries_) time_ += entry.time;
    update();
}

void StatisticsModel::set_by_class(bool by_class) {
    by_class_ = by_class;
    update();
}

void StatisticsModel::update() {
    if (!by_class_) return replace_rows(entries_);
    std::map<std::string, replayer::TallyEntry> classes;
    for (const replayer::TallyEntry& entry : entries_) {
        replayer::TallyEntry& sum = classes[entry.class_name];
        sum.class_name = entry.class_name;
        sum.count += entry.count;
        sum.errors += entry.errors;
        sum.time += entry.time;
    }
    std::vector<replayer::TallyEntry> rows;
    for (auto& [name, sum] : classes) rows.push_back(std::move(sum));
    replace_rows(std::move(rows));
}

double StatisticsModel::number(const replayer::TallyEntry& entry, int column) const {
    auto count = static_cast<double>(entry.count);
    auto time = static_cast<double>(entry.time.count());
    double seconds = std::chrono::duration<double>(span_).count();
    switch (column) {
        case Count:
            return count;
        case Rate:
            return seconds > 0 ? count / seconds : 0;
        case Time:
            return time;
        case Mean:
            return entry.count ? time / count : 0;
        case Share:
            return time_.count() ? 100 * time / static_cast<double>(time_.count()) : 0;
        case Errors:
            return static_cast<double>(entry.errors);
        default:
            return 0;
    }
}

QVariant StatisticsModel::data(const QModelIndex& index, int role) const {
    const replayer::TallyEntry* entry = row_at(index);
    if (!entry) return {};
    const int column = index.column();
    if (role == Qt::TextAlignmentRole && column >= Count) {
        return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
    }
    if (role == ErrorRole) return entry->errors > 0;
    if (role == SortRole && column >= Count) return number(*entry, column);
    if (role != Qt::DisplayRole && role != SortRole) return {};
    switch (column) {
        case Class:
            return entry->class_name.empty() ? tr("(members)") : to_text(entry->class_name);
        case Selector:
            return to_text(entry->selector);
        case Kind:
            if (by_class_) return QString();
            return entry->external ? tr("external") : tr("future");
        case Rate:
            return QString::number(number(*entry, column), 'g', 3);
        case Time:
        case Mean:
            return time_text(number(*entry, column));
        case Share:
            return QString::number(number(*entry, column), 'f', 1) + QStringLiteral(" %");
        case Count:
        case Errors:
            return QString::number(number(*entry, column), 'f', 0);
        default:
            return {};
    }
}

}  // namespace teatime::inspector
