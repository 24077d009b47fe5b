// How fast a recording is rebuilt, on the machine it runs on.
//
//     replay_bench [--check] MODULE CALL|FILE.timegraph
//
// Records ten minutes of a world that gets CALL (e.g. '["bounce","push",400,300]') four times a
// second, with a keyframe every second, or takes the recording named; then seeks to random times,
// steps back from random times and verifies, all through a worker.
// --check exits 1 where a goal of DESIGN part 10 is missed: seek p99 100 ms, step back p50 5 ms.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string_view>

#include "must.h"
#include "teatime/replayer/local_session.h"
#include "teatime/replayer/verify.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/writer.h"

using namespace teatime;
using namespace teatime::replayer;
using namespace std::chrono_literals;

namespace {

constexpr auto kLength = 600s;

double now_ms() {
    return std::chrono::duration<double, std::milli>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

std::uint64_t record(const std::string& path, const std::string& module, const std::string& call) {
    auto session = must(LocalSession::load(module));
    timegraph::Meta meta;
    meta.kind = "native";
    meta.app = session->code().app;
    meta.code_id = session->code().code_id;
    meta.session = "bench";
    auto writer = must(timegraph::Writer::create(path, meta));
    must(session->start("bench"));
    std::uint64_t executed = 0;
    std::uint64_t seq = 0;
    for (auto time = 0ms; time < kLength; time += 250ms) {
        ExternalMessage message{{VirtualTime(time), Seq{++seq}}, {1}, to_json(Value(call))};
        must(writer.append({message.stamp, message.sender, message.payload}));
        must(session->enqueue({message}));
        must(session->set_bound(VirtualTime(time + 249ms)));
        executed += must(session->run({})).executed;
        if (seq % 4 == 0) {
            must(writer.keyframe(must(session->image()), must(session->take_touched())));
        }
        if (seq % 20 == 0) {
            Mark mark{BranchId{}, VirtualTime(time + 249ms), Mark::kWholeInstant};
            std::string hash = to_string(must(session->hash()));
            must(writer.vote({mark, {1}, hash}));
            must(writer.vote({mark, {2}, hash}));
        }
    }
    writer.bound(VirtualTime(kLength - 1ms), timegraph::WallTime(0s));
    must(writer.close());
    return executed;
}

struct Quantiles {
    explicit Quantiles(std::vector<double> all) {
        std::sort(all.begin(), all.end());
        p50 = all[all.size() / 2];
        p99 = all[all.size() * 99 / 100];
        most = all.back();
    }
    double p50, p99, most;
};

}  // namespace

int main(int count, char** arguments) {
    bool check = count > 1 && std::string_view(arguments[1]) == "--check";
    if (count != 3 + check) {
        fmt::print(stderr, "usage: replay_bench [--check] MODULE CALL|FILE.timegraph\n");
        return 2;
    }
    std::string module = arguments[1 + check];
    std::string subject = arguments[2 + check];
    const bool given = subject.ends_with(".timegraph");
    std::string path = given ? subject
                             : (std::filesystem::temp_directory_path() /
                                fmt::format("replay_bench_{}.timegraph", ::getpid()))
                                   .string();
    if (!given) {
        double start = now_ms();
        std::uint64_t executed = record(path, module, subject);
        fmt::print("{} messages executed and recorded in {:.2f} s, file {:.1f} MB\n", executed,
                   (now_ms() - start) / 1000, std::filesystem::file_size(path) / 1e6);
    }

    auto timeline = must(Timeline::open(path, {.modules = {module}}));
    const Duration length = timeline.end().time.time_since_epoch();
    std::mt19937_64 random(1);
    auto anywhere = [&] {
        return VirtualTime(Duration(random() % static_cast<std::uint64_t>(length.count() - 2000)));
    };
    std::vector<double> seeks, first_back, back;
    for (int i = 0; i < 500; ++i) {
        double before = now_ms();
        must(timeline.seek(anywhere()));
        seeks.push_back(now_ms() - before);
    }
    for (int i = 0; i < 30; ++i) {
        must(timeline.seek(anywhere()));
        for (int step = 0; step < 30; ++step) {
            double before = now_ms();
            must(timeline.step_backward());
            (step == 0 ? first_back : back).push_back(now_ms() - before);
        }
    }
    double before = now_ms();
    auto report = must(verify_replay(timeline));
    double verified = (now_ms() - before) / 1000;
    if (!given) std::filesystem::remove(path);

    Quantiles seek(seeks), first(first_back), step(back);
    fmt::print("seek       p50 {:7.2f} ms   p99 {:7.2f} ms   most {:7.2f} ms\n", seek.p50, seek.p99,
               seek.most);
    fmt::print("first back p50 {:7.2f} ms   p99 {:7.2f} ms   most {:7.2f} ms\n", first.p50,
               first.p99, first.most);
    fmt::print("step back  p50 {:7.2f} ms   p99 {:7.2f} ms   most {:7.2f} ms\n", step.p50, step.p99,
               step.most);
    fmt::print("verify     {} of {} votes, {} of {} keyframes agree, {:.2f} s, {:.0f}x real time\n",
               report.votes_agree, report.votes, report.keyframes_agree, report.keyframes, verified,
               std::chrono::duration<double>(length).count() / verified);
    bool good = report.agrees() && report.votes > 0 && seek.p99 <= 100 && step.p50 <= 5;
    return check && !good ? 1 : 0;
}
