#pragma once

#include <vector>

#include "list_models.h"
#include "teatime/session/together.h"
#include "teatime/state/value.h"

namespace teatime::inspector {

/// How a live session is, for a page: `figures` as `GET /sessions/<id>` tells, null where they are
/// not there yet. The Island, who we are, who leads and pulls, time, each member with its latency
/// and backlog, message flows, the last snapshot.
std::vector<Fact> describe_session(const Value& figures, const session::Company& company,
                                   MemberId self);

}  // namespace teatime::inspector
