#include "read_ahead.h"

#include <fmt/format.h>

#include <new>
#include <system_error>
#include <utility>

#include "zstd_frame.h"

namespace teatime::timegraph {

result<void> OpenBatch::open(std::string_view data, std::uint64_t n, std::size_t limit) {
    hash.clear();
    auto opened = unpack(data, limit, body);
    if (opened) opened = decoder.open(body, n);
    fields_maker.restart();
    return opened;
}

bool ReadAhead::Job::open() try {
    if (!batch->open(data, n, raw_len) || !batch->decoder.load_all()) return false;
    batch->hash = hash;
    return true;
} catch (const std::bad_alloc&) {
    return false;
}

ReadAhead::~ReadAhead() {
    {
        std::lock_guard lock(mutex_);
        ends_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

bool ReadAhead::add(Seq after, const BlockRow& row) {
    constexpr std::uint64_t kMost = 1 << 20;  // bytes of its messages: several may wait
    if (row.raw_len > kMost) return false;
    if (!thread_.joinable()) {
        try {
            thread_ = std::thread([this] { run(); });
        } catch (const std::system_error&) {
            has_no_thread_ = true;
            return false;
        }
    }
    Job& added = job(end_);  // the thread looks only at those before end_
    added.state = State::waiting;
    added.after = after;
    added.data = row.data;
    added.n = row.n;
    added.raw_len = row.raw_len;
    added.hash = row.hash;
    added.batch->name = fmt::format("block {}", row.id);
    added.batch->end = row.last.seq;
    {
        std::lock_guard lock(mutex_);
        ++end_;
    }
    changed_.notify_all();
    return true;
}

bool ReadAhead::take(Seq after, std::unique_ptr<OpenBatch>& batch) {
    if (end_ == first_) return false;
    Job& first = job(first_);
    if (first.after == after) {
        std::unique_lock lock(mutex_);
        if (first.state == State::waiting) open_next(lock);
        changed_.wait(lock, [&] { return first.state != State::being_opened; });
        if (first.state == State::fine) {
            std::swap(batch, first.batch);
            ++first_;
            return true;
        }
    }
    forget();
    return false;
}

void ReadAhead::forget() {
    std::unique_lock lock(mutex_);
    for (std::size_t i = first_; i < next_; ++i)
        changed_.wait(lock, [&] { return job(i).state != State::being_opened; });
    first_ = next_ = end_;
}

void ReadAhead::open_next(std::unique_lock<std::mutex>& lock) {
    Job& next = job(next_++);
    next.state = State::being_opened;
    lock.unlock();
    bool fine = next.open();
    lock.lock();
    next.state = fine ? State::fine : State::failed;
}

void ReadAhead::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return ends_ || next_ < end_; });
        if (ends_) return;
        open_next(lock);
        changed_.notify_all();
    }
}

}  // namespace teatime::timegraph
