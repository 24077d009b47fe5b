#pragma once

#include "change_model.h"
#include "panel.h"
#include "text_rows.h"

class QLabel;

namespace teatime::inspector {

class ListView;

/// The message that led to the playhead: what it was, what it changed, and what caused it.
class MessagePanel : public Panel {
    Q_OBJECT
public:
    explicit MessagePanel(QWidget* parent = nullptr);

    void set_moment(const MomentPtr& moment);
    /// The message itself first, then who sent it, and so on; `end` tells why it ends there.
    void set_causes(const std::vector<replayer::ExecutedInfo>& links, const QString& end);
    QWidget* first_focus() override;

signals:
    void causes_wanted(const teatime::Mark& of);

private:
    QLabel* call_;
    QLabel* facts_;
    ChangeModel changes_;
    TextRowsModel causes_;
    ListView* changes_view_;
    ListView* causes_view_;
    MomentPtr moment_;
};

}  // namespace teatime::inspector
