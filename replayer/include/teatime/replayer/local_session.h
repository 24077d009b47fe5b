#pragma once

#include <map>
#include <memory>
#include <string>

#include "teatime/replayer/session.h"

namespace teatime {
class Module;
}

namespace teatime::replayer {

class Describer;
struct ProgressPage;

/// A session in this process. What the module does wrong, it does to this process.
class LocalSession : public Session {
public:
    static result<std::unique_ptr<LocalSession>> load(const std::string& module_path);
    explicit LocalSession(const Module& module);
    ~LocalSession() override;

    /// Tells what is about to be executed before each message, for whoever watches this process.
    void report_to(ProgressPage& page) { page_ = &page; }

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

private:
    class Busy;
    static Error no_state();
    void update_position();

    const Module& module_;
    std::unique_ptr<Describer> describer_;
    std::unique_ptr<Island> island_;
    std::map<std::uint64_t, Image> checkpoints_;
    std::uint64_t next_checkpoint_ = 1;
    ProgressPage* page_ = nullptr;
};

}  // namespace teatime::replayer
