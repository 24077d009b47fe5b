#include <fmt/format.h>

#include <filesystem>

#include "recording.h"

namespace teatime::capture {
namespace {

constexpr auto kSpaceEvery = std::chrono::seconds(1);
// Of the quota, for what comes between two looks and for the sentence at the end.
constexpr std::uint64_t kLargestReserve = 2u << 20, kReserveShare = 8;

}  // namespace

/// Of the disk. In a file that is there a note has room still: the reserve is for that.
std::optional<Error> Recording::too_little_free(const std::string& path) {
    if (writer_) {
        if (auto room = writer_->reserve(); !room) return room.error();
    }
    std::uint64_t least = shared_->options.space.min_free;
    if (least == 0) return {};
    std::uint64_t free = 0;
    if (shared_->options.free_bytes) {
        free = shared_->options.free_bytes(path);
    } else {
        std::error_code error;
        auto space = std::filesystem::space(std::filesystem::path(path).parent_path(), error);
        if (error) return {};  // the write itself will tell
        free = space.available;
    }
    if (free >= least) return {};
    return failed(
        fmt::format("{}: less than {} bytes are free on its disk; make room", path, least));
}

/// The file is well, but nothing more goes into it for now; it says so itself, in case it stays so:
/// a gap begins here, of which the end is not known yet.
void Recording::pause_for(const Error& why) {
    Mark mark{{}, std::max(bound_, last_.time), Mark::kWholeInstant};
    std::string lasting = lasting_reason(why);
    check(writer_->commit());
    Seq missing_from = next(writer_->counters().last.seq);  // less than last_ where some were lost
    if (!failure_) {
        check(writer_->bookmark(
            {mark, shared_->wall(), "recorder", "Recording stopped here: " + lasting}));
    }
    if (!failure_) check(writer_->gap({mark.time, missing_from}, "recording stopped: " + lasting));
    if (failure_) return;
    uncommitted_.clear();
    failed_with(why);
}

/// Before limits are reached, since a file that is full cannot say so.
void Recording::look_at_space(session::SteadyTime now) {
    const SpaceLimits& space = shared_->options.space;
    if (!writer_ || failure_ || closing_) return;
    if (space.quota > 0 && committed_at_ == now) {  // each time: a second can bring much
        auto used = writer_->disk_bytes();
        if (!used) return check(used.error());
        std::uint64_t reserve = std::min(kLargestReserve, space.quota / kReserveShare);
        if (*used + reserve >= space.quota) {
            used_up_ = true;
            return pause_for(failed(
                fmt::format("{}: its quota of {} bytes is used up", writer_->path(), space.quota)));
        }
    }
    if (follower_ && writer_->wants_whole_state()) follower_->hurry();
    if (committed_at_ == now) {
        if (auto room = writer_->reserve(); !room) return pause_for(room.error());
    }
    if (now < space_at_) return;
    space_at_ = now + kSpaceEvery;
    if (auto refused = too_little_free(writer_->path())) return pause_for(*refused);
    if (space.ring() && trim_ring()) space_at_ = now;
}

/// A stretch at a time, so that the session's next messages need not wait for long. True: there may
/// be more to drop.
bool Recording::trim_ring() {
    const SpaceLimits& space = shared_->options.space;
    VirtualTime before = VirtualTime::min();
    if (space.keep > Duration(0)) before = std::max(bound_, last_.time) - space.keep;
    if (space.keep_bytes > 0) {
        auto used = writer_->used_bytes();
        check(used ? result<void>() : used.error());
        std::uint64_t most = space.keep_bytes - timegraph::wal_share(space.keep_bytes);
        if (used && *used > most) before = VirtualTime::max();
    }
    if (failure_) return false;
    auto dropped = writer_->drop_oldest(before);
    check(dropped ? result<void>() : dropped.error());
    return dropped && *dropped;
}

}  // namespace teatime::capture
