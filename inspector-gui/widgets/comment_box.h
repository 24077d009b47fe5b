#pragma once

#include <QFrame>

class QLineEdit;

namespace teatime::inspector {

/// A line to type one thing, over the window: Enter takes it, Escape or a click elsewhere drops it.
class CommentBox : public QFrame {
    Q_OBJECT
public:
    CommentBox(const QString& question, QWidget* window);

signals:
    void entered(const QString& text);

private:
    void keyPressEvent(QKeyEvent* event) override;

    QLineEdit* line_;
};

}  // namespace teatime::inspector
