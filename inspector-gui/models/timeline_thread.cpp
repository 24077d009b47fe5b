#include "timeline_thread.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>

namespace teatime::inspector {

struct TimelineThread::State {
    void work(const std::string& path, const replayer::TimelineOptions& options,
              const GuiCall& post) {
        auto timeline = replayer::Timeline::open(path, options);
        for (;;) {
            Job job;
            std::stop_token stop;
            {
                std::unique_lock lock(mutex);
                wake.wait(lock, [this] { return quit || waiting; });
                if (quit) return;
                job = std::exchange(waiting, {});
                under_way = std::stop_source();
                stop = under_way.get_token();
            }
            if (timeline) job(*timeline, stop, post);  // else the Player tells why it does not open
        }
    }

    std::mutex mutex;  // guards what follows
    std::condition_variable wake;
    Job waiting;
    std::stop_source under_way;
    bool quit = false;
};

TimelineThread::TimelineThread(QObject& context, const DetachedThreads& threads, std::string path,
                               replayer::TimelineOptions options, Priority priority)
    : state_(std::make_shared<State>()), post_(context) {
    threads.run([state = state_, post = post_, path = std::move(path), options = std::move(options),
                 priority] {
        if (priority == Priority::low) {  // its worker process inherits it
            ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), 10);
        }
        state->work(path, options, post);
    });
}

TimelineThread::~TimelineThread() {
    post_.give_up();
    std::lock_guard lock(state_->mutex);
    state_->quit = true;
    state_->waiting = {};
    state_->under_way.request_stop();
    state_->wake.notify_all();
}

void TimelineThread::run(Job job, bool cancel) {
    std::lock_guard lock(state_->mutex);
    if (cancel) state_->under_way.request_stop();
    state_->waiting = std::move(job);
    state_->wake.notify_all();
}

void TimelineThread::cancel() {
    std::lock_guard lock(state_->mutex);
    state_->under_way.request_stop();
    state_->waiting = {};
}

}  // namespace teatime::inspector
