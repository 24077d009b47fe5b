#include "find_box.h"

#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QVBoxLayout>

#include "list_view.h"

namespace teatime::inspector {

FindBox::FindBox(QWidget* window)
    : QFrame(window), results_({tr("Kind"), tr("Where"), tr("What")}) {
    setObjectName("find-box");
    setFrameShape(QFrame::StyledPanel);
    setAutoFillBackground(true);
    setAccessibleName(tr("Find"));
    line_ = new QLineEdit;
    line_->setPlaceholderText(tr("Find messages, objects, fields, marks, errors, members"));
    line_->setClearButtonEnabled(true);
    line_->setAccessibleName(tr("Find"));
    line_->installEventFilter(this);
    list_ = new ListView(tr("Found"), tr("Type a part of a name or value."));
    list_->setModel(&results_);
    list_->set_widths({12, 34, 40});
    list_->setFrameShape(QFrame::NoFrame);
    state_ = new QLabel;
    state_->setObjectName("find-state");
    auto* column = new QVBoxLayout(this);
    column->addWidget(line_);
    column->addWidget(list_, 1);
    column->addWidget(state_);
    hide();
    window->installEventFilter(this);

    connect(line_, &QLineEdit::textChanged, this,
            [this](const QString& text) { finder_.find(text, facts_, moment_, messages_); });
    connect(
        &finder_, &Finder::found, this,
        [this](const std::vector<TextRow>& rows, const Finder::Progress& progress) {
            bool at_first = !list_->currentIndex().isValid() || list_->currentIndex().row() == 0;
            results_.set_rows(rows);
            if (at_first && !rows.empty()) list_->setCurrentIndex(results_.index(0, 0));
            list_->set_empty_text(line_->text().isEmpty() ? tr("Type a part of a name or value.")
                                  : progress.done         ? tr("Nothing has that text.")
                                                          : tr("Looking…"));
            state_->setText(
                rows.empty()     ? QString()
                : !progress.done ? tr("%1 so far, looking through messages…").arg(rows.size())
                : progress.cut ? tr("The first %1, the nearest; Enter goes there").arg(rows.size())
                               : tr("%1 found; Enter goes there").arg(rows.size()));
        });
    connect(list_, &QTreeView::activated, this, &FindBox::choose);
    connect(list_, &QTreeView::clicked, this, &FindBox::choose);
}

void FindBox::set_place(const FactsPtr& facts, const MomentPtr& moment,
                        const MessageSource& messages) {
    facts_ = facts;
    moment_ = moment;
    messages_ = messages;
}

void FindBox::open() {
    place();
    show();
    raise();
    line_->setFocus(Qt::ShortcutFocusReason);
    line_->selectAll();
    finder_.find(line_->text(), facts_, moment_, messages_);
}

void FindBox::place() {
    QWidget* window = parentWidget();
    QSize size(std::min(window->width() - 40, fontMetrics().averageCharWidth() * 110),
               std::min(window->height() - 160, fontMetrics().height() * 24));
    setGeometry(QRect(QPoint((window->width() - size.width()) / 2, 90), size));
}

void FindBox::choose(const QModelIndex& index) {
    QVariant mark = index.data(MarkRole);
    QString path = index.data(TextRowsModel::DataRole).toString();
    if (mark.isValid()) emit go(mark.value<Mark>());
    if (!path.isEmpty()) emit show_path(path);
    if (mark.isValid() || !path.isEmpty()) hide();
}

void FindBox::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape) {
        finder_.cancel();
        hide();
    }
}

bool FindBox::eventFilter(QObject* object, QEvent* event) {
    if (object == parentWidget() && event->type() == QEvent::Resize && isVisible()) place();
    if (object == line_ && event->type() == QEvent::ShortcutOverride &&
        static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        event->accept();
        return true;
    }
    if (object == line_ && event->type() == QEvent::KeyPress) {
        auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
            choose(list_->currentIndex());
            return true;
        }
        if (key->key() == Qt::Key_Down || key->key() == Qt::Key_Up) {
            int row = list_->currentIndex().row() + (key->key() == Qt::Key_Down ? 1 : -1);
            if (row >= 0 && row < results_.rowCount()) {
                list_->setCurrentIndex(results_.index(row, 0));
            }
            return true;
        }
    }
    return QFrame::eventFilter(object, event);
}

}  // namespace teatime::inspector
