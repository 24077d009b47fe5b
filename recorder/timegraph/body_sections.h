#pragma once

#include <cstddef>
#include <cstdint>

#include "teatime/state/time.h"
#include "teatime/timegraph/layout.h"

/// What those who write and read bodies (layout.h, FORMAT.md) have in common.
namespace teatime::timegraph {

inline constexpr std::size_t kPerMessage =
    12;  // what a message costs beside its bytes, in block size

/// More than any block has (kMaxBlockBytes), and not too much to allocate for a stranger's file.
inline constexpr std::uint64_t kMaxBodyMessages = 1 << 20;
inline constexpr std::uint64_t kMaxBodyNumbers = 1 << 22;
static_assert(kMaxBlockBytes / kPerMessage < kMaxBodyMessages &&
              kMaxBlockBytes / 2 <= kMaxBodyNumbers);

/// The sections of a body, in order.
enum BodySection {
    kTimes,
    kSeqs,
    kVoiceOf,
    kVoices,
    kShapes,
    kTexts,
    kStyles,
    kScales,
    kMantissas,
    kBytes,
    kSections
};

inline std::int64_t micros(VirtualTime time) {
    return time.time_since_epoch().count();
}

}  // namespace teatime::timegraph
