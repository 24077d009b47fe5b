#include "teatime/island/random.h"

#include <QTest>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "../test_main.h"

using teatime::Random;

namespace {

Random with_state(Random::State state) {
    Random random;
    if (!random.set_state(state)) qFatal("this state was refused");
    return random;
}

/// QCOMPARE of doubles is fuzzy, that of text is not.
std::string exactly(double x) {
    char text[40];
    std::snprintf(text, sizeof text, "%a", x);
    return text;
}

/// Sum of (found - expected)^2 / expected; about as large as there are cells.
double chi_square(const std::vector<int>& cells) {
    double total = 0;
    for (int count : cells) total += count;
    double expected = total / static_cast<double>(cells.size());
    double sum = 0;
    for (int count : cells) sum += (count - expected) * (count - expected) / expected;
    return sum;
}

}  // namespace

class RandomTest : public QObject {
    Q_OBJECT

private slots:
    void bits_are_the_reference_vectors_of_xoshiro256_star_star() {
        Random random = with_state({1, 2, 3, 4});  // from the authors' C program
        for (std::uint64_t expected :
             {11520ULL, 0ULL, 1509978240ULL, 1215971899390074240ULL, 1216172134540287360ULL,
              607988272756665600ULL, 16172922978634559625ULL, 8476171486693032832ULL,
              10595114339597558777ULL, 2904607092377533576ULL})
            QCOMPARE(random.bits(), expected);
    }

    void the_same_session_has_the_same_numbers_for_ever() {
        Random random = Random::from_seed("teatime");
        QCOMPARE(random.bits(), 2852230594625606143u);
        QCOMPARE(exactly(random.uniform()), std::string("0x1.044829de8536p-6"));
        QCOMPARE(exactly(random.uniform(-10, 10)), std::string("0x1.a373a557cf0fp+0"));
        QCOMPARE(random.below(1000), 928u);
        QCOMPARE(random.between(-50, 50), 22);
        QCOMPARE(exactly(random.normal(5, 2)), std::string("0x1.b6224cf67ceaap+2"));
        QCOMPARE(exactly(random.exponential(3)), std::string("0x1.24bded7c3f517p+1"));
        std::string letters = "abcdefghij";
        random.shuffle(letters);
        QCOMPARE(letters, std::string("chijegadfb"));
        QCOMPARE(random.pick(letters), 'i');
        QVERIFY(Random::from_seed("teatime") != Random::from_seed("teatimes"));
    }

    void state_is_all_that_a_snapshot_needs() {
        Random random = Random::from_seed("snapshot");
        random.normal(0, 1);
        Random copy = with_state(random.state());
        for (int i = 0; i < 100; ++i)
            QCOMPARE(exactly(copy.normal(0, 1)), exactly(random.normal(0, 1)));
        QVERIFY(copy == random);
    }

    void a_state_of_zeros_is_refused() {
        Random random = Random::from_seed("zeros");
        Random before = random;
        QVERIFY(!random.set_state({0, 0, 0, 0}));
        QVERIFY(random == before);
    }

    void nothing_to_choose_from_is_an_error() {
        Random random = Random::from_seed("nothing");
        QVERIFY_EXCEPTION_THROWN(random.below(0), std::invalid_argument);
        QVERIFY_EXCEPTION_THROWN(random.between(2, 1), std::invalid_argument);
        QVERIFY_EXCEPTION_THROWN(random.pick(std::vector<int>{}), std::invalid_argument);
    }

    void draws_stay_within_their_ranges() {
        Random random = Random::from_seed("ranges");
        for (int i = 0; i < 100'000; ++i) {
            double u = random.uniform();
            QVERIFY(u >= 0 && u < 1);
            std::int64_t number = random.between(-3, 3);
            QVERIFY(number >= -3 && number <= 3);
            QVERIFY(random.exponential(2) >= 0);
            QVERIFY(!random.chance(0) && random.chance(1));
            QCOMPARE(random.below(1), 0u);
        }
        random.between(INT64_MIN, INT64_MAX);  // the whole range has no span + 1
        QCOMPARE(random.between(INT64_MAX, INT64_MAX), INT64_MAX);
        QCOMPARE(random.between(INT64_MIN, INT64_MIN), INT64_MIN);
    }

    void below_is_not_biased_even_for_awkward_sizes() {
        Random random = Random::from_seed("bias");
        std::vector<int> cells(10);
        for (int i = 0; i < 100'000; ++i) ++cells[random.below(10)];
        QVERIFY(chi_square(cells) < 28);  // 99.9 % of all seeds
        // With n = 3/4 of 2^64 plain scaling makes every third number twice as likely.
        constexpr std::uint64_t kHuge = 3ULL << 62;
        std::vector<int> thirds(3);
        for (int i = 0; i < 100'000; ++i) ++thirds[random.below(kHuge) % 3];
        QVERIFY(chi_square(thirds) < 14);
    }

    void uniform_fills_its_cells_evenly() {
        Random random = Random::from_seed("cells");
        std::vector<int> cells(100);
        for (int i = 0; i < 100'000; ++i)
            ++cells[static_cast<std::size_t>(random.uniform(5, 6) * 100 - 500)];
        QVERIFY(chi_square(cells) < 149);
    }

    void normal_and_exponential_have_their_moments() {
        Random random = Random::from_seed("moments");
        constexpr int kDraws = 200'000;
        double sum = 0, squares = 0, waits = 0;
        int long_waits = 0, within_sigma = 0;
        for (int i = 0; i < kDraws; ++i) {
            double value = random.normal(10, 2);
            sum += value;
            squares += (value - 10) * (value - 10);
            within_sigma += std::fabs(value - 10) < 2;
            double wait = random.exponential(4);
            waits += wait;
            long_waits += wait > 8;
        }
        QVERIFY(std::fabs(sum / kDraws - 10) < 0.02);
        QVERIFY(std::fabs(squares / kDraws - 4) < 0.06);
        QVERIFY(std::fabs(within_sigma / double{kDraws} - 0.6827) < 0.005);
        QVERIFY(std::fabs(waits / kDraws - 4) < 0.04);
        QVERIFY(std::fabs(long_waits / double{kDraws} - 0.1353) < 0.004);
    }

    void shuffle_makes_every_order_equally_often() {
        Random random = Random::from_seed("orders");
        std::map<std::string, int> orders;
        for (int i = 0; i < 60'000; ++i) {
            std::string letters = "abc";
            random.shuffle(letters);
            ++orders[letters];
        }
        std::vector<int> cells;
        for (auto& [order, count] : orders) cells.push_back(count);
        QCOMPARE(cells.size(), 6u);
        QVERIFY(chi_square(cells) < 21);
    }

    void pick_refers_to_the_element() {
        Random random = Random::from_seed("pick");
        std::array<int, 3> numbers{};
        for (int i = 0; i < 300; ++i) ++random.pick(numbers);
        QCOMPARE(numbers[0] + numbers[1] + numbers[2], 300);
        for (int count : numbers) QVERIFY(count > 50);
    }
};

TEST_CLASS(RandomTest)
#include "random_test.moc"
