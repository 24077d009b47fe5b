#include "cheat_sheet.h"

#include <QEvent>
#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QScrollArea>
#include <QScrollBar>

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

struct SheetGroup {
    QString name;
    std::vector<std::pair<QString, QString>> rows;  ///< keys, what they do
};

std::vector<SheetGroup> sheet_groups(const Actions& actions) {
    std::vector<SheetGroup> groups;
    for (const Actions::Group& group : actions.groups()) {
        SheetGroup made{QString(group.name).remove('&'), {}};
        for (const QAction* action : group.actions) {
            if (action->shortcuts().isEmpty()) continue;
            made.rows.emplace_back(keys_of(*action), action->text().remove('&'));
        }
        groups.push_back(std::move(made));
    }
    const auto tr = [](const char* text) { return CheatSheet::tr(text); };
    groups.push_back({tr("Mouse on the world"),
                      {{tr("Click"), tr("Select the field that says where it stands")},
                       {tr("Shift and click"), tr("Select it and point at it for everyone")},
                       {tr("Drag"), tr("Move the picture; of a live one with Shift")},
                       {tr("Wheel"), tr("Zoom")},
                       {tr("Double click"), tr("Whole world")}}});
    groups.push_back({tr("Mouse on the timeline"),
                      {{tr("Click, drag"), tr("Move the playhead")},
                       {tr("Shift and drag"), tr("Select")},
                       {tr("Wheel"), tr("Zoom; on the names: scroll")},
                       {tr("Shift and wheel"), tr("Move; also with the middle button")},
                       {tr("Double click"), tr("Whole timeline")}}});
    return groups;
}

QWidget* group_widget(const SheetGroup& group) {
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
    for (const auto& [keys, text] : group.rows) {
        int row = grid->rowCount();
        auto* key = new QLabel(keys);
        key->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        QPalette palette = key->palette();
        palette.setColor(QPalette::WindowText, tints(palette).accent);
        key->setPalette(palette);
        grid->addWidget(key, row, 0);
        grid->addWidget(new QLabel(text), row, 1);
    }
    grid->setColumnStretch(1, 1);
    return box;
}

/// Groups in their order, divided into columns of about the same height.
QWidget* sheet_of(const std::vector<SheetGroup>& groups, std::size_t columns) {
    constexpr std::size_t kHeading = 2;  // rows, with the space above
    auto* sheet = new QWidget;
    sheet->setAutoFillBackground(true);
    auto* row = new QHBoxLayout(sheet);
    row->setContentsMargins(28, 22, 28, 22);
    row->setSpacing(40);
    std::size_t all = 0, done = 0;
    for (const SheetGroup& group : groups) all += kHeading + group.rows.size();
    QVBoxLayout* column = nullptr;
    std::size_t made = 0;
    for (const SheetGroup& group : groups) {
        const std::size_t size = kHeading + group.rows.size();
        if (!column || (done + size / 2) * columns > all * made) {
            if (column) column->addStretch();
            column = new QVBoxLayout;
            column->setSpacing(16);
            row->addLayout(column);
            ++made;
        }
        column->addWidget(group_widget(group));
        done += size;
    }
    if (column) column->addStretch();
    return sheet;
}

}  // namespace

CheatSheet::CheatSheet(const Actions& actions, QWidget* window)
    : QWidget(window), actions_(actions), scroll_(new QScrollArea(this)) {
    setAttribute(Qt::WA_DeleteOnClose);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Keys"));
    setObjectName("cheat-sheet");
    scroll_->setFrameShape(QFrame::NoFrame);
    scroll_->setFocusPolicy(Qt::NoFocus);
    scroll_->setWidgetResizable(true);
    window->installEventFilter(this);
    setGeometry(window->rect());
    fit();
    show();
    raise();
    had_focus_ = window->focusWidget();
    setFocus();
}

/// The most columns of which nothing is cut off; what is below is scrolled to.
void CheatSheet::fit() {
    constexpr std::size_t kMostColumns = 4;
    constexpr int kMargin = 12;
    const std::vector<SheetGroup> groups = sheet_groups(actions_);
    const QSize room = size() - QSize(2 * kMargin, 2 * kMargin);
    for (std::size_t columns = kMostColumns; columns > 0; --columns) {
        QWidget* sheet = sheet_of(groups, columns);
        scroll_->setWidget(sheet);  // which deletes the one before
        QSize wanted = sheet->sizeHint();
        if (wanted.height() > room.height())
            wanted += QSize(scroll_->verticalScrollBar()->sizeHint().width(), 0);
        if (wanted.width() > room.width() && columns > 1) continue;
        const QSize size = wanted.boundedTo(room);
        scroll_->setGeometry(
            QRect(QPoint((width() - size.width()) / 2, (height() - size.height()) / 2), size));
        return;
    }
}

void CheatSheet::resizeEvent(QResizeEvent*) {
    fit();
}

void CheatSheet::paintEvent(QPaintEvent*) {
    QPainter(this).fillRect(rect(), QColor(0, 0, 0, 110));
}

void CheatSheet::keyPressEvent(QKeyEvent* event) {
    QScrollBar* bar = scroll_->verticalScrollBar();
    switch (event->key()) {
        case Qt::Key_Up:
            return bar->triggerAction(QScrollBar::SliderSingleStepSub);
        case Qt::Key_Down:
            return bar->triggerAction(QScrollBar::SliderSingleStepAdd);
        case Qt::Key_PageUp:
            return bar->triggerAction(QScrollBar::SliderPageStepSub);
        case Qt::Key_PageDown:
            return bar->triggerAction(QScrollBar::SliderPageStepAdd);
        default:
            close();
    }
}

void CheatSheet::mousePressEvent(QMouseEvent*) {
    close();
}

void CheatSheet::focusOutEvent(QFocusEvent*) {
    close();
}

/// Left to Qt, the next widget would have them: the box of the rate.
void CheatSheet::closeEvent(QCloseEvent*) {
    if (had_focus_) had_focus_->setFocus();
}

bool CheatSheet::eventFilter(QObject* object, QEvent* event) {
    if (object == parent() && event->type() == QEvent::Resize) setGeometry(parentWidget()->rect());
    return QWidget::eventFilter(object, event);
}

}  // namespace teatime::inspector
