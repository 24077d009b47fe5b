#include <sqlite3.h>

#include <QTest>
#include <filesystem>
#include <set>
#include <thread>

#include "../test_main.h"
#include "../thorough.h"
#include "database.h"
#include "head.h"
#include "sample_recording.h"
#include "teatime/state/bytes.h"
#include "teatime/timegraph/recover.h"
#include "teatime/timegraph/verify.h"
#include "zstd_frame.h"

using namespace teatime;
using namespace teatime::timegraph;
using namespace std::chrono_literals;

namespace {

std::string open_error(const std::string& path, bool untrusted = false) {
    auto reader = Reader::open(path, {untrusted});
    return reader ? std::string() : reader.error().message;
}

bool contains(const std::string& text, std::string_view part) {
    if (text.find(part) != std::string::npos) return true;
    qWarning("\"%s\" does not contain \"%s\"", text.c_str(), std::string(part).c_str());
    return false;
}

/// SQLite's own file system, on a disk that takes its time; under the name "slow".
class SlowDisk {
public:
    SlowDisk() : vfs_(*system()) {
        vfs_.zName = "slow";
        vfs_.xOpen = [](sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* got) {
            int code = system()->xOpen(system(), name, file, flags, got);
            if (code != SQLITE_OK) return code;
            if (own_.xRead == nullptr) {
                read_ = file->pMethods->xRead;
                own_ = *file->pMethods;
                own_.xRead = slow_read;
            }
            file->pMethods = &own_;
            return code;
        };
        sqlite3_vfs_register(&vfs_, 0);
    }
    ~SlowDisk() { sqlite3_vfs_unregister(&vfs_); }
    SlowDisk(const SlowDisk&) = delete;

private:
    static sqlite3_vfs* system() { return sqlite3_vfs_find(nullptr); }
    static int slow_read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
        std::this_thread::sleep_for(20ms);
        return read_(file, to, size, at);
    }
    static inline sqlite3_io_methods own_{};
    static inline decltype(sqlite3_io_methods::xRead) read_ = nullptr;
    sqlite3_vfs vfs_;
};

}  // namespace

class DamageTest : public QObject {
    Q_OBJECT

    Folder folder_;
    std::string good_;
    std::string bytes_;
    std::string copy(const std::string& name = "copy.timegraph") {
        std::string path = folder_.file(name);
        std::filesystem::copy_file(good_, path, std::filesystem::copy_options::overwrite_existing);
        return path;
    }

private slots:
    void initTestCase() {
        good_ = folder_.file("good.timegraph");
        make_recording(good_, test_seed());
        bytes_ = read_file(good_);
        auto verification = verify(good_);
        VERIFY_OK(verification);
        for (auto& problem : verification->problems) qWarning("%s", to_string(problem).c_str());
        QVERIFY(verification->problems.empty());
        QCOMPARE(verification->messages, 1200u);
        QVERIFY(!Dump(good_).failed());
        Reader reader = open(good_);
        QVERIFY(reader.info()->blocks > 5);
    }

    /// The promise of verify(). SQLite's own check sees hardly any of these.
    void every_flipped_bit_that_changes_anything_is_reported() {
        MessageMaker random(test_seed());
        std::string expected = Dump(good_).text();
        std::string path = copy();
        int read = 0, changed = 0, reported = 0;
        const int flips = test::thorough() ? 10'000 : 1'000;
        for (int i = 0; i < flips; ++i) {
            std::size_t at = random.below(bytes_.size());
            // Three of four where something is: the file is half empty pages.
            while (i % 4 != 0 && bytes_[at] == 0) at = random.below(bytes_.size());
            put(path, at, static_cast<char>(bytes_[at] ^ (1 << random.below(8))));
            auto verification = verify(path);
            bool noticed = !verification || !verification->problems.empty();
            reported += noticed;
            if (!noticed || i % 5 == 0) {  // to read all takes as long as to verify
                bool differs = Dump(path).text() != expected;
                read += 1;
                changed += differs;
                QVERIFY2(noticed || !differs, ("the flip at byte " + std::to_string(at)).c_str());
            }
            put(path, at, bytes_[at]);
        }
        qInfo("%d flips: %d are reported; of %d read, %d change what readers see", flips, reported,
              read, changed);
        QVERIFY(reported > flips / 2);
    }

    void each_problem_is_a_line_and_told_once() {
        std::string path = copy();
        for (std::size_t page = 2; page < bytes_.size() / kPageSize; page += 2) {
            for (int i = 0; i < 8; ++i) put(path, page * kPageSize + i, '\xff');
        }
        auto verification = verify(path);
        VERIFY_OK(verification);
        std::set<std::string> told;
        for (const Problem& problem : verification->problems) {
            QVERIFY2(told.insert(to_string(problem)).second, to_string(problem).c_str());
            for (const std::string& not_in_it : {std::string("\n"), std::string("***"), path})
                QVERIFY2(problem.what.find(not_in_it) == problem.what.npos, problem.what.c_str());
        }
        QVERIFY(told.size() > 3);
    }

    void an_integer_that_became_a_nan_in_an_index_is_reported() {
        // header size, branch 0, time in 3 bytes, n in 8 bytes, id in 1: the n is 2^63 - 1
        std::size_t at = bytes_.find(std::string("\x05\x08\x03\x06\x01", 5));
        QVERIFY(at != std::string::npos);
        std::string path = copy();
        put(path, at + 3, 7);  // an IEEE number of those bytes, which SQLite reads as null
        auto verification = verify(path);
        QVERIFY(verification && !verification->problems.empty());
    }

    void rows_out_of_order_are_an_error_and_no_circle() {
        std::string path = folder_.file("tail.timegraph");
        std::uint64_t id = 0;
        for (std::uint64_t seed = test_seed(); id == 0; ++seed) {
            std::filesystem::remove(path);
            make_recording(path, seed);
            Database database(path, Database::Use::read);
            Query last_but_one(database, "SELECT id FROM tail ORDER BY id DESC LIMIT 1 OFFSET 1");
            if (last_but_one.next()) id = last_but_one.number(0);
        }
        // Its id in two bytes (7 bits each), the header's size, NULL for the id, branch 0.
        std::string cell{static_cast<char>(0x80 | id >> 7), static_cast<char>(id & 0x7f), 12, 0, 8};
        std::size_t at = read_file(path).find(cell);
        QVERIFY(at != std::string::npos);
        // Goes on in a third byte, so that what was the last row comes behind a larger id.
        put(path, at + 1, static_cast<char>(0x80 | id));
        Reader reader = open(path);
        auto cursor = reader.messages();
        while (cursor.next()) {
        }
        QVERIFY(!cursor.status() && contains(cursor.status().error().message, "out of order"));
        auto verification = verify(path);
        QVERIFY(verification && !verification->problems.empty());
    }

    void a_file_cut_anywhere_is_refused_or_reported() {
        MessageMaker random(test_seed());
        std::string path = folder_.file("cut.timegraph");
        for (int i = 0; i < 200; ++i) {
            // By a page at least: SQLite fills up a last page that is too short.
            auto size = random.below(bytes_.size() - kPageSize);
            write_file(path, std::string_view(bytes_).substr(0, size));
            auto verification = verify(path);
            QVERIFY(!verification || !verification->problems.empty());
            std::string error = open_error(path);
            QVERIFY(!error.empty());
        }
        write_file(path, std::string_view(bytes_).substr(0, bytes_.size() / 2));
        auto cut = Reader::open(path);
        QVERIFY(!cut && cut.error().kind == ErrorKind::damaged);
        QVERIFY(contains(with_advice(cut.error()), "`teatime recover` saves the rest"));
    }

    void other_files_are_refused_with_a_sentence_each() {
        std::string path = folder_.file("other.timegraph");
        QVERIFY(contains(open_error(folder_.file("missing")), "no such file"));
        QVERIFY(contains(open_error(folder_.file("")), "is not a file"));
        write_file(path, std::string(20'000, 'x'));
        QVERIFY(contains(open_error(path), "not a time-graph"));
        write_file(path, "");
        QVERIFY(contains(open_error(path), "not a time-graph"));
        sql(path, "CREATE TABLE a(b)");
        QVERIFY(contains(open_error(path), "not a time-graph"));
        path = copy();
        sql(path, "PRAGMA user_version=12");
        QVERIFY(contains(open_error(path), "version 12"));
        QVERIFY(contains(open_error(path), "up to 1"));
        sql(path, "PRAGMA user_version=1; DROP INDEX votes_by_mark");
        QVERIFY(contains(open_error(path), "votes_by_mark"));
    }

    void a_damaged_row_is_an_error_and_others_stay_readable() {
        std::string path = copy();
        sql(path, "UPDATE votes SET member = 9 WHERE id = 3");
        Reader reader = open(path);
        auto votes = reader.votes();
        QVERIFY(!votes);
        QVERIFY(contains(votes.error().message, "row 3 of table votes"));
        QCOMPARE(reader.bookmarks()->size(), std::size_t{3});
    }

    void a_missing_row_is_reported() {
        for (const char* table : {"votes", "blocks", "tail", "keyframes", "clock", "gaps"}) {
            std::string path = copy();
            bool empty = std::string(table) == "gaps";
            std::string statement = "DELETE FROM " + std::string(table) + " WHERE id = 1";
            if (std::string(table) == "tail") {  // empty where a block ends with the last message
                statement =
                    "CREATE TEMP TABLE was AS SELECT count(*) AS n FROM tail; DELETE FROM tail; "
                    "INSERT INTO tail SELECT 1,0,0,0,0,0,0,0,x'',0 FROM was WHERE n = 0";
            }
            if (empty) statement = "INSERT INTO gaps VALUES(1,0,0,0,0,'',0)";
            sql(path, statement.c_str());
            auto verification = verify(path);
            VERIFY_OK(verification);
            bool found = false;
            for (const Problem& problem : verification->problems) found |= problem.table == table;
            QVERIFY2(found, table);
        }
    }

    void it_is_told_what_can_still_be_read_and_where_replay_goes_on() {
        std::string path = copy();
        Stamp first, last;
        {
            Database database(path, Database::Use::write);
            Query query(database,
                        "SELECT first_time, first_seq, last_time, last_seq FROM blocks "
                        "WHERE id BETWEEN 4 AND 5 ORDER BY id");
            QVERIFY(query.next());
            first = stamp_in(query, 0);
            QVERIFY(query.next());
            last = stamp_in(query, 2);
        }
        sql(path, "UPDATE blocks SET data = zeroblob(length(data)) WHERE id = 4");
        sql(path, "DELETE FROM blocks WHERE id = 5");
        auto verification = verify(path);
        VERIFY_OK(verification);
        const Problem* block = nullptr;
        for (const Problem& problem : verification->problems) {
            if (problem.table != "blocks" || problem.row != 4) continue;
            QVERIFY(!block);  // once, with all that is wrong with it
            block = &problem;
        }
        QVERIFY(block);
        QCOMPARE(block->first, first.seq);
        QVERIFY(contains(block->what, "row is damaged") && contains(block->what, "hash"));

        QCOMPARE(verification->losses.size(), std::size_t{1});
        const Loss& loss = verification->losses.front();
        QCOMPARE(loss.first, first.seq);
        QCOMPARE(loss.last, last.seq);
        QCOMPARE(loss.from, first.time);
        QVERIFY(loss.goes_on.has_value() && loss.resumes.has_value());
        Reader reader = open(path);
        QCOMPARE(loss.goes_on->seq, next(last.seq));
        auto cursor = reader.messages_after(last.seq);
        QVERIFY(cursor.next());
        QCOMPARE(cursor.stamp(), *loss.goes_on);
        for (const KeyframeInfo& keyframe : *reader.keyframes()) {
            if (keyframe.seq < loss.last) continue;
            QCOMPARE(*loss.resumes, keyframe.mark);
            break;
        }
        QCOMPARE(verification->written,
                 verification->messages + (last.seq.value - first.seq.value + 1));

        // With the state from which it would go on damaged, it goes on with the next one.
        sql(path,
            "UPDATE keyframes SET hash = 'x' WHERE seq = (SELECT min(seq) FROM keyframes WHERE "
            "seq >= (SELECT last_seq FROM blocks WHERE id = 6))");
        auto worse = verify(path);
        QVERIFY(worse && (!worse->losses.front().resumes ||
                          *worse->losses.front().resumes >= *loss.resumes));
    }

    void a_broken_chain_is_reported_with_block_and_time() {
        std::string path = copy();
        // Somebody who knows the format repairs the row's check, but not the blocks after it.
        {
            Database database(path, Database::Use::write);
            database.run(
                "UPDATE blocks SET data = (SELECT data FROM blocks WHERE id = 2), "
                "raw_len = (SELECT raw_len FROM blocks WHERE id = 2) WHERE id = 4");
            Query query(database, "SELECT * FROM blocks WHERE id = 4");
            QVERIFY(query.next());
        }
        auto verification = verify(path);
        VERIFY_OK(verification);
        bool found = false;
        for (const Problem& problem : verification->problems) {
            found |= problem.table == "blocks" && problem.row == 4 && problem.from && problem.to &&
                     contains(to_string(problem), "blocks 4 (");
        }
        QVERIFY(found);
    }

    void an_untrusted_file_may_hold_nothing_unknown() {
        QCOMPARE(open_error(good_, true), std::string());
        for (const char* statement : {"CREATE TABLE more(a)", "CREATE INDEX i ON votes(hash)",
                                      "CREATE TABLE c(a CHECK(a > 0)); INSERT INTO c VALUES(1)"}) {
            std::string path = copy();
            sql(path, statement);
            QVERIFY2(!open_error(path, true).empty(), statement);
            QCOMPARE(open_error(path), std::string());  // our own: what is unknown is left alone
            QVERIFY(!Dump(path).failed());
        }
        for (const char* statement :
             {"CREATE TRIGGER t AFTER INSERT ON votes BEGIN DELETE FROM votes; END",
              "CREATE VIEW v AS SELECT * FROM votes"}) {
            std::string path = copy();
            sql(path, statement);
            QVERIFY2(!open_error(path, true).empty(), statement);
            QVERIFY2(!open_error(path).empty(), statement);  // nobody has use for them
        }
        std::string path = copy();
        write_file(path + "-wal", "planted");
        QVERIFY(contains(open_error(path, true), "teatime copy"));
        std::filesystem::remove(path + "-wal");
    }

    void a_slow_disk_is_not_the_fault_of_an_untrusted_file() {
        SlowDisk disk;
        auto begin = std::chrono::steady_clock::now();
        auto opened = guarded(
            [&] { Database database(good_, Database::Use::read_untrusted, {.vfs = "slow"}); });
        VERIFY_OK(opened);
        QVERIFY(std::chrono::steady_clock::now() - begin > 600ms);  // more than its work may take
    }

    /// Rows whose checks are right, but whose content makes no sense: nothing crashes or hangs.
    void nonsense_of_a_forger_is_an_error() {
        Packer packer;
        auto claims = [](std::uint64_t size) {  // a zstd frame header, with nothing behind it
            std::string frame("\x28\xB5\x2F\xFD\xE0");
            ByteWriter(frame).fixed(size);
            return frame;
        };
        std::string garbage(packer.pack("garbage"));
        std::int64_t id = 1000, far = 2'000'000'000;
        std::string hash(32, 'h');
        for (const std::string& data : {claims(1ull << 60), claims(200 << 20), garbage,
                                        std::string("no frame"), std::string()}) {
            for (std::int64_t n : {std::int64_t{0}, std::int64_t{1}, INT64_MAX, std::int64_t{-1}}) {
                std::string path = copy();
                {
                    Database database(path, Database::Use::write);
                    database.insert(Table::blocks,
                                    {id, std::int64_t{0}, far, far, far, far, n, far,
                                     std::int64_t{7}, Blob{hash}, Blob{hash}, nullptr, Blob{data}});
                    // bases in a circle, and one that is its own
                    database.insert(Table::keyframes, {id, std::int64_t{0}, far, std::int64_t{0},
                                                       far, std::int64_t{1}, id + 1, Text{"h"}, n,
                                                       Blob{data}, Blob{data}});
                    database.insert(
                        Table::keyframes,
                        {id + 1, std::int64_t{0}, far, std::int64_t{1}, far, std::int64_t{1}, id,
                         Text{"h"}, n, Blob{packer.pack("")}, Blob{packer.pack("garbage")}});
                    database.insert(Table::clock, {id, INT64_MIN, INT64_MAX, INT64_MIN, 1e6});
                    database.insert(Table::files,
                                    {id, far, far, Text{"f"}, Text{""}, n, Blob{data}});
                }
                QVERIFY(Dump(path).failed());
                auto verification = verify(path);
                QVERIFY(verification && verification->problems.size() >= 4);
            }
        }
    }
};

TEST_CLASS(DamageTest)
#include "damage_test.moc"
