#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "teatime/session/frames.h"

namespace teatime::session {

/// Random bits for tokens and timelines. From a strong source in production: tokens are secrets.
using Random64 = std::function<std::uint64_t()>;

/// Where a restored session goes on: stamps are above these.
struct SessionStart {
    SnapshotInfo snapshot;
    std::string app;
    std::string code_id;
};

/// A recording that people look at together. Nothing is executed or stamped and nobody has a
/// replica: each member replays the file by itself. The session's own playhead goes where who leads
/// looks; the first who moves while nobody leads has the lead.
struct SharedRecording {
    std::string app;
    std::string code_id;
    std::string file;  ///< path at the reflector: `/files/x.timegraph`
    Mark playhead;     ///< at first
};

struct RouterOptions {
    using ms = std::chrono::milliseconds;

    TimeMode mode = TimeMode::heartbeat;  ///< of native sessions
    Rate rate;
    bool paused = false;     ///< starts paused at its first instant
    Duration tick = ms(50);  ///< native sessions, and the least for Croquet ones is min_tick
    Duration min_tick = ms(1);
    Duration max_tick = ms(60'000);
    Duration vote_interval = ms(1'000);  ///< virtual; 0 = no votes
    bool allow_mixed = false;            ///< native members with another code id
    bool viewers_control_time = true;
    std::optional<SessionStart> start;
    std::optional<SharedRecording> recording;  ///< instead of a world

    // Members.
    std::size_t members = 10'000;
    Duration users_batch = ms(200);      ///< least time between two `users` messages
    Duration rejoin_window = ms(5'000);  ///< native: `left` is stamped after this
    Duration max_leave_delay = ms(60'000);
    Duration empty_session = ms(10'000);  ///< ends so long after its last member left
    std::size_t departed = 1'024;         ///< left members whose sends are remembered

    // History and snapshots.
    std::size_t join_messages = 2'000;  ///< a native join over this asks a member for a snapshot
    Duration join_time = ms(10'000);    ///< likewise, virtual
    Duration snapshot_deadline = ms(2'000);
    std::size_t snapshot_members = 3;      ///< asked one after the other before a join goes without
    std::size_t history_request = 60'000;  ///< from here on snapshots are asked for
    std::size_t history_limit = 100'000;   ///< from here on sends are refused
    std::size_t history_bytes = 256u << 20;  ///< likewise

    // Votes.
    Duration tally_deadline = ms(1'000);
    Duration tally_age = ms(60'000);
    std::size_t tallies_kept = 20;
    std::size_t tallies_open = 64;
    std::size_t tally_bytes = 1u << 20;  ///< of different answers in one tally
    Duration vote_deadline = ms(2'000);
    std::size_t vote_marks = 64;

    // Time control.
    Duration step_deadline = ms(2'000);
    Duration longest_step = std::chrono::hours(24 * 365);
    std::size_t held = 10'000;  ///< sends that wait while paused
    std::size_t held_bytes = 64u << 20;
    std::size_t time_requests = 64;     ///< that wait for a step to end
    Duration paused_tick = ms(250);     ///< Croquet clients see the frozen time so often
    Duration pull_overdue = ms(1'000);  ///< another member than the puller may pull then

    // Several people together.
    Duration lease = ms(10'000);       ///< of who leads and lost its connection; 0 = all control
                                       ///< time, nobody leads
    Duration lease_idle = ms(60'000);  ///< a take relieves who asked nothing of time for so long
    Duration company_batch = ms(100);  ///< least time between two frames of who is here, what
                                       ///< waits, or where everybody looks
    std::size_t listed = 1'000;        ///< members told of by name
    std::size_t waiting_shown = 64;    ///< of the messages that wait
    std::size_t waiting_bytes = 256;   ///< shown of each
    std::size_t notes = 1'000;         ///< kept for late joiners, the latest
    std::size_t note_bytes = 2'000;
    Duration note_every = ms(1'000);  ///< of one member, on average
    int note_burst = 5;
};

}  // namespace teatime::session
