#include "time_ladder.h"

#include <QTest>
#include <optional>
#include <set>

#include "../state/random_input.h"
#include "../test_main.h"

using namespace teatime;

namespace {

struct Before {
    bool operator()(const TimeLadder::Entry& a, const TimeLadder::Entry& b) const {
        return a.before(b);
    }
};

/// A ladder beside a plain sorted set; every step is done to both.
class Pair {
public:
    void push(VirtualTime time, bool external = false) {
        const std::uint64_t number = pushed_++;
        const TimeLadder::Entry entry{
            time, external ? OrderKey::external(Seq{number}) : OrderKey::internal(number),
            static_cast<std::uint32_t>(number)};
        ladder_.push(entry);
        sorted_.insert(entry);
    }
    /// The time of what was popped, or nothing where the two differ.
    std::optional<VirtualTime> pop() {
        if (ladder_.empty() || ladder_.size() != sorted_.size()) return std::nullopt;
        const TimeLadder::Entry seen = ladder_.front(), popped = ladder_.pop();
        const TimeLadder::Entry expected = *sorted_.begin();
        sorted_.erase(sorted_.begin());
        if (seen.slot != expected.slot || popped.slot != expected.slot) return std::nullopt;
        return popped.time;
    }
    bool same_entries() const {
        std::set<std::uint32_t> seen, expected;
        ladder_.for_each([&](const TimeLadder::Entry& entry) { seen.insert(entry.slot); });
        for (const auto& entry : sorted_) expected.insert(entry.slot);
        return seen == expected && ladder_.size() == sorted_.size();
    }
    std::size_t size() const { return sorted_.size(); }
    bool empty() const { return ladder_.empty(); }

private:
    TimeLadder ladder_;
    std::set<TimeLadder::Entry, Before> sorted_;
    std::uint64_t pushed_ = 0;
};

}  // namespace

class TimeLadderTest : public QObject {
    Q_OBJECT
private slots:
    void anyMixOfTimesComesOutInOrder();
    void theLastTimeThereIsCanBeWaitedFor();
};

/// Holds many entries: each one that is popped sends another to a time not before its own, by a law
/// that changes now and then, as an Island's messages do.
void TimeLadderTest::anyMixOfTimesComesOutInOrder() {
    std::mt19937_64 random = test::seeded_random();
    for (int run = 0; run < 30; ++run) {
        Pair pair;
        const std::size_t held = std::size_t{1} << random() % 15;
        VirtualTime now = kSessionStart;
        std::uint64_t law = 0;
        auto later = [&] {
            switch (law % 6) {
                case 0:
                    return now;  // all at one time
                case 1:
                    return now + Duration(1 + random() % 3);
                case 2:
                    return now + Duration(random() % 1'000'000);
                case 3:
                    return now + Duration(10'000);  // in step
                case 4:                             // over many scales
                    return now + Duration(random() % (std::uint64_t{1} << random() % 50));
                default:  // few far away, many near
                    return random() % 100 ? now + Duration(random() % 1000)
                                          : now + std::chrono::hours(random() % 10'000);
            }
        };
        for (int step = 0; step < 30'000; ++step) {
            if (step % 1000 == 0) law = random();
            while (pair.size() < held || random() % 8 == 0) pair.push(later(), random() % 16 == 0);
            const auto popped = pair.pop();
            QVERIFY2(popped, qPrintable(QString("run %1, step %2").arg(run).arg(step)));
            now = *popped;
            if (step % 10'000 == 0) QVERIFY(pair.same_entries());
        }
        while (pair.size() > 0) QVERIFY(pair.pop());
        QVERIFY(pair.empty());
        pair.push(now);  // it goes on after the end
        QVERIFY(pair.pop());
    }
}

void TimeLadderTest::theLastTimeThereIsCanBeWaitedFor() {
    Pair pair;
    for (int i = 0; i < 2000; ++i) {
        pair.push(VirtualTime::max());
        pair.push(kSessionStart + Duration(i));
        pair.push(VirtualTime::min() + Duration(i % 7));
    }
    while (pair.size() > 0) QVERIFY(pair.pop());
}

TEST_CLASS(TimeLadderTest)
#include "time_ladder_test.moc"
