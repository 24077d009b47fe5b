#pragma once

#include <QWidget>

namespace teatime::inspector {

class Actions;

/// All keys, over the window; closed by any key or click.
class CheatSheet : public QWidget {
    Q_OBJECT
public:
    CheatSheet(const Actions& actions, QWidget* window);

private:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool eventFilter(QObject* object, QEvent* event) override;
};

}  // namespace teatime::inspector
