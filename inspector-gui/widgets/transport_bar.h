#pragma once

#include <QToolBar>

#include "transport.h"

class QComboBox;
class QLineEdit;

namespace teatime::inspector {

class Actions;

/// Play, step, rate, loop, and where to go.
class TransportBar : public QToolBar {
    Q_OBJECT
public:
    TransportBar(Actions& actions, Transport& transport);

    void focus_go_to();
    /// What was typed was not understood: says why, keeps the text to be corrected.
    void refuse_go_to(const QString& sentence);
    void accept_go_to();

signals:
    void go_to(const QString& moment);  ///< as typed
    void refused(const QString& sentence);

private:
    void show_transport();
    void rate_entered();

    Actions& actions_;
    Transport& transport_;
    QComboBox* rate_;
    QLineEdit* go_to_;
};

}  // namespace teatime::inspector
