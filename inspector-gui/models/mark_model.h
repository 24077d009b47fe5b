#pragma once

#include <QPointer>
#include <optional>

#include "background.h"
#include "facts.h"
#include "live.h"
#include "rows_model.h"

namespace teatime::inspector {

/// The marks of a recording: bookmarks with comments, in their order. A closed recording takes new
/// ones into the file; one that is being written only through its session (see LiveSession).
class MarkModel : public RowsModel<timegraph::Bookmark> {
    Q_OBJECT
public:
    enum Column { Where, Comment, Author, Written, kColumns };
    explicit MarkModel(QObject* parent = nullptr);
    ~MarkModel() override;  ///< writes what is not yet written

    void show(const FactsPtr& facts);
    /// New marks become notes of this session, from where they come into its recording; null: into
    /// the file.
    void set_session(LiveSession* live) { live_ = live; }
    /// Into the file, in the background; failed() where that is not possible. The Player of the
    /// recording notices by itself.
    void add(const Mark& mark, const QString& comment, const QString& author);

    /// The nearest one behind or before the Mark; -1 where there is none.
    int next(const Mark& mark, bool forward) const;

    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

signals:
    void added();
    void failed(const QString& sentence);

private:
    struct Waiting;
    FactsPtr facts_;
    QPointer<LiveSession> live_;
    std::shared_ptr<Waiting> waiting_;
    std::optional<Background> background_;
};

}  // namespace teatime::inspector
