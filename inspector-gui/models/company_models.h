#pragma once

#include <optional>

#include "rows_model.h"
#include "teatime/session/together.h"

/// Several people in front of one session, as its Company tells.
namespace teatime::inspector {

struct CompanyRow {
    session::MemberInfo member;
    bool is_self = false;
    bool leads = false;
    std::optional<session::Playhead> playhead;
    QString points_at;
    bool operator==(const CompanyRow&) const = default;
};

/// What a window records with; the window is a member beside it.
bool is_window_recorder(const std::string& name, session::Role role);

/// "Ann, Ben", without what windows record with, as in the list of members; "recording" where there
/// is nothing else.
QString member_names(const session::Company& company, const std::vector<MemberId>& members);

/// Whose state can be asked for: those here with a replica, without what windows record with.
std::vector<session::MemberInfo> other_replicas(const session::Company& company);

/// " · 2 messages wait", to be added to how time stands; empty: none does.
QString waiting_text(const session::Company& company);

/// Who is here, without what windows record with: MarkRole is where a member looks, PathRole at
/// what it points, ChangedRole who leads.
class CompanyModel : public RowsModel<CompanyRow> {
    Q_OBJECT
public:
    enum Column { Name, State, Looks, Points, kColumns };
    explicit CompanyModel(QObject* parent = nullptr);

    /// `points_at`: at what we do.
    void show(const session::Company& company, MemberId self, const QString& points_at = {});
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
};

/// External messages that wait while the session is paused, in the order in which they will come.
class WaitingModel : public RowsModel<session::WaitingMessage> {
    Q_OBJECT
public:
    enum Column { Sender, Target, Selector, Arguments, kColumns };
    explicit WaitingModel(QObject* parent = nullptr);

    void show(const session::Company& company);
    std::uint64_t total() const { return total_; }  ///< more than rows where there are many
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    std::uint64_t total_ = 0;
    std::vector<std::pair<MemberId, QString>> names_;
};

}  // namespace teatime::inspector
