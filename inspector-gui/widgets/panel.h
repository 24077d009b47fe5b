#pragma once

#include <QString>
#include <QWidget>

#include "teatime/state/mark.h"

namespace teatime::inspector {

/// One tab beside the world. What a panel wants of the rest of the window, it asks for by these.
class Panel : public QWidget {
    Q_OBJECT
public:
    using QWidget::QWidget;

    /// Where keys should go when the panel is raised.
    virtual QWidget* first_focus() { return this; }

signals:
    void go(const teatime::Mark& mark);   ///< the playhead there
    void show_path(const QString& path);  ///< in the state: `#17`, `counter.count`
    void pin(const QString& path);        ///< to the plots
    void who_wrote(const QString& path);  ///< the playhead to the message that wrote it last
    void said(const QString& sentence);   ///< for the status bar
};

}  // namespace teatime::inspector
