#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "disk.h"
#include "ledger.h"
#include "scheduler.h"
#include "teatime/capture/service.h"
#include "teatime/timegraph/reader.h"

namespace simulation {

using Files = std::map<std::string, std::string>;

struct RecordingHabits {
    std::string folder;
    bool replica = true;  ///< the recorder has one of its own
    std::chrono::milliseconds commit{100};
    std::size_t queue = 200'000;  ///< messages
};

/// The recordings that one reflector makes, over all its crashes: the real capture service on a
/// simulated disk, clock and calendar, its turns taken by hand.
class Recordings {
public:
    Recordings(RecordingHabits habits, Scheduler& scheduler, Ledger& ledger, const Files& files)
        : habits_(std::move(habits)), scheduler_(scheduler), ledger_(ledger), files_(files) {}

    /// A router begins; `want_snapshot` may come from within turn().
    void begin(std::function<void()> want_snapshot);
    void take(const RouterOutputs& outputs);
    /// Afterwards what was taken is on the disk, unless that fails.
    void turn();
    void end();   ///< the router is gone
    void kill();  ///< and the process with it
    void close();

    /// Whether the files hold what was reflected, and replay comes to the states that replicas had.
    void check();

    void trouble(Disk::Trouble trouble);
    void step_wall(Duration by) { wall_offset_ += by; }
    const RecordingHabits& habits() const { return habits_; }

    std::uint64_t messages = 0, gaps = 0, replayed = 0, votes = 0;  ///< found by check()

private:
    struct Recording {
        std::string path;
        Incarnation* in = nullptr;
        std::unique_ptr<capture::Recorder> recorder;
        Seq committed;          ///< as its status said
        bool killed = false;    ///< before it could be finished
        bool may_lack = false;  ///< the disk failed
    };

    void start_service();
    void check(const Recording& recording);
    void check_messages(const Recording& recording, const timegraph::Reader& reader);
    void check_notes(const Recording& recording, const timegraph::Reader& reader);
    void check_states(const Incarnation& in, const std::vector<timegraph::Message>& messages);
    void check_replay(const Recording& recording);

    const RecordingHabits habits_;
    Scheduler& scheduler_;
    Ledger& ledger_;
    const Files& files_;
    std::unique_ptr<capture::CaptureService> service_;
    std::vector<Recording> recordings_;
    bool recording_ = false;  // the last of them
    Duration wall_offset_{};
    std::int64_t looks_at_clock_ = 0;
};

}  // namespace simulation
