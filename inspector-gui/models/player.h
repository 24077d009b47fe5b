#pragma once

#include <QObject>
#include <QString>
#include <QStringList>
#include <memory>

#include "facts.h"
#include "moment.h"
#include "teatime/island/input.h"
#include "teatime/replayer/timeline.h"

namespace teatime::inspector {

/// One playhead on one recording, which may still be growing. Owns a thread, which owns a Timeline,
/// whose module runs in a worker process: nothing here ever blocks its caller, whatever the module
/// does. Requests are carried out one at a time; of those that wait only the newest counts, and a
/// newer one cancels the one under way (steps in a row are added up, none is lost).
///
/// Used by the GUI's thread; signals come on it.
class Player : public QObject {
    Q_OBJECT
public:
    explicit Player(QObject* parent = nullptr);
    ~Player() override;  ///< ends what is under way; a module that hangs ends later, by itself

    /// Another recording or saved Island. opened() or failed() follows.
    void open(const QString& path, const replayer::TimelineOptions& options = {});
    void close();

    void seek(const Mark& mark);  ///< outside the recording: its nearer end
    void seek(VirtualTime time) { seek(Mark{BranchId{}, time, Mark::kWholeInstant}); }
    void step(replayer::StepBy by, bool forward);
    /// What the world makes of a gesture where the playhead is: input_made() follows. Nothing
    /// changes here; who takes part in the session sends it there. None is lost.
    void input(const Input& input);
    /// Ends what is under way; the playhead stays where it has come to.
    void cancel();

    bool is_open() const;
    FactsPtr facts() const;    ///< null before opened()
    MomentPtr moment() const;  ///< null before the first
    /// Where the playhead was put last; the Moment of it may not be there yet. Nothing else moves
    /// it than what playhead_moved() tells, opening (to the begin, before opened()) and closing
    /// included.
    const Mark& playhead() const;
    /// Something that was asked for is not there yet (a complete() Moment does not count).
    bool working() const;

signals:
    void opened();
    void failed(const QString& sentence);  ///< to open
    void moment_changed(const teatime::inspector::MomentPtr& moment);
    void playhead_moved(const teatime::Mark& mark);  ///< at once, before its Moment is there
    /// A request takes longer than 100 ms (with how far it is), or is over.
    void busy_changed(bool busy, const teatime::Mark& at);
    /// JSON texts of messages to be sent, in their order.
    void input_made(const QStringList& payloads);
    void input_failed(const QString& sentence);
    /// The recording has grown, was marked or changed otherwise: facts() are new.
    void facts_changed();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace teatime::inspector
