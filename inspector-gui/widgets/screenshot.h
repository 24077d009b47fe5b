#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>
#include <functional>

namespace teatime::inspector {

class MainWindow;

/// Waits until a window shows all it will show by itself, then saves its picture.
class Screenshot : public QObject {
    Q_OBJECT
public:
    /// `done` gets a sentence where it failed, else nothing.
    Screenshot(MainWindow& window, QString panel, QString file,
               std::function<void(const QString&)> done);

private:
    void look();

    MainWindow& window_;
    QString panel_;
    QString file_;
    std::function<void(const QString&)> done_;
    QTimer timer_;
    QElapsedTimer waited_;
    int quiet_ = 0;  // looks in a row at which it was complete
};

}  // namespace teatime::inspector
