#include <algorithm>

#include "company_models.h"
#include "diff_panel.h"
#include "info_bar.h"
#include "main_window.h"
#include "state_panel.h"
#include "together_panel.h"

// Several people in front of one world: what they show each other in it, and where what they have
// differs.

namespace teatime::inspector {

/// Shift+P: at what is selected; at that already, or at nothing: no longer.
void MainWindow::point_or_not() {
    if (!live_) return say(tr("This is no session"));
    const QString path = state_->selected_path();
    const bool points = !live_->points_at().isEmpty();
    if (path.isEmpty() && !points)
        return say(tr("Select first what to point at, in the state or by a click in the picture"));
    point_at(path == live_->points_at() ? QString() : path);
}

void MainWindow::point_at(const QString& path) {
    if (path.toUtf8().size() > static_cast<qsizetype>(session::kLongestPointedAt))
        return say(tr("This path is too long to be pointed at"));
    if (path == live_->points_at()) return;
    live_->point_at(path);
    say(path.isEmpty() ? tr("You point at nothing now")
                       : tr("You point at %1 for everyone; Shift+P or Escape ends it").arg(path));
}

void MainWindow::show_pointers() {
    std::vector<Pointer> now;
    if (live_ && !live_->is_over())
        now = pointers(live_->company(), live_->member(), live_->points_at());
    state_->set_in_session(live_ != nullptr);
    if (now == pointers_) return;
    const std::vector<Pointer> before = std::exchange(pointers_, std::move(now));
    for (const Pointer& each : pointers_) {
        const bool new_one = std::find(before.begin(), before.end(), each) == before.end();
        if (new_one && each.member != live_->member())
            say(tr("%1 points at %2").arg(each.name, each.path.simplified()));
    }
    place_pointed();
}

/// In the state and the picture that are shown.
void MainWindow::place_pointed() {
    picker_->place(player_->moment(), state_->selected_path(), pointers_);
}

void MainWindow::compare_with_member(MemberId member) {
    show_panel("diff");
    diff_->compare_with_member(member);
}

/// Until it is closed or a step finds that they agree: of votes nobody tells that.
void MainWindow::tell_split(const QString& sentence,
                            const std::vector<session::Agreement>& groups) {
    if (groups.size() < 2) return info_bar_->say("split", InfoBar::Kind::error, sentence);
    QStringList sides;
    for (const session::Agreement& group : groups)
        sides += member_names(live_->company(), group.members);
    info_bar_->say("split", InfoBar::Kind::error,
                   tr("The vote at %1 is split, replicas differ: %2")
                       .arg(to_text(groups[0].mark), sides.join(tr(" against "))),
                   {{tr("Compare"), [this] { together_->compare_split(); }}});
}

}  // namespace teatime::inspector
