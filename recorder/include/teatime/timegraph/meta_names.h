#pragma once

/// The names in use in the table `meta`; FORMAT.md tells what stands under each. Meta has members
/// for the first ones, the others are in Meta::more.
namespace teatime::timegraph {

inline constexpr const char* kKindMeta = "kind";
inline constexpr const char* kAppMeta = "app";
inline constexpr const char* kCodeIdMeta = "code_id";
inline constexpr const char* kSessionMeta = "session";
inline constexpr const char* kNameMeta = "name";
inline constexpr const char* kRouterMeta = "router";
inline constexpr const char* kRecorderMeta = "recorder";
inline constexpr const char* kTickMeta = "tick_us";

/// Of a run of the session: another one has the same id and other messages.
inline constexpr const char* kTimeline = "timeline";
/// What the member who began the session joined it with: JSON.
inline constexpr const char* kJoin = "join";
inline constexpr const char* kTimeMode = "time_mode";
inline constexpr const char* kVoteInterval = "vote_interval_us";
inline constexpr const char* kTove = "tove";       ///< Croquet: encrypted with the password
inline constexpr const char* kFlags = "flags";     ///< Croquet
inline constexpr const char* kDelay = "delay_ms";  ///< Croquet

/// How soon messages were committed: kEachMessage where each was before any member was told of it,
/// else the interval, "0.1s".
inline constexpr const char* kDurability = "durability";
inline constexpr const char* kEachMessage = "message";
/// And the bound that held: what was handed to the recorder was in the file within that time.
inline constexpr const char* kCommittedWithin = "committed_within";

/// How much a ring keeps, in words.
inline constexpr const char* kRing = "ring";
/// The hash before the first block, as 64 hex digits, where the oldest blocks were dropped.
inline constexpr const char* kChainStart = "chain_start";
/// Of a recording that does not begin as its session did, but with its first keyframe.
inline constexpr const char* kStartedFrom = "started_from";
/// By which a filtered recording is known: an expression. What it does not hold for is missing, so
/// that the world cannot be rebuilt.
inline constexpr const char* kFilterMeta = "filter";
/// By which a redacted recording is known: what was redacted, in words.
inline constexpr const char* kRedactedMeta = "redacted";
/// Of what a recovered recording was made.
inline constexpr const char* kOrigin = "origin";

}  // namespace teatime::timegraph
