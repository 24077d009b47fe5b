#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "teatime/state/ids.h"
#include "teatime/state/result.h"

namespace teatime {

/// An exact position in a history: everything before `time`, plus the first `n` messages executed
/// at exactly `time`. Ordered within a branch, serialisable. In foreign recordings n counts
/// external messages.
struct Mark {
    static constexpr std::uint64_t kWholeInstant = std::numeric_limits<std::uint64_t>::max();

    BranchId branch;
    VirtualTime time;
    std::uint64_t n = kWholeInstant;

    constexpr auto operator<=>(const Mark&) const = default;
    bool whole_instant() const { return n == kWholeInstant; }
};

/// `12.5s` = after the whole instant, `12.5s#0` = before its first message, `12.5s#3` = after the
/// third; a branch other than the trunk is written in front: `2/12.5s#3`.
std::string to_string(const Mark& mark);
result<Mark> parse_mark(std::string_view text);

}  // namespace teatime
