#include "actions.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QApplication>
#include <QComboBox>
#include <QKeyEvent>
#include <QTabBar>
#include <QWidget>
#include <algorithm>

#include "teatime/state/assert.h"

namespace teatime::inspector {
namespace {

/// Keys with which one moves in a list or presses a button, and which step elsewhere.
bool belongs_to(const QWidget* widget, const QKeyEvent& key) {
    if (key.modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier)) return false;
    bool arrow = key.key() == Qt::Key_Left || key.key() == Qt::Key_Right ||
                 key.key() == Qt::Key_Up || key.key() == Qt::Key_Down ||
                 key.key() == Qt::Key_Home || key.key() == Qt::Key_End;
    if (qobject_cast<const QAbstractItemView*>(widget)) return arrow;
    if (qobject_cast<const QTabBar*>(widget) || qobject_cast<const QAbstractSlider*>(widget))
        return arrow;
    if (qobject_cast<const QAbstractButton*>(widget) || qobject_cast<const QComboBox*>(widget))
        return key.key() == Qt::Key_Space || key.key() == Qt::Key_Up || key.key() == Qt::Key_Down;
    return false;
}

}  // namespace

Actions::Actions(QWidget& window, std::vector<ActionSpec> table)
    : QObject(&window), window_(window) {
    for (ActionSpec& spec : table) {
        auto* action = new QAction(glyph_icon(spec.glyph), tr(spec.text), &window);
        action->setObjectName(spec.id);
        if (*spec.shortcuts) {
            action->setShortcuts(QKeySequence::listFromString(spec.shortcuts));
        }
        action->setCheckable(spec.checkable);
        QString tip = tr(spec.tip);
        QString key = action->shortcut().toString(QKeySequence::NativeText);
        action->setToolTip(key.isEmpty() ? tip : QString("%1 (%2)").arg(tip, key));
        action->setStatusTip(QString());
        action->setWhatsThis(tip);
        connect(action, &QAction::triggered, this, [run = std::move(spec.run)] { run(); });
        window.addAction(action);
        if (groups_.empty() || groups_.back().name != tr(spec.group)) {
            groups_.push_back({tr(spec.group), {}});
        }
        groups_.back().actions.push_back(action);
    }
    qApp->installEventFilter(this);
}

QAction* Actions::operator[](const char* id) const {
    auto* action = window_.findChild<QAction*>(id, Qt::FindDirectChildrenOnly);
    TEATIME_ASSERT(action != nullptr, "an action that is not in the table");
    return action;
}

void Actions::add_group(Group group, const QString& before) {
    auto at = std::find_if(groups_.begin(), groups_.end(),
                           [&](const Group& each) { return each.name == before; });
    groups_.insert(at, std::move(group));
}

bool Actions::eventFilter(QObject* object, QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        auto* widget = qobject_cast<QWidget*>(object);
        if (widget && widget->window() == &window_ &&
            belongs_to(widget, *static_cast<QKeyEvent*>(event))) {
            event->accept();
            return true;
        }
    }
    return QObject::eventFilter(object, event);
}

}  // namespace teatime::inspector
