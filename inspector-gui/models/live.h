#pragma once

#include <QObject>
#include <QString>
#include <memory>
#include <optional>
#include <vector>

#include "teatime/island/input.h"
#include "teatime/session/frames.h"
#include "teatime/state/result.h"

namespace teatime::inspector {

/// A live session, looked at and taken part in. Seeing and doing are two things:
///
/// * a child process, `teatime record URL SESSION -o FILE`, joins as a viewer and records what it
///   sees; a Player opens that file and follows its head, so that everything a recording can do, a
///   live session can, and scrubbing back never touches the session;
/// * a connection of our own without a replica, on a thread of its own, sends messages, time
///   requests, comments and our playhead, and hears of those of others.
///
/// No code of the world runs in this process. Used by the GUI's thread; signals come on it.
class LiveSession : public QObject {
    Q_OBJECT
public:
    struct Options {
        QString url;      ///< ws://host:port
        QString session;  ///< its id
        QString name;     ///< of us, for people
        QString folder;   ///< for the file; empty: a temporary one, which goes with us
        QString program;  ///< `teatime`; empty: beside this program, else in PATH
        QStringList modules;
    };

    explicit LiveSession(QObject* parent = nullptr);
    ~LiveSession() override;

    /// ready() or ended() follows.
    void join(const Options& options);
    void leave();

    QString file() const;  ///< to be opened by a Player once ready()
    bool connected() const;
    const session::TimeState& time() const;

    // Each is answered by a signal where it fails.
    void send(const QString& payload);
    void pause();
    void resume();
    void set_rate(session::Rate rate);
    void step(session::StepBy by, Duration duration = {});

signals:
    void ready();
    void connection_changed(bool connected, const QString& sentence);
    void time_changed();
    void stepped(const std::shared_ptr<const teatime::session::StepOutcome>& outcome);
    void refused(const QString& sentence);
    void ended(const QString& sentence);  ///< for good

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// `GET /sessions` of a reflector, without blocking.
struct SessionRow {
    QString id, app, kind, recording;
    int participants = 0, viewers = 0;
    QString time;
    bool paused = false;
};

}  // namespace teatime::inspector
