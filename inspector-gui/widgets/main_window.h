#pragma once

#include <QMainWindow>
#include <memory>
#include <vector>

#include "change_model.h"
#include "film.h"
#include "finder.h"
#include "following.h"
#include "history.h"
#include "list_models.h"
#include "live.h"
#include "mark_model.h"
#include "picker.h"
#include "player.h"
#include "plot.h"
#include "questions.h"
#include "queue_model.h"
#include "recent.h"
#include "statistics_model.h"
#include "transport.h"

class QDockWidget;
class QSplitter;
class QStackedWidget;

namespace teatime::inspector {

class Actions;
class DiffPanel;
class FindBox;
class FirstPage;
class InfoBar;
class MessagePanel;
class MessagesPanel;
class Panel;
class PlotsWidget;
class RowsPanel;
class StatePanel;
class StatusStrip;
class TimelineWidget;
class TogetherPanel;
class WorldInput;
class TransportBar;
class WorldView;
struct ActionSpec;

/// The window: the world at the playhead over the timeline, what is known of it in panels beside.
/// Owns the models and tells the panels. What can be done is in main_window_actions.cpp, what
/// concerns a live session in main_window_live.cpp, pointing in main_window_points.cpp, the panels'
/// sizes in main_window_panels.cpp.
class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    explicit MainWindow(QStringList modules = {}, QWidget* parent = nullptr);
    ~MainWindow() override;

    /// A recording or saved Island. `at` as people write moments; empty: where it was left.
    void open(const QString& path, const QString& at = {});
    enum class Part { takes_part, looks };  ///< who looks is nobody in the world, sends nothing
    enum class Before { if_quick, all };    ///< how much of what was before is taken in
    /// ws://host:port/session. `at`: empty = its newest moment, and on with it.
    void join(const QString& url, Part part = Part::takes_part, const QString& at = {},
              Before before = Before::if_quick);
    void show_first_page();  ///< closes what is open
    /// `state`, `messages`, ...; false: there is none of that name.
    bool show_panel(const QString& name);
    /// However the window was left, maximized too.
    void set_size(const QSize& size);
    QStringList panel_names() const;

    /// Nothing that is shown will change by itself: a picture can be taken.
    bool complete() const;
    /// Why the last open() or join() failed; empty: it did not.
    const QString& open_error() const { return open_error_; }

    Player& player() { return *player_; }
    Transport& transport() { return *transport_; }
    WorldView& world() { return *world_; }
    InfoBar& info_bar() { return *info_bar_; }
    TimelineWidget& timeline() { return *timeline_; }

    void go_to(const QString& moment);  ///< as typed

protected:
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    std::vector<ActionSpec> action_table();
    std::vector<ActionSpec> move_actions();
    std::vector<ActionSpec> look_actions();
    std::vector<ActionSpec> together_actions();
    void make_menus();
    void make_central();
    void make_panels();
    QSize first_size() const;
    QDockWidget* dock_beside() const;
    void divide_panels();
    void share_with_panels(double share);
    void keep_world();
    void add_panel(const QString& name, const QString& title, Qt::DockWidgetArea area,
                   Panel* panel);
    void connect_models();

    void close_recording();
    void look_for_another();
    void go_back();
    void list_what_there_is();
    void remember_place();
    void restore_panels(const Recent::Entry& left);
    void restore_place(const RecordingFacts& facts, const std::optional<Recent::Entry>& left);
    bool go_to_wanted(const RecordingFacts& facts);
    void opened();
    void failed(const QString& sentence);
    std::function<void()> reopening(const QString& at);
    std::function<void()> rejoining(const QString& at, Before before);
    void show_moment(const MomentPtr& moment);
    void show_playhead(const Mark& mark);
    void show_facts();
    void show_notes(const RecordingFacts& facts);
    void show_object(const QString& path);
    void show_busy(bool busy, const Mark& at);
    void go(const Mark& mark);
    void say(const QString& sentence);  ///< in the status bar, for a while

    void pin(const QString& path);
    void tell_pinned(const QString& path, const QStringList& numbers);
    void export_plot(const QString& path);
    void who_wrote(const QString& path);
    void show_write(const QString& path, const replayer::Write& write);

    void with_session(const std::function<void()>& call);
    void choose_file();
    void choose_module();
    void use_module(const QString& path);
    void add_mark();
    void export_picture();
    void save_picture(const QString& file);
    void copy_link();
    void set_loop_end(bool from);
    void next_mark(bool forward);
    void change_rate(bool faster);
    replayer::TimelineOptions timeline_options() const;

    void session_ended(const QString& sentence);
    void tell_begin(const Mark& begin);
    void show_place();
    QString stopped_text() const;
    void watch_session(bool seen);
    void show_others();
    void keep_notes();
    void show_names();
    void point_or_not();
    void point_at(const QString& path);
    void show_pointers();
    void place_pointed();
    void compare_with_member(MemberId member);
    void tell_split(const QString& sentence, const std::vector<session::Agreement>& groups);
    void show_history();
    void fit_timeline();
    void open_messages();
    MessageSource messages() const;

    QStringList modules_;
    QString path_;
    QString wanted_at_;
    QString open_error_;

    std::unique_ptr<Player> player_;
    std::unique_ptr<Transport> transport_;
    std::unique_ptr<Following> following_;
    std::unique_ptr<History> history_;
    std::unique_ptr<Film> film_;
    std::unique_ptr<PlotModel> plot_model_;
    std::unique_ptr<Questions> questions_;
    std::unique_ptr<Picker> picker_;
    std::unique_ptr<LiveSession> live_;
    std::unique_ptr<WorldInput> world_input_;
    std::uint64_t last_note_ = 0;    ///< in the copy of a shared recording
    std::vector<Pointer> pointers_;  ///< who points at what
    bool picks_to_point_ = false;    ///< at what was asked for last in the picture
    std::unique_ptr<SessionList> session_list_;
    QueueModel queue_model_;
    ErrorModel error_model_;
    MemberModel member_model_;
    FactsModel facts_model_;
    StatisticsModel statistics_model_;
    MarkModel mark_model_;
    Recent recent_;

    Actions* actions_ = nullptr;
    QStackedWidget* pages_ = nullptr;
    QSplitter* work_ = nullptr;
    bool work_divided_ = false;  ///< by the user
    double panels_share_ = 0;    ///< of the width
    QByteArray left_panels_;     ///< while the first page is over what is open
    FirstPage* first_page_ = nullptr;
    InfoBar* info_bar_ = nullptr;
    FindBox* find_box_ = nullptr;
    TransportBar* transport_bar_ = nullptr;
    StatusStrip* status_ = nullptr;
    WorldView* world_ = nullptr;
    TimelineWidget* timeline_ = nullptr;
    PlotsWidget* plots_ = nullptr;
    std::vector<QDockWidget*> docks_;
    StatePanel* state_ = nullptr;
    MessagePanel* message_ = nullptr;
    MessagesPanel* messages_ = nullptr;
    bool has_messages_ = false;  ///< the list has its source
    DiffPanel* diff_ = nullptr;
    TogetherPanel* together_ = nullptr;
};

}  // namespace teatime::inspector
