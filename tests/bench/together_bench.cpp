// Several people in front of one Island: how long until all have paused, and until all have seen a
// step. A reflector and its members over real sockets, the members in one thread of this process.
//
//     together_bench [--check] counter.so [members=100] [steps=300]
//
// Prints the goals beside the figures; --check fails where they are missed ten times over (a busy
// machine is no error).

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "teatime/island/module.h"
#include "teatime/net/participant.h"
#include "teatime/net/reflector.h"

using namespace teatime;
using namespace std::chrono_literals;

namespace {

using Clock = net::Loop::Clock;
using Op = session::TimeRequest::Op;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr int kPauses = 30;
constexpr double kPauseGoal = 50, kStepGoal = 50;  // ms; a pause: one heartbeat, and the way

struct Figures {
    std::vector<double> ms;
    double at(double part) {
        std::sort(ms.begin(), ms.end());
        return ms[static_cast<std::size_t>(part * static_cast<double>(ms.size() - 1))];
    }
    void print(const char* what, double goal) {
        fmt::print("{}: p50 {:.2f} ms, p99 {:.2f} ms, most {:.2f} ms (goal {:.0f} ms)\n", what,
                   at(0.5), at(0.99), at(1), goal);
    }
};

class Bench {
public:
    Bench(const Module& module, std::size_t members) : module_(module), members_(members) {
        net::ReflectorOptions options;
        options.server.port = 0;
        options.server.threads = 1;
        reflector_ = std::move(*net::Reflector::start(std::move(options)));
        url_ = *net::parse_url("ws://" + reflector_->address());
        for (std::size_t i = 0; i < members; ++i) add(session::Role::participant);
        wait([&] { return joined_ == members_; });
        add(session::Role::viewer);
        wait([&] { return joined_ == members_ + 1; });
        participants_[0]->send("counter", "loop");
    }

    double pause() {
        paused_ = 0;
        return timed(Op::pause, [&] { return paused_ == members_; });
    }
    /// Until the last member has been told the outcome, in which all agree.
    double step() {
        told_ = 0;
        return timed(Op::step, [&] { return told_ == members_; });
    }
    void resume() {
        timed(Op::resume, [] { return true; });
    }
    void pass(Clock::duration time) {
        bool over = false;
        loop_.schedule_after(time, [&] { over = true; });
        wait([&] { return over; });
    }
    bool agreed() const { return agreed_; }

private:
    void add(session::Role role) {
        bool member = role == session::Role::participant;
        session::ControllerOptions options;
        options.session_id = "bench";
        options.app = module_.app();
        options.code_id = module_.code_id();
        options.role = role;
        std::optional<session::IslandFactory> factory;
        if (member) {
            factory = session::IslandFactory{
                [this](const std::string& id) { return Island::create(module_, id); },
                [this](const Image& image) { return Island::restore(module_, image); }};
        }
        net::ParticipantHandler handler;
        handler.joined = [this](const session::Joined&) { ++joined_; };
        handler.failed = [](const Error& error) {
            fmt::print("{}\n", error.message);
            std::exit(1);
        };
        if (member) {
            handler.time_changed = [this](const session::TimeState& time) {
                paused_ += time.paused;
            };
            handler.notice = [this](const session::Frame& frame) {
                told_ += std::holds_alternative<std::shared_ptr<const session::StepOutcome>>(frame);
            };
        } else {
            handler.notice = [this](const session::Frame& frame) {
                auto* answer = std::get_if<session::TimeAnswer>(&frame);
                if (!answer) return;
                answered_ = true;
                if (!answer->outcome) return;
                auto& groups = answer->outcome->groups;
                agreed_ = agreed_ && groups.size() == 1 && groups[0].members.size() == members_;
            };
        }
        participants_.push_back(std::make_unique<net::Participant>(
            loop_, url_, std::move(options), std::move(factory), std::move(handler)));
    }
    template <class Done>
    void wait(Done done) {
        std::function<void()> look = [&] {
            if (done())
                loop_.stop();
            else
                loop_.post(look);
        };
        loop_.post(look);
        loop_.run();
    }
    template <class Done>
    double timed(Op op, Done done) {
        session::TimeRequest request;
        request.op = op;
        answered_ = false;
        auto begin = Clock::now();
        participants_.back()->time_request(request);
        std::optional<Clock::time_point> end;
        wait([&] {
            if (!end && done()) end = Clock::now();
            return end && answered_;
        });
        return Milliseconds(*end - begin).count();
    }

    const Module& module_;
    const std::size_t members_;
    std::unique_ptr<net::Reflector> reflector_;
    net::Url url_;
    net::Loop loop_;
    std::vector<std::unique_ptr<net::Participant>> participants_;
    std::size_t joined_ = 0, paused_ = 0, told_ = 0;
    bool answered_ = false;
    bool agreed_ = true;
};

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    bool check = std::erase(words, "--check") > 0;
    if (words.empty()) {
        fmt::print(stderr, "usage: together_bench [--check] counter.so [members] [steps]\n");
        return 2;
    }
    auto module = Module::load(words[0]);
    if (!module) {
        fmt::print(stderr, "{}\n", module.error().message);
        return 3;
    }
    std::size_t members = words.size() > 1 ? std::stoul(words[1]) : 100;
    int steps = words.size() > 2 ? std::stoi(words[2]) : 300;
    Bench bench(**module, members);
    Figures pauses, all_steps;
    for (int i = 0; i < kPauses; ++i) {
        bench.pass(100ms);
        pauses.ms.push_back(bench.pause());
        if (i + 1 < kPauses) bench.resume();
    }
    for (int i = 0; i < steps; ++i) all_steps.ms.push_back(bench.step());
    std::string load;
    std::getline(std::ifstream("/proc/loadavg"), load);
    fmt::print("{} members, load {}\n", members, load);
    pauses.print("pause until all have stopped", kPauseGoal);
    all_steps.print("step until all have its outcome", kStepGoal);
    if (!bench.agreed()) fmt::print("the members did not always agree\n");
    bool missed = pauses.at(1) > 10 * kPauseGoal || all_steps.at(0.99) > 10 * kStepGoal;
    return !bench.agreed() || (check && missed) ? 1 : 0;
}
