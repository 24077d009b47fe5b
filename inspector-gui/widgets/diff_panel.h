#pragma once

#include <memory>

#include "change_model.h"
#include "comparison.h"
#include "panel.h"
#include "state_model.h"

class QCheckBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;

namespace teatime::inspector {

class ListView;

/// The state at the playhead beside the state at another Mark, of this recording or of another one.
/// The other place stays, or goes with the playhead at its distance.
class DiffPanel : public Panel {
    Q_OBJECT
public:
    explicit DiffPanel(Player& mine, QWidget* parent = nullptr);
    ~DiffPanel() override;

    /// Of the recording in the window, which has changed; empty: none.
    void set_recording(const QString& path, const replayer::TimelineOptions& options);
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
    void build();
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
    std::optional<Mark> wanted_;  ///< of the other, once it is open

    ChangeModel changes_;
    StateModel all_{StateModel::Of::two_states};
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
