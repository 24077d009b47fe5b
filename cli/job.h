#pragma once

#include <stop_token>
#include <string>

#include "output.h"
#include "teatime/timegraph/watch.h"

namespace teatime::cli {

/// A long job over a file: shows how far it is, and ends it on SIGINT or SIGTERM, so that nothing
/// half written is left. One at a time.
class Job {
public:
    explicit Job(std::string what);
    timegraph::Watch watch();
    /// For a step that looks at the token alone.
    void update(double fraction);
    std::stop_token token() const { return stop_.get_token(); }

private:
    ProgressLine line_;
    std::stop_source stop_;
};

}  // namespace teatime::cli
