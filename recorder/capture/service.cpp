#include "teatime/capture/service.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <thread>

#include "recording.h"

namespace teatime::capture {
namespace {

using Recordings = std::vector<std::shared_ptr<Recording>>;

/// Recordings that one writer thread owns.
struct Lane {
    std::mutex mutex;
    std::condition_variable woken;
    Recordings recordings;
    bool poked = false;
    bool stopping = false;
    std::thread thread;

    void poke() {
        {
            std::lock_guard lock(mutex);
            poked = true;
        }
        woken.notify_one();
    }
    /// One turn of each; finished ones go. True: some are left.
    bool turn() {
        Recordings now;
        bool stop;
        {
            std::lock_guard lock(mutex);
            now = recordings;
            stop = stopping;
        }
        // Who waits longest, first: the budget of syncs may not be enough for all.
        std::stable_sort(now.begin(), now.end(), [](const auto& a, const auto& b) {
            return a->waiting_since() < b->waiting_since();
        });
        Recordings finished;
        for (auto& recording : now) {
            if (!recording->turn(stop)) finished.push_back(std::move(recording));
        }
        std::lock_guard lock(mutex);
        for (auto& recording : finished) std::erase(recordings, recording);
        return !recordings.empty();
    }
};

constexpr int kRingParts = 4;

/// A ring drops whole stretches between states: one must not be a large part of it.
void divide_ring(CaptureOptions& options) {
    const SpaceLimits& space = options.space;
    if (space.keep > Duration(0)) {
        options.writer.whole_every = space.keep / kRingParts;
        Duration& ceiling = options.keyframes.ceiling;
        ceiling = std::min(ceiling, options.writer.whole_every);
    }
    options.writer.whole_every_bytes = space.keep_bytes / kRingParts;
    options.writer.keep_bytes = space.keep_bytes;
}

constexpr auto kReplicaPause = std::chrono::milliseconds(50);
constexpr auto kStoppingPause = std::chrono::milliseconds(2);

}  // namespace

struct CaptureService::Impl {
    std::shared_ptr<Shared> shared = std::make_shared<Shared>();
    std::vector<std::shared_ptr<Lane>> lanes;
    std::atomic<std::size_t> next_lane{0};
    std::vector<std::thread> replica_threads;
    std::mutex mutex;
    std::condition_variable woken;
    bool replicas_stop = false;
    bool closed = false;

    void write_all(Lane& lane);
    void run_replicas(std::size_t index);
    bool replica_turn(std::size_t index, std::size_t of);
};

/// A writer thread.
void CaptureService::Impl::write_all(Lane& lane) {
    ::pthread_setname_np(::pthread_self(), "recorder");  // for top -H and perf
    for (;;) {
        bool left = lane.turn();
        std::unique_lock lock(lane.mutex);
        if (lane.stopping && !left) return;
        // With `stopping`, only replicas are waited for.
        auto pause = lane.stopping ? kStoppingPause : shared->options.commit;
        lane.woken.wait_for(lock, pause, [&] { return lane.poked; });
        lane.poked = false;
    }
}

/// One slice of each replica that is this thread's; true: more to do now.
bool CaptureService::Impl::replica_turn(std::size_t index, std::size_t of) {
    bool more = false;
    for (auto& lane : lanes) {
        Recordings now;
        {
            std::lock_guard lock(lane->mutex);
            now = lane->recordings;
        }
        for (auto& recording : now) {
            // One thread only may run a replica, whatever comes and goes.
            if (std::hash<Recording*>{}(recording.get()) / 64 % of != index) continue;
            if (auto follower = recording->follower()) more |= follower->turn();
        }
    }
    return more;
}

void CaptureService::Impl::run_replicas(std::size_t index) {
    ::pthread_setname_np(::pthread_self(), "replica");
    for (;;) {
        bool more = replica_turn(index, shared->options.replica_threads);
        std::unique_lock lock(mutex);
        auto pause = std::min(shared->options.commit / 2, kReplicaPause);
        if (more) pause = {};
        if (woken.wait_for(lock, pause, [&] { return replicas_stop; })) return;
    }
}

CaptureService::CaptureService(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

result<std::unique_ptr<CaptureService>> CaptureService::create(CaptureOptions options) {
    if (!options.folder.empty()) {
        std::error_code error;
        std::filesystem::create_directories(options.folder, error);
        if (error || !std::filesystem::is_directory(options.folder, error)) {
            return failed(fmt::format("cannot create the folder {} for recordings: {}",
                                      options.folder, error.message()));
        }
    }
    auto impl = std::make_unique<Impl>();
    divide_ring(options);
    impl->shared->options = std::move(options);
    const CaptureOptions& given = impl->shared->options;
    for (unsigned i = 0; i < std::max(given.writer_threads, 1u); ++i) {
        auto lane = impl->lanes.emplace_back(std::make_shared<Lane>());
        if (given.writer_threads == 0) break;
        lane->thread = std::thread([impl = impl.get(), lane] { impl->write_all(*lane); });
    }
    for (unsigned i = 0; i < given.replica_threads; ++i) {
        impl->replica_threads.emplace_back([impl = impl.get(), i] { impl->run_replicas(i); });
    }
    return std::unique_ptr<CaptureService>(new CaptureService(std::move(impl)));
}

CaptureService::~CaptureService() {
    close();
}

std::unique_ptr<Recorder> CaptureService::record(std::function<void()> want_snapshot) {
    return record_to({}, std::move(want_snapshot));
}

std::unique_ptr<Recorder> CaptureService::record_to(std::string path,
                                                    std::function<void()> want_snapshot) {
    auto recording =
        std::make_shared<Recording>(impl_->shared, std::move(path), std::move(want_snapshot));
    auto& lane = impl_->lanes[impl_->next_lane++ % impl_->lanes.size()];
    recording->on_urgent([weak = std::weak_ptr(lane)] {
        if (auto one = weak.lock()) one->poke();
    });
    std::lock_guard lock(lane->mutex);
    if (!lane->stopping) lane->recordings.push_back(recording);
    return std::make_unique<Recorder>(std::move(recording));
}

bool CaptureService::turn() {
    const CaptureOptions& options = impl_->shared->options;
    bool more = false;
    if (options.replica_threads == 0) more = impl_->replica_turn(0, 1);
    if (options.writer_threads == 0) impl_->lanes[0]->turn();
    return more;
}

void CaptureService::close() {
    if (std::exchange(impl_->closed, true)) return;
    for (auto& lane : impl_->lanes) {
        {
            std::lock_guard lock(lane->mutex);
            lane->stopping = true;
        }
        lane->poke();
    }
    for (auto& lane : impl_->lanes) {
        if (lane->thread.joinable()) {
            lane->thread.join();
            continue;
        }
        // The owner's clock may stand still: so many pauses, not so much time.
        bool replicas_too = impl_->shared->options.replica_threads == 0;
        auto pauses = impl_->shared->options.finish / kStoppingPause;
        while (lane->turn() && pauses > 0) {
            if (replicas_too && impl_->replica_turn(0, 1)) continue;
            std::this_thread::sleep_for(kStoppingPause);
            --pauses;
        }
    }
    {
        std::lock_guard lock(impl_->mutex);
        impl_->replicas_stop = true;
    }
    impl_->woken.notify_all();
    for (std::thread& thread : impl_->replica_threads) thread.join();
}

}  // namespace teatime::capture
