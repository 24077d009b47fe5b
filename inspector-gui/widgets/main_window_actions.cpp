#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QImage>
#include <QSaveFile>
#include <QStackedWidget>
#include <algorithm>

#include "actions.h"
#include "cheat_sheet.h"
#include "comment_box.h"
#include "diff_panel.h"
#include "find_box.h"
#include "first_page.h"
#include "info_bar.h"
#include "main_window.h"
#include "state_panel.h"
#include "timeline_widget.h"
#include "together_panel.h"
#include "transport_bar.h"
#include "world_view.h"

namespace teatime::inspector {

std::vector<ActionSpec> MainWindow::action_table() {
    std::vector<ActionSpec> table{
        {"open", "&File", "&Open…", "Ctrl+O", "Open a recording or a saved Island", Glyph::open,
         [this] { choose_file(); }},
        {"live", "&File", "&Live session…", "Ctrl+L", "Sessions that are running", Glyph::live,
         [this] { look_for_another(); }},
        {"choose-module", "&File", "Choose &module…", "", "The module that executes this recording",
         Glyph::none, [this] { choose_module(); }},
        {"export-picture", "&File", "Save &picture…", "Ctrl+E",
         "Save the world's picture as PNG or SVG", Glyph::picture, [this] { export_picture(); }},
        {"copy-link", "&File", "&Copy link to this moment", "Ctrl+Shift+C",
         "Copy the command that shows this moment", Glyph::none, [this] { copy_link(); }},
        {"close", "&File", "&Close", "Ctrl+W", "Close the recording, leave the session",
         Glyph::none, [this] { show_first_page(); }},
        {"quit", "&File", "&Quit", "Ctrl+Q", "Close the window", Glyph::none, [this] { close(); }},
    };
    for (auto part :
         {&MainWindow::move_actions, &MainWindow::look_actions, &MainWindow::together_actions}) {
        for (ActionSpec& spec : (this->*part)()) table.push_back(std::move(spec));
    }
    return table;
}

std::vector<ActionSpec> MainWindow::move_actions() {
    using replayer::StepBy;
    auto step = [this](StepBy by, bool forward) {
        return [this, by, forward] {
            transport_->pause();
            player_->step(by, forward);
        };
    };
    return {
        {"play", "&Play", "Play or pause", "Space", "Play forwards, or pause", Glyph::play,
         [this] { transport_->toggle(); }},
        {"reverse", "&Play", "Play backwards", "Shift+Space", "Play backwards, or pause",
         Glyph::reverse,
         [this] {
             if (transport_->state() == Transport::State::backward) return transport_->pause();
             transport_->play(false);
         }},
        {"shuttle-back", "&Play", "Backwards, faster each time", "J",
         "Play backwards; again: twice as fast", Glyph::none, [this] { transport_->shuttle(-1); }},
        {"shuttle-stop", "&Play", "Pause", "K", "Pause", Glyph::none,
         [this] { transport_->pause(); }},
        {"shuttle-forward", "&Play", "Forwards, faster each time", "L",
         "Play forwards; again: twice as fast", Glyph::none, [this] { transport_->shuttle(1); }},
        {"slower", "&Play", "Half the rate", "[", "Half the rate", Glyph::slower,
         [this] { change_rate(false); }},
        {"faster", "&Play", "Twice the rate", "]", "Twice the rate", Glyph::faster,
         [this] { change_rate(true); }},
        {"loop-from", "&Play", "Loop from here", "A", "The loop begins at the playhead",
         Glyph::none, [this] { set_loop_end(true); }},
        {"loop-to", "&Play", "Loop to here", "B", "The loop ends at the playhead", Glyph::none,
         [this] { set_loop_end(false); }},
        {"loop", "&Play", "Loop the selection", "Shift+L",
         "Play what is selected on the timeline over and over", Glyph::loop,
         [this] {
             if (transport_->loop()) return transport_->set_loop(std::nullopt);
             if (const auto& range = timeline_->selection()) {
                 return transport_->set_loop(Transport::Loop{range->from, range->to});
             }
             say(tr("Select a part of the timeline first (Shift and drag), or press A and B"));
             emit transport_->changed();  // the button
         },
         true},
        {"forward-message", "&Step", "Next message", "Right; .", "One message forwards",
         Glyph::message_forward, step(StepBy::message, true)},
        {"back-message", "&Step", "Previous message", "Left; ,", "One message back",
         Glyph::message_back, step(StepBy::message, false)},
        {"forward-instant", "&Step", "Next instant", "Shift+Right; Shift+.",
         "To the end of the next instant at which something happens", Glyph::instant_forward,
         step(StepBy::instant, true)},
        {"back-instant", "&Step", "Previous instant", "Shift+Left; Shift+,",
         "To the end of the instant before", Glyph::instant_back, step(StepBy::instant, false)},
        {"forward-external", "&Step", "Next external message", "Ctrl+Right; Ctrl+.",
         "To the next message from outside", Glyph::external_forward, step(StepBy::external, true)},
        {"back-external", "&Step", "Previous external message", "Ctrl+Left; Ctrl+,",
         "To before the last message from outside", Glyph::external_back,
         step(StepBy::external, false)},
        {"to-start", "&Go", "Start", "Home", "To the start of the recording", Glyph::to_start,
         [this] {
             if (player_->facts()) go(player_->facts()->begin);
         }},
        {"to-end", "&Go", "End, or live", "End",
         "To the end of the recording; of a live session: follow it", Glyph::to_end,
         [this] {
             if (live_ && !live_->is_recording()) return transport_->follow();
             if (player_->facts()) go(player_->facts()->end);
         }},
        {"follow", "&Go", "Follow who leads", "G",
         "Of a session: go where who leads looks, or no longer", Glyph::none,
         [this] { following_->toggle(); }},
        {"go-to", "&Go", "Go to…", "Ctrl+G", "Go to a time or Mark", Glyph::none,
         [this] { transport_bar_->focus_go_to(); }},
        {"find", "&Go", "Find…", "Ctrl+F", "Find messages, objects, fields, marks, errors",
         Glyph::find,
         [this] {
             find_box_->set_place(player_->facts(), player_->moment(), messages());
             find_box_->open();
         }},
        {"mark", "&Go", "Mark this moment", "M", "Mark the playhead with a comment", Glyph::mark,
         [this] { add_mark(); }},
        {"next-mark", "&Go", "Next mark", "N", "To the next mark", Glyph::none,
         [this] { next_mark(true); }},
        {"previous-mark", "&Go", "Previous mark", "Shift+N", "To the mark before", Glyph::none,
         [this] { next_mark(false); }},
    };
}

std::vector<ActionSpec> MainWindow::look_actions() {
    return {
        {"zoom-in", "&View", "Zoom in", "+; =", "Show less of the timeline", Glyph::zoom_in,
         [this] { timeline_->zoom_in(); }},
        {"zoom-out", "&View", "Zoom out", "-", "Show more of the timeline", Glyph::zoom_out,
         [this] { timeline_->zoom_out(); }},
        {"fit", "&View", "Whole timeline", "F", "Show the whole timeline", Glyph::fit,
         [this] { timeline_->fit(); }},
        {"fit-selection", "&View", "Selection", "S", "Show what is selected of the timeline",
         Glyph::none, [this] { timeline_->fit_selection(); }},
        {"fit-world", "&View", "Whole world", "Shift+F", "Show the whole world", Glyph::none,
         [this] { world_->fit(); }},
        {"wall-time", "&View", "Wall time", "T", "The ruler shows wall time or virtual time",
         Glyph::none, [this] { timeline_->set_wall_time(!timeline_->axis().wall_time()); }},
        {"diff", "&View", "Compare", "Ctrl+D", "Compare the playhead with another moment",
         Glyph::diff, [this] { show_panel("diff"); }},
        {"next-difference", "&View", "Next difference", "D", "To the next difference", Glyph::none,
         [this] { diff_->next(true); }},
        {"previous-difference", "&View", "Previous difference", "Shift+D",
         "To the difference before", Glyph::none, [this] { diff_->next(false); }},
        {"full-screen", "&View", "Full screen", "F11", "Fill the screen, or not", Glyph::none,
         [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); }},
        {"to-world", "&View", "Keys to the world, or back", "Escape",
         "The keys go to the world's picture; from a live one back to the window. Who points at "
         "something ends that first",
         Glyph::none,
         [this] {
             if (pages_->currentWidget() == first_page_) return go_back();
             if (world_->has_keys()) return timeline_->setFocus();
             if (live_ && !live_->points_at().isEmpty()) return point_at({});
             world_->setFocus();
         }},
        {"who-wrote", "&State", "Who wrote this?", "W",
         "To the message that last wrote the selected field", Glyph::author,
         [this] { who_wrote(state_->selected_path()); }},
        {"pin", "&State", "Pin to the plots", "P", "Plot the selected field over time", Glyph::pin,
         [this] { pin(state_->selected_path()); }},
        {"export-plot", "&State", "Save its values…", "", "Save the selected field's values as CSV",
         Glyph::none, [this] { export_plot(state_->selected_path()); }},
    };
}

std::vector<ActionSpec> MainWindow::together_actions() {
    auto step_all = [this](session::StepBy by) {
        return [this, by] { with_session([this, by] { live_->step(by); }); };
    };
    auto in_together = [this](std::function<void()> call) {
        return [this, call = std::move(call)] {
            with_session([this, &call] {
                show_panel("together");
                call();
            });
        };
    };
    return {
        {"pause-all", "&Together", "Pause or resume all", "Ctrl+Space",
         "Of a session: everybody's time stands still, or goes on", Glyph::none,
         [this] { with_session([this] { together_->pause_or_resume(); }); }},
        {"message-all", "&Together", "Next message, all", "Alt+Right",
         "Everyone executes the next message", Glyph::none, step_all(session::StepBy::message)},
        {"instant-all", "&Together", "Next instant, all", "Alt+Shift+Right",
         "Everyone executes all of the next instant", Glyph::none,
         step_all(session::StepBy::instant)},
        {"external-all", "&Together", "Next external message, all", "Alt+Ctrl+Right",
         "Lets one waiting message through", Glyph::none, step_all(session::StepBy::external)},
        {"lead", "&Together", "Take the lead, or release it", "Shift+G",
         "Of a session: lead it, or no longer", Glyph::none,
         [this] { with_session([this] { together_->lead_or_release(); }); }},
        {"hand-lead", "&Together", "Hand over the lead", "H",
         "The member selected in Together leads from now on", Glyph::none,
         in_together([this] { together_->hand_over(); })},
        {"point", "&Together", "Point at this for everyone", "Shift+P",
         "Everyone sees what you have selected in the state; again, or Escape: no longer",
         Glyph::none, [this] { point_or_not(); }},
        {"write-note", "&Together", "Write a note", "Shift+M",
         "To the line for a note for everyone, at the playhead", Glyph::none,
         in_together([this] { together_->write_note(); })},
        {"help", "&Help", "Keys", "F1", "All keys", Glyph::help,
         [this] {
             if (auto* sheet = findChild<CheatSheet*>()) return void(sheet->close());
             new CheatSheet(*actions_, this);
         }},
    };
}

void MainWindow::with_session(const std::function<void()>& call) {
    live_ ? call() : say(tr("This is no session"));
}

void MainWindow::choose_file() {
    auto* dialog =
        new QFileDialog(this, tr("Open a recording or saved Island"), {},
                        tr("Recordings and Islands (*.timegraph *.island);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) { open(path); });
    dialog->open();
}

void MainWindow::choose_module() {
    auto* dialog = new QFileDialog(
        this,
        tr("Choose the module of %1").arg(player_->facts() ? player_->facts()->app : QString()), {},
        tr("Modules (*.so)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::use_module);
    dialog->open();
}

void MainWindow::use_module(const QString& path) {
    modules_.prepend(path);
    if (!path_.isEmpty()) reopening(live_ ? QString() : to_text(player_->playhead()))();
}

void MainWindow::add_mark() {
    if (!player_->is_open()) return;
    Mark here = player_->playhead();
    auto* box = new CommentBox(tr("Comment on %1").arg(to_text(here)), this);
    connect(box, &CommentBox::entered, this, [this, here](const QString& comment) {
        if (live_) return live_->note(here, comment);  // comes back to everyone
        mark_model_.add(here, comment, qEnvironmentVariable("USER"));
        show_panel("marks");
    });
}

void MainWindow::export_picture() {
    if (!player_->moment() || !player_->moment()->picture) {
        return say(tr("There is no picture here"));
    }
    auto* dialog = new QFileDialog(this, tr("Save the picture"), {}, tr("Pictures (*.png *.svg)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix("png");
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::save_picture);
    dialog->open();
}

void MainWindow::save_picture(const QString& file) {
    const MomentPtr moment = player_->moment();
    if (!moment || !moment->picture) return;
    QSaveFile out(file);
    bool good = out.open(QIODevice::WriteOnly);
    if (good && file.endsWith(".svg", Qt::CaseInsensitive)) {
        std::string title =
            QFileInfo(path_).fileName().toStdString() + " " + to_string(moment->mark);
        std::string svg = to_svg(*moment->picture, title);
        good = out.write(svg.data(), static_cast<qint64>(svg.size())) ==
               static_cast<qint64>(svg.size());
    } else if (good) {
        constexpr int kWidth = 1600;
        Rect bounds = moment->picture->bounds();
        int height = std::clamp(static_cast<int>(kWidth * bounds.height / bounds.width), 1, 16000);
        good = world_->picture(QSize(kWidth, height)).save(&out, "PNG");
    }
    good = good && out.commit();
    say(good ? tr("Saved %1").arg(file) : tr("%1: %2").arg(file, out.errorString()));
}

void MainWindow::copy_link() {
    if (path_.isEmpty()) return;
    QString quoted = live_ ? path_ : QFileInfo(path_).absoluteFilePath();
    quoted.replace('\'', "'\\''");
    QGuiApplication::clipboard()->setText(
        QString("teatime inspect '%1' --at '%2'").arg(quoted, to_text(player_->playhead())));
    say(tr("Copied: the command that shows this moment"));
}

void MainWindow::set_loop_end(bool from) {
    VirtualTime here = player_->playhead().time;
    const FactsPtr facts = player_->facts();
    if (!facts) return;
    auto loop = transport_->loop().value_or(Transport::Loop{facts->begin.time, facts->end.time});
    (from ? loop.from : loop.to) = here;
    if (loop.from >= loop.to) {
        loop = from ? Transport::Loop{here, facts->end.time}
                    : Transport::Loop{facts->begin.time, here};
    }
    if (loop.from >= loop.to) return say(tr("The loop would be empty"));
    transport_->set_loop(loop);
    timeline_->set_selection(TimeAxis::Range{loop.from, loop.to});
}

void MainWindow::next_mark(bool forward) {
    int row = mark_model_.next(player_->playhead(), forward);
    if (row < 0) return say(tr("There is no further mark"));
    go(mark_model_.rows()[static_cast<std::size_t>(row)].mark);
    timeline_->reveal_playhead();
}

void MainWindow::change_rate(bool faster) {
    session::Rate rate = transport_->rate();
    std::uint64_t twice = 2;
    transport_->set_rate(faster ? session::Rate::of(rate.num * twice, rate.den)
                                : session::Rate::of(rate.num, rate.den * twice));
}

}  // namespace teatime::inspector
