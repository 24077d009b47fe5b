#pragma once

#include <QString>
#include <QWidget>
#include <functional>
#include <map>
#include <vector>

class QLabel;
class QProgressBar;
class QVBoxLayout;

namespace teatime::inspector {

/// What there is to say, above the world instead of in a dialog: a line for each topic, until it is
/// closed or over. Takes no room while there is nothing to say.
class InfoBar : public QWidget {
    Q_OBJECT
public:
    enum class Kind { note, warning, error };
    struct Button {
        QString text;
        std::function<void()> run;
    };

    explicit InfoBar(QWidget* parent = nullptr);

    /// Replaces what was said under that topic. `text` is shown as it is.
    void say(const QString& topic, Kind kind, const QString& text,
             std::vector<Button> buttons = {});
    /// `share` 0 .. 1, below 0 = not known. A line with a bar and, with `cancel`, a button.
    void progress(const QString& topic, const QString& text, double share,
                  std::function<void()> cancel = {});
    void forget(const QString& topic);
    void forget_all();

    /// What is said now, for tests and screen readers.
    QString text(const QString& topic) const;

private:
    class Line;
    Line& line(const QString& topic);
    void show_once();

    QVBoxLayout* layout_;
    std::map<QString, Line*> lines_;
};

}  // namespace teatime::inspector
