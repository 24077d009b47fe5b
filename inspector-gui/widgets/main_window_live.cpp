#include "first_page.h"
#include "info_bar.h"
#include "main_window.h"
#include "messages_panel.h"
#include "text_rows.h"
#include "timeline_widget.h"
#include "together_panel.h"
#include "transport_bar.h"
#include "world_input.h"
#include "world_view.h"

namespace teatime::inspector {

void MainWindow::join(const QString& url, Part part) {
    close_recording();
    open_error_.clear();
    live_ = std::make_unique<LiveSession>();
    path_ = url;
    wanted_at_.clear();
    setWindowTitle(tr("%1 - Teatime").arg(url));
    info_bar_->progress("open", tr("Joining %1").arg(url), -1, [this] { show_first_page(); });
    connect(live_.get(), &LiveSession::ready, this,
            [this] { player_->open(live_->file(), timeline_options()); });
    connect(live_.get(), &LiveSession::company_changed, this, &MainWindow::show_others);
    connect(live_.get(), &LiveSession::refused, this, &MainWindow::say);
    connect(live_.get(), &LiveSession::stepped, this,
            [this](const std::shared_ptr<const session::StepOutcome>& outcome) {
                if (outcome->groups.size() == 1) transport_->set_halt(outcome->groups[0].mark);
            });
    connect(live_.get(), &LiveSession::ended, this, &MainWindow::session_ended);
    connect(live_.get(), &LiveSession::connection_changed, this,
            [this](bool connected, const QString& sentence) {
                if (connected) return info_bar_->forget("connection");
                info_bar_->say("connection", InfoBar::Kind::warning, sentence);
            });
    LiveSession::Options options;
    options.url = url;
    options.name = qEnvironmentVariable("USER");
    options.modules = modules_;
    options.view = part == Part::looks;
    world_input_ = std::make_unique<WorldInput>(*player_, *live_);
    connect(world_, &WorldView::input, world_input_.get(), &WorldInput::give);
    connect(player_.get(), &Player::input_failed, live_.get(),
            [this](const QString& sentence) { say(sentence); });
    live_->join(options);
    together_->set_session(live_.get());
}

/// Before anything was shown: an error like one of opening. Later: what was recorded stays.
void MainWindow::session_ended(const QString& sentence) {
    if (!player_->is_open()) return failed(sentence);
    transport_->pause();
    info_bar_->say(
        "connection", InfoBar::Kind::warning, sentence,
        {{tr("Join again"),
          [this, url = path_, part = live_->options().view ? Part::looks : Part::takes_part] {
              join(url, part);
          }}});
}

/// Where the others look, on the timeline.
void MainWindow::show_others() {
    const session::Company& company = live_->company();
    std::vector<OtherPlayhead> others;
    for (const session::Playhead& each : company.playheads) {
        others.push_back({QString::fromStdString(company.name_of(each.member)), each.mark,
                          static_cast<std::size_t>(each.member.value)});
    }
    timeline_->set_others(std::move(others));
    show_names();
}

/// Of those who were there before us: our recording does not have them.
void MainWindow::show_names() {
    if (!live_ || !player_->is_open()) return;
    std::map<MemberId, std::string> names;
    std::vector<timegraph::Member> members;
    for (const session::MemberInfo& each : live_->company().members) {
        names[each.id] = each.name;
        members.push_back({.id = each.id, .name = each.name, .role = {}, .joined = {}, .left = {}});
    }
    history_->add_names(names);
    messages_->model().set_members(members);
}

/// Whether the head is shown decides whose the mouse is.
void MainWindow::show_place() {
    bool follows = transport_->state() == Transport::State::following;
    const FactsPtr facts = player_->facts();
    world_->set_place(!live_    ? WorldView::Place::recording
                      : follows ? WorldView::Place::live
                                : WorldView::Place::past);
    world_->set_used(live_ && !live_->options().view && follows && facts && facts->can_input);
}

void MainWindow::list_sessions(const QString& reflector) {
    first_page_->set_sessions({}, tr("Asking %1…").arg(reflector));
    session_list_->ask(reflector);
}

void MainWindow::show_sessions(const QString& url, const QVector<SessionRow>& sessions) {
    std::vector<TextRow> rows;
    QString server = url;
    while (server.endsWith('/')) server.chop(1);
    for (const SessionRow& each : sessions) {
        TextRow row{{each.id, each.app, QString::number(each.members), each.time}};
        row.data = server + "/" + each.id;
        rows.push_back(std::move(row));
    }
    first_page_->set_sessions(std::move(rows), tr("%1 has no sessions").arg(url));
}

}  // namespace teatime::inspector
