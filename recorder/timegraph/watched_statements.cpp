#include "watched_statements.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace teatime::timegraph {
namespace {

constexpr std::chrono::milliseconds kLookEvery{20};

}  // namespace

WatchedStatements::WatchedStatements(Database& database, const Watch& watch,
                                     std::function<double()> how_far)
    : database_(database), watch_(watch), how_far_(std::move(how_far)) {
    if (!watch.progress && !watch.stop.stop_possible()) return;
    look();
    thread_ = std::jthread([this](std::stop_token over) {
        std::mutex mutex;
        std::condition_variable_any wait;
        std::unique_lock lock(mutex);
        while (!wait.wait_for(lock, over, kLookEvery, [&] { return over.stop_requested(); }))
            look();
    });
}

/// Again and again, since what is not running yet is not interrupted.
void WatchedStatements::look() const {
    if (watch_.progress) watch_.progress(how_far_());
    if (watch_.stop.stop_requested()) database_.interrupt();
}

}  // namespace teatime::timegraph
