#include <QDockWidget>

#include "first_page.h"
#include "info_bar.h"
#include "main_window.h"
#include "message_panel.h"
#include "messages_panel.h"
#include "rows_model.h"
#include "session_figures.h"
#include "text_rows.h"
#include "timeline_widget.h"
#include "together_panel.h"
#include "transport_bar.h"
#include "world_input.h"
#include "world_view.h"

namespace teatime::inspector {

void MainWindow::join(const QString& url, Part part, const QString& at, Before before) {
    close_recording();
    open_error_.clear();
    live_ = std::make_unique<LiveSession>();
    path_ = url;
    wanted_at_ = at;
    setWindowTitle(tr("%1 - Teatime").arg(url));
    info_bar_->progress("open", tr("Joining %1").arg(url), -1, [this] { show_first_page(); });
    connect(live_.get(), &LiveSession::ready, this,
            [this] { player_->open(live_->file(), timeline_options()); });
    connect(live_.get(), &LiveSession::company_changed, this, [this] {
        show_others();
        show_pointers();
        show_place();
        if (live_->company().lease.holder != live_->member()) info_bar_->forget("lead");
        if (live_->is_recording()) keep_notes();
    });
    connect(live_.get(), &LiveSession::time_changed, this, [this] {
        transport_->set_halt(live_->stands());
        show_place();
    });
    connect(live_.get(), &LiveSession::figures_changed, this, [this] {
        facts_model_.show_session(
            describe_session(live_->figures(), live_->company(), live_->member()));
    });
    connect(live_.get(), &LiveSession::refused, this, &MainWindow::say);
    connect(live_.get(), &LiveSession::split, this, &MainWindow::tell_split);
    connect(live_.get(), &LiveSession::stepped, this,
            [this](const std::shared_ptr<const session::StepOutcome>& outcome) {
                if (outcome->groups.size() == 1) info_bar_->forget("split");
            });
    connect(live_.get(), &LiveSession::lead_asked, this, [this](const QString& sentence) {
        info_bar_->say("lead", InfoBar::Kind::note, sentence,
                       {{tr("Release the lead"), [this] { live_->release_lead(); }}});
    });
    connect(live_.get(), &LiveSession::ended, this, &MainWindow::session_ended);
    connect(live_.get(), &LiveSession::connection_changed, this,
            [this](bool connected, const QString& sentence) {
                if (connected) return info_bar_->forget("connection");
                info_bar_->say("connection", InfoBar::Kind::warning,
                               tr("The connection is lost and tried again: %1").arg(sentence));
            });
    LiveSession::Options options;
    options.url = url;
    options.name = qEnvironmentVariable("USER");
    options.modules = modules_;
    options.view = part == Part::looks;
    options.whole = before == Before::all;
    world_input_ = std::make_unique<WorldInput>(*player_, *live_);
    connect(world_, &WorldView::input, world_input_.get(), &WorldInput::give);
    connect(player_.get(), &Player::input_failed, live_.get(),
            [this](const QString& sentence) { say(sentence); });
    live_->join(options);
    following_->set_session(live_.get());
    together_->set_session(live_.get());
    diff_->set_session(live_.get());
    for (QDockWidget* dock : docks_) {
        if (dock->objectName() == "info") watch_session(dock->isVisible());
    }
}

/// The Info page tells how it is while it is seen.
void MainWindow::watch_session(bool seen) {
    if (live_) live_->watch_figures(seen);
}

std::function<void()> MainWindow::rejoining(const QString& at, Before before) {
    const Part part = live_->options().view ? Part::looks : Part::takes_part;
    return [this, url = path_, part, at, before] { join(url, part, at, before); };
}

/// What this window has of the session, where that is not all.
void MainWindow::tell_begin(const Mark& begin) {
    if (begin <= Mark{BranchId{}, kSessionStart, 0}) return;
    const QString why = live_->why_not_whole();
    if (why.isEmpty()) {
        return say(live_->recorded_in().isEmpty()
                       ? tr("What was before %1, when this window joined, is not in its recording")
                             .arg(to_text(begin))
                       : tr("The recording of the session begins at %1").arg(to_text(begin)));
    }
    std::vector<InfoBar::Button> buttons;
    if (live_->can_be_whole()) buttons = {{tr("Show it too"), rejoining({}, Before::all)}};
    info_bar_->say("begin", InfoBar::Kind::note,
                   tr("What was before %1 is not shown: %2").arg(to_text(begin), why),
                   std::move(buttons));
}

/// Before anything was shown: an error like one of opening. Later: what was recorded stays.
void MainWindow::session_ended(const QString& sentence) {
    if (!player_->is_open()) return failed(sentence);
    transport_->pause();
    show_place();
    show_pointers();
    info_bar_->say("connection", InfoBar::Kind::warning, sentence,
                   {{tr("Join again"), reopening({})}});
}

// ---- the others -----------------------------------------------------------------------------

/// What is noted on a shared recording is a mark in our copy of it, too.
void MainWindow::keep_notes() {
    if (!player_->is_open()) return;
    for (const session::Note& note : live_->company().notes) {
        if (note.id <= last_note_) continue;
        last_note_ = note.id;
        mark_model_.add(note.mark, QString::fromStdString(note.text),
                        QString::fromStdString(note.author));
    }
}

/// Where the others look, on the timeline.
void MainWindow::show_others() {
    const session::Company& company = live_->company();
    std::vector<OtherPlayhead> others;
    for (const session::Playhead& each : company.playheads) {
        if (!each.member) continue;  // the shared one: of who leads
        others.push_back({QString::fromStdString(company.name_of(each.member)), each.mark,
                          static_cast<std::size_t>(each.member.value)});
    }
    timeline_->set_others(std::move(others));
    show_names();
}

/// Of those who were there before us: our recording does not have them. Who looks at a shared
/// recording is nobody in it.
void MainWindow::show_names() {
    if (!live_ || live_->is_recording() || !player_->is_open()) return;
    std::map<MemberId, std::string> names;
    std::vector<timegraph::Member> members;
    for (const session::MemberInfo& each : live_->company().members) {
        names[each.id] = each.name;
        members.push_back({.id = each.id, .name = each.name, .role = {}, .joined = {}, .left = {}});
    }
    history_->add_names(names);
    member_model_.add_names(names);
    messages_->model().set_members(members);
    message_->set_members(members);
}

/// By whom everybody was stopped, and what waits; empty: time goes on.
QString MainWindow::stopped_text() const {
    if (!live_->time().paused) return {};
    const session::Company& company = live_->company();
    const MemberId leads = company.lease.holder;
    QString text = !leads ? tr("paused for all")
                   : leads == live_->member()
                       ? tr("paused for all by you")
                       : tr("paused for all by %1").arg(to_text(company.name_of(leads)));
    return text + waiting_text(company);
}

/// Whether the head is shown decides whose the mouse is.
void MainWindow::show_place() {
    bool follows = transport_->state() == Transport::State::following;
    together_->set_with_session(follows);
    const FactsPtr facts = player_->facts();
    const bool recording = !live_ || live_->is_recording() || live_->is_over();
    world_->set_place(recording ? WorldView::Place::recording
                      : follows ? WorldView::Place::live
                                : WorldView::Place::past,
                      recording ? QString() : stopped_text());
    world_->set_used(!recording && !live_->options().view && follows && facts && facts->can_input);
}

}  // namespace teatime::inspector
