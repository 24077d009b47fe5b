#pragma once

#include <QObject>
#include <QString>
#include <memory>
#include <vector>

#include "teatime/replayer/query.h"

namespace teatime::inspector {

/// Questions about the history of a recording, answered by executing parts of it again, in a thread
/// and a worker of their own. A new question of a kind takes the place of the one before it.
/// Used by the GUI's thread; signals come on it.
class Questions : public QObject {
    Q_OBJECT
public:
    explicit Questions(QObject* parent = nullptr);
    ~Questions() override;

    void open(const QString& path, const replayer::TimelineOptions& options);
    void close();

    /// The last message at or before `at` that changed the value of `path`.
    void who_wrote(const QString& path, const Mark& at);
    /// From the message that leads to `mark` back to the external one that started it all.
    void causes(const Mark& mark);
    void cancel();

signals:
    void wrote(const QString& path, const std::shared_ptr<const teatime::replayer::Write>& write);
    void caused(const teatime::Mark& mark,
                const std::shared_ptr<const teatime::replayer::CauseChain>& chain);
    void failed(const QString& sentence);
    void causes_unknown(const QString& sentence);  ///< nobody asked for them by hand
    void busy_changed(bool busy, const QString& what);

private:
    class Worker;
    std::shared_ptr<Worker> worker_;
};

}  // namespace teatime::inspector
