#pragma once

#include <map>

#include "facts.h"
#include "rows_model.h"
#include "teatime/replayer/timeline.h"

/// The short lists around a recording: errors, marks, members, facts.
namespace teatime::inspector {

/// A handler throws at most once at a Mark.
struct SameError {
    bool operator()(const HandlerError& a, const HandlerError& b) const { return a.mark == b.mark; }
};

/// Errors that handlers threw: recorded ones, and those found by executing, each once.
class ErrorModel : public RowsModel<HandlerError, SameError> {
    Q_OBJECT
public:
    enum Column { Where, Type, Sentence, kColumns };
    explicit ErrorModel(QObject* parent = nullptr);

    void show(const FactsPtr& facts);
    void add(const std::vector<HandlerError>& found);  ///< in any order
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    FactsPtr facts_;
    std::map<Mark, HandlerError> errors_;
};

class MemberModel : public RowsModel<timegraph::Member> {
    Q_OBJECT
public:
    enum Column { Id, Name, Rights, Joined, Left, kColumns };
    explicit MemberModel(QObject* parent = nullptr);

    void show(const FactsPtr& facts);  ///< null: nothing, and the names are forgotten
    /// Of those whom the recording has by number only.
    void add_names(const std::map<MemberId, std::string>& names);
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    FactsPtr facts_;
    std::map<MemberId, std::string> names_;
};

/// Label and value, for a page of them.
struct Fact {
    QString label;
    QString value;
    bool operator==(const Fact&) const = default;
};
class FactsModel : public RowsModel<Fact> {
    Q_OBJECT
public:
    explicit FactsModel(QObject* parent = nullptr);

    void show(const FactsPtr& facts);
    /// Of a live session, above them.
    void show_session(const std::vector<Fact>& session);
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    void show_all();

    FactsPtr facts_;
    std::vector<Fact> session_;
};
/// Its rows.
std::vector<Fact> describe(const RecordingFacts& facts);

}  // namespace teatime::inspector
