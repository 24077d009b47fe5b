#include <sys/resource.h>

#include <filesystem>

#include "../test_main.h"
#include "database.h"
#include "sample_recording.h"
#include "teatime/timegraph/verify.h"
#include "zstd_frame.h"

using namespace teatime;
using namespace teatime::timegraph;

namespace {

constexpr long kMostKilobytes = 256 * 1024;
constexpr double kMostSeconds = 1;

/// What a program that opens a file and reads all of it has cost.
struct Cost {
    bool crashed = false;
    int exit_code = 0;
    bool refused = false;  ///< when it was opened
    bool failed = false;   ///< when it was read
    double seconds = 0;    ///< of CPU: those of the clock depend on what else the machine does
    long kilobytes = 0;
    std::string sentence;
};

/// `work` in a process of its own, whose memory can be seen; it writes its answer and exits.
template <class Work>
Cost cost_of(Work&& work) {
    int told[2];
    if (pipe(told) != 0) qFatal("pipe");
    pid_t child = fork();
    if (child == 0) work(told[1]);
    ::close(told[1]);
    Cost cost;
    char buffer[4096];
    for (ssize_t got; (got = ::read(told[0], buffer, sizeof buffer)) > 0;)
        cost.sentence.append(buffer, static_cast<std::size_t>(got));
    ::close(told[0]);
    int status = 0;
    rusage usage{};
    ::wait4(child, &status, 0, &usage);
    for (const timeval& time : {usage.ru_utime, usage.ru_stime})
        cost.seconds += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    cost.kilobytes = usage.ru_maxrss;
    cost.crashed = !WIFEXITED(status);
    cost.exit_code = WEXITSTATUS(status);
    return cost;
}

Cost cost_of_opening(const std::string& path) {
    Cost cost = cost_of([&](int tell) {
        auto reader = Reader::open(path, {.untrusted = true});
        std::string answer = reader ? "" : reader.error().message;
        bool failed = reader && Dump(*reader).failed();
        answer = (reader ? failed ? "failed" : "read" : "refused") + (" " + answer);
        _exit(::write(tell, answer.data(), answer.size()) < 0);
    });
    cost.crashed |= cost.exit_code != 0;
    cost.refused = cost.sentence.starts_with("refused");
    cost.failed = cost.sentence.starts_with("failed");
    return cost;
}

/// The same of the program, which trusts files more.
Cost cost_of_verb(const char* verb, const std::string& path) {
    return cost_of([&](int tell) {
        ::dup2(tell, STDERR_FILENO);
        if (!std::freopen("/dev/null", "w", stdout)) _exit(126);
        std::string out = path + "-" + verb;
        const char* more = nullptr;
        if (std::string_view(verb) == "export") more = "--format=jsonl";
        if (std::string_view(verb) == "recover") more = out.c_str();
        ::execl(TEATIME_PROGRAM, "teatime", verb, path.c_str(), more, nullptr);
        _exit(127);
    });
}

/// A block of this content, whose check is right.
void insert_block(Database& database, std::int64_t id, std::int64_t n, std::string_view data,
                  std::int64_t raw_len) {
    std::int64_t far = 2'000'000'000 + id;
    std::string hash(32, 'h');
    database.insert(Table::blocks, {id, std::int64_t{0}, far, far, far, far, n, far, raw_len,
                                    Blob{hash}, Blob{hash}, nullptr, Blob{data}});
}

/// A keyframe that is said to have touched these, whose check is right.
void insert_keyframe(Database& database, std::int64_t id, std::string_view touched) {
    std::int64_t far = 2'000'000'000, zero = 0;
    std::string nothing(Packer().pack(""));
    database.insert(Table::keyframes, {id, zero, far, id, far, zero, nullptr, Text{"h"}, zero,
                                       Blob{touched}, Blob{nothing}});
}

}  // namespace

/// Files that somebody made to do harm: refused with a sentence, within a second and 256 MB.
class HostileTest : public QObject {
    Q_OBJECT

    Folder folder_;
    std::string good_;

    std::string copy() {
        std::string path = folder_.file("copy.timegraph");
        std::filesystem::copy_file(good_, path, std::filesystem::copy_options::overwrite_existing);
        return path;
    }
    void check_cost(const Cost& cost, const std::string& what) {
        qInfo("%-28s %5.0f ms %6.1f MB  %s", what.c_str(), cost.seconds * 1000,
              static_cast<double>(cost.kilobytes) / 1024, cost.sentence.substr(0, 110).c_str());
        QVERIFY2(!cost.crashed, what.c_str());
        QVERIFY2(cost.seconds <= kMostSeconds, what.c_str());
        QVERIFY2(cost.kilobytes <= kMostKilobytes, what.c_str());
    }
    /// Each verb in turn; how many of them say that something is wrong.
    int check_verbs(const std::string& path, const std::string& what) {
        int wrong = 0;
        for (const char* verb : {"info", "log", "du", "export", "verify"}) {
            Cost cost = cost_of_verb(verb, path);
            // It reads on, whatever it finds.
            if (std::string_view(verb) == "verify") cost.seconds = 0;
            check_cost(cost, what + ", " + verb);
            if (cost.exit_code != 0 && cost.exit_code != 1 && cost.exit_code != 3)
                qFatal("%s: exit code %d", verb, cost.exit_code);
            wrong += cost.exit_code != 0;
        }
        return wrong;
    }

private slots:
    void initTestCase() {
        good_ = folder_.file("good.timegraph");
        make_recording(good_, test_seed());
        Cost cost = cost_of_opening(good_);
        check_cost(cost, "a good one");
        QVERIFY(!cost.refused && !cost.failed);
        QCOMPARE(check_verbs(good_, "a good one"), 0);
    }

    void what_no_time_graph_has_is_refused() {
        struct Case {
            const char* name;
            const char* sql;
        };
        for (const Case& one : std::initializer_list<Case>{
                 {"trigger", "CREATE TRIGGER t AFTER INSERT ON votes BEGIN DELETE FROM votes; END"},
                 {"view", "CREATE VIEW v AS SELECT * FROM votes"},
                 {"table", "CREATE TABLE more(a)"},
                 {"index by a function", "CREATE INDEX i ON votes(abs(n))"},
                 {"virtual table", "CREATE VIRTUAL TABLE t USING fts5(a)"},
                 {"view instead of a table",
                  "DROP TABLE votes; CREATE VIEW votes AS SELECT 1 AS id, 2 AS branch"},
                 {"endless view",
                  "DROP TABLE votes; CREATE VIEW votes AS WITH RECURSIVE c(x) AS (SELECT 1 UNION "
                  "ALL SELECT x + 1 FROM c) SELECT x AS id FROM c"},
                 {"wrong schema",
                  "DROP TABLE votes; CREATE TABLE votes(id INTEGER PRIMARY KEY, branch INTEGER)"},
                 {"generated column",
                  "DROP TABLE votes; CREATE TABLE votes(id INTEGER PRIMARY KEY, a AS "
                  "(zeroblob(1000000000)))"},
                 {"schema that is no SQL",
                  "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE "
                  "votes(' WHERE name = 'votes'"},
                 {"tree of another table",
                  "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage "
                  "FROM sqlite_schema WHERE name = 'blocks') WHERE name = 'votes'"}}) {
            std::string path = copy();
            sql(path, one.sql);
            Cost cost = cost_of_opening(path);
            check_cost(cost, one.name);
            QVERIFY2(cost.refused, one.name);
            // Tables and indexes that are not known may be a later version's.
            bool ignored = std::string_view(one.sql).starts_with("CREATE TABLE more") ||
                           std::string_view(one.sql).starts_with("CREATE INDEX") ||
                           std::string_view(one.sql).starts_with("CREATE VIRTUAL");
            // Rows of another table are seen when they are read.
            int least = std::string_view(one.name).starts_with("tree") ? 2 : 5;
            int wrong = check_verbs(path, one.name);
            QVERIFY2(ignored ? wrong == 0 : wrong >= least, one.name);
            if (std::string_view(one.name) != "table") continue;
            QVERIFY(open(path).info()->other_tables == std::vector<std::string>{"more"});
            std::string told = cost_of_verb("recover", path).sentence;
            QVERIFY(told.find("1 table that this program does not know, such as \"more\"") !=
                    std::string::npos);
        }
    }

    void a_schema_without_end_is_refused_data() {
        QTest::addColumn<QString>("rows");
        const char* numbers =
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c "
            "WHERE x < 200000) ";
        const char* into = "INSERT INTO sqlite_schema SELECT 'view', 'v', 'v', 0, ";
        QTest::newRow("200,000 views")
            << QString(numbers) +
                   "INSERT INTO sqlite_schema SELECT 'view', 'v' || x, 'v' || x, 0, "
                   "'CREATE VIEW v' || x || ' AS SELECT 1 AS a, 2 AS b' FROM c";
        QTest::newRow("a view of 8 MB") << QString(into) +
                                               "'CREATE VIEW v AS SELECT 1 IN (' || "
                                               "replace(hex(zeroblob(2000000)), '0', '1,') || '1)'";
        QTest::newRow("a view of 280 MB") << QString(into) + "CAST(zeroblob(280000000) AS TEXT)";
    }
    void a_schema_without_end_is_refused() {
        QFETCH(QString, rows);
        std::string path = copy(), kind = QTest::currentDataTag();
        sql(path, ("PRAGMA writable_schema=ON; " + rows).toStdString().c_str());
        Cost cost = cost_of_opening(path);
        check_cost(cost, kind);
        QVERIFY(cost.refused);
        QCOMPARE(check_verbs(path, kind), 5);
    }

    /// Rows whose checks are right.
    void bombs_are_errors_data() {
        QTest::addColumn<QString>("kind");
        for (const char* kind :
             {"claims", "zeros", "zeros within limits", "a blob of 100 MB", "a text of 100 MB",
              "many bombs", "numbers of nothing", "touched", "many touched"})
            QTest::newRow(kind) << kind;
    }
    void bombs_are_errors() {
        QFETCH(QString, kind);
        std::string path = copy();
        auto zeros = [](std::size_t size) {
            return std::string(Packer().pack(std::string(size, 0)));
        };
        {
            Packer packer;
            Database database(path, Database::Use::write);
            if (kind == "claims") {
                std::string frame("\x28\xB5\x2F\xFD\xE0");  // of a header alone
                ByteWriter(frame).fixed(std::uint64_t{1} << 60);
                insert_block(database, 1000, 1, frame, INT64_MAX);
            } else if (kind == "zeros") {
                insert_block(database, 1000, 1000, zeros(250 << 20), 250 << 20);
            } else if (kind == "zeros within limits") {
                insert_block(database, 1000, 1 << 20, zeros(60 << 20), 60 << 20);
            } else if (kind == "a blob of 100 MB") {
                insert_block(database, 1000, 1, std::string(100 << 20, 'x'), 1);
            } else if (kind == "a text of 100 MB") {
                std::string text(100 << 20, 'x');
                database.insert(Table::meta, {std::int64_t{1000}, Text{"name"}, Text{text}});
            } else if (kind == "many bombs") {
                std::string bomb = zeros(30 << 20);
                for (int i = 0; i < 300; ++i)
                    insert_block(database, 1000 + i, 1 << 20, bomb, 30 << 20);
            } else if (kind == "touched") {
                for (int i = 0; i < 5; ++i) insert_keyframe(database, 1000 + i, zeros(60 << 20));
            } else if (kind == "many touched") {
                std::string ones(packer.pack(std::string(60 << 20, 1)));
                for (int i = 0; i < 300; ++i) insert_keyframe(database, 1000 + i, ones);
            } else {
                insert_block(database, 1000, INT64_MAX, packer.pack("\x02"), 1);
                insert_block(database, 1001, -1, packer.pack(std::string(100, '\xff')), 100);
            }
        }
        sql(path, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE;");
        Cost cost = cost_of_opening(path);
        check_cost(cost, kind.toStdString());
        QVERIFY(cost.refused || cost.failed);
        QVERIFY(check_verbs(path, kind.toStdString()) > 0);
    }

    /// Keyframes that lead to each other, and branches that are their own parents.
    void circles_end() {
        std::string path = copy();
        {
            Database database(path, Database::Use::write);
            Packer packer;
            std::string nothing(packer.pack(""));
            std::int64_t far = 2'000'000'000, zero = 0;
            for (std::int64_t id = 1000; id < 1100; ++id) {
                std::int64_t base = id == 1099 ? 1000 : id + 1;
                database.insert(Table::keyframes, {id, zero, far, id, far, std::int64_t{1}, base,
                                                   Text{"h"}, zero, Blob{nothing}, Blob{nothing}});
                database.insert(Table::branches, {id, base, far, zero, zero, Text{"b"}});
            }
            std::int64_t own = 5000;
            database.insert(Table::branches, {own, own, far, zero, zero, Text{"its own parent"}});
            database.insert(Table::edits, {own, own + 1, Text{"drop"}, zero, zero, zero, zero,
                                           Text{""}, Blob{""}, Blob{""}});
        }
        sql(path, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE;");
        Cost cost = cost_of_opening(path);
        check_cost(cost, "circles");
        QVERIFY(cost.failed);
        auto verification = verify(path);
        QVERIFY(verification);
        auto told_of = [&](std::string_view table, std::int64_t row) {
            return std::any_of(verification->problems.begin(), verification->problems.end(),
                               [&](const Problem& problem) {
                                   return problem.table == table && problem.row == row;
                               });
        };
        QVERIFY(told_of("keyframes", 1000));
        QVERIFY(told_of("branches", 1000) && told_of("branches", 5000));
        QVERIFY(!told_of("branches", 1099));  // whose parent is 1000
        QVERIFY(told_of("edits", 5000));
    }

    void ids_of_touched_objects_that_do_not_ascend_are_errors() {
        std::string path = copy();
        const std::vector<std::string> lists{std::string("\x01\x00", 2), std::string(3, 0),
                                             std::string("\x01") + std::string(9, '\xff') + "\x01"};
        {
            Database database(path, Database::Use::write);
            Packer packer;
            insert_keyframe(database, 1000, packer.pack("\x01\x02"));
            for (std::size_t i = 0; i < lists.size(); ++i)
                insert_keyframe(database, 1001 + static_cast<std::int64_t>(i),
                                packer.pack(lists[i]));
        }
        Reader reader = open(path);
        for (const KeyframeInfo& keyframe : *reader.keyframes()) {
            if (keyframe.id < 1000) continue;
            QCOMPARE(bool(reader.touched(keyframe)), keyframe.id == 1000);
        }
    }

    /// Pages of the file in each other's places: trees that lead in circles.
    void shuffled_pages_end() {
        MessageMaker dice(test_seed());
        std::string bytes = read_file(good_);
        std::size_t pages = bytes.size() / kPageSize, refused = 0;
        Cost worst;
        for (int i = 0; i < 60; ++i) {
            std::string shuffled = bytes;
            for (auto n = dice.below(4) + 1; n > 0; --n) {
                auto to = (1 + dice.below(pages - 1)) * kPageSize;
                shuffled.replace(to, kPageSize, bytes, dice.below(pages) * kPageSize, kPageSize);
            }
            std::string path = folder_.file("shuffled.timegraph");
            write_file(path, shuffled);
            Cost cost = cost_of_opening(path);
            QVERIFY(!cost.crashed);
            refused += cost.refused;
            if (cost.seconds > worst.seconds) worst = cost;
        }
        check_cost(worst, "the slowest of 60 shuffled");
        QVERIFY(refused > 30);
    }
};

TEST_CLASS(HostileTest)
#include "hostile_test.moc"
