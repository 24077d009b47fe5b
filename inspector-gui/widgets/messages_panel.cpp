#include "messages_panel.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include "row_view.h"
#include "rows_model.h"

namespace teatime::inspector {

MessagesPanel::MessagesPanel(QWidget* parent) : Panel(parent) {
    view_ = new RowView(tr("Messages"), tr("No messages are known yet."));
    view_->setModel(&model_);
    view_->set_widths({13, 9, 10, 10, 10, 13, 23, 11});
    filter_ = new QLineEdit;
    filter_->setObjectName("message-filter");
    filter_->setPlaceholderText(tr("Filter: sender, target, selector or arguments"));
    filter_->setClearButtonEnabled(true);
    filter_->setAccessibleName(tr("Filter of the messages"));
    found_ = new QLabel;
    found_->setObjectName("messages-found");
    cancel_ = new QPushButton(tr("Cancel"));
    cancel_->setObjectName("cancel-filter");
    cancel_->setToolTip(tr("Stay with what was found so far"));
    cancel_->hide();
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* tools = new QHBoxLayout;
    tools->setContentsMargins(4, 4, 4, 4);
    tools->addWidget(filter_, 1);
    tools->addWidget(found_);
    tools->addWidget(cancel_);
    column->addLayout(tools);
    column->addWidget(view_, 1);

    connect(filter_, &QLineEdit::textChanged, this, [this](const QString& text) {
        model_.set_filter(text);
        if (text.isEmpty()) found_->clear();
    });
    connect(cancel_, &QPushButton::clicked, &model_, &MessageModel::cancel_filter);
    connect(&model_, &MessageModel::filter_progress, this, &MessagesPanel::show_progress);
    connect(&model_, &MessageModel::playhead_row_changed, this, &MessagesPanel::follow);
    connect(&model_, &MessageModel::failed, this,
            [this](const QString& sentence) { view_->set_empty_text(sentence); });
    connect(view_, &RowView::clicked, this, &MessagesPanel::chosen);
    connect(view_, &RowView::activated, this, &MessagesPanel::chosen);
}

QWidget* MessagesPanel::first_focus() {
    return view_;
}

void MessagesPanel::follow(int row) {
    if (row < 0) return view_->clearSelection();
    QModelIndex index = model_.index(row, 0);
    if (view_->currentIndex().row() == row) return;
    view_->setCurrentIndex(index);
    view_->scrollTo(index);
}

void MessagesPanel::chosen(const QModelIndex& index) {
    QVariant mark = index.siblingAtColumn(0).data(MarkRole);
    if (mark.isValid()) emit go(mark.value<Mark>());
}

void MessagesPanel::show_progress(double share, int found, bool running) {
    searching_ = running;
    cancel_->setVisible(running);
    found_->setText(
        running || share < 1
            ? tr("%1, %2 % looked through").arg(found).arg(static_cast<int>(share * 100))
            : tr("%1 found").arg(found));
    view_->set_empty_text(running ? tr("Looking…") : tr("No message has that text."));
}

}  // namespace teatime::inspector
