#include "teatime/replayer/worker_session.h"

#include <algorithm>

#include "protocol.h"
#include "worker_process.h"

namespace teatime::replayer {
namespace {

/// Enough to be worth a system call of its own.
constexpr std::size_t kPostedMost = 256 * 1024;

/// A frame that is being written: its size is filled in at the end.
class Request {
public:
    explicit Request(Op op) : out_(bytes_) {
        out_.fixed(std::uint32_t{0});
        out_.fixed(static_cast<std::uint8_t>(op));
    }
    ByteWriter& out() { return out_; }
    std::string done() {
        auto size = static_cast<std::uint32_t>(bytes_.size() - sizeof(std::uint32_t));
        std::memcpy(bytes_.data(), &size, sizeof size);
        return std::move(bytes_);
    }

private:
    std::string bytes_;
    ByteWriter out_;
};

}  // namespace

WorkerSession::WorkerSession(std::unique_ptr<WorkerProcess> process)
    : process_(std::move(process)) {}
WorkerSession::~WorkerSession() = default;

result<std::unique_ptr<WorkerSession>> WorkerSession::spawn(const std::string& module_path,
                                                            const WorkerOptions& options) {
    result<std::string> program = options.program.empty() ? find_worker() : options.program;
    if (!program) return program.error();
    auto process = WorkerProcess::spawn(*program, module_path, options.hang);
    if (!process) return process.error();
    (*process)->knows(module_path, {});
    auto hello = (*process)->receive();
    if (!hello) return failed("loading " + module_path + ": " + hello.error().message);
    ByteReader in(*hello);
    auto version = in.fixed<std::uint32_t>();
    if (version != kProtocolVersion) {
        return unavailable(*program + " is of another version of Teatime: it speaks protocol " +
                           std::to_string(version) + ", this program " +
                           std::to_string(kProtocolVersion));
    }
    if (in.fixed<std::uint8_t>() != 0) return get_error(in);
    std::unique_ptr<WorkerSession> session(new WorkerSession(std::move(*process)));
    session->code_ = get_code(in);
    if (!in.done()) return unavailable(*program + " does not speak the protocol of a worker");
    session->process_->knows(session->code_.app, {});
    return session;
}

std::optional<Mark> WorkerSession::died_at() const {
    return death_ ? process_->died_at() : std::nullopt;
}

int WorkerSession::process_id() const {
    return process_->id();
}

Error WorkerSession::lost(Error why) {
    death_ = std::move(why);
    posted_.clear();
    return *death_;
}

Error WorkerSession::nonsense() {
    return lost(failed("the worker answered nonsense: the module wrote over its memory"));
}

result<void> WorkerSession::post(std::string_view request) {
    if (death_) return *death_;
    posted_ += request;
    if (posted_.size() < kPostedMost) return {};
    if (auto sent = process_->send(posted_); !sent) return lost(sent.error());
    posted_.clear();
    return {};
}

/// Everything posted and the request in one go; the result part of the answer.
result<std::string> WorkerSession::ask(std::string request) {
    if (auto queued = post(request); !queued) return queued.error();
    if (auto sent = process_->send(posted_); !sent) return lost(sent.error());
    posted_.clear();
    auto answer = process_->receive();
    if (!answer) return lost(answer.error());
    ByteReader in(*answer);
    if (in.fixed<std::uint8_t>() != 0) {
        Error error = get_error(in);
        return in.done() ? error : nonsense();
    }
    Position position = get_position(in);
    if (!in.ok()) return nonsense();
    position_ = position;
    process_->knows(code_.app, position_.mark);
    answer->erase(0, answer->size() - in.left());
    return answer;
}

result<void> WorkerSession::start(const std::string& session_id) {
    Request request(Op::start);
    request.out().sized(session_id);
    auto answer = ask(request.done());
    return answer ? result<void>() : answer.error();
}

result<void> WorkerSession::restore(const Image& image) {
    Request request(Op::restore);
    request.out().raw(encode_image(image));
    auto answer = ask(request.done());
    return answer ? result<void>() : answer.error();
}

result<void> WorkerSession::enqueue(std::vector<ExternalMessage> messages) {
    if (messages.empty()) return {};
    Request request(Op::enqueue);
    put(request.out(), messages);
    if (auto posted = post(request.done()); !posted) return posted;
    position_.seq = messages.back().stamp.seq;
    VirtualTime first = messages.front().stamp.time;
    if (!position_.next || first < *position_.next) {
        position_.next = first;
        position_.next_is_external = true;
    }
    return {};
}

result<void> WorkerSession::set_bound(VirtualTime bound) {
    Request request(Op::set_bound);
    put(request.out(), bound);
    return post(request.done());
}

result<std::optional<ExecutedInfo>> WorkerSession::step() {
    auto answer = ask(Request(Op::step).done());
    if (!answer) return answer.error();
    ByteReader in(*answer);
    std::optional<ExecutedInfo> info;
    if (in.fixed<std::uint8_t>() != 0) info = get_executed(in);
    if (!in.done()) return nonsense();
    return info;
}

result<RunResult> WorkerSession::run(const RunLimit& limit) {
    Request request(Op::run);
    put(request.out(), limit);
    auto answer = ask(request.done());
    if (!answer) return answer.error();
    ByteReader in(*answer);
    RunResult result = get_run_result(in);
    if (!in.done()) return nonsense();
    return result;
}

result<Hash128> WorkerSession::hash() {
    auto answer = ask(Request(Op::hash).done());
    if (!answer) return answer.error();
    ByteReader in(*answer);
    Hash128 hash;
    hash.low = in.fixed<std::uint64_t>();
    hash.high = in.fixed<std::uint64_t>();
    if (!in.done()) return nonsense();
    return hash;
}

result<Image> WorkerSession::image() {
    auto answer = ask(Request(Op::image).done());
    if (!answer) return answer.error();
    auto image = decode_image(*answer);
    if (!image) return nonsense();
    return image;
}

result<std::vector<ObjectId>> WorkerSession::take_touched() {
    auto answer = ask(Request(Op::take_touched).done());
    if (!answer) return answer.error();
    ByteReader in(*answer);
    std::vector<ObjectId> touched(in.count(sizeof(std::uint64_t)));
    for (ObjectId& id : touched) id = {in.fixed<std::uint64_t>()};
    if (!in.done()) return nonsense();
    return touched;
}

result<Scene> WorkerSession::draw() {
    auto answer = ask(Request(Op::draw).done());
    if (!answer) return answer.error();
    auto scene = Scene::decode(*answer);
    if (!scene) return nonsense();
    return scene;
}

result<std::vector<std::string>> WorkerSession::input(const Input& input) {
    Request request(Op::input);
    put(request.out(), input);
    auto answer = ask(request.done());
    if (!answer) return answer.error();
    ByteReader in(*answer);
    std::vector<std::string> payloads(in.count(sizeof(std::uint32_t)));
    for (std::string& payload : payloads) payload = in.sized();
    if (!in.done()) return nonsense();
    return payloads;
}

result<Checkpoint> WorkerSession::checkpoint() {
    auto answer = ask(Request(Op::checkpoint).done());
    if (!answer) return answer.error();
    ByteReader in(*answer);
    Checkpoint made;
    made.id = in.fixed<std::uint64_t>();
    made.bytes = in.fixed<std::uint64_t>();
    if (!in.done()) return nonsense();
    return made;
}

result<void> WorkerSession::restore_checkpoint(std::uint64_t id) {
    Request request(Op::restore_checkpoint);
    request.out().fixed(id);
    auto answer = ask(request.done());
    return answer ? result<void>() : answer.error();
}

result<void> WorkerSession::drop_checkpoint(std::uint64_t id) {
    Request request(Op::drop_checkpoint);
    request.out().fixed(id);
    return post(request.done());
}

}  // namespace teatime::replayer
