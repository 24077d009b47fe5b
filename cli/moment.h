#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "command.h"
#include "teatime/state/mark.h"
#include "teatime/state/result.h"
#include "teatime/timegraph/moment.h"
#include "teatime/timegraph/reader.h"

namespace teatime::cli {

using timegraph::kMomentForms;

/// Where a recording begins.
result<Mark> begin_of(const timegraph::Reader& recording, const timegraph::Reader::Info& info);

/// A moment of a recording. One outside it is an error that names the range.
result<Mark> parse_moment(std::string_view text, const timegraph::Reader& recording);

/// --from and --to of verbs that go through a recording.
struct Interval {
    std::string from = "start";
    std::string to = "end";

    void add_to(Command& command);
    /// First and last moment; an error where they are not in this order.
    result<std::pair<Mark, Mark>> in(const timegraph::Reader& recording) const;
};

/// `2026-11-20 14:32:05.250 UTC`.
std::string wall_text(timegraph::WallTime wall);

}  // namespace teatime::cli
