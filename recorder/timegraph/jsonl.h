#pragma once

#include <string_view>

/// The lines of a recording as JSON: FORMAT.md, "As lines of JSON".
namespace teatime::timegraph::jsonl {

inline constexpr int kVersion = 1;

inline constexpr std::string_view kHeader = "timegraph", kMeta = "meta", kJoined = "joined",
                                  kLeft = "left", kClock = "clock", kGap = "gap",
                                  kMessage = "message", kKeyframe = "keyframe", kVote = "vote",
                                  kBookmark = "bookmark", kError = "error", kFile = "file",
                                  kEnd = "end";

/// Behind the name of a text that is not UTF-8: its value is base64 of the bytes.
inline constexpr std::string_view kBase64 = "64";

}  // namespace teatime::timegraph::jsonl
