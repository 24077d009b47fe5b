#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "teatime/session/router.h"
#include "teatime/session/steady_time.h"
#include "teatime/state/image.h"
#include "teatime/timegraph/records.h"

namespace teatime::capture {

/// A state that a member has of its own replica.
struct MemberKeyframe {
    Image image;
    std::vector<ObjectId> touched;
};

struct MemberGap {
    Stamp before;
    std::string why;
};

/// What is rare: its size does not matter.
struct Note {
    std::variant<session::Record, MemberKeyframe, MemberGap> what;
    timegraph::WallTime wall;
};

using Event = std::variant<session::MessagePtr, std::unique_ptr<Note>>;

/// Between a session's thread and its writer: bounded, one uncontended lock an entry. When it is
/// full, messages are lost until the writer has taken it all; the loss is counted.
class EventQueue {
public:
    struct Batch {
        std::vector<Event> events;
        VirtualTime bound;  ///< after all events
        timegraph::WallTime wall;
        std::uint64_t lost_messages = 0;  ///< after all events
        std::uint64_t lost_notes = 0;
        Stamp last_lost;
        std::optional<session::SteadyTime> begun;  ///< when the first event came
        bool closed = false;
    };

    /// `at_once`: the writer should take each event as soon as it can.
    EventQueue(std::size_t messages, std::size_t bytes, bool at_once)
        : messages_(messages), bytes_(bytes), at_once_(at_once) {}

    /// While alive, its thread may add.
    class Adding {
    public:
        Adding(EventQueue& queue, timegraph::WallTime wall)
            : queue_(queue), lock_(queue.mutex_), wall_(wall) {}
        void message(const session::MessagePtr& message) {
            bound(message->stamp.time);
            Batch& batch = queue_.batch_;
            std::size_t size = message->payload.size() + message->extra.size() + kOverhead;
            if (batch.lost_messages || batch.events.size() >= queue_.messages_ ||
                queue_.used_ + size > queue_.bytes_) {
                ++batch.lost_messages;
                batch.last_lost = message->stamp;
                return;
            }
            queue_.used_ += size;
            batch.events.emplace_back(message);
        }
        void bound(VirtualTime bound) {
            queue_.batch_.bound = std::max(queue_.batch_.bound, bound);
            queue_.batch_.wall = wall_;
            queue_.news_ = true;
        }
        void note(Note&& note) {
            Batch& batch = queue_.batch_;
            if (batch.events.size() >= 2 * queue_.messages_) {  // messages leave it this room
                ++batch.lost_notes;
                return;
            }
            queue_.news_ = true;
            batch.events.emplace_back(std::make_unique<Note>(std::move(note)));
        }
        /// The first event since the queue was drained: its time is wanted.
        bool begins() const { return !queue_.batch_.events.empty() && !queue_.batch_.begun; }
        void begun(session::SteadyTime now) { queue_.batch_.begun = now; }
        void close() { queue_.batch_.closed = queue_.news_ = true; }
        /// The writer should not wait for its next turn; true once until it came.
        bool urgent() {
            const Batch& batch = queue_.batch_;
            bool now = batch.closed || (queue_.at_once_ && !batch.events.empty()) ||
                       queue_.used_ > queue_.bytes_ / 2 ||
                       batch.events.size() > queue_.messages_ / 2;
            return now && !std::exchange(queue_.poked_, true);
        }

    private:
        EventQueue& queue_;
        std::lock_guard<std::mutex> lock_;
        timegraph::WallTime wall_;
    };

    /// All that came since; false: nothing. Keeps the memory of `into.events` in use.
    bool drain(Batch& into) {
        into.events.clear();
        std::lock_guard lock(mutex_);
        if (!news_) return false;
        std::swap(into, batch_);
        batch_.bound = into.bound;
        batch_.lost_messages = batch_.lost_notes = 0;
        batch_.begun.reset();
        batch_.closed = into.closed;
        used_ = 0;
        news_ = poked_ = false;
        return true;
    }

private:
    static constexpr std::size_t kOverhead = 64;

    const std::size_t messages_;
    const std::size_t bytes_;
    const bool at_once_;
    std::mutex mutex_;
    Batch batch_;
    std::size_t used_ = 0;
    bool news_ = false;
    bool poked_ = false;
};

}  // namespace teatime::capture
