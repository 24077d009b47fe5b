#include <sqlite3.h>

#include <QDir>
#include <QTemporaryDir>
#include <QTest>
#include <cstring>
#include <filesystem>
#include <functional>
#include <set>
#include <sstream>
#include <string>

#include "../test_main.h"
#include "../thorough.h"
#include "crash_disk.h"
#include "sample_recording.h"
#include "teatime/state/whole_file.h"
#include "teatime/timegraph/copy.h"
#include "teatime/timegraph/export.h"
#include "teatime/timegraph/filter.h"
#include "teatime/timegraph/merge.h"
#include "teatime/timegraph/recover.h"
#include "teatime/timegraph/redact.h"
#include "teatime/timegraph/trim.h"
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
    void a_new_recording_is_there_as_a_whole_or_not_at_all_data();
    void a_new_recording_is_there_as_a_whole_or_not_at_all();
    void a_file_written_anew_is_the_old_one_or_the_new_one();
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
    if (!writer.vote({{{}, time, 0}, {1}, std::to_string(group)}) || !writer.commit() ||
        !writer.reserve()) {
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
            bool ring = false, const char* vfs = "") {
    WriterOptions options{.block_bytes = 9000, .vfs = vfs};
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

/// Where it is recorded, and where states are looked at: thousands of files, none of which has to
/// last.
class Place {
public:
    std::string folder() const { return folder_.path().toStdString(); }
    std::string file(const char* name = "session.timegraph") const { return folder() + "/" + name; }

    /// Nothing but these.
    void put(const CrashDisk::Files& files) const {
        for (const auto& entry : std::filesystem::directory_iterator(folder()))
            std::filesystem::remove(entry.path());
        for (const auto& [name, content] : files) write_file(file(name.c_str()), content);
    }

private:
    QTemporaryDir folder_{QDir("/dev/shm").exists() ? "/dev/shm/teatime-crash-XXXXXX" : QString()};
};

/// SQLite's own file system, but that `PRAGMA synchronous=FULL` sets NORMAL.
const char* careless_vfs() {
    static sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
    static sqlite3_vfs mine = *real;
    static sqlite3_io_methods methods;
    static decltype(methods.xFileControl) control;
    mine.zName = "careless";
    mine.xOpen = [](sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
        int status = real->xOpen(real, name, file, flags, out);
        if (status != SQLITE_OK || (flags & SQLITE_OPEN_MAIN_DB) == 0) return status;
        methods = *file->pMethods;
        control = methods.xFileControl;
        methods.xFileControl = [](sqlite3_file* of, int what, void* with) {
            auto** pragma = static_cast<char**>(with);  // an answer, the name, the value
            bool asked = what == SQLITE_FCNTL_PRAGMA && pragma[2];
            if (asked && std::string_view(pragma[1]) == "synchronous") std::strcpy(pragma[2], "1");
            return control(of, what, with);  // SQLite goes on with it
        };
        file->pMethods = &methods;
        return status;
    };
    sqlite3_vfs_register(&mine, 0);
    return mine.zName;
}

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

Outcome crash_everywhere(const Place& place, int variants, std::mt19937_64& random) {
    Outcome outcome;
    CrashDisk::instance().each_crash(variants, random,
                                     [&](const CrashDisk::Files& files, std::uint64_t promised) {
                                         place.put(files);
                                         ++outcome.states;
                                         check(place.file(), promised, outcome);
                                     });
    return outcome;
}

}  // namespace

void CrashTest::a_power_cut_loses_nothing_committed() {
    std::mt19937_64 random = test::seeded_random();
    CrashDisk& disk = CrashDisk::instance();
    Place place;
    disk.watch(place.folder());
    record(place.file(), random, 3, 15);
    QVERIFY(disk.stop());
    const bool thorough = test::thorough();
    Outcome outcome = crash_everywhere(place, thorough ? 8 : 3, random);
    qInfo() << outcome.states << "states after" << disk.operations() << "operations";
    QVERIFY2(outcome.unreadable + outcome.lost + outcome.damaged + outcome.half == 0,
             outcome.first.c_str());
    QVERIFY(outcome.states >= (thorough ? 5000 : 1500));
}

void CrashTest::nor_of_a_ring_that_drops_what_is_old() {
    std::mt19937_64 random = test::seeded_random();
    CrashDisk& disk = CrashDisk::instance();
    Place place;
    disk.watch(place.folder());
    record(place.file(), random, 2, 18, true);
    QVERIFY(disk.stop());
    const bool thorough = test::thorough();
    Outcome outcome = crash_everywhere(place, thorough ? 4 : 2, random);
    qInfo() << outcome.states << "states after" << disk.operations() << "operations";
    QVERIFY2(outcome.unreadable + outcome.lost + outcome.damaged + outcome.half == 0,
             outcome.first.c_str());
    QVERIFY(outcome.states >= (thorough ? 2000 : 1000));
}

/// With `synchronous=NORMAL` commits are lost, and the file is whole all the same.
void CrashTest::synchronous_normal_would_lose_commits() {
    std::mt19937_64 random = test::seeded_random();
    CrashDisk& disk = CrashDisk::instance();
    Place place;
    disk.watch(place.folder());
    record(place.file(), random, 1, 10, false, careless_vfs());
    QVERIFY(disk.stop());
    Outcome outcome = crash_everywhere(place, 4, random);
    QVERIFY(outcome.lost > 100);
    QVERIFY2(outcome.unreadable + outcome.damaged + outcome.half == 0, outcome.first.c_str());
}

namespace {

using Make = std::function<result<void>(const std::string& from, const std::string& to)>;

template <class T>
result<void> only_whether(const result<T>& made) {
    if (!made) return made.error();
    return {};
}

/// Begins where a recording is trimmed.
constexpr VirtualTime kTrimmed = kSessionStart + 20s;

}  // namespace

void CrashTest::a_new_recording_is_there_as_a_whole_or_not_at_all_data() {
    QTest::addColumn<Make>("make");
    auto row = [](const char* name, Make make) { QTest::newRow(name) << make; };
    row("compact", [](const std::string& from, const std::string& to) {
        return only_whether(compact(open(from), to));
    });
    row("copy", [](const std::string& from, const std::string& to) { return copy(from, to); });
    row("trim", [](const std::string& from, const std::string& to) {
        return only_whether(trim(open(from), kTrimmed, VirtualTime::max(), {}, to));
    });
    row("filter", [](const std::string& from, const std::string& to) {
        return only_whether(filter(from, to, *Expression::parse("seq > 100")));
    });
    row("redact", [](const std::string& from, const std::string& to) {
        return only_whether(redact(from, to, {{"members.name"}, {}, "key"}));
    });
    row("merge", [](const std::string& from, const std::string& to) {
        return only_whether(merge({from, from}, to));
    });
    row("recover", [](const std::string& from, const std::string& to) {
        return only_whether(recover(from, to));
    });
    row("import", [](const std::string& from, const std::string& to) -> result<void> {
        std::stringstream lines;
        auto sink = [&](std::string_view bytes) -> result<void> {
            lines << bytes;
            return {};
        };
        auto done = export_jsonl(open(from), VirtualTime::min(), VirtualTime::max(), sink);
        return done ? only_whether(import_jsonl(lines, "lines", to)) : done;
    });
}

/// And what it is made of stays as it was.
void CrashTest::a_new_recording_is_there_as_a_whole_or_not_at_all() {
    QFETCH(Make, make);
    std::mt19937_64 random = test::seeded_random();
    Place place;
    make_recording(place.file(), random());
    {
        auto writer = Writer::open(place.file());
        VERIFY_OK(writer);
        VERIFY_OK(writer->meta("session", "of what is merged"));
        VERIFY_OK(writer->close());
    }
    CrashDisk& disk = CrashDisk::instance();
    disk.watch(place.folder());
    VERIFY_OK(make(place.file(), place.file("new.timegraph")));
    disk.promise(1);
    QVERIFY(disk.stop());
    auto checked = verify(place.file("new.timegraph"));
    VERIFY_OK(checked);
    QVERIFY(checked->problems.empty() && checked->messages > 0);
    const std::string from = read_file(place.file()), made = read_file(place.file("new.timegraph"));

    int states = 0, there = 0, again = 0;
    std::set<std::uint64_t> seen;
    auto look = [&](const CrashDisk::Files& files, std::uint64_t promised) {
        if (QTest::currentTestFailed()) return;
        ++states;
        QCOMPARE(files.at("session.timegraph"), from);
        auto found = files.find("new.timegraph");
        if (found != files.end()) {
            ++there;
            QCOMPARE(found->second, made);
            return;
        }
        QCOMPARE(promised, std::uint64_t{0});
        std::string left;
        for (const auto& [name, content] : files) left += name + content;
        if (files.size() == 1 || !seen.insert(hash_bytes(left).low).second) return;
        // What is left of it is in nobody's way, and gone when it is made again.
        ++again;
        place.put(files);
        VERIFY_OK(make(place.file(), place.file("new.timegraph")));
        QCOMPARE(read_file(place.file("new.timegraph")), made);
        QCOMPARE(std::distance(std::filesystem::directory_iterator(place.folder()), {}), 2);
    };
    disk.each_crash(test::thorough() ? 4 : 2, random, look);
    qInfo() << states << "states after" << disk.operations() << "operations;" << there
            << "with the new one;" << again << "different ones with something of it";
    QVERIFY(there > 0 && again > 0);
}

void CrashTest::a_file_written_anew_is_the_old_one_or_the_new_one() {
    std::mt19937_64 random = test::seeded_random();
    Place place;
    const std::string before(3000, 'a'), after(5000, 'b');
    CrashDisk& disk = CrashDisk::instance();
    write_file(place.file(), before);
    disk.watch(place.folder());
    VERIFY_OK(write_whole_file(place.file(), after));
    disk.promise(1);
    QVERIFY(disk.stop());
    disk.each_crash(100, random, [&](const CrashDisk::Files& files, std::uint64_t promised) {
        if (QTest::currentTestFailed()) return;
        const std::string& content = files.at("session.timegraph");
        QVERIFY(content == after || (content == before && promised == 0));
    });
}

TEST_CLASS(CrashTest)
#include "crash_test.moc"
