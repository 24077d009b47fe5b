#pragma once

#include <QPointer>
#include <optional>
#include <vector>

#include "company_models.h"
#include "live.h"
#include "panel.h"
#include "text_rows.h"

class QComboBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QScrollArea;

namespace teatime::inspector {

class ListView;

/// The live session and everyone in it: who is here and who leads, pause, step, rate and run-until
/// for all, whether all agree, what waits, and notes.
class TogetherPanel : public Panel {
    Q_OBJECT
public:
    explicit TogetherPanel(QWidget* parent = nullptr);

    void set_session(LiveSession* session);  ///< null: none; not owned
    QString outcome_text() const;
    void pause_or_resume();
    void lead_or_release();
    void hand_over();  ///< to the selected member; where none is, to the list of them
    void write_note();
    void compare_split();  ///< what those have who differ, as told last

    /// Whose playhead this window goes with; null: nobody's, `MemberId{}`: the shared one.
    void set_followed(std::optional<MemberId> member);
    /// It shows the newest moment of a live session, and on with it.
    void set_with_session(bool with);

    /// Of what this window can go to; notes on what was before it say so.
    void set_begin(const Mark& begin);
    const CompanyModel& members() const { return members_; }
    const TextRowsModel& notes() const { return notes_; }

signals:
    void sessions_wanted();
    void leave_wanted();
    void compare_wanted(teatime::MemberId member);
    void follow_wanted(std::optional<teatime::MemberId> member);
    void note_wanted(const QString& text);  ///< at this window's playhead

private:
    void follow_pressed();
    std::optional<MemberId> whom_to_follow() const;
    void show_followed();
    void show_lead();
    bool leads() const;
    void build_controls(QWidget* page);
    void build_time(QGridLayout& grid);
    void build_company(QGridLayout& grid);
    void show_company();
    void until_entered();
    void note_entered();
    void look_at(const QModelIndex& member);
    void show_time();
    void show_outcome(const session::StepOutcome& outcome);
    void rate_entered();

    QPointer<LiveSession> session_;
    QWidget* nothing_;
    QScrollArea* controls_;
    QLabel* name_;
    QLabel* state_;
    QPushButton* pause_;
    std::vector<QPushButton*> steps_;
    QComboBox* rate_;
    QLineEdit* until_;
    QLabel* outcome_;
    std::optional<session::StepOutcome> unnamed_;  ///< told before we heard who all in it are
    QPushButton* compare_;
    MemberId differs_;  ///< a member of another group than most are of
    QLabel* lease_;
    QPushButton* lead_;
    QPushButton* hand_;
    QLabel* followed_text_;
    QPushButton* follow_;
    std::optional<MemberId> followed_;
    bool with_session_ = false;
    std::vector<QWidget*> time_parts_;  ///< what a shared recording does not have
    CompanyModel members_;
    WaitingModel waiting_;
    TextRowsModel notes_;
    Mark begin_{{}, kSessionStart, 0};
    ListView* members_view_;
    ListView* waiting_view_;
    ListView* notes_view_;
    QLineEdit* note_;
};

}  // namespace teatime::inspector
