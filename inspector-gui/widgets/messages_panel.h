#pragma once

#include "message_model.h"
#include "panel.h"

class QLabel;
class QLineEdit;
class QPushButton;

namespace teatime::inspector {

class RowView;

/// All messages of the recording; the row of the playhead follows, a click goes there.
class MessagesPanel : public Panel {
    Q_OBJECT
public:
    explicit MessagesPanel(QWidget* parent = nullptr);

    MessageModel& model() { return model_; }
    QWidget* first_focus() override;
    QLineEdit& filter() { return *filter_; }
    bool complete() const { return !searching_; }

private:
    void follow(int row);
    void chosen(const QModelIndex& index);
    void show_progress(double share, int found, bool running);

    MessageModel model_;
    RowView* view_;
    QLineEdit* filter_;
    QLabel* found_;
    QPushButton* cancel_;
    bool searching_ = false;
};

}  // namespace teatime::inspector
