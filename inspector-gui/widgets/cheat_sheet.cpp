#include "cheat_sheet.h"

#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QPainter>

#include "actions.h"
#include "theme.h"

namespace teatime::inspector {
namespace {

QString keys_of(const QAction& action) {
    QStringList keys;
    for (const QKeySequence& key : action.shortcuts()) {
        keys += key.toString(QKeySequence::NativeText);
    }
    return keys.join("  ");
}

QWidget* group_of(const Actions::Group& group) {
    auto* box = new QWidget;
    auto* grid = new QGridLayout(box);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setVerticalSpacing(3);
    grid->setHorizontalSpacing(14);
    auto* heading = new QLabel(group.name);
    QFont bold = heading->font();
    bold.setBold(true);
    heading->setFont(bold);
    grid->addWidget(heading, 0, 0, 1, 2);
    for (const QAction* action : group.actions) {
        if (action->shortcuts().isEmpty()) continue;
        int row = grid->rowCount();
        auto* key = new QLabel(keys_of(*action));
        key->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        QPalette palette = key->palette();
        palette.setColor(QPalette::WindowText, tints(palette).accent);
        key->setPalette(palette);
        grid->addWidget(key, row, 0);
        grid->addWidget(new QLabel(action->text().remove('&')), row, 1);
    }
    grid->setColumnStretch(1, 1);
    return box;
}

}  // namespace

CheatSheet::CheatSheet(const Actions& actions, QWidget* window) : QWidget(window) {
    setAttribute(Qt::WA_DeleteOnClose);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Keys"));
    setObjectName("cheat-sheet");
    auto* outer = new QGridLayout(this);
    auto* sheet = new QWidget;
    sheet->setAutoFillBackground(true);
    auto* columns = new QHBoxLayout(sheet);
    columns->setContentsMargins(28, 22, 28, 22);
    columns->setSpacing(40);
    constexpr int kRowsPerColumn = 17;
    QVBoxLayout* column = nullptr;
    int rows = kRowsPerColumn;
    for (const Actions::Group& group : actions.groups()) {
        int size = 2 + static_cast<int>(group.actions.size());
        if (rows + size > kRowsPerColumn) {
            if (column) column->addStretch();
            column = new QVBoxLayout;
            column->setSpacing(16);
            columns->addLayout(column);
            rows = 0;
        }
        column->addWidget(group_of(group));
        rows += size;
    }
    if (column) column->addStretch();
    outer->addWidget(sheet, 0, 0, Qt::AlignCenter);
    window->installEventFilter(this);
    setGeometry(window->rect());
    show();
    raise();
    setFocus();
}

void CheatSheet::paintEvent(QPaintEvent*) {
    QPainter(this).fillRect(rect(), QColor(0, 0, 0, 110));
}

void CheatSheet::keyPressEvent(QKeyEvent*) {
    close();
}

void CheatSheet::mousePressEvent(QMouseEvent*) {
    close();
}

void CheatSheet::focusOutEvent(QFocusEvent*) {
    close();
}

bool CheatSheet::eventFilter(QObject* object, QEvent* event) {
    if (object == parent() && event->type() == QEvent::Resize) setGeometry(parentWidget()->rect());
    return QWidget::eventFilter(object, event);
}

}  // namespace teatime::inspector
