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
    /// Widths in characters; 0 = as it is. The last column takes the rest.
    void set_widths(const std::vector<int>& characters);

private:
    void paintEvent(QPaintEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

    QString empty_;
};

}  // namespace teatime::inspector
