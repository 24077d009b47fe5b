#include <QDir>
#include <QTemporaryDir>
#include <QTest>
#include <filesystem>
#include <fstream>
#include <string>

#include "../test_main.h"
#include "../thorough.h"
#include "crash_disk.h"
#include "fixture.h"
#include "teatime/timegraph/verify.h"

using namespace teatime;
using namespace teatime::timegraph;

/// The power may fail at any moment, and the disk keep, lose or tear whatever was not synced: what
/// a commit promised is there, whole, and nothing of a commit that did not end.
class CrashTest : public QObject {
    Q_OBJECT
private slots:
    void a_power_cut_loses_nothing_committed();
    void nor_of_a_ring_that_drops_what_is_old();
    void synchronous_normal_would_lose_commits();
};

namespace {

constexpr std::uint64_t kGroup = 3;  // messages of a commit, beside one vote

/// One commit: a group of messages, and a vote that belongs to them.
void write_group(Writer& writer, std::mt19937_64& random, std::uint64_t group) {
    for (std::uint64_t i = 0; i < kGroup; ++i) {
        std::uint64_t seq = group * kGroup + i + 1;
        std::string payload = "\"" + std::to_string(seq) + " " +
                              std::string(random() % 1500, static_cast<char>('a' + seq % 26)) +
                              "\"";
        if (!writer.append({{VirtualTime(Duration(seq * 1000)), {seq}}, {1}, payload})) {
            qFatal("append failed");
        }
    }
    VirtualTime time(Duration((group + 1) * kGroup * 1000));
    if (!writer.vote({{{}, time, 0}, {1}, std::to_string(group)}) || !writer.commit()) {
        qFatal("commit failed");
    }
    CrashDisk::instance().promise((group + 1) * kGroup);
}

/// A state from which replay can begin, and what a ring drops for it.
void drop_before_group(Writer& writer, std::uint64_t group) {
    Seq seq{(group + 1) * kGroup};
    Mark mark{{}, VirtualTime(Duration(seq.value * 1000)), Mark::kWholeInstant};
    if (!writer.foreign_keyframe(mark, seq, "hash", std::string(3000, 'f')) || !writer.commit() ||
        !writer.drop_oldest(VirtualTime::max())) {
        qFatal("dropping failed");
    }
}

/// Creating, committing, folding into blocks, checkpoints, closing and going on; of a ring also
/// dropping.
void record(const std::string& path, std::mt19937_64& random, int times, std::uint64_t groups,
            bool ring = false) {
    WriterOptions options{.block_bytes = 9000, .vfs = CrashDisk::kName};
    std::uint64_t group = 0;
    for (int time = 0; time < times; ++time) {
        auto writer =
            time == 0 ? Writer::create(path, Meta(), options) : Writer::open(path, options);
        if (!writer) qFatal("%s", writer.error().message.c_str());
        for (std::uint64_t end = group + groups; group < end; ++group) {
            write_group(*writer, random, group);
            if (ring && group % 3 == 2) drop_before_group(*writer, group);
        }
        if (!writer->close()) qFatal("close failed");
    }
}

/// Where states are looked at: thousands of files, none of which has to last.
class Place {
public:
    std::string file() const { return folder_.filePath("session.timegraph").toStdString(); }

private:
    QTemporaryDir folder_{QDir("/dev/shm").exists() ? "/dev/shm/teatime-crash-XXXXXX" : QString()};
};

struct Outcome {
    std::uint64_t states = 0, unreadable = 0, lost = 0, damaged = 0, half = 0;
    std::string first;  ///< what was wrong first
};

void note(Outcome& outcome, std::uint64_t& kind, std::string what) {
    ++kind;
    if (outcome.first.empty()) {
        outcome.first = "state " + std::to_string(outcome.states) + ": " + std::move(what);
    }
}

/// Opens what is left as anybody would, on the real file system.
void check(const std::string& path, std::uint64_t promised, Outcome& outcome) {
    auto reader = Reader::open(path);
    if (!reader) {
        // Nothing was promised before the file was there as a whole.
        if (promised > 0) note(outcome, outcome.unreadable, reader.error().message);
        return;
    }
    auto end = reader->end();
    auto votes = reader->votes();
    if (!end || !votes) return note(outcome, outcome.damaged, "it cannot be read");
    std::uint64_t last = end->last.seq.value;
    if (last < promised) {
        note(outcome, outcome.lost, std::to_string(promised - last) + " messages lost");
    }
    // The last vote is of the last group, and none is missing before it.
    auto keyframe = reader->keyframe_before({{}, VirtualTime::max(), 0});
    bool state = keyframe && *keyframe;
    std::uint64_t groups = last / kGroup, first = groups - std::min(groups, votes->size());
    // (A ring has none of before its state.)
    bool whole = last % kGroup == 0 && (first == 0 || !votes->empty() || state);
    for (std::size_t i = 0; i < votes->size(); ++i)
        whole &= votes->at(i).hash == std::to_string(first + i);
    if (!whole) note(outcome, outcome.half, "half a commit");
    auto info = reader->info();
    if (!info) return note(outcome, outcome.damaged, info.error().message);
    if (info->first && info->first->seq.value > 1 && !state)
        note(outcome, outcome.damaged, "it begins late, and has no state to begin with");
    auto checked = verify(path);
    if (!checked || !checked->problems.empty()) {
        note(outcome, outcome.damaged,
             checked ? to_string(checked->problems[0]) : checked.error().message);
    }
}

Outcome crash_everywhere(const std::string& path, int variants, std::mt19937_64& random) {
    Outcome outcome;
    CrashDisk::instance().each_crash(
        variants, random, [&](const CrashDisk::Files& files, std::uint64_t promised) {
            for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
                std::filesystem::remove(path + suffix);
            }
            for (const auto& [name, content] : files)
                std::ofstream(name, std::ios::binary) << content;
            ++outcome.states;
            check(path, promised, outcome);
        });
    return outcome;
}

}  // namespace

void CrashTest::a_power_cut_loses_nothing_committed() {
    std::mt19937_64 random = test::seeded_random();
    CrashDisk& disk = CrashDisk::instance();
    disk.clear();
    Place place;
    record(place.file(), random, 3, 14);
    const bool thorough = test::thorough();
    Outcome outcome = crash_everywhere(place.file(), thorough ? 8 : 3, random);
    qInfo() << outcome.states << "states after" << disk.operations.size() << "operations";
    QVERIFY2(outcome.unreadable + outcome.lost + outcome.damaged + outcome.half == 0,
             outcome.first.c_str());
    QVERIFY(outcome.states >= (thorough ? 5000 : 1500));
}

void CrashTest::nor_of_a_ring_that_drops_what_is_old() {
    std::mt19937_64 random = test::seeded_random();
    CrashDisk& disk = CrashDisk::instance();
    disk.clear();
    Place place;
    record(place.file(), random, 2, 18, true);
    const bool thorough = test::thorough();
    Outcome outcome = crash_everywhere(place.file(), thorough ? 4 : 2, random);
    qInfo() << outcome.states << "states after" << disk.operations.size() << "operations";
    QVERIFY2(outcome.unreadable + outcome.lost + outcome.damaged + outcome.half == 0,
             outcome.first.c_str());
    QVERIFY(outcome.states >= (thorough ? 2000 : 1000));
}

/// With `synchronous=NORMAL` commits are lost, and the file is whole all the same.
void CrashTest::synchronous_normal_would_lose_commits() {
    std::mt19937_64 random = test::seeded_random();
    CrashDisk& disk = CrashDisk::instance();
    disk.clear();
    disk.only_normal = true;
    Place place;
    record(place.file(), random, 1, 10);
    Outcome outcome = crash_everywhere(place.file(), 4, random);
    QVERIFY(outcome.lost > 100);
    QVERIFY2(outcome.unreadable + outcome.damaged + outcome.half == 0, outcome.first.c_str());
    disk.clear();
}

TEST_CLASS(CrashTest)
#include "crash_test.moc"
