#include <QTest>
#include <filesystem>
#include <sstream>

#include "../test_main.h"
#include "sample_recording.h"
#include "teatime/timegraph/export.h"
#include "teatime/timegraph/filter.h"
#include "teatime/timegraph/recover.h"
#include "teatime/timegraph/redact.h"
#include "teatime/timegraph/trim.h"
#include "teatime/timegraph/verify.h"

using namespace teatime;
using namespace teatime::timegraph;

namespace {

constexpr std::uint64_t kSaid = 5'000;  ///< messages before the filter

Message said(std::uint64_t seq) {
    Stamp stamp{kSessionStart + std::chrono::milliseconds(10 * seq), {seq}};
    return {stamp,
            {1 + seq * seq % 7},
            "\"[\\\"room\\\",\\\"say\\\"," + std::to_string(seq) + "]\"",
            {}};
}

std::string jsonl_of(const Reader& reader) {
    std::string lines;
    auto sink = [&](std::string_view piece) -> result<void> {
        lines += piece;
        return {};
    };
    auto done = export_jsonl(reader, VirtualTime::min(), VirtualTime::max(), sink);
    if (!done) qFatal("%s", done.error().message.c_str());
    return lines;
}

result<Reader::End> import_from(const std::string& lines, const std::string& to) {
    std::istringstream in(lines);
    return import_jsonl(in, "x.jsonl", to);
}

void done_or_die(const auto& outcome) {
    if (!outcome) qFatal("%s", outcome.error().message.c_str());
}

/// What all of SQLite's connections do while it lives, in its own steps: work that is counted.
class WorkOfSqlite {
public:
    WorkOfSqlite() {
        steps_ = 0;
        sqlite3_auto_extension(reinterpret_cast<void (*)()>(attach));
    }
    ~WorkOfSqlite() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(attach)); }
    std::uint64_t steps() const { return steps_; }

private:
    static int attach(sqlite3* handle, char**, const void*) {
        return sqlite3_trace_v2(handle, SQLITE_TRACE_PROFILE, done, nullptr);
    }
    static int done(unsigned, void*, void* statement, void*) {
        steps_ += static_cast<std::uint64_t>(sqlite3_stmt_status(
            static_cast<sqlite3_stmt*>(statement), SQLITE_STMTSTATUS_VM_STEP, 1));
        return 0;
    }
    static inline std::uint64_t steps_ = 0;
};

}  // namespace

/// Messages that are missing, and what explains that, in the recording and in what is made of it.
class GapsTest : public QObject {
    Q_OBJECT

    Folder folder_;
    std::string filtered_ = folder_.file("filtered.timegraph");
    std::vector<Message> kept_;

    /// All of the filtered recording, and its one gap.
    void is_all_of_it(const std::string& path) {
        auto checked = verify(path);
        VERIFY_OK(checked);
        for (const Problem& problem : checked->problems) qWarning("%s", to_string(problem).c_str());
        QVERIFY(checked->problems.empty());
        Reader reader = open(path);
        auto cursor = reader.messages();
        QVERIFY(drain(cursor) == kept_);
        QVERIFY(*reader.gaps() == *open(filtered_).gaps());
        QVERIFY(*reader.end() == *open(filtered_).end());
    }

private slots:
    void initTestCase() {
        std::string path = folder_.file("all.timegraph");
        Writer writer = create(path);
        auto where = Expression::parse("sender == 3");
        VERIFY_OK(where);
        for (std::uint64_t seq = 1; seq <= kSaid; ++seq) {
            Message message = said(seq);
            VERIFY_OK(writer.append(message));
            if (message.sender == MemberId{3}) kept_.push_back(message);
        }
        VERIFY_OK(writer.member_joined({3}, "Ann", "", said(1).stamp));
        VERIFY_OK(writer.close());
        VERIFY_OK(filter(path, filtered_, *where));
        QVERIFY(kept_.size() > kSaid / 10 && kept_.size() < kSaid / 2);
        auto gaps = *open(filtered_).gaps();
        QCOMPARE(gaps.size(), std::size_t{1});
        QCOMPARE(gaps.front().why, std::string("only those for which sender == 3 holds were kept"));
    }

    void the_gap_of_a_filter_survives_being_compacted_and_trimmed() {
        std::string compacted = folder_.file("compacted"), trimmed = folder_.file("trimmed");
        VERIFY_OK(compact(open(filtered_), compacted));
        is_all_of_it(compacted);
        VERIFY_OK(trim(open(filtered_), kSessionStart, VirtualTime::max(), {}, trimmed));
        is_all_of_it(trimmed);
        std::string again = folder_.file("trimmed-again");
        VERIFY_OK(trim(open(trimmed), kSessionStart, kSessionStart + 20s, {}, again));
        QVERIFY(*open(again).gaps() == *open(filtered_).gaps());
        QVERIFY(verify(again)->problems.empty());
    }

    void of_a_whole_filtered_recording_nothing_is_lost() {
        std::string out = folder_.file("recovered");
        auto recovery = recover(filtered_, out);
        VERIFY_OK(recovery);
        for (const Problem& problem : recovery->lost) qWarning("%s", to_string(problem).c_str());
        QVERIFY(recovery->lost.empty());
        is_all_of_it(out);
    }

    /// No jump tells it: the gap explains all of them.
    void what_a_filtered_recording_lost_is_told_by_number() {
        std::string path = folder_.file("hurt"), out = folder_.file("healed");
        Writer writer = create(path, {.block_bytes = 2'000});
        VERIFY_OK(writer.gap(open(filtered_).gaps()->front()));
        for (const Message& message : kept_) VERIFY_OK(writer.append(message));
        VERIFY_OK(writer.bookmark({{{}, kSessionStart, 0}, {}, "Ann", "here"}));
        VERIFY_OK(writer.close());
        sql(path,
            "PRAGMA secure_delete=ON; DELETE FROM blocks WHERE id = 3; DELETE FROM bookmarks");
        auto recovery = recover(path, out);
        VERIFY_OK(recovery);
        std::string told;
        for (const Problem& problem : recovery->lost) told += to_string(problem) + "\n";
        std::size_t lost = kept_.size() - recovery->messages;
        QVERIFY(lost > 10);
        QVERIFY2(told.find("bookmarks: 1 of 1 rows are lost") != told.npos, told.c_str());
        QVERIFY2(told.find(std::to_string(lost) + " messages are lost") != told.npos, told.c_str());
    }

    void the_gap_of_a_filter_survives_being_redacted() {
        std::string out = folder_.file("redacted");
        VERIFY_OK(redact(filtered_, out, {{"members.name"}, {}, "key"}));
        is_all_of_it(out);
    }

    void the_gap_of_a_filter_survives_as_lines() {
        std::string out = folder_.file("imported"), lines = jsonl_of(open(filtered_));
        VERIFY_OK(import_from(lines, out));
        is_all_of_it(out);
        QVERIFY(jsonl_of(open(out)) == lines);
    }

    void a_gap_may_begin_before_what_a_copy_has() {
        std::string path = folder_.file("late");
        Writer writer = create(path);
        Gap holds{said(5).stamp, said(101).stamp, "some were left out"};
        VERIFY_OK(writer.gap(holds));
        for (std::uint64_t seq : {50, 60, 100}) VERIFY_OK(writer.append(said(seq)));
        VERIFY_OK(writer.append(said(110)));  // it does not hold those
        VERIFY_OK(writer.close());
        auto gaps = *open(path).gaps();
        QCOMPARE(gaps.size(), std::size_t{2});
        QVERIFY(gaps[0] == holds);
        QVERIFY(gaps[1].after == said(100).stamp && gaps[1].before == said(110).stamp);
        QVERIFY(verify(path)->problems.empty());
    }

    /// As lines told it before a gap was told where it begins.
    void a_gap_without_a_beginning_begins_with_the_message_before() {
        std::string path = folder_.file("short"), out = folder_.file("from-short");
        Writer writer = create(path);
        VERIFY_OK(writer.append(said(1)));
        VERIFY_OK(writer.gap(said(9).stamp, "the disk was full"));
        VERIFY_OK(writer.append(said(9)));
        VERIFY_OK(writer.close());
        std::string lines = jsonl_of(open(path));
        std::size_t at = lines.find("\"after_time\""), end = lines.find("\"before_time\"");
        QVERIFY(at < end && end != std::string::npos);
        VERIFY_OK(import_from(lines.erase(at, end - at), out));
        QVERIFY(*open(out).gaps() == *open(path).gaps());
    }

    void another_gap_costs_as_much_as_the_first() {
        auto work = [&](std::uint64_t gaps) {
            std::string path = folder_.file("holes-" + std::to_string(gaps));
            WorkOfSqlite counted;
            Writer writer = create(path, {.durable = false});
            for (std::uint64_t i = 0; i <= gaps; ++i) done_or_die(writer.append(said(1 + 2 * i)));
            done_or_die(writer.close());
            done_or_die(compact(open(path), path + "-compacted"));
            done_or_die(recover(path, path + "-recovered"));
            done_or_die(import_from(jsonl_of(open(path)), path + "-imported"));
            done_or_die(verify(path + "-imported"));
            if (open(path + "-recovered").gaps()->size() != gaps) qFatal("other gaps");
            return counted.steps();
        };
        std::uint64_t few = work(500), many = work(4'000);
        QVERIFY(few > 500);
        QVERIFY2(many < 16 * few, qPrintable(QString("%1 steps, then %2").arg(few).arg(many)));
    }
};

TEST_CLASS(GapsTest)
#include "gaps_test.moc"
