#include "company_models.h"

#include <QFont>
#include <algorithm>

#include "call_text.h"
#include "session_recorder.h"

namespace teatime::inspector {

bool is_window_recorder(const std::string& name, session::Role role) {
    return role == session::Role::viewer && name == kRecorderName;
}

QString member_names(const session::Company& company, const std::vector<MemberId>& members) {
    QStringList names;
    for (const MemberId id : members) {
        const session::MemberInfo* member = company.find(id);
        if (member && is_window_recorder(member->name, member->role)) continue;
        names += to_text(company.name_of(id));
    }
    if (names.isEmpty() && !members.empty()) return CompanyModel::tr("recording");
    return names.join(QStringLiteral(", "));
}

std::vector<session::MemberInfo> other_replicas(const session::Company& company) {
    std::vector<session::MemberInfo> others = company.members;
    std::erase_if(others, [](const session::MemberInfo& member) {
        return !member.replica || !member.connected || is_window_recorder(member.name, member.role);
    });
    return others;
}

QString waiting_text(const session::Company& company) {
    const auto waiting = company.waiting.total;
    if (waiting == 0) return {};
    return waiting == 1 ? CompanyModel::tr(" · 1 message waits")
                        : CompanyModel::tr(" · %1 messages wait").arg(waiting);
}

CompanyModel::CompanyModel(QObject* parent)
    : RowsModel({tr("Who"), tr("Role"), tr("Looks at"), tr("Points at")}, parent) {}

void CompanyModel::show(const session::Company& company, MemberId self, const QString& points_at) {
    std::vector<CompanyRow> rows;
    for (const session::MemberInfo& member : company.members) {
        if (member.id != self && is_window_recorder(member.name, member.role)) continue;
        CompanyRow row;
        row.member = member;
        row.is_self = member.id == self;
        row.leads = company.lease.holder == member.id && member.id.value != 0;
        auto looks =
            std::find_if(company.playheads.begin(), company.playheads.end(),
                         [&](const auto& playhead) { return playhead.member == member.id; });
        if (looks != company.playheads.end()) row.playhead = *looks;
        row.points_at = row.is_self    ? points_at
                        : row.playhead ? to_text(row.playhead->points_at)
                                       : QString();
        rows.push_back(std::move(row));
    }
    replace_rows(std::move(rows));
}

QVariant CompanyModel::data(const QModelIndex& index, int role) const {
    const CompanyRow* row = row_at(index);
    if (!row) return {};
    if (role == ObjectRole) return QVariant::fromValue<qulonglong>(row->member.id.value);
    if (role == ChangedRole) return row->leads;
    if (role == MarkRole) {
        return row->playhead ? QVariant::fromValue(row->playhead->mark) : QVariant();
    }
    if (role == PathRole) return row->points_at;
    if (index.column() == Points && !row->points_at.isEmpty()) {
        if (role == Qt::ToolTipRole) return tr("%1\nClick: look at it").arg(row->points_at);
        if (role == Qt::FontRole) {
            QFont link;
            link.setUnderline(true);
            return link;
        }
    }
    if (role != Qt::DisplayRole) return {};
    if (index.column() == Points) return row->points_at.simplified();
    if (index.column() == Name) {
        QString name = to_text(session::name_of(row->member.id, row->member.name));
        return row->is_self ? tr("%1 (you)").arg(name) : name;
    }
    if (index.column() == State) {
        QStringList state;
        if (row->leads) state += tr("leads");
        state += row->member.role == session::Role::viewer ? tr("viewer") : tr("participant");
        if (!row->member.connected) state += tr("connection lost");
        return state.join(QStringLiteral(", "));
    }
    if (!row->playhead) return {};
    return row->playhead->follows ? tr("the session") : to_text(row->playhead->mark);
}

WaitingModel::WaitingModel(QObject* parent)
    : RowsModel({tr("Sender"), tr("Target"), tr("Message"), tr("Arguments")}, parent) {}

void WaitingModel::show(const session::Company& company) {
    total_ = company.waiting.total;
    names_.clear();
    for (const session::WaitingMessage& message : company.waiting.first) {
        names_.emplace_back(message.sender, to_text(company.name_of(message.sender)));
    }
    replace_rows(company.waiting.first);
}

QVariant WaitingModel::data(const QModelIndex& index, int role) const {
    const session::WaitingMessage* message = row_at(index);
    if (!message || role != Qt::DisplayRole) return {};
    if (index.column() == Sender) {
        auto named = std::find_if(names_.begin(), names_.end(),
                                  [&](const auto& name) { return name.first == message->sender; });
        return named != names_.end() ? named->second : QString();
    }
    CallText call = call_text(message->payload);
    switch (index.column()) {
        case Target:
            return call.target;
        case Selector:
            return call.selector;
        default:
            return call.arguments;
    }
}

}  // namespace teatime::inspector
