#include "teatime/capture/keyframe_policy.h"

#include <QTest>

#include "../state/random_input.h"
#include "../test_main.h"

using namespace teatime;
using namespace teatime::capture;
using namespace std::chrono_literals;

class KeyframePolicyTest : public QObject {
    Q_OBJECT

    /// Runs a world of constant cost for so long; returns the interval that it came to.
    static Duration settled(KeyframePolicy& policy, double load,
                            std::chrono::microseconds keyframe) {
        VirtualTime time;
        for (int i = 0; i < 200; ++i) {
            VirtualTime target = policy.next_after(time);
            for (; time < target; time += 10ms) {
                policy.ran(std::chrono::microseconds(static_cast<std::int64_t>(10'000 * load)));
                if (policy.next_after(time) < target) target = policy.next_after(time);
            }
            policy.made(keyframe);
        }
        return policy.interval();
    }

private slots:
    void an_idle_world_has_few() {
        KeyframePolicy policy;
        QCOMPARE(settled(policy, 0, 100us), Duration(64s));
    }

    void a_busy_world_has_as_many_as_a_seek_needs() {
        KeyframePolicy policy;
        Duration interval = settled(policy, 0.05, 100us);  // 50 ms of work in 1 s
        QVERIFY(interval <= Duration(1s));
        QVERIFY(interval >= Duration(250ms));
        KeyframePolicy heavy;
        QCOMPARE(settled(heavy, 0.9, 100us), Duration(250ms));
    }

    void keyframes_themselves_are_not_the_load() {
        KeyframePolicy policy;
        QVERIFY(settled(policy, 0.9, 200ms) >= Duration(2s));
    }

    void marks_of_two_recordings_lie_on_one_grid() {
        auto random = test::seeded_random();
        for (int i = 0; i < 100; ++i) {
            KeyframePolicy policy;
            VirtualTime time(std::chrono::microseconds(random() % 1'000'000'000'000));
            policy.ran(std::chrono::microseconds(random() % 200'000));
            policy.made(std::chrono::microseconds(random() % 100'000));
            VirtualTime next = policy.next_after(time);
            QVERIFY(next > time);
            QVERIFY(next <= time + policy.interval());
            QCOMPARE(next.time_since_epoch() % policy.interval(), Duration(0));
            Duration k = policy.interval() / Duration(250ms) * Duration(1us);
            QCOMPARE(policy.interval() % Duration(250ms), Duration(0));
            QVERIFY((k.count() & (k.count() - 1)) == 0);  // a power of two
        }
    }

    void the_end_of_time_is_no_overflow() {
        KeyframePolicy policy;
        QVERIFY(policy.next_after(VirtualTime::max()) == VirtualTime::max());
        QVERIFY(policy.next_after(VirtualTime(-5s)) > kSessionStart);
    }
};

TEST_CLASS(KeyframePolicyTest)
#include "keyframe_policy_test.moc"
