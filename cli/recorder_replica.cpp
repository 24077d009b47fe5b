#include "recorder_replica.h"

#include <algorithm>

#include "teatime/replayer/worker_session.h"

namespace teatime::cli {
namespace {

class WorkerReplica : public capture::Replica {
public:
    WorkerReplica(std::string module, std::string code_id)
        : module_(std::move(module)), code_id_(std::move(code_id)) {}

    result<void> start(const std::string& session_id) override {
        if (auto there = spawn(); !there) return there;
        return session_->start(session_id);
    }
    result<void> restore(const Image& image) override {
        if (auto there = spawn(); !there) return there;
        return session_->restore(image);
    }

    result<Ran> run(const std::vector<timegraph::Message>& messages, VirtualTime bound,
                    std::size_t budget) override {
        std::vector<ExternalMessage> external;
        external.reserve(messages.size());
        for (const timegraph::Message& message : messages)
            external.push_back({message.stamp, message.sender, message.payload});
        if (auto done = session_->enqueue(std::move(external)); !done) return done.error();
        if (auto done = session_->set_bound(bound); !done) return done.error();
        replayer::RunLimit limit;
        // No more than errors of which all are kept.
        limit.messages = std::min<std::size_t>(budget, replayer::RunResult::kErrorsKept);
        auto done = session_->run(limit);
        if (!done) return done.error();
        const replayer::Position& position = session_->position();
        Ran ran{done->executed,
                done->stop == replayer::RunResult::Stop::messages,
                position.mark,
                position.next,
                {}};
        for (HandlerError& error : done->errors) {
            ran.errors.push_back(
                {error.mark, position.seq, std::move(error.type), std::move(error.sentence)});
        }
        return ran;
    }

    result<State> state() override {
        auto image = session_->image();
        if (!image) return image.error();
        auto touched = session_->take_touched();
        if (!touched) return touched.error();
        return State{std::move(*image), std::move(*touched)};
    }

private:
    result<void> spawn() {
        if (session_) return {};
        auto session = replayer::WorkerSession::spawn(module_);
        if (!session) return session.error();
        if ((*session)->code().code_id != code_id_) {
            return unavailable("the module " + module_ + " is build " +
                               (*session)->code().code_id.substr(0, 12) + ", the session's is " +
                               code_id_.substr(0, 12) +
                               "; keyframes come from its members instead");
        }
        session_ = std::move(*session);
        return {};
    }

    const std::string module_;
    const std::string code_id_;
    std::unique_ptr<replayer::WorkerSession> session_;
};

}  // namespace

std::function<std::unique_ptr<capture::Replica>(const session::SessionInfo&)> worker_replicas(
    ModulePaths paths) {
    return [paths = std::move(paths)](
               const session::SessionInfo& info) -> std::unique_ptr<capture::Replica> {
        auto module = find_module(info.app, paths, info.code_id);
        if (!module) return nullptr;
        return std::make_unique<WorkerReplica>(module->string(), info.code_id);
    };
}

}  // namespace teatime::cli
