#include "timeline_thread.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <QObject>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace teatime::inspector {

struct TimelineThread::State : std::enable_shared_from_this<State> {
    State(QObject& owner, std::string file, replayer::TimelineOptions how)
        : context(owner), path(std::move(file)), options(std::move(how)) {}

    void work() {
        auto timeline = replayer::Timeline::open(path, options);
        const Post post(shared_from_this());
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

    QObject& context;
    const std::string path;
    const replayer::TimelineOptions options;

    std::mutex mutex;  // guards what follows
    std::condition_variable wake;
    Job waiting;
    std::stop_source under_way;
    bool quit = false;
};

void TimelineThread::Post::operator()(std::function<void()> call) const {
    std::lock_guard lock(state_->mutex);  // while it is held, the context is there
    if (state_->quit) return;
    QMetaObject::invokeMethod(
        &state_->context,
        [state = state_, call = std::move(call)] {
            if (!state->quit) call();  // written by this same thread only
        },
        Qt::QueuedConnection);
}

TimelineThread::TimelineThread(QObject& context, std::string path,
                               replayer::TimelineOptions options, Priority priority)
    : state_(std::make_shared<State>(context, std::move(path), std::move(options))) {
    std::thread([state = state_, priority] {
        if (priority == Priority::low) {  // its worker process inherits it
            ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), 10);
        }
        state->work();
    }).detach();  // see ~TimelineThread
}

TimelineThread::~TimelineThread() {
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
