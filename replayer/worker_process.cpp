#include "worker_process.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <utility>

#include "protocol.h"
#include "teatime/island/module.h"

extern char** environ;

namespace teatime::replayer {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kProgram = "teatime-worker";
constexpr int kFirstOwnDescriptor = 10;  // above those that the worker gets: no dup2 hits another
constexpr std::size_t kPiece = 1 << 20;

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return number_; }
    int release() { return std::exchange(number_, -1); }

private:
    int number_;
};

/// Moves a descriptor out of the way of those that the worker gets.
int moved_up(int number) {
    int moved = number < 0 ? -1 : ::fcntl(number, F_DUPFD_CLOEXEC, kFirstOwnDescriptor);
    if (number >= 0) ::close(number);
    return moved;
}

Error cannot_start(const std::string& program, int error) {
    return unavailable("cannot start " + program + ": " + std::strerror(error));
}

std::string signal_name(int number) {
    const char* name = ::sigabbrev_np(number);
    return name ? std::string("SIG") + name : "signal " + std::to_string(number);
}

}  // namespace

result<std::string> find_worker() {
    if (const char* named = std::getenv("TEATIME_WORKER"); named && *named) {
        if (::access(named, X_OK) == 0) return std::string(named);
        return unavailable(std::string("TEATIME_WORKER names ") + named +
                           ", which is no program that can be run");
    }
    std::vector<fs::path> folders;
    std::error_code ignored;
    fs::path self = fs::read_symlink("/proc/self/exe", ignored);
    if (!self.empty()) folders.push_back(self.parent_path());
    Dl_info engine;
    if (::dladdr(reinterpret_cast<void*>(&find_module), &engine) && engine.dli_fname) {
        folders.push_back(fs::absolute(engine.dli_fname, ignored).parent_path().parent_path() /
                          "bin");
    }
    std::string looked;
    for (const fs::path& folder : folders) {
        for (const fs::path& place : {folder, folder.parent_path() / "libexec" / "teatime"}) {
            fs::path program = place / kProgram;
            if (::access(program.c_str(), X_OK) == 0) return program.string();
            looked += (looked.empty() ? "" : ", ") + place.string();
        }
    }
    return unavailable(std::string("there is no ") + kProgram + " in " + looked +
                       "; name it with TEATIME_WORKER");
}

result<std::unique_ptr<WorkerProcess>> WorkerProcess::spawn(const std::string& program,
                                                            const std::string& module_path,
                                                            std::chrono::milliseconds hang) {
    int pair[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return cannot_start(program, errno);
    }
    Descriptor ours(pair[0]), theirs(moved_up(pair[1]));
    Descriptor memory(moved_up(::memfd_create("teatime progress", MFD_CLOEXEC)));
    if (theirs.get() < 0 || memory.get() < 0 ||
        ::ftruncate(memory.get(), sizeof(ProgressPage)) != 0 ||
        ::fcntl(ours.get(), F_SETFL, O_NONBLOCK) != 0) {
        return cannot_start(program, errno);
    }
    void* page =
        ::mmap(nullptr, sizeof(ProgressPage), PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
    if (page == MAP_FAILED) return cannot_start(program, errno);

    std::unique_ptr<WorkerProcess> worker(new WorkerProcess);
    worker->page_ = new (page) ProgressPage;
    worker->hang_ = hang;

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), kWorkerSocket);
    ::posix_spawn_file_actions_adddup2(&actions, memory.get(), kWorkerPage);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, kWorkerPage + 1);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::string name = kProgram, mode = "--serve", path = module_path;
    char* arguments[] = {name.data(), mode.data(), path.data(), nullptr};
    int error = ::posix_spawn(&worker->process_, program.c_str(), &actions, &attributes, arguments,
                              environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (error != 0) {
        worker->process_ = 0;
        return cannot_start(program, error);
    }
    worker->socket_ = ours.release();
    return worker;
}

WorkerProcess::~WorkerProcess() {
    end();
    if (socket_ >= 0) ::close(socket_);
    if (page_) ::munmap(page_, sizeof(ProgressPage));
}

/// Whatever it is doing: it holds nothing that is not also here.
void WorkerProcess::end() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) continue;
    process_ = 0;
}

Error WorkerProcess::death() {
    int status = 0;
    // Its end of the socket is closed: the process is gone or about to be.
    pid_t found = 0;
    Clock::time_point deadline = Clock::now() + std::chrono::seconds(20);  // of a core dump
    while ((found = ::waitpid(process_, &status, WNOHANG)) == 0 && Clock::now() < deadline) {
        ::poll(nullptr, 0, 1);
    }
    std::string during = page_->describe(app_);
    died_at_ = page_->mark();
    if (found == process_) {
        process_ = 0;
    } else {
        end();
        return failed("the worker closed its connection while executing " + during);
    }
    std::string how = WIFSIGNALED(status) ? "crashed (" + signal_name(WTERMSIG(status)) + ")"
                                          : "ended its process (exit code " +
                                                std::to_string(WEXITSTATUS(status)) + ")";
    if (during.empty()) {
        return failed("the worker of " + app_ + " " + how + " at " + to_string(stands_) +
                      ", while it executed nothing");
    }
    return failed("the module " + how + " while executing " + during);
}

Error WorkerProcess::hanging() {
    std::string during = page_->describe(app_);
    died_at_ = page_->mark();
    end();
    std::string waited = std::to_string(hang_.count()) + " ms";
    if (during.empty()) return failed("the worker did not answer any more and was ended");
    return failed("the module did not come back within " + waited + " while executing " + during +
                  "; its worker was ended");
}

/// Waits as long as the worker gets on. Executing one message may take `hang_`; other work, on
/// states of any size, some times that. While this process stood still itself (stopped by ^Z, a
/// paused machine) the worker did most likely, too: that time counts as one look.
result<void> WorkerProcess::wait_for(short events) {
    constexpr int kOtherWork = 12;
    const auto look =
        std::clamp(hang_ / 4, std::chrono::milliseconds(1), std::chrono::milliseconds(250));
    Clock::duration waited{};
    Clock::time_point looked = Clock::now();
    std::uint64_t beat = page_->beat.load(std::memory_order_acquire);
    for (;;) {
        pollfd watched{socket_, events, 0};
        int ready = ::poll(&watched, 1, static_cast<int>(look.count()));
        if (ready < 0 && errno != EINTR) return failed("cannot wait for the worker");
        if (ready > 0) return {};
        Clock::time_point now = Clock::now();
        waited += std::min<Clock::duration>(now - std::exchange(looked, now), look);
        std::uint64_t last = std::exchange(beat, page_->beat.load(std::memory_order_acquire));
        if (beat != last) waited = {};
        auto what = page_->what.load(std::memory_order_acquire);
        bool in_module = what == ProgressPage::message || what == ProgressPage::start ||
                         what == ProgressPage::draw || what == ProgressPage::input;
        if (waited >= hang_ * (in_module ? 1 : kOtherWork)) return hanging();
    }
}

result<void> WorkerProcess::send(std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (auto ready = wait_for(POLLOUT); !ready) return ready;
        } else if (errno != EINTR) {
            return death();
        }
    }
    return {};
}

/// Grows with what arrives, not with what is promised.
result<void> WorkerProcess::read(std::string& to, std::size_t size) {
    to.clear();
    while (to.size() < size) {
        std::size_t have = to.size();
        std::size_t want = std::min(size - have, kPiece);
        to.resize(have + want);
        ssize_t got = ::recv(socket_, to.data() + have, want, 0);
        int error = errno;
        to.resize(have + (got > 0 ? static_cast<std::size_t>(got) : 0));
        if (got > 0) continue;
        if (got < 0 && (error == EAGAIN || error == EWOULDBLOCK)) {
            if (auto ready = wait_for(POLLIN); !ready) return ready;
        } else if (got == 0 || error != EINTR) {
            return death();
        }
    }
    return {};
}

result<std::string> WorkerProcess::receive() {
    std::string frame;
    if (auto got = read(frame, sizeof(std::uint32_t)); !got) return got.error();
    auto size = ByteReader(frame).fixed<std::uint32_t>();
    if (auto got = read(frame, size); !got) return got.error();
    return frame;
}

}  // namespace teatime::replayer
