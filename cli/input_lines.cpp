#include "input_lines.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace teatime::cli {

InputLines::InputLines(net::Loop& loop, std::function<void(std::string)> line,
                       std::function<void()> end)
    : loop_(loop), line_(std::move(line)), end_(std::move(end)) {
    if (::pipe(stop_) != 0) {  // as if there were no input
        loop_.post(end_);
        return;
    }
    thread_ = std::thread([this] { read(); });
}

InputLines::~InputLines() {
    if (stop_[1] >= 0) ::close(stop_[1]);
    if (thread_.joinable()) thread_.join();
    if (stop_[0] >= 0) ::close(stop_[0]);
}

bool InputLines::readable() const {
    pollfd files[2] = {{STDIN_FILENO, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    while (::poll(files, 2, -1) < 0) {
        if (errno != EINTR) return false;
    }
    return files[1].revents == 0;
}

void InputLines::read() {
    std::string text;
    char bytes[4096];
    while (readable()) {
        ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
        if (count < 0 && errno == EINTR) continue;
        if (count > 0) text.append(bytes, static_cast<std::size_t>(count));
        if (count <= 0 && !text.empty()) text += '\n';  // a last line without its end
        for (std::size_t end; (end = text.find('\n')) != text.npos; text.erase(0, end + 1))
            loop_.post([this, line = text.substr(0, end)] { line_(line); });
        if (count > 0) continue;
        loop_.post([this] { end_(); });
        return;
    }
}

}  // namespace teatime::cli
