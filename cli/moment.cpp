#include "moment.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

namespace teatime::cli {

result<Mark> begin_of(const timegraph::Reader& recording, const timegraph::Reader::Info& info) {
    auto first = timegraph::first_state(recording, info);
    if (!first) return first.error();
    return *first ? (*first)->mark : Mark{BranchId{}, kSessionStart, 0};
}

result<Mark> parse_moment(std::string_view text, const timegraph::Reader& recording) {
    auto info = recording.info();
    if (!info) return info.error();
    auto begin = begin_of(recording, *info);
    if (!begin) return begin.error();
    auto time_at = [&](timegraph::WallTime wall) -> result<VirtualTime> {
        auto clock = recording.clock();
        if (!clock) return clock.error();
        if (clock->empty()) return wrong_usage(recording.path() + " knows no wall clock");
        if (wall < clock->front().wall) {
            return wrong_usage(fmt::format("{} is before {}, from when on {} knows the wall clock",
                                           text, wall_text(clock->front().wall), recording.path()));
        }
        return recording.time_at(wall);
    };
    return timegraph::parse_moment(text, *begin, info->end.bound, time_at);
}

void Interval::add_to(Command& command) {
    command.option("--from", from, fmt::format("First moment: {}", kMomentForms));
    command.option("--to", to, "Last moment, in the same forms");
}

result<std::pair<Mark, Mark>> Interval::in(const timegraph::Reader& recording) const {
    auto first = parse_moment(from, recording);
    if (!first) return first.error();
    auto last = parse_moment(to, recording);
    if (!last) return last.error();
    if (*last < *first) return wrong_usage(fmt::format("--to {} is before --from {}", to, from));
    return std::pair(*first, *last);
}

std::string wall_text(timegraph::WallTime wall) {
    auto whole = std::chrono::floor<std::chrono::milliseconds>(wall).time_since_epoch().count();
    std::time_t seconds = whole / 1000;
    return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03} UTC", fmt::gmtime(seconds), whole % 1000);
}

}  // namespace teatime::cli
