#pragma once

#include <QAction>
#include <QObject>
#include <functional>
#include <vector>

#include "icons.h"

class QWidget;

namespace teatime::inspector {

/// One thing that can be done in the window.
struct ActionSpec {
    const char* id;
    const char* group;  ///< heading on the cheat sheet and menu
    const char* text;
    const char* shortcuts;  ///< portable, several with "; " between; the first one is shown
    const char* tip;        ///< a sentence
    Glyph glyph = Glyph::none;
    std::function<void()> run;
    bool checkable = false;
};

/// All that can be done in the window, from one table: menus, tool bar, keys, tool tips and the
/// cheat sheet come from here, so that they cannot differ.
class Actions : public QObject {
    Q_OBJECT
public:
    /// Keys work wherever the focus is in `window`, except where it types or moves with them.
    Actions(QWidget& window, std::vector<ActionSpec> table);

    QAction* operator[](const char* id) const;  ///< Requires: it is in the table
    struct Group {
        QString name;
        std::vector<QAction*> actions;
    };
    const std::vector<Group>& groups() const { return groups_; }
    /// Of what there is only once the window is built; before the groups named `before`.
    void add_group(Group group, const QString& before);

private:
    bool eventFilter(QObject* object, QEvent* event) override;

    QWidget& window_;
    std::vector<Group> groups_;
};

}  // namespace teatime::inspector
