#pragma once

#include <string>

#include "teatime/session/frames.h"
#include "teatime/state/value.h"

namespace teatime::cli {

/// `pause`, `resume`, `rate 4`, `step`, `step instant`, `step 500ms`, `step to 12s#1`,
/// `until 12s`: verb and argument.
result<session::TimeRequest> parse_time_request(const std::string& verb,
                                                const std::string& argument);

/// Time as it stands; with an outcome who agrees on which Mark and hash, and who is missing.
Value::Entries to_entries(const session::TimeState& state, const session::StepOutcome* outcome);

/// ` 1 2 3`
std::string numbers(const std::vector<MemberId>& members);

}  // namespace teatime::cli
