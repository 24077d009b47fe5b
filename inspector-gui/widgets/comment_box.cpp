#include "comment_box.h"

#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QVBoxLayout>

namespace teatime::inspector {

CommentBox::CommentBox(const QString& question, QWidget* window) : QFrame(window, Qt::Popup) {
    setAttribute(Qt::WA_DeleteOnClose);
    setObjectName("comment-box");
    setFrameShape(QFrame::StyledPanel);
    auto* column = new QVBoxLayout(this);
    auto* label = new QLabel(question);
    label->setTextFormat(Qt::PlainText);
    column->addWidget(label);
    line_ = new QLineEdit;
    line_->setMinimumWidth(fontMetrics().averageCharWidth() * 60);
    line_->setAccessibleName(question);
    line_->setMaxLength(2000);
    column->addWidget(line_);
    connect(line_, &QLineEdit::returnPressed, this, [this] {
        emit entered(line_->text());
        close();
    });
    adjustSize();
    QPoint middle = window->mapToGlobal(window->rect().center());
    move(middle.x() - width() / 2, window->mapToGlobal(QPoint(0, window->height() / 3)).y());
    show();
    line_->setFocus();
}

void CommentBox::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape) close();
}

}  // namespace teatime::inspector
