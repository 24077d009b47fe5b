#include "send_queue.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace teatime::net {

namespace {
constexpr std::size_t kGather = 64;
}  // namespace

SendQueue::SendQueue(asio::ip::tcp::socket socket, Loop::Impl& loop, const Limits& limits,
                     SendQueueOwner& owner)
    : socket_(std::move(socket)),
      loop_(loop),
      limits_(limits),
      owner_(owner),
      last_heard_(loop.now) {}

SendQueue::~SendQueue() {
    // The list is walked while owners may die: leave a hole rather than move entries.
    if (dirty_) {
        std::replace(loop_.dirty.begin(), loop_.dirty.end(), static_cast<Flushable*>(this),
                     static_cast<Flushable*>(nullptr));
    }
}

void SendQueue::push(SharedFrame frame) {
    if (!closing_) enqueue(std::move(frame));
}

void SendQueue::push_last(SharedFrame frame, bool drop) {
    if (closing_) return;
    closing_ = true;
    if (drop && head_ < entries_.size()) {
        const std::size_t keep = head_ + (head_sent_ > 0 ? 1 : 0);
        for (std::size_t i = keep; i < entries_.size(); ++i) queued_ -= entries_[i].frame->size();
        entries_.resize(keep);
    }
    enqueue(std::move(frame));
}

void SendQueue::push_unit(std::string unit) {
    if (closing_) return;
    constexpr unsigned char kFinalClose = 0x88;
    if (unit.size() >= 2 && static_cast<unsigned char>(unit[0]) == kFinalClose) {
        const std::uint16_t code =
            unit.size() < 4 ? 1005
                            : static_cast<std::uint16_t>(static_cast<unsigned char>(unit[2]) << 8 |
                                                         static_cast<unsigned char>(unit[3]));
        if (auto other = owner_.on_farewell(code)) return push_last(std::move(other));
        return push_last(std::make_shared<const std::string>(std::move(unit)));
    }
    enqueue(std::make_shared<const std::string>(std::move(unit)));
}

void SendQueue::enqueue(SharedFrame frame) {
    queued_ += frame->size();
    entries_.push_back({std::move(frame), loop_.now});
    if (!dirty_ && !waiting_) {
        dirty_ = true;
        loop_.dirty.push_back(this);
    }
    const auto beyond_first = [&] {
        return entries_.empty() ? 0 : queued_ + head_sent_ - entries_[head_].frame->size();
    };
    if (closing_ || beyond_first() <= limits_.queued_bytes) return;
    if (!waiting_) flush();  // a long burst in one turn is no reason to blame the reader
    if (closing_ || beyond_first() <= limits_.queued_bytes) return;
    owner_.on_breach({limits_.behind_code, "too slow: too much is waiting to be read"});
}

bool SendQueue::behind(Loop::Clock::time_point now) const {
    return !closing_ && head_ < entries_.size() && now >= catch_up_until_ &&
           now - entries_[head_].queued_at > limits_.behind;
}

void SendQueue::forgive(Loop::Clock::duration stalled, Loop::Clock::time_point now) {
    if (stalled == Loop::Clock::duration{}) return;
    const auto later = [&](Loop::Clock::time_point& time) {
        time = std::min(time + stalled, now);  // it may be of after the stall
    };
    later(last_heard_);
    for (std::size_t i = head_; i < entries_.size(); ++i) later(entries_[i].queued_at);
    if (catch_up_until_ <= now) catch_up_until_ += stalled;
}

void SendQueue::flush() {
    dirty_ = false;
    while (head_ < entries_.size()) {
        std::array<iovec, kGather> pieces;
        std::size_t count = 0, gathered = 0;
        for (std::size_t i = head_; i < entries_.size() && count < kGather; ++i, ++count) {
            const std::string& bytes = *entries_[i].frame;
            const std::size_t skip = i == head_ ? head_sent_ : 0;
            pieces[count] = {const_cast<char*>(bytes.data()) + skip, bytes.size() - skip};
            gathered += bytes.size() - skip;
        }
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = count;
        const ssize_t sent =
            ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN || errno == EWOULDBLOCK) return wait_until_writable();
            // Gone: the read in progress reports it.
            entries_.clear();
            head_ = head_sent_ = queued_ = 0;
            closing_ = true;
            error_code ignored;
            socket_.shutdown(socket_.shutdown_both, ignored);
            return;
        }
        consume(static_cast<std::size_t>(sent));
        if (static_cast<std::size_t>(sent) < gathered) return wait_until_writable();
    }
    if (closing_) {
        error_code ignored;
        socket_.shutdown(socket_.shutdown_send, ignored);
    }
}

void SendQueue::consume(std::size_t sent) {
    queued_ -= sent;
    while (sent > 0) {
        const std::size_t left = entries_[head_].frame->size() - head_sent_;
        if (sent < left) {
            head_sent_ += sent;
            break;
        }
        sent -= left;
        head_sent_ = 0;
        entries_[head_++].frame.reset();
    }
    if (head_ == entries_.size()) {
        entries_.clear();
        if (entries_.capacity() > 4096) entries_.shrink_to_fit();
        head_ = 0;
    } else if (head_ > 1024 && head_ > entries_.size() / 2) {
        entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(head_));
        head_ = 0;
    }
}

void SendQueue::wait_until_writable() {
    // The size of what blocks, at the slowest pace that we bear, is time that the reader may have.
    const std::chrono::duration<double> allowed(static_cast<double>(entries_[head_].frame->size()) /
                                                limits_.slowest_reader_bytes_per_second);
    if (head_sent_ > 0 && allowed > limits_.behind) {
        catch_up_until_ = std::max(catch_up_until_,
                                   entries_[head_].queued_at + limits_.behind +
                                       std::chrono::duration_cast<Loop::Clock::duration>(allowed));
    }
    waiting_ = true;
    socket_.async_wait(asio::ip::tcp::socket::wait_write,
                       [this, alive = owner_.keep_alive()](error_code error) {
                           waiting_ = false;
                           if (!error) flush();
                       });
}

error_code SendQueue::heard(std::string_view bytes) {
    if (closing_) return aborted();
    loop_.now = last_heard_ = Loop::Clock::now();
    if (!meter_) return {};
    auto breach = meter_->feed(bytes, last_heard_);
    if (!breach) return {};
    owner_.on_breach(std::move(*breach));
    return aborted();
}

void SendQueue::drain(std::function<void()> done) {
    if (ended_) return done();
    static thread_local std::array<char, 16384> sink;  // what is read is never looked at
    socket_.async_read_some(asio::buffer(sink),
                            [this, done = std::move(done), alive = owner_.keep_alive()](
                                error_code error, std::size_t) mutable {
                                if (error) return done();
                                drain(std::move(done));
                            });
}

void SendQueue::cut() {
    closing_ = true;
    error_code ignored;
    socket_.close(ignored);
}

}  // namespace teatime::net
