#pragma once

#include <QPointer>
#include <memory>

#include "change_model.h"
#include "comparison.h"
#include "live.h"
#include "panel.h"
#include "state_model.h"

class QCheckBox;
class QLabel;
class QLineEdit;
class QMenu;
class QPushButton;
class QStackedWidget;

namespace teatime::inspector {

class ListView;

/// The state at the playhead beside the state at another Mark, of this recording or of another one,
/// or beside the one that another member of a live session has. The other place stays, or goes with
/// the playhead at its distance.
class DiffPanel : public Panel {
    Q_OBJECT
public:
    explicit DiffPanel(Player& mine, QWidget* parent = nullptr);
    ~DiffPanel() override;

    /// Of the recording in the window, which has changed; empty: none.
    void set_recording(const QString& path, const replayer::TimelineOptions& options);
    /// Whose members' replicas can be compared; null: none. Not owned.
    void set_session(LiveSession* session);
    /// What this member's replica has now, with this recording at the same Mark, where it stays.
    void compare_with_member(MemberId member);
    /// Another recording at the same Mark, which goes with the playhead.
    void compare_with_file(const QString& path);
    /// This recording at that moment, which stays.
    void compare_with(const Mark& mark);

    void next(bool forward);
    const ChangeModel& model() const { return changes_; }
    /// Both states are here and were compared.
    bool complete() const;
    QWidget* first_focus() override;

signals:
    void compared(int differences);

private:
    /// The state of a member, from when it is asked for.
    struct MemberState {
        QString name;
        std::uint64_t request = 0;
        QString file;  ///< empty: it has not come yet
        Mark mark;
    };

    void build();
    void show_members();
    void list_members();
    void state_came(quint64 request, const Mark& mark, const QString& file);
    void state_refused(quint64 request, const QString& sentence);
    void state_recorded();
    QString theirs_at() const;
    QString side_name() const;
    void moment_entered();
    void choose_file();
    void open_other();
    void show_result();
    void forget_other();
    void cancel();
    void show_busy(bool busy, const Mark& at);
    static QString nothing_compared();

    Player& mine_;
    std::unique_ptr<Player> other_;
    std::unique_ptr<Comparison> comparison_;  ///< left: the other one, right: the playhead
    QString path_, other_path_;
    replayer::TimelineOptions options_;
    QPointer<LiveSession> session_;
    std::optional<MemberState> theirs_;  ///< the other is of a member, or will be
    std::optional<Mark> wanted_;         ///< of the other, once it is open

    ChangeModel changes_;
    StateModel all_{StateModel::Of::two_states};
    QPushButton* member_;
    QMenu* members_;
    QLabel* other_name_;
    QLineEdit* moment_;
    QCheckBox* linked_;
    QCheckBox* show_all_;
    QLabel* summary_;
    QPushButton* cancel_;
    QStackedWidget* views_;
    ListView* list_;
    ListView* tree_;
};

}  // namespace teatime::inspector
