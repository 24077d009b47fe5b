#include <QTest>
#include <chrono>

#include "../test_main.h"
#include "../thorough.h"
#include "runs.h"

using namespace simulation;

namespace {

constexpr std::uint64_t kDaily = teatime::test::kSlowdown > 1 ? 20 : 60;
std::uint64_t seeds = teatime::test::thorough() ? 200 : kDaily;
std::uint64_t first = 1;
bool log_all = false;

constexpr std::uint64_t kTwice = 20;  // seeds that are run again

unsigned long long number(std::uint64_t value) {
    return value;
}

/// What all runs together have met.
struct Sum {
    std::array<std::uint64_t, kFaults> fired{}, fired_in{};
    std::uint64_t events = 0, incarnations = 0, recorded = 0, gaps = 0, replayed = 0, votes = 0;
    Ledger::Totals totals;
    double converged = 0;

    void add(const World::Result& one) {
        for (std::size_t i = 0; i < kFaults; ++i) {
            fired[i] += one.faults[i];
            fired_in[i] += one.faults[i] > 0;
        }
        events += one.events;
        incarnations += one.incarnations;
        recorded += one.recorded;
        gaps += one.gaps;
        replayed += one.replayed;
        votes += one.votes;
        totals += one.totals;
        converged = std::max(converged, one.converged_after);
    }

    void print() const {
        std::printf(
            "%llu events, %llu sessions, %llu stamps, %llu bounds, %llu sends (%llu refused)\n",
            number(events), number(incarnations), number(totals.stamps), number(totals.ticks),
            number(totals.sent), number(totals.refused));
        std::printf(
            "%llu states, %llu compared, %llu votes, %llu pauses, %llu steps (%llu agreed by two "
            "or more), %llu rates; settled within %.1f s\n",
            number(totals.states), number(totals.compared), number(totals.votes),
            number(totals.pauses), number(totals.steps), number(totals.agreed),
            number(totals.rates), converged);
        std::printf(
            "%llu untils, %llu leads (%llu expired), %llu requests of who did not lead, %llu "
            "notes\n",
            number(totals.untils), number(totals.leads), number(totals.expired),
            number(totals.not_led), number(totals.notes));
        std::printf(
            "%llu messages recorded, %llu gaps, %llu states replayed, %llu votes verified\n",
            number(recorded), number(gaps), number(replayed), number(votes));
        std::printf("faults (in so many runs):");
        for (std::size_t i = 0; i < kFaults; ++i) {
            std::printf("%s %s %llu (%llu)", i ? "," : "", kFaultNames[i].data(), number(fired[i]),
                        number(fired_in[i]));
        }
        std::printf("\n");
    }
};

}  // namespace

class SimulationTest : public QObject {
    Q_OBJECT

private slots:
    void all_agree_whatever_happens();
    void a_seed_is_one_run();
    void seeds_that_once_failed_do_not();
};

void SimulationTest::all_agree_whatever_happens() {
    auto begin = std::chrono::steady_clock::now();
    Sum sum;
    std::uint64_t failures = 0;
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        World::Result result = run_seed(seed, log_all);
        sum.add(result);
        if (result.failure.empty()) continue;
        ++failures;
        std::printf("seed %llu at %.3f s: %s\n", number(seed), result.at, result.failure.c_str());
    }
    sum.print();
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("%llu seeds in %.1f s\n", number(seeds), took.count());
    QCOMPARE(failures, 0u);
    if (seeds < 200) return;  // too few to say anything of chance
    for (std::size_t i = 0; i < kFaults; ++i) {
        QVERIFY2(sum.fired_in[i] * 20 >= seeds, kFaultNames[i].data());
    }
}

void SimulationTest::a_seed_is_one_run() {
    for (std::uint64_t seed = first; seed < first + std::min(seeds, kTwice); ++seed) {
        World::Result once = run_seed(seed), again = run_seed(seed);
        QCOMPARE(again.trace, once.trace);
        QCOMPARE(again.recorded, once.recorded);
        QCOMPARE(again.gaps, once.gaps);
    }
}

void SimulationTest::seeds_that_once_failed_do_not() {
    // 1792, 1667: after `step external` a replica ran on beyond the next step.
    // 1067: verifying went back to a keyframe before another gap and on without what was lost.
    for (std::uint64_t seed : {1792u, 1667u, 1067u})
        QCOMPARE(run_seed(seed).failure, std::string());
}

/// --seeds N --first S: other runs than CI's; --log tells what happens in them.
static int run_simulation(int argc, char** argv) {
    first = first_seed();
    std::vector<char*> rest;
    for (int i = 0; i < argc; ++i) {
        std::string_view option = argv[i];
        if (option == "--seeds" && i + 1 < argc)
            seeds = std::strtoull(argv[++i], nullptr, 10);
        else if (option == "--first" && i + 1 < argc)
            first = std::strtoull(argv[++i], nullptr, 10);
        else if (option == "--log")
            log_all = true;
        else
            rest.push_back(argv[i]);
    }
    SimulationTest test;
    return QTest::qExec(&test, static_cast<int>(rest.size()), rest.data());
}
static const bool added = teatime::test::add_test_class(__FILE__, run_simulation);

#include "simulation_test.moc"
