#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "progress_page.h"
#include "teatime/state/result.h"

namespace teatime::replayer {

/// A running teatime-worker: its process, socket and progress page. Knows frames, not what is in
/// them. After the first error it is of no use any more.
class WorkerProcess {
public:
    static result<std::unique_ptr<WorkerProcess>> spawn(const std::string& program,
                                                        const std::string& module_path,
                                                        std::chrono::milliseconds hang);
    ~WorkerProcess();
    WorkerProcess(const WorkerProcess&) = delete;
    WorkerProcess& operator=(const WorkerProcess&) = delete;

    /// Sends bytes that are frames already.
    result<void> send(std::string_view bytes);
    /// The next frame. The error says what became of the worker and what it was doing.
    result<std::string> receive();

    /// For the sentences of errors.
    void knows(std::string app, const Mark& stands) {
        app_ = std::move(app);
        stands_ = stands;
    }
    pid_t id() const { return process_; }
    /// After an error: the message that was being executed then.
    std::optional<Mark> died_at() const { return died_at_; }

private:
    WorkerProcess() = default;
    result<void> wait_for(short events);
    result<void> read(std::string& to, std::size_t size);
    Error death();
    Error hanging();
    void end();

    pid_t process_ = 0;
    int socket_ = -1;
    ProgressPage* page_ = nullptr;
    std::chrono::milliseconds hang_{};
    std::string app_;
    Mark stands_;
    std::optional<Mark> died_at_;
};

/// Where the program is; see WorkerOptions.
result<std::string> find_worker();

}  // namespace teatime::replayer
