#include "teatime/timegraph/moment.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "meta_names.h"

namespace teatime::timegraph {
namespace {

/// `2026-11-20T14:32:05`, with a blank or T between, seconds and their fraction and a Z as one
/// likes.
bool parse_wall(std::string_view text, WallTime& wall) {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, read = 0;
    double seconds = 0;
    std::string copy(text);
    if (std::sscanf(copy.c_str(), "%4d-%2d-%2d%*1[T ]%2d:%2d:%lf%n", &year, &month, &day, &hour,
                    &minute, &seconds, &read) < 6) {
        seconds = 0;
        if (std::sscanf(copy.c_str(), "%4d-%2d-%2d%*1[T ]%2d:%2d%n", &year, &month, &day, &hour,
                        &minute, &read) < 5) {
            return false;
        }
    }
    std::string_view rest = text.substr(static_cast<std::size_t>(read));
    if (!rest.empty() && rest != "Z") return false;
    std::chrono::year_month_day date{std::chrono::year(year),
                                     std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day))};
    bool hour_is = hour >= 0 && hour < 24 && minute >= 0 && minute < 60;
    if (!date.ok() || !hour_is || !(seconds >= 0 && seconds < 60)) return false;
    wall = std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::microseconds(std::int64_t(seconds * 1e6 + 0.5));
    return true;
}

}  // namespace

result<std::optional<KeyframeInfo>> first_state(const Reader& recording, const Reader::Info& info) {
    bool whole = info.first ? info.first->seq.value == 1 : info.keyframes == 0;
    if ((whole && !info.meta.more.contains(kStartedFrom)) || info.keyframes == 0)
        return std::optional<KeyframeInfo>();
    std::vector<Error> damaged;
    auto keyframes = recording.keyframes(&damaged);
    if (!keyframes) return keyframes.error();
    if (keyframes->empty() && !damaged.empty()) return damaged.front();
    return std::optional(keyframes->front());
}

result<Mark> parse_moment(std::string_view text, const Mark& begin, VirtualTime end,
                          const std::function<result<VirtualTime>(WallTime)>& time_at) {
    if (text == "start") return begin;
    if (text == "end") return Mark{BranchId{}, end, Mark::kWholeInstant};
    Mark mark;
    WallTime wall;
    if (parse_wall(text, wall)) {
        auto time = time_at(wall);
        if (!time) return time.error();
        mark.time = *time;
    } else {
        auto parsed = parse_mark(text);
        if (!parsed) {
            return wrong_usage(
                fmt::format("\"{}\" is no moment of a recording; write {}", text, kMomentForms));
        }
        mark = *parsed;
    }
    if (mark < begin || mark.time > end) {
        // The start of the world needs no #0 to be understood.
        std::string from = begin == Mark{{}, kSessionStart, 0} ? "0s" : to_string(begin);
        return wrong_usage(fmt::format("{} is outside the recording, which goes from {} to {}",
                                       text, from, to_string(end)));
    }
    return mark;
}

}  // namespace teatime::timegraph
