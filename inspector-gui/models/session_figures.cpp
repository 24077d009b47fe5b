#include "session_figures.h"

#include <QCoreApplication>

#include "company_models.h"
#include "rows_model.h"

namespace teatime::inspector {
namespace {

struct FiguresTr {
    Q_DECLARE_TR_FUNCTIONS(SessionFigures)
};

QString text_in(const Value& of, std::string_view name) {
    const Value* value = of.find(name);
    const std::string* said = value ? value->if_string() : nullptr;
    return said ? to_text(*said) : QString();
}

std::int64_t whole_in(const Value& of, std::string_view name) {
    const Value* value = of.find(name);
    const std::int64_t* number = value ? value->if_int() : nullptr;
    return number ? *number : 0;
}

bool is_true(const Value& of, std::string_view name) {
    const Value* value = of.find(name);
    return value && *value == Value(true);
}

/// `–` where nothing is known.
QString figure_text(const Value& of, std::string_view name, const char* format = "%.1f") {
    const Value* value = of.find(name);
    if (!value) return QStringLiteral("–");
    if (const std::int64_t* integer = value->if_int()) return QString::number(*integer);
    if (const double* real = value->if_double()) return QString::asprintf(format, *real);
    return QStringLiteral("–");
}

QString name_in(const session::Company& company, std::int64_t member, const QString& nobody) {
    if (member == 0) return nobody;
    return to_text(company.name_of(MemberId{static_cast<std::uint64_t>(member)}));
}

QString figures_member(const Value& member) {
    QStringList parts;
    if (member.find("backlog_bytes")) {
        parts += whole_in(member, "round_trips") == 0
                     ? FiguresTr::tr("round trip not measured yet")
                     : FiguresTr::tr("round trip %1 ms, p99 %2 ms")
                           .arg(figure_text(member, "round_trip_p50_ms", "%.2f"),
                                figure_text(member, "round_trip_p99_ms", "%.2f"));
        parts += FiguresTr::tr("backlog %1").arg(size_text(whole_in(member, "backlog_bytes")));
    }
    parts += text_in(member, "role") == "viewer" ? FiguresTr::tr("viewer")
                                                 : FiguresTr::tr("participant");
    parts +=
        is_true(member, "replica") ? FiguresTr::tr("has a replica") : FiguresTr::tr("no replica");
    if (!is_true(member, "here")) parts += FiguresTr::tr("connection lost");
    return parts.join(QStringLiteral(" · "));
}

QString figures_snapshot(const Value& figures) {
    const Value* snapshot = figures.find("snapshot");
    if (!snapshot || !snapshot->if_entries()) return FiguresTr::tr("none yet");
    return FiguresTr::tr("at %1, after message %2, hash %3")
        .arg(text_in(*snapshot, "time"), figure_text(*snapshot, "seq"), text_in(*snapshot, "hash"));
}

QString figures_time(const Value& figures) {
    QString time =
        FiguresTr::tr("%1, rate %2").arg(text_in(figures, "time"), text_in(figures, "rate"));
    if (is_true(figures, "paused")) time += FiguresTr::tr(", paused");
    if (const QString until = text_in(figures, "until"); !until.isEmpty())
        time += FiguresTr::tr(", runs until %1").arg(until);
    return time;
}

}  // namespace

std::vector<Fact> describe_session(const Value& figures, const session::Company& company,
                                   MemberId self) {
    std::vector<Fact> rows;
    if (!figures.if_entries()) return rows;
    auto add = [&](const QString& label, const QString& value) { rows.push_back({label, value}); };
    add(FiguresTr::tr("Island"),
        FiguresTr::tr("%1 of %2").arg(text_in(figures, "id"), text_in(figures, "app")));
    add(FiguresTr::tr("You"),
        FiguresTr::tr("%1 (member %2)")
            .arg(to_text(company.name_of(self)), QString::number(self.value)));
    add(FiguresTr::tr("Leads"),
        name_in(company, whole_in(figures, "leads"), FiguresTr::tr("nobody")));
    add(FiguresTr::tr("Asks for time"),
        name_in(company, whole_in(figures, "puller"), FiguresTr::tr("nobody: heartbeats")));
    add(FiguresTr::tr("Time"), figures_time(figures));
    const Value* members = figures.find("members");
    if (const Value::List* list = members ? members->if_list() : nullptr) {
        std::vector<Fact> each;
        for (const Value& member : *list) {
            const MemberId id{static_cast<std::uint64_t>(whole_in(member, "id"))};
            const std::string name = text_in(member, "name").toStdString();
            const bool viewer = text_in(member, "role") == "viewer";
            if (id != self && viewer && is_window_recorder(name, session::Role::viewer)) continue;
            each.push_back({FiguresTr::tr("   %1").arg(to_text(session::name_of(id, name))),
                            figures_member(member)});
        }
        add(FiguresTr::tr("Members"), QString::number(each.size()));
        rows.insert(rows.end(), each.begin(), each.end());
    }
    add(FiguresTr::tr("Messages"),
        FiguresTr::tr("%1 a second, %2 frames a second sent; %3 so far")
            .arg(figure_text(figures, "messages_per_second"),
                 figure_text(figures, "frames_per_second"), figure_text(figures, "messages")));
    add(FiguresTr::tr("Waiting"), figure_text(figures, "waiting"));
    add(FiguresTr::tr("Kept for joiners"),
        FiguresTr::tr("%1 messages").arg(figure_text(figures, "history")));
    add(FiguresTr::tr("Last snapshot"), figures_snapshot(figures));
    return rows;
}

}  // namespace teatime::inspector
