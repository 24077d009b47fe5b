#include "timeline_notes.h"

#include <QObject>
#include <map>

namespace teatime::inspector {

TimelineNotes::TimelineNotes(const RecordingFacts& facts)
    : clock(facts.clock, facts.info.end.bound, facts.info.end.wall) {
    for (std::size_t i = 0; i < facts.votes.size(); ++i) {
        const timegraph::Vote& vote = facts.votes[i];
        if (votes.empty() || votes.back().mark != vote.mark) votes.push_back({vote.mark, i, 0, {}});
        VoteGroup& group = votes.back();
        ++group.count;
        group.split = group.split || vote.hash != facts.votes[group.first].hash;
    }
    std::copy_if(votes.begin(), votes.end(), std::back_inserter(splits),
                 [](const VoteGroup& group) { return group.split; });
    find_forks(facts.branches);
    for (const WallClock::Piece& piece : clock.pieces()) {
        if (piece.rate == 1 || piece.to == piece.from) continue;
        const bool goes_on = !stretches.empty() && stretches.back().to == piece.from &&
                             stretches.back().rate == piece.rate;
        if (goes_on) {
            stretches.back().to = piece.to;
        } else {
            stretches.push_back({piece.from, piece.to, piece.rate});
        }
    }
}

void TimelineNotes::find_forks(const std::vector<timegraph::Branch>& branches) {
    std::map<BranchId, Mark> leaves;
    for (std::size_t i = 0; i < branches.size(); ++i) {  // parents come first
        const auto parent = leaves.find(branches[i].fork.branch);
        forks.push_back({parent == leaves.end() ? branches[i].fork : parent->second, i});
        leaves[branches[i].id] = forks.back().mark;
    }
    std::stable_sort(forks.begin(), forks.end(),
                     [](const Fork& a, const Fork& b) { return a.mark < b.mark; });
}

namespace {

QString edit_text(const timegraph::Edit& edit) {
    constexpr qsizetype kLongest = 60;
    const auto tr = [](const char* text) { return QObject::tr(text); };
    const QString seq = QString::number(edit.seq.value);
    const QString time = QString::fromStdString(to_string(edit.time));
    QString payload = QString::fromStdString(edit.payload).simplified();
    if (payload.size() > kLongest) payload = payload.left(kLongest - 1) + u'\u2026';
    if (edit.what == "drop") return tr("without message %1").arg(seq);
    if (edit.what == "replace") return tr("message %1 is %2").arg(seq, payload);
    if (edit.what == "delay") return tr("message %1 comes at %2").arg(seq, time);
    if (edit.what == "insert") return tr("after message %1, at %2: %3").arg(seq, time, payload);
    if (edit.what == "set") {
        return tr("%1 is %2 at %3")
            .arg(QString::fromStdString(edit.path), payload,
                 QString::fromStdString(to_string(Mark{{}, edit.time, edit.n})));
    }
    return tr("an edit that is not known here: %1").arg(QString::fromStdString(edit.what));
}

}  // namespace

QString branch_name(const timegraph::Branch& branch) {
    const QString name = QString::fromStdString(branch.name).simplified();
    return name.isEmpty() ? QObject::tr("branch %1").arg(branch.id.value) : name;
}

QStringList edits_of(const timegraph::Branch& branch) {
    constexpr std::size_t kShown = 6;
    QStringList lines;
    for (std::size_t i = 0; i < std::min(kShown, branch.edits.size()); ++i) {
        lines += QStringLiteral("\u2013 ") + edit_text(branch.edits[i]);
    }
    if (branch.edits.size() > kShown) {
        lines += QObject::tr("\u2013 and %1 more edits").arg(branch.edits.size() - kShown);
    }
    return lines;
}

}  // namespace teatime::inspector
