#include <QtTest>
#include <chrono>
#include <cstdio>

#include "world.h"

using simulation::kFaultNames;
using simulation::kFaults;
using simulation::World;

namespace {

std::uint64_t first_seed = 1;
std::uint64_t seeds = 200;
bool log_all = false;  // what happens in a run, for people

void report(std::uint64_t seed, const World::Result& result) {
    std::printf("seed %llu: %s (at %.3f s, %llu events)\n", static_cast<unsigned long long>(seed),
                result.failure.c_str(), result.at, static_cast<unsigned long long>(result.events));
}

}  // namespace

class SimulationTest : public QObject {
    Q_OBJECT

private slots:
    void all_agree_whatever_happens();
};

void SimulationTest::all_agree_whatever_happens() {
    std::printf("TEATIME_SEED=%llu, %llu seeds\n", static_cast<unsigned long long>(first_seed),
                static_cast<unsigned long long>(seeds));
    std::array<std::uint64_t, kFaults> fired{}, fired_in{};
    std::uint64_t failures = 0, events = 0;
    simulation::Ledger::Totals t;
    double slowest = 0, converged = 0, incarnations = 0;
    for (std::uint64_t seed = first_seed; seed < first_seed + seeds; ++seed) {
        auto begin = std::chrono::steady_clock::now();
        World::Result result = World(seed, log_all).run();
        double took =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        if (took > 1)
            std::printf("seed %llu took %.2f s, %llu events\n", (unsigned long long)seed, took,
                        (unsigned long long)result.events);
        slowest = std::max(slowest, took);
        converged = std::max(converged, result.converged_after);
        events += result.events;
        incarnations += static_cast<double>(result.incarnations);
        for (std::size_t i = 0; i < kFaults; ++i) {
            fired[i] += result.faults[i];
            fired_in[i] += result.faults[i] > 0;
        }
        t.stamps += result.totals.stamps;
        t.ticks += result.totals.ticks;
        t.sent += result.totals.sent;
        t.refused += result.totals.refused;
        t.states += result.totals.states;
        t.compared += result.totals.compared;
        t.votes += result.totals.votes;
        t.pauses += result.totals.pauses;
        t.steps += result.totals.steps;
        t.agreed += result.totals.agreed;
        t.rates += result.totals.rates;
        if (!result.failure.empty()) {
            report(seed, result);
            ++failures;
        }
    }
    std::printf("events %llu slowest %.2f converged<=%.1f incarnations %.0f\n",
                (unsigned long long)events, slowest, converged, incarnations);
    std::printf(
        "stamps %lu ticks %lu sent %lu refused %lu states %lu compared %lu votes %lu pauses %lu "
        "steps %lu agreed %lu rates %lu\n",
        t.stamps, t.ticks, t.sent, t.refused, t.states, t.compared, t.votes, t.pauses, t.steps,
        t.agreed, t.rates);
    for (std::size_t i = 0; i < kFaults; ++i)
        std::printf("%s %llu in %llu; ", kFaultNames[i].data(), (unsigned long long)fired[i],
                    (unsigned long long)fired_in[i]);
    std::printf("\n");
    QCOMPARE(failures, 0u);
}

int main(int argc, char** argv) {
    std::vector<char*> rest;
    for (int i = 0; i < argc; ++i) {
        std::string option = argv[i];
        if (option == "--seeds" && i + 1 < argc)
            seeds = std::stoull(argv[++i]);
        else if (option == "--first" && i + 1 < argc)
            first_seed = std::stoull(argv[++i]);
        else if (option == "--log")
            log_all = true;
        else
            rest.push_back(argv[i]);
    }
    SimulationTest test;
    return QTest::qExec(&test, static_cast<int>(rest.size()), rest.data());
}

#include "simulation_test.moc"
