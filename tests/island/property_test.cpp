#include <QTest>
#include <algorithm>

#include "../state/random_input.h"
#include "../test_main.h"
#include "chaos_world.h"
#include "replicas.h"
#include "teatime/state/state_hash.h"

using namespace teatime;

namespace {
std::mt19937_64 seeded() {
    return test::seeded_random();
}
}  // namespace

class IslandPropertyTest : public QObject {
    Q_OBJECT
private slots:
    void threeReplicasAndAReplayAgreeAtEveryStamp();
    void aSnapshotAtEveryMessageContinuesBitIdentically();
    void theIncrementalHashEqualsTheHashOfTheImage();
    void aBurstOfStampsGivesTheSameStatesAsSingleOnes();
};

void IslandPropertyTest::threeReplicasAndAReplayAgreeAtEveryStamp() {
    std::mt19937_64 random = seeded();
    std::vector<ExternalMessage> messages = random_messages(random, 100'000);
    std::unique_ptr<Island> replicas[3] = {
        make_island(chaos::module()), make_island(chaos::module()), make_island(chaos::module())};
    std::vector<Hash128> hashes;
    for (const ExternalMessage& message : messages) {
        Hash128 hash[3];
        for (int r = 0; r < 3; ++r) {
            Island& replica = *replicas[r];
            // Some replicas hear heartbeats in between, others do not.
            if (r == 1 && random() % 2) {
                replica.set_bound(std::max(replica.bound(), message.stamp.time));
                if (random() % 2) run(replica);
            }
            QVERIFY(replica.enqueue(message));
            replica.set_bound(message.stamp.time);
            if (r == 2 && random() % 3 == 0) replica.hash();  // looking changes nothing
            hash[r] = run(replica);
        }
        QCOMPARE(hash[1], hash[0]);
        QCOMPARE(hash[2], hash[0]);
        hashes.push_back(hash[0]);
    }
    auto replay = make_island(chaos::module());
    for (std::size_t i = 0; i < messages.size(); ++i) {
        QVERIFY(replay->enqueue(messages[i]));
        replay->set_bound(messages[i].stamp.time);
        QCOMPARE(run(*replay), hashes[i]);
    }
}

void IslandPropertyTest::aSnapshotAtEveryMessageContinuesBitIdentically() {
    std::mt19937_64 random = seeded();
    for (int world = 0; world < 10; ++world) {
        std::vector<ExternalMessage> messages = random_messages(random, 60);
        auto original = make_island(chaos::module(), "world " + std::to_string(world));
        for (const ExternalMessage& message : messages) QVERIFY(original->enqueue(message));
        original->set_bound(messages.back().stamp.time + std::chrono::milliseconds(20));

        // Each state on the way, then all of it once more from each of them.
        std::vector<Image> images{original->image()};
        while (original->execute_next()) images.push_back(original->image());
        QVERIFY(images.size() > messages.size());
        for (std::size_t from = 0; from < images.size(); ++from) {
            auto copy = restored(chaos::module(), images[from]);
            copy->set_bound(original->bound());
            std::size_t steps = std::min<std::size_t>(images.size() - 1, from + 12);
            for (std::size_t at = from; at < steps; ++at) {
                QCOMPARE(copy->image(), images[at]);
                QVERIFY(copy->execute_next());
            }
            while (copy->execute_next()) {
            }
            QCOMPARE(copy->image(), images.back());
        }
    }
}

void IslandPropertyTest::theIncrementalHashEqualsTheHashOfTheImage() {
    std::mt19937_64 random = seeded();
    std::vector<ExternalMessage> messages = random_messages(random, 2'000);
    auto island = make_island(chaos::module());
    for (const ExternalMessage& message : messages) {
        QVERIFY(island->enqueue(message));
        island->set_bound(message.stamp.time);
        while (island->execute_next()) {
            if (random() % 4 == 0) QCOMPARE(island->hash(), state_hash(island->image()));
        }
    }
    result<Image> decoded = decode_image(encode_image(island->image()));
    QVERIFY2(decoded, decoded ? "" : decoded.error().message.c_str());
    QCOMPARE(*decoded, island->image());
}

void IslandPropertyTest::aBurstOfStampsGivesTheSameStatesAsSingleOnes() {
    std::mt19937_64 random = seeded();
    std::vector<ExternalMessage> messages = random_messages(random, 5'000);
    auto single = make_island(chaos::module());
    auto burst = make_island(chaos::module());
    for (std::size_t i = 0; i < messages.size();) {
        std::size_t end = std::min(messages.size(), i + 1 + random() % 200);
        for (std::size_t m = i; m < end; ++m) {
            QVERIFY(single->enqueue(messages[m]));
            single->set_bound(messages[m].stamp.time);
            run(*single);
            QVERIFY(burst->enqueue(messages[m]));
        }
        burst->set_bound(messages[end - 1].stamp.time);
        QCOMPARE(run(*burst), single->hash());
        i = end;
    }
}

TEST_CLASS(IslandPropertyTest)
#include "property_test.moc"
