#include <algorithm>

#include "router_impl.h"

namespace teatime::session {
namespace {

constexpr std::size_t kPlayheadsAtOnce = 64;

/// Whole characters.
std::string beginning(const std::string& text, std::size_t bytes) {
    if (text.size() <= bytes) return text;
    while (bytes > 0 && (text[bytes] & 0xC0) == 0x80) --bytes;
    return text.substr(0, bytes);
}

}  // namespace

/// To native members: others would take it for an error.
void Router::Impl::tell(Frame frame) {
    if (info_.kind == Kind::native) return broadcast(std::move(frame));
    for (auto& [id, member] : members_) {
        if (member.synced && member.kind == Kind::native) send(member, frame);
    }
}

/// Of a Croquet member the name is all that its application says of it.
std::string Router::Impl::shown_name(const Member& member) {
    return member.kind == Kind::native ? member.name : member.user_json;
}

MemberInfo Router::Impl::info_of(const Member& member) {
    return {member.id, shown_name(member), member.role, member.replica, member.synced};
}

std::vector<RouterMember> Router::Impl::members() const {
    std::vector<RouterMember> list;
    for (auto& [id, member] : members_) {
        if (member.recorded) list.push_back({info_of(member), member.connection});
    }
    return list;
}

/// After its Sync: all that there is to know.
void Router::Impl::introduce(const Member& member) {
    lease_back(member);
    if (member.kind != Kind::native) return;
    Roster roster;
    roster.whole = true;
    roster.total = present_;
    Playheads playheads;
    if (shared_) playheads.playheads.push_back(*shared_);
    for (auto& [id, other] : members_) {
        if (!other.listed) continue;
        roster.members.push_back(info_of(other));
        if (other.playhead) playheads.playheads.push_back(*other.playhead);
    }
    send(member, lease());
    send(member, waiting_messages());
    // A replica too: of the Mark it knows the messages executed, not which of those around it.
    if (clock_.paused() && last_outcome_) send(member, last_outcome_);
    if (!last_split_.empty()) send(member, split_told());
    if (!notes_.empty()) send(member, Notes{{notes_.begin(), notes_.end()}});
    if (!playheads.playheads.empty()) send(member, std::move(playheads));
    send(member, std::move(roster));
}

// ---- what has changed, told in batches -------------------------------------------------------

void Router::Impl::roster_changed(Member& member) {
    if (member.recorded && !member.counted_in) {
        member.counted_in = true;
        ++present_;
        member.listed = listed_ < options_.listed;
        listed_ += member.listed;
    }
    if (!member.listed) return;
    roster_new_.insert(member.id);
    company_soon();
}

void Router::Impl::roster_left(const Member& member) {
    present_ -= member.counted_in;
    if (!member.listed) return;
    --listed_;
    roster_new_.erase(member.id);
    playheads_new_.erase(member.id);
    roster_gone_.push_back(member.id);
    company_soon();
}

void Router::Impl::waiting_changed() {
    waiting_new_ = true;
    company_soon();
}

/// At once where nothing was told lately.
void Router::Impl::company_soon() {
    if (company_due_) return;
    company_due_ = now_;
    if (last_company_) company_due_ = std::max(now_, *last_company_ + options_.company_batch);
    alarm(*company_due_);
}

void Router::Impl::company_due() {
    if (!company_due_) return;
    if (now_ < *company_due_) return alarm(*company_due_);
    company_due_.reset();
    last_company_ = now_;
    tell_roster();
    if (std::exchange(waiting_new_, false)) tell(waiting_messages());
    tell_playheads();
}

void Router::Impl::tell_roster() {
    if (roster_new_.empty() && roster_gone_.empty()) return;
    Roster roster;
    roster.total = present_;
    for (MemberId id : std::exchange(roster_new_, {})) {
        if (const Member* member = find(id)) roster.members.push_back(info_of(*member));
    }
    roster.gone = std::exchange(roster_gone_, {});
    tell(std::move(roster));
}

WaitingMessages Router::Impl::waiting_messages() const {
    WaitingMessages waiting;
    waiting.total = held_.size();
    for (const Waiting& one : held_) {
        if (waiting.first.size() >= options_.waiting_shown) break;
        waiting.first.push_back(
            {one.sender, beginning(one.payload, options_.waiting_bytes), one.payload.size()});
    }
    return waiting;
}

void Router::Impl::tell_playheads() {
    Playheads moved;
    while (!playheads_new_.empty() && moved.playheads.size() < kPlayheadsAtOnce) {
        const MemberId id = playheads_new_.extract(playheads_new_.begin()).value();
        const Member* member = find(id);
        if (!id && shared_) moved.playheads.push_back(*shared_);
        if (member && member->playhead) moved.playheads.push_back(*member->playhead);
    }
    if (!moved.playheads.empty()) tell(std::move(moved));
    if (!playheads_new_.empty()) company_soon();
}

// ---- notes, playheads ----------------------------------------------------------------------

void Router::Impl::on(Member& member, NoteRequest& request) {
    if (member.kind != Kind::native || repeated(member, request.request)) return;
    answer(member, request.request, Answer{request.request, note(member, request)});
}

/// Why not; empty = done.
std::string Router::Impl::note(Member& member, NoteRequest& request) {
    bool sensible = request.mark.branch == BranchId{} && request.mark.time >= kSessionStart &&
                    request.mark.time <= announced_ + options_.longest_step;
    if (!sensible) return "A note is for a Mark of this session's own line.";
    if (request.text.empty()) return "A note needs a text.";
    if (request.text.size() > options_.note_bytes)
        return "A note may have " + std::to_string(options_.note_bytes) + " bytes, this has " +
               std::to_string(request.text.size()) + ".";
    SteadyTime from = std::max(member.notes_from, now_ - options_.note_burst * options_.note_every);
    if (from + options_.note_every > now_) return "So many notes at once; wait a moment.";
    member.notes_from = from + options_.note_every;
    notes_.push_back({++last_note_, request.mark, member.id, name_of(member.id, shown_name(member)),
                      std::move(request.text)});
    if (notes_.size() > options_.notes) notes_.pop_front();
    record(notes_.back());
    tell(Notes{{notes_.back()}});
    return {};
}

void Router::Impl::on(Member& member, Playhead& playhead) {
    bool sensible = playhead.mark.branch == BranchId{} && playhead.mark.time >= kSessionStart;
    if (member.kind != Kind::native || !sensible) return;
    playhead.member = member.id;
    if (playhead.points_at.size() > kLongestPointedAt) playhead.points_at.clear();
    if (member.playhead == playhead) return;
    const bool moved = !member.playhead || member.playhead->mark != playhead.mark ||
                       member.playhead->follows != playhead.follows;
    member.playhead = playhead;
    if (member.listed) playheads_new_.insert(member.id);
    if (shared_ && moved && !playhead.follows && drive(member).empty()) {
        shared_->mark = playhead.mark;
        playheads_new_.insert(shared_->member);
    }
    company_soon();
}

/// Instead of the first join's deciding.
void Router::Impl::share(const SharedRecording& recording) {
    info_.kind = Kind::native;
    info_.mode = TimeMode::lazy;
    info_.tick = options_.tick;
    info_.vote_interval = Duration(0);
    info_.app = name_ = recording.app;
    info_.code_id = recording.code_id;
    shared_ = Playhead{{}, recording.playhead, false};
    clock_.start(now_, recording.playhead.time, {}, true);
    announced_ = last_tick_ = recording.playhead.time;
    started_ = last_frame_ = now_;
    history_.set_start_time(time_state());
    record(Started{info_, "{}", time_state(), std::nullopt});
}

}  // namespace teatime::session
