#pragma once

#include <QFrame>

#include "finder.h"

class QLabel;
class QLineEdit;

namespace teatime::inspector {

class ListView;

/// One line to find anything: messages, objects, fields, marks, errors, members; over the window,
/// until Escape.
class FindBox : public QFrame {
    Q_OBJECT
public:
    explicit FindBox(QWidget* window);

    /// What to look through from now on.
    void set_place(const FactsPtr& facts, const MomentPtr& moment,
                   const MessageSource& messages = {});
    void open();
    const TextRowsModel& model() const { return results_; }

signals:
    void go(const teatime::Mark& mark);
    void show_path(const QString& path);

private:
    void keyPressEvent(QKeyEvent* event) override;
    bool eventFilter(QObject* object, QEvent* event) override;
    void place();
    void choose(const QModelIndex& index);

    FactsPtr facts_;
    MomentPtr moment_;
    MessageSource messages_;
    Finder finder_;
    TextRowsModel results_;
    QLineEdit* line_;
    ListView* list_;
    QLabel* state_;
};

}  // namespace teatime::inspector
