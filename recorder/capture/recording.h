#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "event_queue.h"
#include "follower.h"
#include "teatime/capture/service.h"
#include "teatime/timegraph/writer.h"

namespace teatime::capture {

/// So many a second, and a tenth of that at once. Any thread.
class SyncBudget {
public:
    bool take(double per_second, session::SteadyTime now);

private:
    std::mutex mutex_;
    double left_ = 0;
    session::SteadyTime filled_at_{};
};

/// What recordings of one service share.
struct Shared {
    CaptureOptions options;
    std::atomic<std::size_t> replicas{0};
    SyncBudget syncs;

    timegraph::WallTime wall() const;
    session::SteadyTime steady() const;
};

/// One recording: its queue, and all that the writer knows of it. turn() belongs to the writer
/// thread.
class Recording {
public:
    using WallTime = timegraph::WallTime;

    Recording(std::shared_ptr<Shared> shared, std::string path,
              std::function<void()> want_snapshot);
    ~Recording();

    /// The session's thread: adds under the queue's lock.
    template <class Add>
    void add(Add&& add_to) {
        bool urgent = false;
        WallTime wall = shared_->wall();
        {
            EventQueue::Adding adding(queue_, wall);
            add_to(adding, wall);
            if (adding.begins()) adding.begun(shared_->steady());
            urgent = adding.urgent();
        }
        if (urgent) poke();
    }
    void go_on() { goes_on_ = true; }
    void on_urgent(std::function<void()> poke);  ///< how to wake the writer
    Recorder::Status status() const;
    Seq settled() const { return {settled_.load(std::memory_order_acquire)}; }
    void on_settled(std::function<void()> moved);

    /// Writes and commits what came. False: this recording is finished.
    bool turn(bool stopping);
    std::shared_ptr<Follower> follower() const;  ///< any thread; may be null
    /// The writer's: since when something has waited to be committed.
    session::SteadyTime waiting_since() const;

private:
    /// A note that is to be written again after a failure.
    struct Uncommitted {
        std::shared_ptr<Note> note;
        std::optional<std::uint64_t> after_commits;  ///< when it was written; none: it is not
    };

    /// A gap behind which no message has been committed yet.
    struct Untold {
        Seq before;
        std::uint64_t missing;
        std::string why;
    };

    void poke();
    void write_batch();
    void write(const session::MessagePtr& message);
    void write(std::unique_ptr<Note> note);
    void carry_out(Note& note);
    void lost_in_queue();
    void commit(session::SteadyTime now);
    bool may_sync(session::SteadyTime now) const;
    void committed(session::SteadyTime now);
    void tell_longest_wait();
    void settle();
    bool close_when_done(session::SteadyTime now);

    bool ready(Stamp before);
    bool go_on(Stamp before, const Error& was);
    void carry_out(Uncommitted& one);
    result<void> start_file();
    Stamp clock_from() const;
    std::string lasting_reason(const Error& error) const;
    void check(const result<void>& done);
    void failed_with(const Error& error);
    void gap(Stamp before, const std::string& why);
    void tell_if_it_goes_on();
    void tell_of_gap(const char* how);
    void report(const std::string& sentence) const;

    void on(const session::Started&, WallTime);
    void on(const session::MemberJoined& joined, WallTime);
    void on(const session::MemberLeft& left, WallTime);
    void on(const session::VoteCast& vote, WallTime);
    void on(const session::Split& split, WallTime wall);
    void on(const session::SnapshotTaken& taken, WallTime wall);
    void on(const session::TimeChanged& changed, WallTime wall);
    void on(const std::shared_ptr<const session::StepOutcome>& outcome, WallTime wall);
    void on(const session::Note& note, WallTime wall);
    void on(const session::Ended&, WallTime);

    void look_at_space(session::SteadyTime now);
    std::optional<Error> too_little_free(const std::string& path);
    void pause_for(const Error& why);
    bool trim_ring();

    void start_follower(std::optional<Image> from);
    bool follows() const;
    void take_from_follower();
    void snapshot(const session::SnapshotInfo& info);
    result<void> keep_native(const session::SnapshotInfo& info, const std::string& bytes);
    result<void> keep_foreign(const session::SnapshotInfo& info, const std::string& bytes);
    void keyframe(Image image, std::vector<ObjectId> touched);
    void ask_for_snapshot(session::SteadyTime now);

    const std::shared_ptr<Shared> shared_;
    const std::string given_path_;
    const std::function<void()> want_snapshot_;
    EventQueue queue_;
    std::mutex poke_mutex_;
    std::function<void()> poke_;
    std::atomic<std::uint64_t> settled_{0};
    std::atomic<bool> goes_on_{false};  ///< the file is there

    // The writer's.
    EventQueue::Batch batch_;
    std::optional<session::Started> started_;
    timegraph::WallTime started_wall_{};
    std::optional<timegraph::Writer> writer_;
    std::optional<Error> failure_;  ///< until the file goes on after a gap
    session::SteadyTime retry_at_{};
    session::SteadyTime space_at_{};  ///< looked at again
    bool used_up_ = false;            ///< the quota
    std::vector<Uncommitted> uncommitted_;
    std::optional<Untold> untold_;
    bool news_since_commit_ = false;
    bool time_since_commit_ = false;
    std::optional<session::SteadyTime> waiting_since_;
    Duration longest_wait_{};
    Duration told_wait_{};  ///< as it stands in the file
    session::SteadyTime committed_at_{};
    Stamp last_;  ///< seen, whether it could be written or not
    VirtualTime bound_;
    bool ended_ = false;
    std::optional<session::SteadyTime> closing_;  ///< wait for the replica so long

    bool has_replica_slot_ = false;
    bool whole_touched_ = false;    ///< a keyframe's list of changes would not be all
    bool snapshot_needed_ = false;  ///< of this message or a later one
    Seq needed_from_;
    bool restarted_ = false;  ///< the follower has a state to go on from
    bool asked_ = false;
    session::SteadyTime asked_at_{};
    Seq asked_seq_;

    mutable std::mutex mutex_;  ///< of all below
    std::function<void()> moved_;
    std::shared_ptr<Follower> follower_;
    Recorder::Status status_;
};

}  // namespace teatime::capture
