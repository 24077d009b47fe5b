#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "progress_page.h"
#include "protocol.h"
#include "teatime/replayer/local_session.h"

/// teatime-worker: one LocalSession behind a socket. See protocol.h and worker_session.h.
namespace teatime::replayer {
namespace {

/// The owner is gone: nobody wants an answer any more.
[[noreturn]] void leave() {
    ::_exit(0);
}

/// Ends this process with its owner, also while the module is in an endless loop. (A parent death
/// signal would come when the *thread* that started us ends, which happens in a living tool.)
void leave_with_owner() {
    std::thread([] {
        for (;;) {
            pollfd watched{kWorkerSocket, POLLRDHUP, 0};
            if (::poll(&watched, 1, -1) > 0) leave();
        }
    }).detach();
}

void read_all(char* to, std::size_t size) {
    while (size > 0) {
        ssize_t got = ::recv(kWorkerSocket, to, size, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) leave();
        to += got;
        size -= static_cast<std::size_t>(got);
    }
}

void write_frame(std::string& frame) {
    auto size = static_cast<std::uint32_t>(frame.size() - sizeof(std::uint32_t));
    if (size != frame.size() - sizeof(std::uint32_t)) {
        frame.assign(sizeof size, '\0');
        ByteWriter out(frame);
        out.fixed(std::uint8_t{1});
        put(out, failed("the state is larger than the 4 GiB that a worker can hand over"));
        size = static_cast<std::uint32_t>(frame.size() - sizeof size);
    }
    std::memcpy(frame.data(), &size, sizeof size);
    std::string_view rest = frame;
    while (!rest.empty()) {
        ssize_t sent = ::send(kWorkerSocket, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) leave();
        rest.remove_prefix(static_cast<std::size_t>(sent));
    }
}

class Worker {
public:
    explicit Worker(LocalSession& session) : session_(session) {}

    [[noreturn]] void serve() {
        std::string request;
        for (;;) {
            std::uint32_t size = 0;
            read_all(reinterpret_cast<char*>(&size), sizeof size);
            request.resize(size);
            read_all(request.data(), size);
            ByteReader in(request);
            auto op = static_cast<Op>(in.fixed<std::uint8_t>());
            if (op == Op::enqueue || op == Op::set_bound || op == Op::drop_checkpoint) {
                result<void> done = carry_out_posted(op, in);
                if (!done && !earlier_) earlier_ = done.error();
                continue;
            }
            std::string body;
            ByteWriter out(body);
            result<void> done;
            if (earlier_) {
                done = *std::exchange(earlier_, std::nullopt);
            } else {
                done = carry_out(op, in, out);
            }
            answer(done, body);
        }
    }

private:
    result<void> carry_out_posted(Op op, ByteReader& in) {
        if (op == Op::enqueue) return session_.enqueue(get_messages(in));
        if (op == Op::set_bound) return session_.set_bound(get_time(in));
        return session_.drop_checkpoint(in.fixed<std::uint64_t>());
    }

    /// Writes the result where there is one.
    template <class T, class Write>
    static result<void> written(result<T> value, Write write) {
        if (!value) return value.error();
        write(*value);
        return {};
    }

    result<void> carry_out(Op op, ByteReader& in, ByteWriter& out) {
        switch (op) {
            case Op::start:
                return session_.start(std::string(in.sized()));
            case Op::restore: {
                auto image = decode_image(in.raw(in.left()));
                return image ? session_.restore(*image) : image.error();
            }
            case Op::step:
                return written(session_.step(), [&](const auto& info) {
                    out.fixed(std::uint8_t{info.has_value()});
                    if (info) put(out, *info);
                });
            case Op::run:
                return written(session_.run(get_limit(in)),
                               [&](const RunResult& ran) { put(out, ran); });
            case Op::hash:
                return written(session_.hash(), [&](const Hash128& hash) {
                    out.fixed(hash.low);
                    out.fixed(hash.high);
                });
            case Op::image:
                return written(session_.image(),
                               [&](const Image& image) { out.raw(encode_image(image)); });
            case Op::take_touched:
                return written(session_.take_touched(), [&](const auto& touched) {
                    out.fixed(static_cast<std::uint32_t>(touched.size()));
                    for (ObjectId id : touched) out.fixed(id.value);
                });
            case Op::draw:
                return written(session_.draw(),
                               [&](const Scene& scene) { out.raw(scene.encode()); });
            case Op::input:
                return written(session_.input(get_input(in)), [&](const auto& payloads) {
                    out.fixed(static_cast<std::uint32_t>(payloads.size()));
                    for (const std::string& payload : payloads) out.sized(payload);
                });
            case Op::checkpoint:
                return written(session_.checkpoint(), [&](const Checkpoint& made) {
                    out.fixed(made.id);
                    out.fixed(std::uint64_t{made.bytes});
                });
            case Op::restore_checkpoint:
                return session_.restore_checkpoint(in.fixed<std::uint64_t>());
            default:
                return failed("the worker does not know this request");
        }
    }

    void answer(const result<void>& done, std::string_view body) {
        std::string frame(sizeof(std::uint32_t), '\0');
        ByteWriter out(frame);
        out.fixed(std::uint8_t{!done});
        if (done) {
            put(out, session_.position());
            out.raw(body);
        } else {
            put(out, done.error());
        }
        write_frame(frame);
    }

    LocalSession& session_;
    std::optional<Error> earlier_;
};

[[noreturn]] void serve(const char* module_path) {
    ::signal(SIGINT, SIG_IGN);             // Ctrl-C is for the tool; this process goes with it
    ::dup2(STDERR_FILENO, STDOUT_FILENO);  // what a module prints is not the tool's output
    leave_with_owner();
    void* memory =
        ::mmap(nullptr, sizeof(ProgressPage), PROT_READ | PROT_WRITE, MAP_SHARED, kWorkerPage, 0);
    if (memory == MAP_FAILED) ::_exit(1);
    auto& page = *static_cast<ProgressPage*>(memory);
    page.set(ProgressPage::other);

    auto session = LocalSession::load(module_path);
    std::string hello(sizeof(std::uint32_t), '\0');
    ByteWriter out(hello);
    out.fixed(kProtocolVersion);
    out.fixed(std::uint8_t{!session});
    if (session) {
        put(out, (*session)->code());
    } else {
        put(out, session.error());
    }
    page.set(ProgressPage::nothing);
    write_frame(hello);
    if (!session) leave();
    (*session)->report_to(page);
    Worker(**session).serve();
}

}  // namespace
}  // namespace teatime::replayer

int main(int count, char** arguments) {
    struct stat socket {};
    bool called_properly = count == 3 && std::string_view(arguments[1]) == "--serve" &&
                           ::fstat(teatime::replayer::kWorkerSocket, &socket) == 0 &&
                           S_ISSOCK(socket.st_mode);
    if (!called_properly) {
        std::fprintf(stderr,
                     "teatime-worker runs a module for teatime; it is not started by hand\n");
        return 2;
    }
    teatime::replayer::serve(arguments[2]);
}
