#pragma once

#include <QStringList>
#include <QVariant>
#include <optional>
#include <vector>

#include "rows_model.h"

namespace teatime::inspector {

struct TextRow {
    QStringList cells;
    std::optional<Mark> mark = {};  ///< where it leads
    bool strong = false;            ///< a heading, or what matters most
    bool error = false;
    QVariant data = {};  ///< whatever its list needs: see TextRowsModel::DataRole
    bool operator==(const TextRow&) const = default;
};

/// A short list of texts, some thousand rows at most: files, sessions, marks, causes, finds.
class TextRowsModel : public RowsModel<TextRow> {
    Q_OBJECT
public:
    static constexpr int DataRole = Qt::UserRole + 100;

    explicit TextRowsModel(QStringList titles, QObject* parent = nullptr);
    void set_rows(std::vector<TextRow> rows) { replace_rows(std::move(rows)); }
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
};

}  // namespace teatime::inspector
