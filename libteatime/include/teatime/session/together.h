#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "teatime/state/ids.h"
#include "teatime/state/mark.h"

/// Several people in front of one Island: who is here, who drives, what waits, what was noted, and
/// where everybody looks. A router tells its native members at their join and with every change; a
/// Controller keeps it as a Company. Nothing of it is stamped or part of an Island's state.
namespace teatime::session {

/// A viewer sends no messages and is not announced to the world.
enum class Role : std::uint8_t { participant, viewer };

// ---- who is here ---------------------------------------------------------------------------

struct MemberInfo {
    MemberId id;
    std::string name;  ///< for people; may be empty, and two may have the same
    Role role = Role::participant;
    bool replica = false;   ///< has an Island, so it reports after steps
    bool connected = true;  ///< else it may come back, until it is gone
    bool operator==(const MemberInfo&) const = default;
};

/// A change of who is here. In a session of more members than a router lists, some are only
/// counted.
struct Roster {
    bool whole = false;  ///< all there are; at a join, where it comes last of what is told there
    std::vector<MemberInfo> members;  ///< new or changed
    std::vector<MemberId> gone;
    std::uint64_t total = 0;  ///< members now
    bool operator==(const Roster&) const = default;
};

// ---- who drives ----------------------------------------------------------------------------

/// Who leads: only the holder's time requests are obeyed, all others are refused with its name.
///
/// Nobody leads at first: the first time request, or a `take`, takes the lead, so that of two
/// people pressing at once exactly one is obeyed. The holder keeps it until it hands it over,
/// releases it or leaves for good (a one-shot tool leads for one request). When its connection is
/// lost it has RouterOptions::lease to come back with its token. A `take` while another leads is
/// refused, and the holder is told who asks; only one who has asked nothing of time for
/// RouterOptions::lease_idle, at lunch with the session paused, is relieved by it.
struct Lease {
    MemberId holder;    ///< 0 = nobody
    std::string name;   ///< of the holder; empty = it has none
    bool away = false;  ///< its connection is lost
    Duration left{0};   ///< away: the lead is free after this
    bool operator==(const Lease&) const = default;
};

struct LeaseRequest {
    enum class Op : std::uint8_t { take, hand, release };
    std::uint64_t request = 0;  ///< as TimeRequest::request, of one count with these
    Op op = Op::take;
    MemberId to;  ///< op hand: a member that is here
};

// ---- what waits ----------------------------------------------------------------------------

struct WaitingMessage {
    MemberId sender;
    std::string payload;      ///< JSON text; its beginning where it is long
    std::uint64_t bytes = 0;  ///< of the whole payload
    bool operator==(const WaitingMessage&) const = default;
};

/// The external messages that wait at the router of a paused session, in the order in which
/// `step external` and `resume` let them through.
struct WaitingMessages {
    std::uint64_t total = 0;
    std::vector<WaitingMessage> first;  ///< the first of them
    bool operator==(const WaitingMessages&) const = default;
};

// ---- notes ---------------------------------------------------------------------------------

/// A comment on a moment of the session, of any member. Recordings keep it as a bookmark.
struct Note {
    std::uint64_t id = 0;  ///< 1 for the session's first, then +1 each
    Mark mark;
    MemberId member;
    std::string author;  ///< the member's name, or `member 3`
    std::string text;    ///< UTF-8, as it was written: not safe for a terminal
    bool operator==(const Note&) const = default;
};

/// At a join all notes that the router keeps (its latest), later each new one.
struct Notes {
    std::vector<Note> notes;
};

struct NoteRequest {
    std::uint64_t request = 0;  ///< as TimeRequest::request, of one count with these
    Mark mark;                  ///< on the trunk
    std::string text;
};

// ---- where everybody looks -----------------------------------------------------------------

/// Where a member's own view stands, and what in it the member points at for everyone. As a
/// client's frame: its own, `member` does not count. Only the latest of a short while is passed on.
struct Playhead {
    MemberId member;  ///< 0 = the session's own, of a shared recording
    Mark mark;
    bool follows = true;  ///< goes with the session; `mark` is where it was lately
    /// `bounce.discs[3]`, as direct_path() writes it; of another's client: any text. Empty:
    /// nothing.
    std::string points_at = {};
    bool operator==(const Playhead&) const = default;
};

/// What is longer, in bytes, points at nothing.
inline constexpr std::size_t kLongestPointedAt = 256;

/// Those that moved; at a join all.
struct Playheads {
    std::vector<Playhead> playheads;
};

// ---- answers -------------------------------------------------------------------------------

/// To who sent a LeaseRequest or NoteRequest: done, or refused with a sentence.
struct Answer {
    std::uint64_t request = 0;
    std::string refused;  ///< empty = done
};

// ---- what a client knows -------------------------------------------------------------------

/// All of this as told to one client up to now. A plain value: copy it to where it is shown.
struct Company {
    std::vector<MemberInfo> members;  ///< by id
    std::uint64_t total = 0;          ///< members there; more than `members` in a crowd
    Lease lease;
    WaitingMessages waiting;
    std::vector<Note> notes;          ///< by id
    std::vector<Playhead> playheads;  ///< by member, of all others that told theirs

    const MemberInfo* find(MemberId member) const;
    /// Those whom somebody may mean who types a member's name or its number.
    std::vector<MemberId> named(const std::string& name_or_number) const;
    /// Null: it has told nothing.
    const Playhead* playhead_of(MemberId member) const;
    /// `Ann`, or `member 3` of one without a name or not known.
    std::string name_of(MemberId member) const;

    void take(const Roster& roster);
    void take(const Playheads& playheads, MemberId own);
    /// Those of them that were not known before.
    std::vector<Note> take(const Notes& notes);
};

/// `Ann`, or `member 3`.
std::string name_of(MemberId member, const std::string& name);

}  // namespace teatime::session
