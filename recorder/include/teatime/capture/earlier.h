#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "teatime/session/frames.h"
#include "teatime/state/image.h"
#include "teatime/state/result.h"
#include "teatime/timegraph/records.h"

namespace teatime::capture {

/// What a file holds that was begun by another recorder of the same session.
struct Earlier {
    Stamp last;  ///< its last message
    Mark state;  ///< its last keyframe
    std::vector<timegraph::Member> members;
};

/// Makes `to` a copy of `from`, which may be in the middle of being recorded, for a member that
/// joined with `sync` and the state `image` and goes on with it. An error, and no file, where
/// `from` is not of this run of the session, does not reach up to that state within `patience`,
/// lacks a message from there on, or says otherwise than the session does in what both have.
/// O(size).
result<Earlier> take_over(const std::string& from, const std::string& to, const session::Sync& sync,
                          const Image& image, std::chrono::milliseconds patience);

}  // namespace teatime::capture
