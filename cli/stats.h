#pragma once

#include <cstdint>
#include <string>

#include "moment.h"
#include "timelines.h"

namespace teatime::cli {

struct StatsOptions {
    std::string file;
    Interval interval;
    std::string by = "call";
    std::string sort = "messages";
    std::uint64_t limit = 30;
    bool cost = false;
    bool classes = false;
    bool json = false;
    TimelineArguments timeline;
};

/// stats --cost: executes the recording.
int run_cost(const StatsOptions& options);

}  // namespace teatime::cli
