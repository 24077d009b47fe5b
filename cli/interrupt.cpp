#include "interrupt.h"

#include <atomic>
#include <csignal>

namespace teatime::cli {
namespace {

std::atomic<bool> signalled = false;  // read by threads, too
static_assert(std::atomic<bool>::is_always_lock_free);

}  // namespace

void catch_interrupts() {
    signalled = false;
    for (int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { signalled = true; });
}

bool interrupted() {
    return signalled;
}

}  // namespace teatime::cli
