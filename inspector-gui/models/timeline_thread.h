#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "detached.h"
#include "gui_call.h"
#include "teatime/replayer/timeline.h"

class QObject;

namespace teatime::inspector {

/// A thread with a Timeline of its own on one recording, for what is found out beside a Player.
/// Carries out one job at a time; of jobs that wait only the newest counts. Its owner never waits
/// for it: a module may hang, and then keeps only this thread waiting.
/// Used by the GUI's thread.
class TimelineThread {
public:
    /// Must not refer to its owner, but in what it posts. Ends soon once `stop` is requested.
    using Job = std::function<void(replayer::Timeline& timeline, const std::stop_token& stop,
                                   const GuiCall& post)>;

    enum class Priority { normal, low };
    /// `context`: lives in the GUI's thread, at least as long as this.
    TimelineThread(QObject& context, const DetachedThreads& threads, std::string path,
                   replayer::TimelineOptions options, Priority priority);
    ~TimelineThread();  ///< cancels; nothing is posted any more
    TimelineThread(const TimelineThread&) = delete;
    TimelineThread& operator=(const TimelineThread&) = delete;

    /// In place of one that waits; the one under way is cancelled or not.
    void run(Job job, bool cancel = true);
    void cancel();  ///< the one under way and the one that waits

private:
    struct State;
    std::shared_ptr<State> state_;
    GuiCall post_;
};

}  // namespace teatime::inspector
