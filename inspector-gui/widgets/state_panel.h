#pragma once

#include "panel.h"
#include "state_model.h"

class QCheckBox;
class QLineEdit;

namespace teatime::inspector {

class ListView;

/// The state at the playhead as a tree: what the message changed stands out, with the old value.
class StatePanel : public Panel {
    Q_OBJECT
public:
    explicit StatePanel(QWidget* parent = nullptr);

    void set_moment(const MomentPtr& moment);
    /// Selects what the path names and opens what is above, inside a large object a moment later;
    /// false: there is no such thing here.
    bool reveal(const QString& path);
    void select_nothing();
    QString selected_path() const;  ///< empty: nothing is

    StateModel& model() { return model_; }
    ListView& view() { return *view_; }
    QLineEdit& filter() { return *filter_; }
    QWidget* first_focus() override;

signals:
    void selected(const QString& path);

private:
    void show_menu(QPoint at);
    void open_matches();
    void was_shown();

    StateModel model_;
    ListView* view_;
    QLineEdit* filter_;
    bool first_ = true;  ///< nothing was shown yet
    QString revealing_;  ///< as soon as it is decoded
};

}  // namespace teatime::inspector
