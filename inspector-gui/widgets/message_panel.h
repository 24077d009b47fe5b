#pragma once

#include <map>

#include "change_model.h"
#include "panel.h"
#include "teatime/timegraph/reader.h"
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
    /// Adds their names; those known stay until forget_members().
    void set_members(const std::vector<timegraph::Member>& members);
    void forget_members() { names_.clear(); }
    /// The message itself first, then who sent it, and so on; `end` tells why it ends there.
    void set_causes(const std::vector<replayer::ExecutedInfo>& links, const QString& end);
    QWidget* first_focus() override;

signals:
    void causes_wanted(const teatime::Mark& of);

private:
    QString name_of(MemberId member) const;

    QLabel* call_;
    QLabel* facts_;
    ChangeModel changes_;
    TextRowsModel causes_;
    ListView* changes_view_;
    ListView* causes_view_;
    MomentPtr moment_;
    std::map<MemberId, QString> names_;
};

}  // namespace teatime::inspector
