#pragma once

#include <cstdint>
#include <functional>

namespace bench {

/// The least that a server can do for Load's clients: it joins them, and each frame is made once
/// and goes out by a loop of one send() a client. Stamps, checks and keeps nothing. With `ticks_ms`
/// it sends every client a tick so often. Tells its port and serves until it is killed.
[[noreturn]] void run_bare_server(int ticks_ms, const std::function<void(std::uint16_t)>& tell);

}  // namespace bench
