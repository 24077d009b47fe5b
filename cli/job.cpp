#include "job.h"

#include "interrupt.h"

namespace teatime::cli {

Job::Job(std::string what) : line_(std::move(what)) {
    catch_interrupts();
}

timegraph::Watch Job::watch() {
    return {[this](double fraction) { update(fraction); }, token()};
}

void Job::update(double fraction) {
    if (interrupted()) stop_.request_stop();
    line_.update(fraction);
}

}  // namespace teatime::cli
