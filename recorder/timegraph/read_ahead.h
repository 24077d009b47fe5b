#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "block.h"
#include "body_decoder.h"
#include "form.h"
#include "teatime/state/result.h"

namespace teatime::timegraph {

/// A block, or a row of the tail, ready to be read message by message.
struct OpenBatch {
    std::string name;  ///< for errors
    std::string hash;  ///< of the block; empty: it is none, or could not be opened
    Seq end;
    std::string body;
    BodyDecoder decoder;
    FieldsMaker fields_maker{decoder};
    std::vector<std::int8_t> voices{};  ///< for a search, whether they may match; -1: not asked yet

    /// `limit`: the largest body that is taken.
    result<void> open(std::string_view data, std::uint64_t n, std::size_t limit);
};

/// Makes the blocks ready that come next, in a thread, for who reads one after the other: a scan
/// takes three fifths of the time. It tells of no errors: a block that fails is not taken. The
/// thread begins with the first block; about 0.5 MiB for each that waits.
class ReadAhead {
public:
    ReadAhead() = default;
    ~ReadAhead();
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;

    bool has_room() const { return !has_no_thread_ && end_ - first_ < jobs_.size(); }
    /// Where the last one ends, or `none`.
    Seq end_or(Seq none) const { return end_ > first_ ? job(end_ - 1).batch->end : none; }
    /// The block behind `after`; false where it is too large, or there is no thread for it.
    /// Requires: has_room().
    bool add(Seq after, const BlockRow& row);
    /// Swaps the block behind `after` in: waits for it, or opens it where the thread, which has not
    /// got round to it, would come too late. False where it is not the next one, or
    /// not fine; then all are forgotten.
    bool take(Seq after, std::unique_ptr<OpenBatch>& batch);
    void forget();

private:
    enum class State : std::uint8_t { waiting, being_opened, fine, failed };
    struct Job {
        State state = State::waiting;
        Seq after;
        std::string data;
        std::uint64_t n = 0, raw_len = 0;
        std::string hash;
        std::unique_ptr<OpenBatch> batch = std::make_unique<OpenBatch>();
        bool open();
    };
    void run();
    void open_next(std::unique_lock<std::mutex>& lock);
    Job& job(std::size_t i) { return jobs_[i % jobs_.size()]; }
    const Job& job(std::size_t i) const { return jobs_[i % jobs_.size()]; }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::array<Job, 4> jobs_;
    // Numbers of jobs, counted on and on: first_ <= next_ <= end_.
    std::size_t first_ = 0, next_ = 0, end_ = 0;  // next_: the first that nobody has begun with
    bool ends_ = false;
    bool has_no_thread_ = false;
    std::thread thread_;
};

}  // namespace teatime::timegraph
