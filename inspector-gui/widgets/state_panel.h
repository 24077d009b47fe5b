#pragma once

#include "panel.h"
#include "pointers.h"
#include "state_model.h"

class QCheckBox;
class QLineEdit;

namespace teatime::inspector {

class ListView;
class PointerTags;

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

    /// Whether others see what one points at.
    void set_in_session(bool in) { in_session_ = in; }
    void set_pointed(const std::vector<Pointed>& pointed);
    const PointerTags& tags() const { return *tags_; }

    StateModel& model() { return model_; }
    ListView& view() { return *view_; }
    QLineEdit& filter() { return *filter_; }
    QWidget* first_focus() override;

signals:
    void selected(const QString& path);
    void point_wanted();  ///< at what is selected, or no longer

private:
    void show_menu(QPoint at);
    void open_matches();
    void was_shown();

    StateModel model_;
    ListView* view_;
    QLineEdit* filter_;
    bool first_ = true;  ///< nothing was shown yet
    PointerTags* tags_;
    bool in_session_ = false;
    QString revealing_;  ///< as soon as it is decoded
};

}  // namespace teatime::inspector
