#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>

#include "history.h"
#include "session_clock.h"
#include "tally.h"
#include "teatime/session/router.h"

namespace teatime::session {

/// One session's state. Split over router.cpp (stamping, sends), router_join.cpp (members),
/// router_snapshot.cpp, router_time.cpp (time control, lazy time), router_votes.cpp,
/// router_lease.cpp (who drives), router_company.cpp (what members are told of each other) and
/// router_states.cpp (the state of one for another).
class Router::Impl {
public:
    Impl(std::string session_id, RouterOptions options, Random64 random);

    void step(RouterInput&& input, SteadyTime now, RouterOutputs& out);
    std::optional<SteadyTime> wake_at() const;
    RouterStatus status(SteadyTime now) const;
    std::vector<RouterMember> members() const;

    Seq last_seq() const { return history_.last(); }
    Kind kind() const { return info_.kind; }
    bool ended() const { return ended_; }

private:
    /// Requests taken, and the latest answers: for who lost them with its connection.
    struct Requests {
        std::uint64_t last = 0;
        std::deque<Frame> answers;
    };
    struct Member {
        MemberId id;
        ConnectionId connection;  // 0 = away
        Kind kind = Kind::croquet;
        Role role = Role::participant;
        bool replica = false;  // native, with an Island
        bool synced = false;   // got its Sync and is here
        bool counted = false;  // named, or about to be, in a `users` message
        std::string name;
        std::string user_json;
        std::string token;
        std::uint64_t sent = 0;
        bool known = false;  // its token was recognised
        bool again = false;
        bool recorded = false;  // MemberJoined was
        std::string timeline;   // of its last join, with last_seq
        Seq last_seq;
        std::string given;  // URL of the snapshot in its last Sync
        VirtualTime last_vote{};
        std::uint32_t unanswered = 0;  // snapshot requests in a row
        std::optional<SteadyTime> leaves_at;
        bool counted_in = false;  // in present_
        bool listed = false;      // others are told of it by name
        Requests requests;
        std::optional<Playhead> playhead;
        SteadyTime notes_from = SteadyTime::min();  // counts its notes
    };
    struct Departed {
        MemberId id;
        std::string token;
        std::uint64_t sent = 0;
        Requests requests;
    };
    struct Waiting {  // a send that waits for its stamp
        MemberId sender;
        std::string payload;
        std::string extra;
        std::uint64_t number = 0;  // native
    };
    struct SnapshotRequest {
        std::uint64_t id = 0;
        MemberId asked;
        SteadyTime deadline;
        std::set<MemberId> tried;
    };
    struct Tally {
        Ballot<std::string> ballot;
        Tutti question;
        std::size_t bytes = 0;
        bool done = false;
    };
    struct StateAt {
        Mark mark;
        Hash128 hash;
        bool operator==(const StateAt&) const = default;
    };
    struct VoteAt {
        Ballot<Hash128> ballot;
        bool done = false;
    };
    struct Asker {
        MemberId member;
        std::uint64_t request = 0;
    };
    struct Stepping {
        TimeOp op;
        Ballot<StateAt> ballot;
        Asker asker;
        bool deserted = false;  // nobody reported in time: joiners may do it
        bool more = false;      // somebody has a message to execute
    };
    struct StatesAsked {
        Asker asker;
        std::vector<MemberId> members;          // in the order asked for
        std::map<MemberId, SnapshotInfo> came;  // without a URL: not yet
        SteadyTime deadline;
    };
    struct Until {
        Mark mark;
        Asker asker;
    };

    // router.cpp
    void client_frame(ConnectionId connection, ClientFrame& frame);
    void on(Member& member, Send& send);
    void on(Member& member, Ticks& ticks);
    void on(Member& member, JoinRequest&);
    const MessagePtr& stamp(MemberId sender, std::string payload, std::string extra);
    void accept(Waiting&& send);
    void stamp_send(Waiting&& send);
    bool debounced(const Send& send);
    bool room_for_sends(Member& member, std::uint64_t number);
    void refuse(Member& member, std::uint64_t number, const char* code, std::string sentence);
    void release_delayed();
    void tick();
    std::optional<SteadyTime> tick_due() const;
    void alarm(SteadyTime at) {
        if (!alarm_ || at < *alarm_) alarm_ = at;
    }
    void do_what_is_due();
    void send(const Member& member, Frame frame) {
        out_->push_back(SendTo{member.connection, std::move(frame)});
    }
    void broadcast(Frame frame) { out_->push_back(Broadcast{std::move(frame)}); }
    void tell(Frame frame);
    static std::string shown_name(const Member& member);
    static MemberInfo info_of(const Member& member);
    void record(Record record) { out_->push_back(std::move(record)); }
    void close(ConnectionId connection, CloseCode code, std::string_view sentence);
    Member* find(ConnectionId connection);
    Member* find(MemberId member);
    VirtualTime next_stamp() const;
    Stamp here() const { return {announced_, history_.last()}; }

    // router_join.cpp
    void join(ConnectionId connection, JoinRequest& request);
    bool may_join(ConnectionId connection, const JoinRequest& request);
    bool decide(ConnectionId connection, const JoinRequest& request);
    Member& add_member(ConnectionId connection, const JoinRequest& request);
    Member* returning(ConnectionId connection, const JoinRequest::Native& request);
    void admit(Member& member);
    void admit_waiting();
    void sync(Member& member);
    SyncPtr make_sync(const Member& member, bool resumed) const;
    void rename(MemberId from, MemberId to);
    bool resumes(const Member& member) const;
    void announce_join(Member& member);
    void announce_leave(const Member& member);
    void flush_users();
    void tell_users();
    bool send_waits(MemberId sender) const;
    std::size_t active() const;
    void gone(ConnectionId connection, bool for_good);
    void detach(Member& member);
    void disconnected(Member& member, bool for_good);
    void remove(MemberId member);
    void members_due();
    std::string random_text();

    // router_snapshot.cpp
    void on(Member& member, Snap& snap);
    bool needs_snapshot(const Member& member) const;
    bool wants_snapshot() const;
    void request_snapshot();
    void snapshot_wanted();
    void ask_next();
    void history_grew();
    void snapshot_due();

    // router_time.cpp
    void on(Member& member, TimeRequest& request);
    void on(Member& member, StepReport& report);
    void on(Member& member, Pull& pull);
    void change_time(Asker asker, const TimeRequest& request);
    void step_time(Asker asker, const TimeRequest& request);
    void run_until(Asker asker, const Mark& mark);
    bool ahead(const Mark& mark) const;
    std::string not_ahead(const Mark& mark) const;
    bool is_due(const Mark& mark) const;
    void until_due();
    void cancel_until(const char* why);
    void obey(const TimeOp& op, Asker asker);
    void let_through();
    void set_clock(const TimeOp& op, VirtualTime stamped);
    void finish_step();
    VirtualTime reached(const Stepping& done, const StepOutcome& outcome) const;
    void next_time_request();
    void answer(Asker asker, std::string refused,
                std::shared_ptr<const StepOutcome> outcome = nullptr);
    void tell_asker(Asker asker, Frame frame);
    void answer(Member& member, std::uint64_t request, Frame frame);
    static void keep_answer(Requests& requests, std::uint64_t request, Frame frame);
    bool repeated(Member& member, std::uint64_t request);
    void elect_puller(MemberId member);
    void new_puller();
    void pull_due();
    TimeState time_state() const;
    bool stepping() const { return stepping_.has_value(); }
    bool joins_wait() const { return stepping_ && !stepping_->deserted; }
    std::vector<MemberId> replicas() const;

    // router_votes.cpp
    void on(Member& member, Tutti& tutti);
    void on(Member& member, Vote& vote);
    void finish_tally(Tally& tally);
    void decide_vote(const Mark& mark, VoteAt& vote);
    bool is_news(const std::vector<Agreement>& groups) const;
    void split(std::vector<Agreement> groups);
    void add_to_split(const Agreement& group);
    void forget_in_split(const std::function<bool(MemberId)>& gone);
    Info split_told() const;
    void votes_due();
    void drop_from_votes(MemberId member);

    // router_lease.cpp
    void on(Member& member, LeaseRequest& request);
    std::string change_lease(Member& member, const LeaseRequest& request);
    std::string take_lease(Member& member);
    std::string drive(Member& member);
    std::string who_drives() const;
    void lead(const Member* member);
    void lease_away(const Member& member, bool for_good);
    void lease_back(const Member& member);
    void lease_due();
    Lease lease() const;

    // router_states.cpp
    void on(Member& member, StateRequest& request);
    std::string ask_states(Asker asker, std::vector<MemberId>& members);
    bool state_came(const Member& member, Snap& snap);
    void end_states(std::uint64_t number, std::string refused);
    void states_due();
    void drop_from_states(const Member& member);

    // router_company.cpp
    void on(Member& member, NoteRequest& request);
    void on(Member& member, Playhead& playhead);
    std::string note(Member& member, NoteRequest& request);
    void introduce(const Member& member);
    void roster_changed(Member& member);
    void roster_left(const Member& member);
    void waiting_changed();
    void company_soon();
    void company_due();
    void tell_roster();
    void tell_playheads();
    void share(const SharedRecording& recording);
    WaitingMessages waiting_messages() const;

    RouterOptions options_;
    Random64 random_;
    SessionInfo info_;
    std::string name_;
    SteadyTime now_{};
    RouterOutputs* out_ = nullptr;
    bool ended_ = false;
    std::optional<SteadyTime> alarm_;  // never later than the first deadline; ticks and pulls apart

    // Time and messages.
    SessionClock clock_;
    VirtualTime announced_{};  // no later stamp or bound is below
    // Where replicas reported a Mark nothing may be stamped any more, else it were another state.
    VirtualTime above_{};
    SteadyTime started_{};     // for raw time
    SteadyTime last_frame_{};  // last stamp or tick
    VirtualTime last_tick_{};
    Duration delay_{0};  // Croquet: stamps keep this distance from the last tick
    History history_;
    std::deque<Waiting> delayed_;
    std::map<std::string, SteadyTime> debounce_;
    SteadyTime last_requ_{};
    std::size_t next_requ_ = 0;

    // Members.
    std::map<MemberId, Member> members_;
    std::unordered_map<ConnectionId, Member*> connections_;
    std::size_t synced_ = 0;
    MemberId last_member_;
    std::vector<MemberId> joiners_;  // wait for a snapshot or the end of a step
    struct Named {
        MemberId member;
        std::string json;  // the user, or the member's number
    };
    std::vector<Named> joined_;  // not told to the world yet
    std::vector<Named> left_;
    std::optional<SteadyTime> users_due_;
    std::optional<SteadyTime> last_users_;
    Duration leave_delay_{0};
    std::string tove_;
    CroquetFlags flags_;
    std::deque<Departed> departed_;
    std::optional<SteadyTime> empty_since_;

    // Snapshots.
    std::optional<SnapshotInfo> snapshot_;
    std::optional<SnapshotRequest> request_;
    std::uint64_t last_request_ = 0;
    std::map<std::uint64_t, std::set<MemberId>> asked_;  // recent requests: late answers count too
    std::map<std::uint64_t, StatesAsked> states_asked_;  // by the number of their Requ

    // Time control.
    std::uint64_t last_op_ = 0;
    std::optional<Stepping> stepping_;
    std::shared_ptr<const StepOutcome> last_outcome_;
    bool nothing_due_ = false;  // after it, at any replica; as long as time stands still
    std::deque<Waiting> held_;
    std::size_t held_bytes_ = 0;
    std::deque<std::pair<MemberId, TimeRequest>> time_requests_;
    std::optional<Until> until_;
    MemberId puller_;
    std::optional<VirtualTime> pull_;

    // Votes.
    std::map<std::string, Tally> tallies_;
    std::deque<std::string> tallies_done_;
    std::map<Mark, VoteAt> votes_;
    std::vector<Agreement> last_split_;

    // Who drives.
    MemberId driver_;
    std::string driver_name_;
    std::optional<SteadyTime> lease_ends_;  // its connection is lost
    SteadyTime lease_used_{};
    SteadyTime lease_asked_{};  // the driver was told that another would like to

    // What members are told of each other, and what of it has changed since they were.
    std::size_t present_ = 0;
    std::size_t listed_ = 0;
    std::set<MemberId> roster_new_;
    std::vector<MemberId> roster_gone_;
    std::set<MemberId> playheads_new_;
    std::optional<Playhead> shared_;  // of a shared recording
    bool waiting_new_ = false;
    std::optional<SteadyTime> company_due_;
    std::optional<SteadyTime> last_company_;
    std::deque<Note> notes_;
    std::uint64_t last_note_ = 0;
};

}  // namespace teatime::session
