#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "teatime/capture/keyframe_policy.h"
#include "teatime/capture/recorder.h"
#include "teatime/capture/replica.h"
#include "teatime/session/frames.h"
#include "teatime/session/steady_time.h"
#include "teatime/state/result.h"
#include "teatime/timegraph/writer.h"

namespace teatime::capture {

/// When messages are committed to the file (`synchronous=FULL`).
enum class Durability {
    interval,  ///< every CaptureOptions::commit: a power cut takes no more
    message    ///< before members are told of them (Recorder::settled): it takes nothing they saw
};

/// What one recording may take on the disk, with its -wal; 0: as much as there is. Looked at about
/// every second. A state that is larger than an eighth of a limit may exceed it for a moment.
struct SpaceLimits {
    std::uint64_t quota = 0;     ///< bytes; used up, the recording ends and the session goes on
    std::uint64_t min_free = 0;  ///< bytes; with less on the disk nothing is recorded: a gap
    /// A ring: of what is older than `keep`, or above `keep_bytes`, whole stretches between states
    /// are dropped, never what is needed to replay the rest.
    Duration keep{};
    std::uint64_t keep_bytes = 0;
    bool ring() const { return keep > Duration(0) || keep_bytes > 0; }
};

struct CaptureOptions {
    using ms = std::chrono::milliseconds;

    std::string folder;    ///< of record(); created where it is missing
    std::string router;    ///< who stamps: `teatime reflector 0.1.0`
    std::string recorder;  ///< who writes: `teatime 0.1.0`

    /// With 0 threads of a kind, the owner calls turn().
    unsigned writer_threads = 1;
    unsigned replica_threads = 1;
    std::size_t replicas = 64;  ///< at a time; sessions above have the members' snapshots

    Durability durability = Durability::interval;
    ms commit{100};                 ///< how much a killed process may lose
    double syncs_per_second = 200;  ///< of all recordings together; more are committed more seldom.
                                    ///< 0: as many as there are. Durability::message: not counted
    ms idle_commit{1000};           ///< where only time has passed
    ms retry{1000};                 ///< after a failed write
    ms snapshot_retry{5000};        ///< between two requests for one that is needed
    ms snapshot_every{60'000};      ///< native sessions without a replica of our own
    ms finish{2000};                ///< for the replica to see the end of a recording being closed

    std::size_t queue_messages = 200'000;  ///< per session, between its thread and the writer
    std::size_t queue_bytes = 64u << 20;

    SpaceLimits space;
    timegraph::WriterOptions writer;
    KeyframeOptions keyframes;

    /// A replica for this session; null, or no function: its module is not known.
    std::function<std::unique_ptr<Replica>(const session::SessionInfo&)> replica;
    /// The bytes of a snapshot that a member uploaded; called by writer threads.
    std::function<result<std::string>(const std::string& url)> fetch;

    /// A sentence for the log: that a recording cannot be written, or goes on. Of writer threads.
    std::function<void(const std::string&)> report;

    /// Bytes that the disk with this file still has; empty: the system's answer.
    std::function<std::uint64_t(const std::string& path)> free_bytes;
    std::function<timegraph::WallTime()> wall;    ///< empty: the system's
    std::function<session::SteadyTime()> steady;  ///< empty: the system's
};

/// Owns all recordings of a process and the threads that write them: each commits what its
/// sessions' Recorders have handed over every `commit`, so a killed process loses no more; with
/// Durability::message at once, all that came since the last commit in one. Sessions are never made
/// to wait. A Recorder may outlive it and is ignored then.
class CaptureService {
public:
    static result<std::unique_ptr<CaptureService>> create(CaptureOptions options);
    ~CaptureService();  ///< close()

    /// A recording of one session, in a file of the folder named after app, session and time.
    /// `want_snapshot` is called by a writer thread when a member should make a snapshot (a
    /// session::SnapshotWanted to the router): there is no other way to go on after a gap.
    std::unique_ptr<Recorder> record(std::function<void()> want_snapshot = {});

    /// The same in the file of this path, of which its caller made sure that it can be written.
    std::unique_ptr<Recorder> record_to(std::string path, std::function<void()> want_snapshot = {});

    /// Where there are no threads: writes and commits what came, runs replicas. True: more to do.
    bool turn();

    /// Finishes all files. Returns within about `finish` and the disk's time.
    void close();

private:
    struct Impl;
    explicit CaptureService(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// `<app>-<first 8 of the session id>-<UTC>.timegraph`, of safe characters only, whatever the
/// wire said.
std::string recording_name(std::string_view app, std::string_view session_id,
                           timegraph::WallTime wall);

}  // namespace teatime::capture
