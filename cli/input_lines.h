#pragma once

#include <functional>
#include <string>
#include <thread>

#include "teatime/net/loop.h"

namespace teatime::cli {

/// Lines of standard input, read by a thread of its own and told on a loop, then its end once.
class InputLines {
public:
    /// The loop must not run any more when this is destroyed.
    InputLines(net::Loop& loop, std::function<void(std::string)> line, std::function<void()> end);
    ~InputLines();
    InputLines(const InputLines&) = delete;

private:
    void read();
    bool readable() const;

    net::Loop& loop_;
    const std::function<void(std::string)> line_;
    const std::function<void()> end_;
    int stop_[2] = {-1, -1};  // a pipe, closed to stop
    std::thread thread_;
};

}  // namespace teatime::cli
