#include "job.h"

#include <csignal>

namespace teatime::cli {
namespace {

volatile std::sig_atomic_t signalled = 0;

}  // namespace

Job::Job(std::string what) : line_(std::move(what)) {
    signalled = 0;
    for (int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { signalled = 1; });
}

timegraph::Watch Job::watch() {
    return {[this](double fraction) { update(fraction); }, token()};
}

void Job::update(double fraction) {
    if (signalled != 0) stop_.request_stop();
    line_.update(fraction);
}

}  // namespace teatime::cli
