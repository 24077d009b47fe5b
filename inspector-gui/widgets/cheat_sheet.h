#pragma once

#include <QPointer>
#include <QWidget>

class QScrollArea;

namespace teatime::inspector {

class Actions;

/// All keys, and what the mouse does, over the window; in as many columns as it has room for.
/// Closed by a click or any key that does not scroll it; what had the keys before has them again.
class CheatSheet : public QWidget {
    Q_OBJECT
public:
    CheatSheet(const Actions& actions, QWidget* window);

private:
    void fit();
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    bool eventFilter(QObject* object, QEvent* event) override;

    const Actions& actions_;
    QScrollArea* scroll_;
    QPointer<QWidget> had_focus_;
};

}  // namespace teatime::inspector
