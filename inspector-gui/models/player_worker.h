#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "facts.h"
#include "moment.h"
#include "teatime/island/input.h"
#include "teatime/replayer/timeline.h"

namespace teatime::inspector {

/// The thread of a Player, for one recording: owns the Timeline, carries out what is asked, makes
/// Moments, and looks for what a recorder has added. Requests are numbered; what it has to tell
/// waits in a Report, of which only the newest of each kind is kept.
class PlayerWorker {
public:
    struct Report {
        FactsPtr opened;     ///< once, the first
        std::string failed;  ///< to open; nothing else follows
        FactsPtr facts;
        MomentPtr moment;
        std::uint64_t served = 0;  ///< requests up to this number are over
        QStringList payloads;      ///< that input() led to, in their order
        std::string input_failed;
        bool completing = false;  ///< works on the rest of a Moment
        Mark at;                  ///< how far it is
    };

    /// `wake`: there is a new Report; from the worker's thread, never after abandon().
    static std::shared_ptr<PlayerWorker> start(std::string path, replayer::TimelineOptions options,
                                               std::function<void()> wake);
    /// Ends what is under way and the thread, without waiting for it: a module may be busy for
    /// long, and keeps only itself waiting.
    void abandon();
    /// After abandon(): waits, but not for longer. False: it is still busy.
    bool wait_ended(std::chrono::milliseconds most);

    void seek(std::uint64_t request, const Mark& mark);
    void step(std::uint64_t request, replayer::StepBy by, bool forward);
    void input(const Input& input);
    void cancel();

    Report take_report();

private:
    using Clock = std::chrono::steady_clock;
    struct Step {
        replayer::StepBy by;
        bool forward;
    };
    struct Wanted {
        std::optional<Mark> seek;
        std::deque<Step> steps;  ///< after that
        std::uint64_t last = 0;  ///< number of the newest request
        bool nothing() const { return !seek && steps.empty(); }
    };

    PlayerWorker(std::string path, replayer::TimelineOptions options, std::function<void()> wake)
        : path_(std::move(path)), options_(std::move(options)), wake_(std::move(wake)) {}

    void run();
    bool open();
    void serve(Wanted wanted);
    result<void> carry_out(const Wanted& wanted, const Mark& goal, const replayer::Watch& watch);
    bool newer_waits();
    replayer::Watch watch(Clock::duration grace);

    std::shared_ptr<Moment> look(const Mark& asked);
    std::shared_ptr<Moment> look_at_stored(const Mark& asked, const Error& error);
    void show(std::shared_ptr<Moment> moment);
    void complete();
    result<void> find_message(Moment& moment, const replayer::Watch& watch);

    void make_inputs(std::deque<Input> inputs);

    void look_for_news();
    void refresh_facts(bool all_lists);
    template <class Change>
    void report(Change change);

    const std::string path_;
    const replayer::TimelineOptions options_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::function<void()> wake_;  // empty once abandoned
    Wanted wanted_;
    std::deque<Input> inputs_;
    std::stop_source stop_;  // of what is under way
    bool user_cancelled_ = false;
    bool quit_ = false;
    bool ended_ = false;
    Report report_;

    // The thread's own.
    std::optional<replayer::Timeline> timeline_;
    FactsPtr facts_;
    std::shared_ptr<Moment> moment_;
    bool completed_ = true;
    int cancelled_in_a_row_ = 0;
    Clock::duration state_cost_{0};
    Clock::duration facts_cost_{0};
    std::size_t notes_told_ = 0;  ///< of the Timeline: damage is found on the way
    Clock::time_point facts_at_{};
    struct FileState {
        std::int64_t size = 0, changed_ns = 0, wal_size = 0, wal_changed_ns = 0;
        std::uint64_t inode = 0;
        bool exists = false, has_wal = false;
        bool operator==(const FileState&) const = default;
    };
    FileState file_;
    static FileState look_at_file(const std::string& path);
    static bool same_facts(const RecordingFacts& a, const RecordingFacts& b);
};

}  // namespace teatime::inspector
