#include "interrupt.h"

#include <csignal>

namespace teatime::cli {
namespace {

volatile std::sig_atomic_t signalled = 0;

}  // namespace

void catch_interrupts() {
    signalled = 0;
    for (int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { signalled = 1; });
}

bool interrupted() {
    return signalled != 0;
}

}  // namespace teatime::cli
