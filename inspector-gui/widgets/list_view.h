#pragma once

#include <QTreeView>

namespace teatime::inspector {

/// A tree or list as all panels show theirs: equal rows, plain text also in tool tips, a sentence
/// where there is nothing, Ctrl+C copies the rows. Enter or a double click activates.
class ListView : public QTreeView {
    Q_OBJECT
public:
    ListView(const QString& name, const QString& empty, QWidget* parent = nullptr);

    void set_empty_text(const QString& text);
    const QString& empty_text() const { return empty_; }
    /// Widths in characters, less where all of them do not fit, until the user divides them
    /// otherwise. `widest` takes the rest; -1: the last one.
    void set_widths(const std::vector<int>& characters, int widest = -1);

private:
    void fit_columns();
    void resizeEvent(QResizeEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

    QString empty_;
    std::vector<int> characters_;
    int widest_ = -1;
    bool fitting_ = false, divided_ = false;  ///< by this, by the user
};

}  // namespace teatime::inspector
