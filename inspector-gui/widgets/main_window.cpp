#include "main_window.h"

#include <QCheckBox>
#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QMenuBar>
#include <QMimeData>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabBar>
#include <QTimer>
#include <QUrl>
#include <QVBoxLayout>

#include "actions.h"
#include "diff_panel.h"
#include "find_box.h"
#include "first_page.h"
#include "info_bar.h"
#include "list_view.h"
#include "message_panel.h"
#include "messages_panel.h"
#include "moment_text.h"
#include "plots_widget.h"
#include "rows_panel.h"
#include "state_panel.h"
#include "status_strip.h"
#include "timeline_widget.h"
#include "together_panel.h"
#include "transport_bar.h"
#include "world_input.h"
#include "world_view.h"

namespace teatime::inspector {
namespace {

constexpr int kDocks = 1;  // version of saveState(): which docks there are

}  // namespace

MainWindow::MainWindow(QStringList modules, QWidget* parent)
    : QMainWindow(parent), modules_(std::move(modules)) {
    player_ = std::make_unique<Player>();
    transport_ = std::make_unique<Transport>(*player_);
    following_ = std::make_unique<Following>(*player_, *transport_);
    history_ = std::make_unique<History>();
    film_ = std::make_unique<Film>();
    plot_model_ = std::make_unique<PlotModel>();
    questions_ = std::make_unique<Questions>();
    picker_ = std::make_unique<Picker>();
    session_list_ = std::make_unique<SessionList>();
    actions_ = new Actions(*this, action_table());
    setWindowIcon(program_icon());
    setAcceptDrops(true);
    setDockOptions(AnimatedDocks | AllowNestedDocks | AllowTabbedDocks);
    setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    make_central();
    make_panels();
    make_menus();
    find_box_ = new FindBox(this);
    connect_models();
    resize(first_size());
    restoreGeometry(recent_.geometry());
    show_first_page();
}

MainWindow::~MainWindow() {
    close_recording();
    timeline_->set_source(nullptr);  // models go before widgets
    timeline_->set_film(nullptr);
}

// ---- parts ---------------------------------------------------------------------------------

void MainWindow::make_central() {
    transport_bar_ = new TransportBar(*actions_, *transport_);
    addToolBar(transport_bar_);
    status_ = new StatusStrip;
    setStatusBar(status_);

    info_bar_ = new InfoBar;
    first_page_ = new FirstPage;
    world_ = new WorldView;
    timeline_ = new TimelineWidget;
    timeline_->setObjectName("timeline");
    timeline_->set_film(film_.get());
    timeline_->set_source(history_.get());
    plots_ = new PlotsWidget(timeline_->axis());
    plots_->set_model(plot_model_.get());
    plots_->hide();  // until something is pinned
    work_ = new QSplitter(Qt::Vertical);
    work_->setObjectName("work");
    work_->setChildrenCollapsible(false);
    work_->addWidget(world_);
    work_->addWidget(timeline_);
    work_->addWidget(plots_);
    work_->setStretchFactor(0, 1);
    work_->setSizes({540, 320, 120});
    connect(work_, &QSplitter::splitterMoved, this, [this] { work_divided_ = true; });

    pages_ = new QStackedWidget;
    first_page_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Ignored);  // seen without panels
    pages_->addWidget(first_page_);
    pages_->addWidget(work_);
    auto* central = new QWidget;
    auto* column = new QVBoxLayout(central);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(info_bar_);
    column->addWidget(pages_, 1);
    setCentralWidget(central);
}

void MainWindow::add_panel(const QString& name, const QString& title, Qt::DockWidgetArea area,
                           Panel* panel) {
    auto* dock = new QDockWidget(title);
    dock->setObjectName(name);
    dock->setWidget(panel);
    dock->setFeatures(QDockWidget::DockWidgetMovable | QDockWidget::DockWidgetFloatable |
                      QDockWidget::DockWidgetClosable);
    panel->setAccessibleName(title);
    QDockWidget* beside = nullptr;
    for (QDockWidget* other : docks_) {
        if (other->property("area").toInt() == area) beside = other;
    }
    dock->setProperty("area", static_cast<int>(area));
    docks_.push_back(dock);
    // Both groups are at the right: the first one above the second.
    addDockWidget(Qt::RightDockWidgetArea, dock, Qt::Vertical);
    if (beside) tabifyDockWidget(beside, dock);
    connect(panel, &Panel::go, this, &MainWindow::go);
    connect(panel, &Panel::said, this, &MainWindow::say);
    connect(panel, &Panel::pin, this, &MainWindow::pin);
    connect(panel, &Panel::who_wrote, this, &MainWindow::who_wrote);
    connect(panel, &Panel::show_path, this, &MainWindow::show_object);
}

void MainWindow::make_panels() {
    constexpr auto kUpper = Qt::TopDockWidgetArea, kLower = Qt::BottomDockWidgetArea;
    state_ = new StatePanel;
    add_panel("state", tr("State"), kUpper, state_);
    message_ = new MessagePanel;
    add_panel("message", tr("Message"), kUpper, message_);
    diff_ = new DiffPanel(*player_);
    add_panel("diff", tr("Diff"), kUpper, diff_);
    add_panel("info", tr("Info"), kUpper,
              new RowsPanel(tr("Info"), facts_model_, {22, 40}, tr("Nothing is open.")));

    auto* statistics =
        new RowsPanel(tr("Statistics"), statistics_model_, {14, 18, 10, 9, 13, 11, 11, 9, 8},
                      tr("Nothing was executed yet."));
    statistics->make_sortable();
    auto* by_class = new QCheckBox(tr("By class"));
    connect(by_class, &QCheckBox::toggled, this,
            [this](bool on) { statistics_model_.set_by_class(on); });
    statistics->add_tool(by_class);
    add_panel("statistics", tr("Statistics"), kUpper, statistics);

    messages_ = new MessagesPanel;
    add_panel("messages", tr("Messages"), kLower, messages_);
    add_panel("queue", tr("Queue"), kLower,
              new RowsPanel(tr("Queue"), queue_model_, {14, 10, 14, 16, 22},
                            tr("Nothing is pending here.")));
    add_panel(
        "errors", tr("Errors"), kLower,
        new RowsPanel(tr("Errors"), error_model_, {14, 26, 40}, tr("No handler threw an error.")));
    add_panel("marks", tr("Marks"), kLower,
              new RowsPanel(tr("Marks"), mark_model_, {16, 44, 14},
                            tr("No marks yet. M makes one at the playhead.")));
    together_ = new TogetherPanel;
    add_panel("together", tr("Together"), kLower, together_);
    add_panel("members", tr("Members"), kLower,
              new RowsPanel(tr("Members"), member_model_, {9, 20, 14, 16, 16},
                            tr("No members are known.")));
    for (const char* name : {"state", "messages"}) show_panel(name);
    divide_panels();
}

void MainWindow::make_menus() {
    constexpr std::string_view kPanelKeys = "1234567890M";  // with Alt; in the panels' order
    Actions::Group panels{tr("&Panels"), {}};
    for (QDockWidget* dock : docks_) {
        const char key = kPanelKeys.at(panels.actions.size());
        auto* raise = new QAction(dock->windowTitle(), this);
        raise->setShortcut(QKeySequence(Qt::ALT | Qt::Key(key)));
        raise->setToolTip(tr("Show this panel (%1)").arg(raise->shortcut().toString()));
        connect(raise, &QAction::triggered, this, [this, dock] { show_panel(dock->objectName()); });
        addAction(raise);
        panels.actions.push_back(raise);
    }
    actions_->add_group(std::move(panels), tr("&Help"));
    for (const Actions::Group& group : actions_->groups()) {
        QMenu* menu = menuBar()->addMenu(group.name);
        for (QAction* action : group.actions) menu->addAction(action);
    }
}

void MainWindow::connect_models() {
    connect(player_.get(), &Player::opened, this, &MainWindow::opened);
    connect(player_.get(), &Player::failed, this, &MainWindow::failed);
    connect(player_.get(), &Player::moment_changed, this, &MainWindow::show_moment);
    connect(player_.get(), &Player::playhead_moved, this, &MainWindow::show_playhead);
    connect(player_.get(), &Player::facts_changed, this, &MainWindow::show_facts);
    connect(player_.get(), &Player::busy_changed, this, &MainWindow::show_busy);
    connect(history_.get(), &History::changed, this, &MainWindow::show_history);
    connect(history_.get(), &History::progress_changed, this, &MainWindow::show_history);
    connect(plot_model_.get(), &PlotModel::paths_changed, this,
            [this] { plots_->setVisible(!plot_model_->paths().isEmpty()); });
    connect(plot_model_.get(), &PlotModel::pinned, this, &MainWindow::tell_pinned);
    connect(plots_, &PlotsWidget::export_requested, this, &MainWindow::export_plot);
    connect(plot_model_.get(), &PlotModel::exported, this,
            [this](const QString& file, const QString& problem) {
                info_bar_->forget("export");
                say(problem.isEmpty() ? tr("Saved %1").arg(file) : problem);
            });
    connect(plot_model_.get(), &PlotModel::exporting, this,
            [this](const QString& file, double share) {
                info_bar_->progress("export", tr("Saving %1").arg(file), share, [this] {
                    plot_model_->cancel_export();
                    info_bar_->forget("export");
                });
            });
    connect(message_, &MessagePanel::causes_wanted, questions_.get(), &Questions::causes);
    connect(questions_.get(), &Questions::caused, this,
            [this](const Mark& mark, const std::shared_ptr<const replayer::CauseChain>& chain) {
                const MomentPtr moment = player_->moment();
                if (!moment || !moment->message || moment->message->mark != mark) return;
                message_->set_causes(chain->links, QString::fromStdString(chain->end));
            });
    connect(questions_.get(), &Questions::wrote, this,
            [this](const QString& path, const std::shared_ptr<const replayer::Write>& write) {
                show_write(path, *write);
            });
    connect(questions_.get(), &Questions::failed, this, [this](const QString& sentence) {
        info_bar_->forget("question");
        say(sentence);
    });
    connect(questions_.get(), &Questions::causes_unknown, message_,
            [this](const QString& sentence) { message_->set_causes({}, sentence); });
    connect(timeline_, &TimelineWidget::mark_requested, this,
            [this](const Mark& mark) { player_->seek(mark); });
    connect(transport_bar_, &TransportBar::go_to, this, &MainWindow::go_to);
    connect(transport_bar_, &TransportBar::refused, this, &MainWindow::say);
    connect(world_, &WorldView::pointer_at, status_,
            [this](const QPointF& at) { status_->set_pointer(at); });
    for (bool points : {false, true}) {
        connect(world_, points ? &WorldView::pointed_to : &WorldView::clicked, this,
                [this, points](const QPointF& at, double reach) {
                    picks_to_point_ = points && live_;
                    picker_->pick(player_->moment(), {at.x(), at.y()}, reach);
                });
    }
    connect(picker_.get(), &Picker::picked, this, [this](const QString& path) {
        if (picks_to_point_ && live_) point_at(path);
        if (!path.isEmpty()) return show_object(path);
        state_->select_nothing();
        say(tr("No field of the state tells what is there"));
    });
    connect(state_, &StatePanel::selected, this, &MainWindow::place_pointed);
    connect(state_, &StatePanel::point_wanted, this, &MainWindow::point_or_not);
    connect(picker_.get(), &Picker::placed, this,
            [this](const std::vector<Rect>& places, const std::vector<Pointed>& pointed) {
                world_->set_places(places, pointed);
                state_->set_pointed(pointed);
            });
    connect(world_, &WorldView::pointer_left, status_, [this] { status_->set_pointer({}); });
    connect(transport_.get(), &Transport::changed, this, &MainWindow::show_place);
    connect(following_.get(), &Following::changed, together_, &TogetherPanel::set_followed);
    connect(following_.get(), &Following::said, this, &MainWindow::say);
    for (QDockWidget* dock : docks_) {
        if (dock->objectName() == "info") {
            connect(dock, &QDockWidget::visibilityChanged, this, &MainWindow::watch_session);
        }
    }
    connect(session_list_.get(), &SessionList::changed, this,
            [this] { first_page_->set_sessions(session_list_->reflectors()); });
    connect(find_box_, &FindBox::go, this, &MainWindow::go);
    connect(find_box_, &FindBox::show_path, this, &MainWindow::show_object);
    connect(together_, &TogetherPanel::sessions_wanted, this, &MainWindow::look_for_another);
    connect(together_, &TogetherPanel::leave_wanted, this, &MainWindow::show_first_page);
    connect(together_, &TogetherPanel::follow_wanted, following_.get(), &Following::follow);
    connect(together_, &TogetherPanel::compare_wanted, this, &MainWindow::compare_with_member);
    connect(together_, &TogetherPanel::note_wanted, this,
            [this](const QString& text) { live_->note(player_->playhead(), text); });
    connect(world_, &WorldView::return_to_live, transport_.get(), &Transport::follow);
    connect(first_page_, &FirstPage::open, this, [this](const QString& path) { open(path); });
    connect(first_page_, &FirstPage::back, this, &MainWindow::go_back);
    connect(first_page_, &FirstPage::choose_file, this, &MainWindow::choose_file);
    connect(first_page_, &FirstPage::join, this, [this](const QString& url) { join(url); });
    connect(first_page_, &FirstPage::list_sessions, session_list_.get(), &SessionList::ask);
}

void MainWindow::set_size(const QSize& size) {
    setWindowState(windowState() & ~(Qt::WindowMaximized | Qt::WindowFullScreen));
    resize(size);
}

bool MainWindow::show_panel(const QString& name) {
    for (QDockWidget* dock : docks_) {
        if (dock->objectName() != name) continue;
        dock->show();
        dock->raise();
        if (isVisible()) static_cast<Panel*>(dock->widget())->first_focus()->setFocus();
        return true;
    }
    return false;
}

QStringList MainWindow::panel_names() const {
    QStringList names;
    for (const QDockWidget* dock : docks_) names += dock->objectName();
    return names;
}

// ---- opening and closing -------------------------------------------------------------------

replayer::TimelineOptions MainWindow::timeline_options() const {
    replayer::TimelineOptions options;
    for (const QString& path : modules_) options.modules.emplace_back(path.toStdString());
    return options;
}

void MainWindow::open(const QString& path, const QString& at) {
    close_recording();
    open_error_.clear();
    path_ = path;
    wanted_at_ = at;
    setWindowTitle(tr("%1 - Teatime").arg(QFileInfo(path).fileName()));
    info_bar_->progress("open", tr("Opening %1").arg(path), -1, [this] { show_first_page(); });
    player_->open(path, timeline_options());
}

void MainWindow::close_recording() {
    remember_place();
    left_panels_.clear();
    path_.clear();
    transport_->reset();
    messages_->model().close();
    message_->forget_members();
    history_->close();
    film_->close();
    plot_model_->close();
    questions_->close();
    diff_->set_recording({}, {});
    diff_->set_session(nullptr);
    has_messages_ = false;
    player_->close();
    together_->set_session(nullptr);
    following_->set_session(nullptr);
    world_input_.reset();
    live_.reset();  // leaves
    show_pointers();
    last_note_ = 0;
    facts_model_.show_session({});
    show_place();
    info_bar_->forget_all();
    timeline_->set_facts(nullptr);
    status_->set_facts(nullptr);
    show_moment(nullptr);
}

void MainWindow::show_first_page() {
    close_recording();
    setWindowTitle(tr("Teatime inspector"));
    list_what_there_is();
}

/// What is open stays so, behind the first page, until another is opened.
void MainWindow::look_for_another() {
    if (!player_->is_open()) return show_first_page();
    if (pages_->currentWidget() != first_page_) left_panels_ = saveState(kDocks);
    list_what_there_is();
}

void MainWindow::go_back() {
    if (!player_->is_open()) return;
    pages_->setCurrentWidget(work_);
    restoreState(std::exchange(left_panels_, {}), kDocks);
    transport_bar_->setEnabled(true);
    world_->setFocus();
}

void MainWindow::list_what_there_is() {
    QStringList files;
    QString reflector;
    for (const Recent::Entry& entry : recent_.entries()) {
        if (!entry.is_session()) {
            files += entry.path;
        } else if (reflector.isEmpty()) {
            reflector = QUrl(entry.path).adjusted(QUrl::RemovePath).toString();
        }
    }
    first_page_->refresh(files, reflector);
    first_page_->offer_way_back(live_ ? path_ : QFileInfo(path_).fileName());
    pages_->setCurrentWidget(first_page_);
    for (QDockWidget* dock : docks_) dock->hide();
    transport_bar_->setEnabled(false);
}

void MainWindow::remember_place() {
    if (path_.isEmpty() || !player_->is_open()) return;
    Recent::Entry entry;
    entry.path = path_;
    entry.window = left_panels_.isEmpty() ? saveState(kDocks) : left_panels_;
    entry.pins = plot_model_->paths();
    if (!live_) {
        entry.mark = player_->playhead();
        entry.left_us = timeline_->axis().scale().left.time_since_epoch().count();
        entry.us_per_pixel =
            timeline_->axis().shows_all() ? 0 : timeline_->axis().scale().us_per_pixel;
    }
    recent_.remember(entry);
}

void MainWindow::restore_panels(const Recent::Entry& left) {
    restoreState(left.window, kDocks);
    const QStringList before = plot_model_->paths();
    for (const QString& path : before) plot_model_->remove(path);
    for (const QString& path : left.pins) plot_model_->add(path);
}

void MainWindow::restore_place(const RecordingFacts& facts,
                               const std::optional<Recent::Entry>& left) {
    if (left && left->us_per_pixel > 0) {
        TimeScale scale = timeline_->axis().scale();
        scale.left = VirtualTime(Duration(left->left_us));
        scale.us_per_pixel = left->us_per_pixel;
        timeline_->axis().set_scale(scale);
    }
    if (go_to_wanted(facts)) return;
    player_->seek(left && left->mark ? *left->mark : facts.begin);
}

/// Where it was to be opened. False: nowhere, or there is no such moment, which stays told.
bool MainWindow::go_to_wanted(const RecordingFacts& facts) {
    if (wanted_at_.isEmpty()) return false;
    const auto mark = parse_moment(wanted_at_, facts);
    if (mark) {
        go_to(wanted_at_);
        return true;
    }
    open_error_ = QString::fromStdString(mark.error().message);
    info_bar_->say("wanted", InfoBar::Kind::warning, open_error_);
    return false;
}

void MainWindow::opened() {
    info_bar_->forget("open");
    bool from_first_page = pages_->currentWidget() == first_page_;
    const std::optional<Recent::Entry> left = recent_.find(path_);
    pages_->setCurrentIndex(1);
    transport_bar_->setEnabled(true);
    if (from_first_page) {
        for (QDockWidget* dock : docks_) dock->show();
        for (const char* name : {"state", live_ ? "together" : "messages"}) show_panel(name);
        // Once they have been laid out; where the window was left otherwise, that counts.
        if (!left) QTimer::singleShot(0, this, &MainWindow::divide_panels);
    }
    if (left) {
        restore_panels(*left);
        QTimer::singleShot(0, this, &MainWindow::keep_world);
    }
    const FactsPtr facts = player_->facts();
    history_->open(facts, timeline_options());
    film_->open(facts, timeline_options());
    plot_model_->open(facts, timeline_options());
    questions_->open(facts->path, timeline_options());
    timeline_->fit();
    show_facts();
    show_place();
    show_names();
    if (!live_) {
        restore_place(*facts, left);
    } else if (live_->is_recording()) {
        following_->begin(facts->begin);
        keep_notes();
    } else {
        transport_->follow();
        tell_begin(facts->begin);
    }
    if (live_) go_to_wanted(*facts);
    if (!live_ || live_->is_recording()) world_->setFocus();
}

void MainWindow::failed(const QString& sentence) {
    open_error_ = sentence;
    auto again = reopening(wanted_at_);
    path_.clear();
    show_first_page();
    open_error_ = sentence;
    info_bar_->say("open", InfoBar::Kind::error, sentence, {{tr("Try again"), std::move(again)}});
}

/// Leads to what is or was to be open: a file at that moment, a session with the same part in it.
std::function<void()> MainWindow::reopening(const QString& at) {
    if (!live_) return [this, path = path_, at] { open(path, at); };
    return rejoining(at, live_->options().whole ? Before::all : Before::if_quick);
}

void MainWindow::closeEvent(QCloseEvent* event) {
    remember_place();
    recent_.keep_geometry(saveGeometry());
    QMainWindow::closeEvent(event);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
    const QList<QUrl> urls = event->mimeData()->urls();
    if (urls.isEmpty()) return;
    QString file = urls.front().toLocalFile();
    if (file.endsWith(".so")) {
        use_module(file);
    } else if (!file.isEmpty()) {
        open(file);
    } else {
        join(urls.front().toString());
    }
}

// ---- what is shown -------------------------------------------------------------------------

void MainWindow::show_moment(const MomentPtr& moment) {
    world_->set_moment(moment);
    state_->set_moment(moment);
    message_->set_moment(moment);
    queue_model_.show(moment);
    place_pointed();
    messages_->model().follow(moment);
    status_->set_moment(moment);
    if (moment && !moment->problem.empty()) {
        info_bar_->say("moment", InfoBar::Kind::error, QString::fromStdString(moment->problem));
    } else {
        info_bar_->forget("moment");
    }
}

/// The timeline takes what its lanes need, up to somewhat more than half, until the user divides
/// the window otherwise.
void MainWindow::fit_timeline() {
    constexpr double kMost = 0.55;
    QList<int> sizes = work_->sizes();
    const int both = sizes[0] + sizes[1];
    const int wanted = std::min(timeline_->sizeHint().height(), static_cast<int>(both * kMost));
    if (work_divided_ || sizes[1] >= wanted) return;
    sizes[0] = both - wanted;
    sizes[1] = wanted;
    work_->setSizes(sizes);
}

void MainWindow::show_object(const QString& path) {
    show_panel("state");
    state_->reveal(path);
}

void MainWindow::show_playhead(const Mark& mark) {
    timeline_->set_playhead(mark);
    status_->set_playhead(mark);
    info_bar_->forget("wrote");
}

void MainWindow::show_facts() {
    const FactsPtr facts = player_->facts();
    if (!facts) return;
    timeline_->set_facts(facts);
    history_->set_facts(facts);
    plot_model_->set_facts(facts);
    messages_->model().set_members(facts->members);
    message_->set_members(facts->members);
    world_->set_has_module(!facts->module_path.isEmpty());
    status_->set_facts(facts);
    together_->set_begin(facts->begin);
    facts_model_.show(facts);
    error_model_.show(facts);
    member_model_.show(facts);
    mark_model_.show(facts);
    diff_->set_recording(facts->path, timeline_options());
    show_notes(*facts);
}

void MainWindow::show_notes(const RecordingFacts& facts) {
    if (facts.why_not_executed.isEmpty()) {
        info_bar_->forget("module");
    } else {
        info_bar_->say("module", InfoBar::Kind::warning,
                       facts.is_recording
                           ? tr("Only stored states are shown: %1").arg(facts.why_not_executed)
                           : facts.why_not_executed,
                       {{tr("Choose module…"), [this] { choose_module(); }}});
    }
    if (facts.notes.isEmpty()) {
        info_bar_->forget("notes");
    } else {
        info_bar_->say("notes", InfoBar::Kind::note, facts.notes.join('\n'));
    }
}

void MainWindow::show_busy(bool busy, const Mark& at) {
    const FactsPtr facts = player_->facts();
    if (!busy || !facts) return status_->end_work();
    auto whole = static_cast<double>(player_->playhead().time.time_since_epoch().count());
    auto done = static_cast<double>(at.time.time_since_epoch().count());
    status_->show_work(tr("Rebuilding %1, at %2").arg(to_text(player_->playhead()), to_text(at)),
                       whole > 0 && done <= whole ? done / whole : -1,
                       [this] { player_->cancel(); });
}

bool MainWindow::complete() const {
    if (!player_->is_open()) return open_error_.isEmpty() ? path_.isEmpty() : true;
    const MomentPtr moment = player_->moment();
    bool here = moment && (moment->complete || moment->stored || !moment->problem.empty());
    const LaneSource::Progress& survey = history_->progress();
    bool surveyed =
        survey.share >= 1 || !survey.problem.isEmpty() || !player_->facts()->can_execute;
    return here && surveyed && !plot_model_->working() && messages_->complete() &&
           !player_->working() && !film_->working() && !state_->model().working() &&
           !world_->working() && diff_->complete();
}

void MainWindow::go(const Mark& mark) {
    const FactsPtr facts = player_->facts();
    if (facts && mark < facts->begin) {
        return say(tr("%1 is before this recording, which begins at %2")
                       .arg(to_text(mark), to_text(facts->begin)));
    }
    player_->seek(mark);
}

void MainWindow::go_to(const QString& moment) {
    const FactsPtr facts = player_->facts();
    if (!facts) return;
    auto mark = parse_moment(moment, *facts);
    if (!mark) {
        open_error_ = QString::fromStdString(mark.error().message);
        return transport_bar_->refuse_go_to(open_error_);
    }
    go(*mark);
    timeline_->reveal_playhead();
    transport_bar_->accept_go_to();
}

void MainWindow::say(const QString& sentence) {
    constexpr int kShown_ms = 6'000;
    status_->showMessage(sentence, kShown_ms);
}

}  // namespace teatime::inspector
