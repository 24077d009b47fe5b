#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "teatime/replayer/session.h"

namespace teatime::replayer {

class WorkerProcess;

struct WorkerOptions {
    /// Executing one message for longer means that it never ends.
    std::chrono::milliseconds hang{10'000};
    /// The program; empty: TEATIME_WORKER, else beside this program or the engine's library.
    std::string program;
};

/// A session in a process of its own, `teatime-worker`: what the module does wrong takes down that
/// process and nothing else. Then alive() is false, and every call returns the error that names the
/// Mark and message: `the module crashed (SIGSEGV) while executing counter.step at 12.5s#1`.
///
/// A call is one round trip over a socket pair, about 30 us; enqueue(), set_bound() and
/// drop_checkpoint() travel with the next one. The destructor ends the process; should this
/// process die, the worker notices and ends itself, even in the middle of an endless loop.
class WorkerSession : public Session {
public:
    /// Starts a worker that loads the module. Errors: as Module::load(), and no such program.
    static result<std::unique_ptr<WorkerSession>> spawn(const std::string& module_path,
                                                        const WorkerOptions& options = {});
    ~WorkerSession() override;

    result<void> start(const std::string& session_id) override;
    result<void> restore(const Image& image) override;
    result<void> enqueue(std::vector<ExternalMessage> messages) override;
    result<void> set_bound(VirtualTime bound) override;
    result<std::optional<ExecutedInfo>> step() override;
    result<RunResult> run(const RunLimit& limit) override;
    result<Hash128> hash() override;
    result<Image> image() override;
    result<std::vector<ObjectId>> take_touched() override;
    result<Scene> draw() override;
    result<std::vector<std::string>> input(const Input& input) override;
    result<Checkpoint> checkpoint() override;
    result<void> restore_checkpoint(std::uint64_t id) override;
    result<void> drop_checkpoint(std::uint64_t id) override;
    bool alive() const override { return !death_; }
    std::optional<Mark> died_at() const override;

    int process_id() const;  ///< for tests and for people with a debugger

private:
    explicit WorkerSession(std::unique_ptr<WorkerProcess> process);
    result<std::string> ask(std::string request);
    result<void> post(std::string_view request);
    Error lost(Error why);
    Error nonsense();

    std::unique_ptr<WorkerProcess> process_;
    std::string posted_;  ///< requests that wait for the next round trip
    std::optional<Error> death_;
};

}  // namespace teatime::replayer
