#include <QTest>

#include "../test_main.h"
#include "../thorough.h"
#include "runs.h"

/// Which bug the engines have now; see bugs.cmake.
int simulated_bug = 0;

class SimulationBugsTest : public QObject {
    Q_OBJECT

private slots:
    void finds_each_bug_data();
    void finds_each_bug();
};

namespace {

constexpr std::uint64_t kSeeds = 60;

}  // namespace

void SimulationBugsTest::finds_each_bug_data() {
    QTest::addColumn<int>("bug");
    QTest::newRow("a join is cut by time") << 1;
    QTest::newRow("a rejoin sends again what was taken") << 2;
    QTest::newRow("a bound comes before the stamp") << 3;
    QTest::newRow("a step is executed again after a reconnect") << 4;
    QTest::newRow("a late joiner ignores the pause") << 5;
}

void SimulationBugsTest::finds_each_bug() {
    QFETCH(int, bug);
    std::uint64_t first = simulation::first_seed();
    std::uint64_t tried = 0, found = 0;
    std::string sentence;
    for (std::uint64_t seed = first; tried < kSeeds; ++seed) {
        if (found > 0 && !teatime::test::thorough()) break;  // how often is for a longer run
        ++tried;
        simulated_bug = bug;
        auto result = simulation::run_seed(seed);
        simulated_bug = 0;
        if (result.failure.empty()) continue;
        if (!found++) {
            sentence = result.failure;
            // It is the bug that is found, nothing else.
            QCOMPARE(simulation::run_seed(seed).failure, std::string());
        }
    }
    std::printf("found in %llu of %llu seeds: %s\n", static_cast<unsigned long long>(found),
                static_cast<unsigned long long>(tried), sentence.c_str());
    QVERIFY(found > 0);
}

TEST_CLASS(SimulationBugsTest)

#include "simulation_bugs_test.moc"
