// What the reflector costs, beside the least that its job can cost, on the machine it runs on.
//
//     reflector_bench [--check] [--rounds 3] [--seconds 2] [--beside NAME:PORT:PID]...
//                     [fanout|latency|ticks|record]...
//
//     fanout   100 clients, 256 sends under way at any time: deliveries per second of server CPU
//     latency  100 clients, 200 sends a second: from send to read, over all recipients
//     ticks    1,000 sessions of 2 clients, 20 ticks a second: CPU of the server
//     record   20 clients, 1,000 sends a second, with and without a recording: CPU by thread
//
// The reflector and a bare server (a loop of one send() a client, of the same frames) run in
// processes of their own and take turns, `rounds` times; medians are printed, with the load of the
// machine. The load itself is this process: real sockets on 127.0.0.1. --beside measures another
// server of the Croquet protocol that runs already, too. --check exits 1 where the reflector needs
// more CPU, or much more time, than it should in proportion to the bare server.

#include <dirent.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bare_server.h"
#include "load.h"
#include "must.h"
#include "teatime/capture/service.h"
#include "teatime/net/reflector.h"

namespace {

using bench::Counts;
using bench::Load;

constexpr double kWarmUp = 0.5;

struct Options {
    bool check = false;
    int rounds = 3;
    double seconds = 2;
};

// ---- servers -----------------------------------------------------------------------------------

using Tell = std::function<void(std::uint16_t port)>;

struct Server {
    std::string name;
    std::uint16_t port = 0;
    pid_t pid = 0;
    std::function<void(const Tell&)> run;  ///< empty: it runs already
};

void start(Server& server) {
    if (!server.run) return;
    int pipe[2];
    if (::pipe(pipe) != 0) std::exit(2);
    server.pid = ::fork();
    if (server.pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::close(pipe[0]);
        server.run([&](std::uint16_t port) {
            if (::write(pipe[1], &port, sizeof port) != sizeof port) std::exit(2);
        });
        ::_exit(0);
    }
    ::close(pipe[1]);
    if (::read(pipe[0], &server.port, sizeof server.port) != sizeof server.port) {
        fmt::print(stderr, "{} does not start\n", server.name);
        std::exit(2);
    }
    ::close(pipe[0]);
}

void stop(const Server& server) {
    if (!server.run) return;
    ::kill(server.pid, SIGTERM);
    ::waitpid(server.pid, nullptr, 0);
}

class Recorded : public teatime::net::SessionSink {
public:
    explicit Recorded(std::unique_ptr<teatime::capture::Recorder> recorder)
        : recorder_(std::move(recorder)) {}
    void take(const teatime::session::RouterOutputs& outputs) override { recorder_->take(outputs); }

private:
    std::unique_ptr<teatime::capture::Recorder> recorder_;
};

void run_reflector(bool recorded, const Tell& tell) {
    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &end, nullptr);  // before there are threads

    namespace capture = teatime::capture;
    const auto folder =
        std::filesystem::temp_directory_path() / fmt::format("reflector_bench_{}", ::getpid());
    std::unique_ptr<capture::CaptureService> service;
    teatime::net::ReflectorOptions options;
    options.server.port = 0;
    options.server.limits.messages_per_second = options.server.limits.bytes_per_second = 0;
    if (recorded) {
        capture::CaptureOptions recording;
        recording.folder = folder;
        service = must(capture::CaptureService::create(std::move(recording)));
        options.sink = [&](const teatime::session::Started&,
                           teatime::net::ReflectorOptions::RouterFeed) {
            return std::make_unique<Recorded>(service->record());
        };
    }
    const auto reflector = must(teatime::net::Reflector::start(std::move(options)));
    tell(reflector->port());
    int signal;
    ::sigwait(&end, &signal);
    reflector->stop();
    if (service) service->close();
    std::filesystem::remove_all(folder);
}

Server reflector(bool recorded = false) {
    return {recorded ? "reflector, recording" : "reflector", 0, 0,
            [recorded](const Tell& tell) { run_reflector(recorded, tell); }};
}

Server bare(int ticks_ms = 0) {
    return {"bare send()", 0, 0, [ticks_ms](const Tell& tell) {
                ::prctl(PR_SET_NAME, "bare");  // for top and perf
                bench::run_bare_server(ticks_ms, tell);
            }};
}

// ---- measuring ---------------------------------------------------------------------------------

/// Seconds of CPU by the name of the thread.
using Cpu = std::map<std::string, double>;

Cpu cpu_of(pid_t pid) {
    Cpu cpu;
    for (const auto& task :
         std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid))) {
        std::string name;
        double nanoseconds = 0;
        std::getline(std::ifstream(task.path() / "comm"), name);
        std::ifstream(task.path() / "schedstat") >> nanoseconds;
        cpu[name] += nanoseconds * 1e-9;
    }
    return cpu;
}

struct Sample {
    Counts counts;
    Cpu cpu;

    double cpu_seconds(std::string_view of = {}) const {
        double sum = 0;
        for (const auto& [name, seconds] : cpu) sum += name.starts_with(of) ? seconds : 0;
        return sum;
    }
    double latency_us(double quantile) {
        auto& all = counts.latency_us;
        if (all.empty()) return 0;
        const auto at = static_cast<std::size_t>(quantile * static_cast<double>(all.size()));
        const auto nth = all.begin() + static_cast<std::ptrdiff_t>(std::min(at, all.size() - 1));
        std::nth_element(all.begin(), nth, all.end());
        return *nth;
    }
};

struct Scenario {
    std::size_t sessions;
    std::size_t clients;
    int tick_ms;
    std::function<Counts(Load&, double seconds)> drive;
};

Sample measure(Server& server, const Scenario& scenario, double seconds) {
    start(server);
    Sample sample;
    {
        Load load(server.port, scenario.sessions, scenario.clients, scenario.tick_ms);
        scenario.drive(load, kWarmUp);
        const Cpu before = cpu_of(server.pid);
        sample.counts = scenario.drive(load, seconds);
        sample.cpu = cpu_of(server.pid);
        for (const auto& [name, used] : before) sample.cpu[name] -= used;
    }
    stop(server);
    return sample;
}

/// All rounds of each server; they take turns.
std::vector<std::vector<Sample>> measure(std::vector<Server>& servers, const Scenario& scenario,
                                         const Options& options) {
    std::vector<std::vector<Sample>> samples(servers.size());
    for (int round = 0; round < options.rounds; ++round) {
        for (std::size_t i = 0; i < servers.size(); ++i) {
            samples[i].push_back(measure(servers[i], scenario, options.seconds));
        }
    }
    return samples;
}

template <class Figure>
double median(std::vector<Sample>& samples, Figure figure) {
    std::vector<double> figures;
    for (Sample& sample : samples) figures.push_back(figure(sample));
    std::sort(figures.begin(), figures.end());
    return figures[figures.size() / 2];
}

void title(std::string_view text) {
    double load[1] = {};
    ::getloadavg(load, 1);
    fmt::print("{}; load {:.1f}\n", text, load[0]);
}

double per_cpu_second(Sample& sample) {
    return static_cast<double>(sample.counts.deliveries) / sample.cpu_seconds();
}
double core_share(Sample& sample) {
    return sample.cpu_seconds() / sample.counts.seconds;
}
/// Of CPU, for each message or tick that a client got: a busy machine delivers less of them.
double us_per_delivery(Sample& sample, std::string_view thread = {}) {
    return 1e6 * sample.cpu_seconds(thread) /
           static_cast<double>(sample.counts.deliveries + sample.counts.ticks);
}

// ---- scenarios: true where all is as it should be ----------------------------------------------

bool fanout(std::vector<Server> beside, const Options& options) {
    title("fan-out: 1 session, 100 clients, 256 sends under way");
    std::vector<Server> servers{reflector(), bare()};
    servers.insert(servers.end(), beside.begin(), beside.end());
    auto samples = measure(
        servers,
        {1, 100, 50, [](Load& load, double seconds) { return load.saturate(256, seconds); }},
        options);
    const double ours = median(samples[0], per_cpu_second);
    for (std::size_t i = 0; i < servers.size(); ++i) {
        const double rate = median(samples[i], per_cpu_second);
        fmt::print("  {:<14} {:>9.0f} deliveries/s at {:3.0f} % CPU, {:>9.0f} per CPU-second",
                   servers[i].name,
                   median(samples[i],
                          [](Sample& sample) {
                              return static_cast<double>(sample.counts.deliveries) /
                                     sample.counts.seconds;
                          }),
                   100 * median(samples[i], core_share), rate);
        if (i > 0) fmt::print("; the reflector does {:.1f}x", ours / rate);
        fmt::print("\n");
    }
    return ours >= median(samples[1], per_cpu_second);
}

bool latency(std::vector<Server> beside, const Options& options) {
    title("latency: 1 session, 100 clients, 200 sends/s, over all recipients");
    std::vector<Server> servers{reflector(), bare()};
    servers.insert(servers.end(), beside.begin(), beside.end());
    auto samples = measure(
        servers, {1, 100, 50, [](Load& load, double seconds) { return load.pace(200, seconds); }},
        options);
    std::vector<double> p50;
    for (std::size_t i = 0; i < servers.size(); ++i) {
        p50.push_back(median(samples[i], [](Sample& sample) { return sample.latency_us(0.5); }));
        fmt::print("  {:<14} p50 {:>5.0f} us, p99 {:>6.0f} us, {:.1f} % CPU", servers[i].name,
                   p50[i],
                   median(samples[i], [](Sample& sample) { return sample.latency_us(0.99); }),
                   100 * median(samples[i], core_share));
        if (i > 0) fmt::print("; the reflector's p50 is {:+.0f} us", p50[0] - p50[i]);
        fmt::print("\n");
    }
    return p50[0] <= p50[1] + 60;
}

bool ticks(std::vector<Server> beside, const Options& options) {
    title("ticks: 1,000 sessions of 2 clients, 20 ticks/s");
    std::vector<Server> servers{reflector(), bare(50)};
    servers.insert(servers.end(), beside.begin(), beside.end());
    auto samples = measure(
        servers, {1000, 2, 50, [](Load& load, double seconds) { return load.listen(seconds); }},
        options);
    const auto cost = [](Sample& sample) { return us_per_delivery(sample); };
    const double ours = median(samples[0], cost);
    for (std::size_t i = 0; i < servers.size(); ++i) {
        const double us = median(samples[i], cost);
        fmt::print("  {:<14} {:>6.0f} ticks/s, {:4.1f} % CPU, {:5.2f} us each", servers[i].name,
                   median(samples[i],
                          [](Sample& sample) {
                              return static_cast<double>(sample.counts.ticks) /
                                     sample.counts.seconds;
                          }),
                   100 * median(samples[i], core_share), us);
        if (i > 0) fmt::print("; the reflector takes {:.2f}x", ours / us);
        fmt::print("\n");
    }
    return ours <= 1.3 * median(samples[1], cost);
}

bool record(std::vector<Server>, const Options& options) {
    title("record: 1 session, 20 clients, 1,000 sends/s");
    std::vector<Server> servers{reflector(), reflector(true)};
    auto samples = measure(
        servers, {1, 20, 50, [](Load& load, double seconds) { return load.pace(1000, seconds); }},
        options);
    const auto cost = [&](std::size_t i, std::string_view thread) {
        return median(samples[i], [&](Sample& sample) { return us_per_delivery(sample, thread); });
    };
    const double without = cost(0, "reflector"), with = cost(1, "reflector");
    const double writer = cost(1, "recorder"), replica = cost(1, "replica");
    fmt::print("  us of CPU a delivery: reflector threads {:.3f}, recording {:.3f} ({:+.1f} %)\n",
               without, with, 100 * (with / without - 1));
    fmt::print("  writer thread {:.3f}, replica thread {:.3f}: together {:+.1f} %\n", writer,
               replica, 100 * ((with + writer + replica) / without - 1));
    return with <= 1.05 * without;
}

}  // namespace

int main(int count, char** arguments) {
    const std::map<std::string_view, bool (*)(std::vector<Server>, const Options&)> kScenarios{
        {"fanout", fanout}, {"latency", latency}, {"ticks", ticks}, {"record", record}};
    Options options;
    std::vector<Server> beside;
    std::vector<std::string_view> chosen;
    const auto usage = [] {
        fmt::print(stderr,
                   "usage: reflector_bench [--check] [--rounds N] [--seconds S] "
                   "[--beside NAME:PORT:PID]... [fanout|latency|ticks|record]...\n");
        return 2;
    };
    for (int i = 1; i < count; ++i) {
        const std::string_view argument = arguments[i];
        const bool more = i + 1 < count;
        if (argument == "--check") {
            options.check = true;
        } else if (argument == "--rounds" && more) {
            options.rounds = std::max(1, std::atoi(arguments[++i]));
        } else if (argument == "--seconds" && more) {
            options.seconds = std::max(0.1, std::atof(arguments[++i]));
        } else if (argument == "--beside" && more) {
            const std::string text = arguments[++i];
            const auto port = text.find(':'), pid = text.rfind(':');
            if (port == pid) return usage();
            beside.push_back({text.substr(0, port),
                              static_cast<std::uint16_t>(std::stoi(text.substr(port + 1))),
                              std::stoi(text.substr(pid + 1)),
                              {}});
        } else if (kScenarios.contains(argument)) {
            chosen.push_back(argument);
        } else {
            return usage();
        }
    }
    if (chosen.empty()) chosen = {"fanout", "latency", "ticks", "record"};
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    ::alarm(120);  // whatever happens, it ends; its servers end with it

    bool good = true;
    for (const std::string_view name : chosen) {
        if (kScenarios.at(name)(beside, options)) continue;
        good = false;
        if (options.check) fmt::print("  {}: not what is expected\n", name);
    }
    return options.check && !good ? 1 : 0;
}
