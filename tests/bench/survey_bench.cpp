// What it costs to look while a recording is executed, on the machine it runs on.
//
//     survey_bench MODULE CALL PATH [SECONDS]     e.g. survey_bench counter.so
//     '["counter","loop"]' counter.count
//     survey_bench --external [MESSAGES]
//
// Executes SECONDS of virtual time (one hour) of a world that gets CALL once, plainly, counted as a
// Survey does, watching PATH, and telling every message; in this process, so that nothing else is
// measured. Then the same through a Survey, and windows of 500 rows anywhere. --external: how long
// an ExternalSurvey of MESSAGES (10 million) small messages takes.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

#include "must.h"
#include "teatime/replayer/external_survey.h"
#include "teatime/replayer/local_session.h"
#include "teatime/replayer/survey.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/writer.h"

using namespace teatime;
using namespace teatime::replayer;
using namespace std::chrono_literals;

namespace {

double now_ms() {
    return std::chrono::duration<double, std::milli>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

std::string new_file() {
    return std::filesystem::temp_directory_path() /
           fmt::format("survey_bench_{}.timegraph", ::getpid());
}

/// Executed messages and ns for each.
std::pair<std::uint64_t, double> executed(const std::string& module, const ExternalMessage& call,
                                          VirtualTime end, const RunLimit& what) {
    auto session = must(LocalSession::load(module));
    must(session->start("bench"));
    must(session->enqueue({call}));
    must(session->set_bound(end));
    double start = now_ms();
    std::uint64_t all = 0;
    for (RunLimit limit = what;;) {
        limit.wall = 20ms;
        auto ran = must(session->run(limit));
        all += ran.executed;
        if (limit.tally) limit.tally->executed = all;
        if (ran.stop == RunResult::Stop::bound) break;
    }
    return {all, (now_ms() - start) * 1e6 / static_cast<double>(all)};
}

template <class Any>
double wait_for(const Any& survey) {
    double start = now_ms();
    for (;;) {
        auto progress = survey.progress();
        if (progress.state == SurveyProgress::State::waiting) return now_ms() - start;
        if (progress.state == SurveyProgress::State::failed) {
            fmt::print(stderr, "{}\n", progress.why);
            std::exit(1);
        }
        std::this_thread::sleep_for(1ms);
    }
}

void bench_rows(const Survey& survey, const std::string& path, const std::string& module) {
    auto timeline = must(Timeline::open(path, {.modules = {module}}));
    std::mt19937_64 random(1);
    std::vector<double> times;
    for (int i = 0; i < 100; ++i) {
        double start = now_ms();
        must(survey.rows(timeline, random() % survey.progress().executed, 500));
        times.push_back(now_ms() - start);
    }
    std::sort(times.begin(), times.end());
    fmt::print("500 rows   p50 {:7.2f} ms   p90 {:7.2f} ms   most {:7.2f} ms\n", times[50],
               times[90], times.back());
}

void bench_world(const std::string& module, const std::string& call, const std::string& path,
                 std::chrono::seconds length) {
    ExternalMessage message{{VirtualTime(1ms), Seq{1}}, {1}, to_json(Value(call))};
    const VirtualTime end(length);
    RunLimit plain, counted, watching, elsewhere, details;
    counted.tally.emplace();
    counted.tally->bucket = std::max(Duration(1024), Duration(length) / 8192);
    watching.watch = {path};
    elsewhere.watch = {"#4000.none"};
    details.details = true;
    struct Way {
        const char* name;
        const RunLimit* what;
        double best = 1e30;
    };
    std::vector<Way> ways{{"plain", &plain},
                          {"counted", &counted},
                          {"watching", &watching},
                          {"watching another", &elsewhere},
                          {"telling each", &details}};
    std::uint64_t messages = 0;
    for (int round = 0; round < 5; ++round) {  // in turn, so that all meet the same machine
        for (Way& way : ways) {
            auto [count, ns] = executed(module, message, end, *way.what);
            messages = count;
            way.best = std::min(way.best, ns);
        }
    }
    for (const Way& way : ways) {
        fmt::print("{:<16}  {:9.1f} ns a message   {:+6.1f} %\n", way.name, way.best,
                   100 * (way.best / ways[0].best - 1));
    }

    std::string file = new_file();
    auto session = must(LocalSession::load(module));
    timegraph::Meta meta;
    meta.kind = "native";
    meta.app = session->code().app;
    meta.code_id = session->code().code_id;
    meta.session = "bench";
    auto writer = must(timegraph::Writer::create(file, meta));
    must(session->start("bench"));
    must(session->enqueue({message}));
    must(writer.append({message.stamp, message.sender, message.payload}));
    for (auto time = 0s; time < length; time += 10s) {  // as dense as a recorder's policy allows
        must(session->set_bound(VirtualTime(time)));
        must(session->run({}));
        must(writer.keyframe(must(session->image()), must(session->take_touched())));
    }
    writer.bound(end, timegraph::WallTime(0s));
    must(writer.close());
    SurveyOptions options;
    options.timeline.modules = {module};
    Survey survey(file, options);
    double took = wait_for(survey);
    fmt::print("survey     {} messages in {:.2f} s: {:.1f} ns a message\n", messages, took / 1000,
               took * 1e6 / static_cast<double>(messages));
    bench_rows(survey, file, module);
    std::filesystem::remove(file);
}

void bench_external(std::uint64_t messages) {
    std::string file = new_file();
    timegraph::Meta meta;
    meta.kind = "croquet";
    auto writer = must(timegraph::Writer::create(file, meta));
    for (std::uint64_t seq = 1; seq <= messages; ++seq) {
        std::string payload = fmt::format("\"[\\\"painter\\\",\\\"stroke\\\",{},{}]\"",
                                          seq * 7 % 800, seq * 13 % 600);
        must(writer.append({{VirtualTime(Duration(seq * 997)), Seq{seq}}, {seq % 20}, payload}));
    }
    writer.bound(VirtualTime(Duration((messages + 1) * 997)), timegraph::WallTime(0s));
    must(writer.close());
    double start = now_ms();
    ExternalSurvey survey(file, {});
    while (survey.messages() == 0) std::this_thread::sleep_for(100us);
    double first = now_ms() - start;
    double drawn = now_ms();
    survey.density(kSessionStart, VirtualTime(Duration(messages * 997)), 2000);
    drawn = now_ms() - drawn;
    wait_for(survey);
    fmt::print(
        "{} messages, {:.0f} MB: first answer after {:.1f} ms (drawn in {:.2f} ms), all "
        "after {:.2f} s\n",
        messages, static_cast<double>(std::filesystem::file_size(file)) / 1e6, first, drawn,
        (now_ms() - start) / 1000);
    std::filesystem::remove(file);
}

}  // namespace

int main(int count, char** arguments) {
    std::string_view first = count > 1 ? arguments[1] : "";
    if (first == "--external" && count <= 3) {
        bench_external(count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 10'000'000);
    } else if (count == 4 || count == 5) {
        bench_world(arguments[1], arguments[2], arguments[3],
                    std::chrono::seconds(count > 4 ? std::atoi(arguments[4]) : 3600));
    } else {
        fmt::print(stderr,
                   "usage: survey_bench MODULE CALL PATH [SECONDS] | --external [MESSAGES]\n");
        return 2;
    }
    return 0;
}
