#pragma once

#include <compare>
#include <cstdint>
#include <functional>

#include "teatime/state/time.h"

namespace teatime {

/// A 64-bit number that cannot be mistaken for another one. Tag names its meaning.
template <class Tag>
struct StrongId {
    std::uint64_t value = 0;
    constexpr auto operator<=>(const StrongId&) const = default;
    explicit constexpr operator bool() const { return value != 0; }
};

using ObjectId = StrongId<struct ObjectTag>;  ///< never reused in an Island; 0 = none
using MemberId = StrongId<struct MemberTag>;  ///< given by the router, 1 for the first; 0 = none
using BranchId = StrongId<struct BranchTag>;  ///< 0 = the trunk

/// 1 for the session's first external message, then +1 each; 0 = before the first.
using Seq = StrongId<struct SeqTag>;
constexpr Seq next(Seq seq) {
    return {seq.value + 1};
}

/// The router's mark on an external message. `time` never decreases while `seq` grows.
struct Stamp {
    VirtualTime time;
    Seq seq;
    constexpr auto operator<=>(const Stamp&) const = default;
};

}  // namespace teatime

template <class Tag>
struct std::hash<teatime::StrongId<Tag>> {
    std::size_t operator()(teatime::StrongId<Tag> id) const noexcept {
        return std::hash<std::uint64_t>{}(id.value);
    }
};
