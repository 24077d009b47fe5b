#pragma once

#include <functional>
#include <stop_token>

namespace teatime::timegraph {

/// How a long job over a file is followed and ended. Both are looked at every few milliseconds;
/// a job that was ended returns an error and leaves no file.
struct Watch {
    std::function<void(double fraction)> progress;
    std::stop_token stop;
};

}  // namespace teatime::timegraph
