#include "list_models.h"

#include <QDir>
#include <QLocale>
#include <QTimeZone>

#include "wall_clock.h"

namespace teatime::inspector {
namespace {

QString count_text(std::uint64_t count) {
    return QLocale::c().toString(static_cast<qulonglong>(count)).replace(',', QChar(0x202f));
}

}  // namespace

ErrorModel::ErrorModel(QObject* parent)
    : RowsModel({tr("Where"), tr("Type"), tr("What it said")}, parent) {}

void ErrorModel::show(const FactsPtr& facts) {
    bool other = !facts || !facts_ || facts->path != facts_->path;
    facts_ = facts;
    if (other) errors_.clear();
    add({});
}

void ErrorModel::add(const std::vector<HandlerError>& found) {
    for (const HandlerError& error : found) errors_.try_emplace(error.mark, error);
    if (facts_) {
        for (const timegraph::HandlerError& error : facts_->errors) {
            errors_.try_emplace(error.mark, HandlerError{error.mark, error.type, error.sentence});
        }
    }
    std::vector<HandlerError> rows;
    rows.reserve(errors_.size());
    for (const auto& [mark, error] : errors_) rows.push_back(error);
    replace_rows(std::move(rows));
}

QVariant ErrorModel::data(const QModelIndex& index, int role) const {
    const HandlerError* error = row_at(index);
    if (!error) return {};
    if (role == MarkRole) return QVariant::fromValue(error->mark);
    if (role == ErrorRole) return true;
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
        case Where:
            return to_text(error->mark);
        case Type:
            return to_text(error->type);
        case Sentence:
            return to_text(error->sentence);
        default:
            return {};
    }
}

MemberModel::MemberModel(QObject* parent)
    : RowsModel({tr("Member"), tr("Name"), tr("Role"), tr("Joined"), tr("Left")}, parent) {}

void MemberModel::show(const FactsPtr& facts) {
    facts_ = facts;
    if (!facts) names_.clear();
    auto rows = facts ? facts->members : std::vector<timegraph::Member>();
    for (timegraph::Member& member : rows) {
        const auto known = names_.find(member.id);
        if (member.name.empty() && known != names_.end()) member.name = known->second;
    }
    replace_rows(std::move(rows));
}

void MemberModel::add_names(const std::map<MemberId, std::string>& names) {
    const auto before = names_;
    for (const auto& [id, name] : names) names_[id] = name;
    if (facts_ && names_ != before) show(facts_);
}

QVariant MemberModel::data(const QModelIndex& index, int role) const {
    const timegraph::Member* member = row_at(index);
    if (!member) return {};
    if (role == MarkRole) {
        bool left = index.column() == Left && member->left;
        return QVariant::fromValue(
            Mark{BranchId{}, left ? member->left->time : member->joined.time});
    }
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
        case Id:
            return QString::number(member->id.value);
        case Name:
            return to_text(member->name);
        case Rights:
            return to_text(member->role);
        case Joined:
            return to_text(member->joined.time);
        case Left:
            return member->left ? to_text(member->left->time) : QString();
        default:
            return {};
    }
}

FactsModel::FactsModel(QObject* parent) : RowsModel({tr("What"), tr("Value")}, parent) {}

void FactsModel::show(const FactsPtr& facts) {
    facts_ = facts;
    show_all();
}

void FactsModel::show_session(const std::vector<Fact>& session) {
    if (session == session_) return;
    session_ = session;
    show_all();
}

void FactsModel::show_all() {
    std::vector<Fact> rows = session_;
    const std::vector<Fact> file = facts_ ? describe(*facts_) : std::vector<Fact>();
    rows.insert(rows.end(), file.begin(), file.end());
    replace_rows(std::move(rows));
}

QVariant FactsModel::data(const QModelIndex& index, int role) const {
    const Fact* fact = row_at(index);
    if (!fact || role != Qt::DisplayRole) return {};
    return index.column() == 0 ? fact->label : fact->value;
}

std::vector<Fact> describe(const RecordingFacts& facts) {
    std::vector<Fact> rows;
    auto add = [&](const QString& label, const QString& value) {
        if (!value.isEmpty()) rows.push_back({label, value});
    };
    const timegraph::Reader::Info& info = facts.info;
    const timegraph::Meta& meta = info.meta;
    add(FactsModel::tr("File"), facts.path);
    add(FactsModel::tr("App"), facts.app);
    add(FactsModel::tr("Code id"), facts.code_id);
    add(FactsModel::tr("Module"), QDir::cleanPath(facts.module_path));
    add(FactsModel::tr("Not executed"), facts.why_not_executed);
    if (!facts.is_recording) {
        add(FactsModel::tr("Saved at"), to_text(facts.begin));
        return rows;
    }
    add(FactsModel::tr("Session"), to_text(meta.session));
    add(FactsModel::tr("Name"), to_text(meta.name));
    add(FactsModel::tr("Kind"), to_text(meta.kind));
    add(FactsModel::tr("Stamped by"), to_text(meta.router));
    add(FactsModel::tr("Written by"), to_text(meta.recorder));
    add(FactsModel::tr("Begin"), to_text(facts.begin));
    add(FactsModel::tr("End"), to_text(facts.end.time));
    if (info.end.wall != timegraph::WallTime{}) {
        add(FactsModel::tr("Ended at"), wall_text(info.end.wall));
    }
    add(FactsModel::tr("Being written"), facts.being_written ? FactsModel::tr("yes") : QString());
    add(FactsModel::tr("External messages"), count_text(info.end.messages));
    add(FactsModel::tr("Payloads"), size_text(static_cast<qint64>(info.end.source_bytes)));
    add(FactsModel::tr("File size"), size_text(static_cast<qint64>(info.file_bytes)));
    add(FactsModel::tr("Blocks"), count_text(info.blocks));
    add(FactsModel::tr("Keyframes"), count_text(info.keyframes));
    add(FactsModel::tr("Votes"), count_text(info.votes));
    add(FactsModel::tr("Marks"), count_text(info.bookmarks));
    if (info.branches > 0) add(FactsModel::tr("Branches"), count_text(info.branches));
    add(FactsModel::tr("Errors"), count_text(info.errors));
    add(FactsModel::tr("Gaps"), count_text(info.gaps));
    for (const QString& note : facts.notes) add(FactsModel::tr("Note"), note);
    return rows;
}

}  // namespace teatime::inspector
