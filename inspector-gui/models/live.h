#pragma once

#include <QObject>
#include <QString>
#include <QStringList>
#include <QVector>
#include <memory>
#include <optional>

#include "teatime/net/url.h"
#include "teatime/session/frames.h"
#include "teatime/state/result.h"
#include "teatime/state/value.h"

namespace teatime::inspector {

/// A live session, looked at and taken part in. Seeing and doing are two things:
///
/// * a child process, `teatime record URL SESSION -o FILE`, joins as a viewer and records what it
///   sees; a Player opens that file and follows its head, so that everything a recording can do, a
///   live session can, and scrubbing back never touches the session. Where the reflector records
///   the session on this machine, too, the file begins with all that it has;
/// * a connection of our own without a replica, on a thread of its own, sends messages and time
///   requests and hears what becomes of them. It comes back by itself after a lost connection, and
///   so does the child's.
///
/// A recording that is shared (`teatime replay FILE --serve`) is a session of the same kind, in
/// which nothing happens: instead of recording it, its file is fetched, and instead of time who
/// leads moves a playhead, the one that company() has of member 0.
///
/// No code of the world runs in this process. Used by the GUI's thread; signals come on it.
class LiveSession : public QObject {
    Q_OBJECT
public:
    struct Options {
        QString url;      ///< ws://host:port
        QString session;  ///< its id; empty: the last part of the URL's path
        QString name;     ///< of us, for people
        QString folder;   ///< for the file; empty: a temporary one, which goes with us
        QString program;  ///< `teatime`; empty: beside this program, else in PATH
        QStringList modules;
        bool view = false;   ///< only look: send nothing, be nobody in the world
        bool whole = false;  ///< with what was before, however large that is
    };

    explicit LiveSession(QObject* parent = nullptr);
    ~LiveSession() override;  ///< leaves; waits for the recorder to close its file, at most 2 s

    /// ready() or ended() follows.
    void join(const Options& options);
    void leave();
    /// A temporary file goes with the session, unless it is kept: it is moved there when the
    /// session is left. False: it cannot be written there.
    bool keep(const QString& path);

    QString file() const;  ///< to be opened by a Player once ready()
    /// Where the session is recorded from its beginning, on this machine; empty: nowhere.
    const QString& recorded_in() const;
    /// Once ready(): why file() does not begin with what is there; empty: it does.
    QString why_not_whole() const;
    /// It would, with Options::whole.
    bool can_be_whole() const;
    const Options& options() const;
    bool connected() const;
    bool is_over() const;       ///< after ended()
    bool is_recording() const;  ///< a shared one; known before ready()
    MemberId member() const;    ///< who we are; 0 before connected
    const session::TimeState& time() const;
    /// The Mark at which all replicas stand while time is paused; none: it runs, or nobody told.
    std::optional<Mark> stands() const;

    /// Who is here, who leads, what waits, notes, where everybody looks.
    const session::Company& company() const;

    /// What its reflector tells of the session (`GET /sessions/<id>`), once a second while it is
    /// watched; null before.
    void watch_figures(bool on);
    const Value& figures() const;

    // Each is answered by refused() where it fails. Of time requests only those of who leads are
    // obeyed; the first one takes the lead where nobody has it.
    void send(const QString& payload);  ///< JSON text, as Session::input() makes it
    void pause();
    void resume();
    void set_rate(session::Rate rate);
    void step(session::StepBy by, Duration duration = {});
    void step_to(const Mark& mark);    ///< at once; messages wait
    void run_until(const Mark& mark);  ///< at its rate, with all messages
    void take_lead();
    void hand_lead(MemberId to);
    void release_lead();
    void note(const Mark& mark, const QString& text);  ///< for everyone, and into recordings
    /// Where our view stands, as often as it moves. `follows`: with the session.
    void show_playhead(const Mark& mark, bool follows);
    /// At what in our view everyone is to look, as the tree of the state calls it; empty: nothing.
    /// Requires: session::kLongestPointedAt bytes at most. company_changed() follows.
    void point_at(const QString& path);
    const QString& points_at() const;

    /// The state that this member's replica has now; state_came() or state_refused() of this number
    /// follows, unless the session ends before.
    std::uint64_t ask_state(MemberId member);

signals:
    void ready();
    void connection_changed(bool connected, const QString& sentence);
    void time_changed();
    void company_changed();
    void figures_changed();
    void stepped(const std::shared_ptr<const teatime::session::StepOutcome>& outcome);
    void refused(const QString& sentence);
    /// A vote of which not all replicas agree; without groups from a reflector that does not tell.
    void split(const QString& sentence, const std::vector<teatime::session::Agreement>& groups);
    void lead_asked(const QString& sentence);  ///< while we lead: somebody would like to
    /// In a file of its own, a saved Island, which goes with the session if not before.
    void state_came(quint64 request, const teatime::Mark& mark, const QString& file);
    void state_refused(quint64 request, const QString& sentence);
    void ended(const QString& sentence);  ///< for good; the file stays readable until leave()

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

struct SessionRow {
    QString id, app, kind, recording;
    int members = 0, viewers = 0;
    QString time, rate;
    bool paused = false;
    bool operator==(const SessionRow&) const = default;
};

/// What a reflector answered last.
struct ReflectorRow {
    QString url;  ///< ws://host:port
    bool answered = false;
    QString error;  ///< instead of sessions
    QVector<SessionRow> sessions;
};

/// The sessions of all reflectors of this user that run on this machine, of another that answers at
/// the usual port, and of one elsewhere, as `GET /sessions` tells them, without blocking.
class SessionList : public QObject {
    Q_OBJECT
public:
    explicit SessionList(quint16 usual_port = net::kDefaultPort, QObject* parent = nullptr);
    ~SessionList() override;

    /// changed() follows, at once and with each answer. `elsewhere`: empty for none.
    void ask(const QString& elsewhere = {});
    /// The one elsewhere is the last, unless it runs here.
    const std::vector<ReflectorRow>& reflectors() const;

signals:
    void changed();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace teatime::inspector
