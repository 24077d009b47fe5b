#include <QDir>
#include <QTemporaryDir>
#include <QTest>
#include <filesystem>

#include "../simulation/disk.h"
#include "../test_main.h"
#include "../thorough.h"
#include "teatime/capture/service.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/verify.h"

using namespace teatime;
using namespace teatime::capture;
using simulation::Disk;
using std::chrono::milliseconds;

namespace {

constexpr std::uint64_t kRounds = 14, kMore = 4;  // before, and after the disk is well again
constexpr std::uint64_t kMessages = 3;            // of a round

session::MessagePtr message(std::uint64_t seq) {
    std::string payload =
        '"' + std::to_string(seq) + ' ' + std::string(seq * 137 % 2500, 'x') + '"';
    return std::make_shared<const session::Message>(
        session::Message{{VirtualTime(milliseconds(seq * 10)), {seq}}, {1}, payload, ""});
}

session::Started started() {
    session::SessionInfo info;
    info.id = "session";
    info.kind = session::Kind::croquet;
    return {info, "{}", {}, {}};
}

/// A recording of a session that says something in each turn, on a disk that fails where it is
/// told to.
class Recorded {
public:
    Recorded() {
        std::filesystem::remove_all(folder_);
        options_.folder = folder_.string();
        options_.writer_threads = options_.replica_threads = 0;
        options_.durability = Durability::message;
        options_.retry = milliseconds(300);
        options_.writer = {.block_bytes = 9'000, .vfs = Disk::kName};
        options_.steady = [this] { return now_; };
        options_.report = [this](const std::string& sentence) { reports.push_back(sentence); };
        service_ = std::move(*CaptureService::create(options_));
        recorder_ = service_->record([this] { ++asked; });
        recorder_->record(started());
    }
    ~Recorded() { std::filesystem::remove_all(folder_); }

    void round() {
        for (std::uint64_t i = 0; i < kMessages; ++i) recorder_->message(message(++said));
        recorder_->record(session::VoteCast{{1}, {{}, VirtualTime(milliseconds(said)), 0}, {}});
        now_ += milliseconds(100);
        service_->turn();
        goes_on &= recorder_->settled().value == said;
        promised = std::max(promised, recorder_->status().last.seq.value);
        // Members may see it: it is in the file, or the loss is known.
        honest &=
            promised == said || !recorder_->status().error.empty() || recorder_->status().gaps > 0;
    }
    void close() {
        recorder_->close();
        service_->close();
    }
    std::string path() const { return recorder_->status().path; }

    std::uint64_t said = 0, promised = 0, asked = 0;
    bool goes_on = true, honest = true;
    std::vector<std::string> reports;

private:
    std::filesystem::path folder_ =
        (QDir("/dev/shm").exists() ? "/dev/shm" : std::filesystem::temp_directory_path().string()) +
        "/teatime-fault-" + std::to_string(getpid());
    session::SteadyTime now_{};
    CaptureOptions options_;
    std::unique_ptr<CaptureService> service_;
    std::unique_ptr<Recorder> recorder_;
};

/// What is wrong with the file; empty: nothing.
std::string judge(const Recorded& recorded) {
    if (!recorded.goes_on) return "the session was made to wait";
    if (!recorded.honest) return "a message was let go that is neither in the file nor given up";
    auto verification = timegraph::verify(recorded.path());
    if (!verification) return verification.error().message;
    if (!verification->problems.empty()) return to_string(verification->problems[0]);
    auto reader = timegraph::Reader::open(recorded.path());
    if (!reader) return reader.error().message;
    std::vector<bool> there(recorded.said + 1), excused(recorded.said + 1);
    for (auto cursor = reader->messages(); cursor.next();) {
        std::uint64_t seq = cursor.message().stamp.seq.value;
        if (cursor.message().copy().payload != message(seq)->payload) return "another message";
        there[seq] = true;
    }
    auto gaps = reader->gaps();
    if (!gaps) return gaps.error().message;
    bool lost = false;
    for (const timegraph::Gap& gap : *gaps) {
        if (gap.why.find("could not be written") == gap.why.npos) return "a gap says " + gap.why;
        std::string folder = std::filesystem::path(recorded.path()).parent_path().string();
        if (gap.why.find(folder) != gap.why.npos) return "a gap says where it was: " + gap.why;
        for (std::uint64_t seq = gap.after.seq.value + 1; seq < gap.before.seq.value; ++seq)
            excused[seq] = lost = true;
    }
    for (std::uint64_t seq = 1; seq <= recorded.said; ++seq) {
        if (there[seq] == excused[seq])
            return "message " + std::to_string(seq) +
                   (there[seq] ? " is there and in a gap" : " is missing without a gap");
    }
    if (!there[recorded.said]) return "the recording did not go on";
    if (lost && recorded.asked == 0) return "no state was asked for from which to go on";
    if (gaps->empty() != recorded.reports.empty()) return "the log does not say what happened";
    auto votes = reader->votes();
    if (!votes || votes->size() != kRounds + kMore) return "a vote is missing, or there twice";
    return {};
}

}  // namespace

/// The disk fails at the n-th call, for every n (every third in a daily run).
class FaultTest : public QObject {
    Q_OBJECT

private slots:
    void a_fault_is_a_gap_and_the_session_goes_on_data();
    void a_fault_is_a_gap_and_the_session_goes_on();
    void what_was_promised_stays_promised();
    void a_disk_that_stays_full_is_told_of_in_the_file();
};

void FaultTest::a_fault_is_a_gap_and_the_session_goes_on_data() {
    QTest::addColumn<int>("trouble");
    QTest::newRow("I/O error") << static_cast<int>(Disk::Trouble::error);
    QTest::newRow("short write") << static_cast<int>(Disk::Trouble::torn);
    QTest::newRow("full disk") << static_cast<int>(Disk::Trouble::full);
    QTest::newRow("no room") << static_cast<int>(Disk::Trouble::no_room);
    QTest::newRow("failed fsync") << static_cast<int>(Disk::Trouble::sync);
    QTest::newRow("failed read") << static_cast<int>(Disk::Trouble::read);
}

void FaultTest::a_fault_is_a_gap_and_the_session_goes_on() {
    QFETCH(int, trouble);
    Disk& disk = Disk::instance();
    std::size_t runs = 0, gaps = 0;
    const std::uint64_t step = test::thorough() ? 1 : 3;
    for (std::uint64_t bad : {1, 40}) {
        for (std::uint64_t good = 0;; good += step) {
            disk.set(static_cast<Disk::Trouble>(trouble), good, bad);
            Recorded recorded;
            for (std::uint64_t i = 0; i < kRounds; ++i) recorded.round();
            bool met = disk.concerned() > good;
            disk.set(Disk::Trouble::none);
            for (std::uint64_t i = 0; i < kMore; ++i) recorded.round();
            recorded.close();
            std::string wrong = judge(recorded);
            std::string where = std::to_string(bad) + " bad calls after " + std::to_string(good);
            QVERIFY2(wrong.empty(), (where + ": " + wrong).c_str());
            ++runs;
            gaps += !recorded.reports.empty();
            if (!met) break;
        }
    }
    qInfo("%zu runs, %zu with a gap", runs, gaps);
    QVERIFY(gaps > 0);
}

/// The disk fails and never recovers: what was committed before is there.
void FaultTest::what_was_promised_stays_promised() {
    Disk& disk = Disk::instance();
    for (auto trouble : {Disk::Trouble::error, Disk::Trouble::full, Disk::Trouble::sync}) {
        for (std::uint64_t good = 20; good < 80; ++good) {
            disk.set(trouble, good);
            Recorded recorded;
            for (std::uint64_t i = 0; i < kRounds; ++i) recorded.round();
            recorded.close();
            disk.set(Disk::Trouble::none);
            QVERIFY(recorded.goes_on && recorded.honest);
            if (recorded.promised == 0) continue;
            auto verification = timegraph::verify(recorded.path());
            QVERIFY(verification && verification->problems.empty());
            QVERIFY(verification->messages >= recorded.promised);
            if (verification->messages == recorded.said) continue;
            QVERIFY(!recorded.reports.empty());
            bool told = recorded.reports.back().find(" ends without ") != std::string::npos;
            QVERIFY2(told, recorded.reports.back().c_str());
        }
    }
}

/// Not a byte more can be had, up to the end and beyond: what is missing stands in the file, while
/// it is recorded and after.
void FaultTest::a_disk_that_stays_full_is_told_of_in_the_file() {
    Disk& disk = Disk::instance();
    constexpr std::uint64_t kManyRounds = 150;  // more than the room that is reserved
    std::size_t told = 0;
    bool met = true;
    for (std::uint64_t good = 0; met; ++good) {
        disk.set(Disk::Trouble::no_room, good);
        Recorded recorded;
        for (std::uint64_t i = 0; i < kManyRounds; ++i) recorded.round();
        for (bool closed : {false, true}) {
            if (closed) recorded.close();
            QVERIFY(recorded.goes_on && recorded.honest);
            if (recorded.promised == 0) break;
            const std::string where = std::to_string(good) + (closed ? " closed" : " open");
            auto reader = timegraph::Reader::open(recorded.path());
            QVERIFY2(reader, reader ? "" : reader.error().message.c_str());
            auto gaps = reader->gaps();
            QVERIFY(gaps);
            const std::uint64_t last = reader->end()->last.seq.value;
            QVERIFY2(last >= recorded.promised, where.c_str());
            if (last == recorded.said) continue;
            QVERIFY2(!gaps->empty(), where.c_str());
            const timegraph::Gap& gap = gaps->back();
            QVERIFY2(gap.after.seq.value == last, where.c_str());
            QVERIFY2(gap.why.find("full") != gap.why.npos, gap.why.c_str());
            if (closed) QVERIFY2(gap.before.seq.value == recorded.said + 1, where.c_str());
            ++told;
        }
        met = disk.concerned() > good;
        disk.set(Disk::Trouble::none);
        if (recorded.promised == 0) continue;
        auto verification = timegraph::verify(recorded.path());
        QVERIFY(verification && verification->problems.empty());
    }
    qInfo("%zu times", told);
    QVERIFY(told > 0);
}

TEST_CLASS(FaultTest)
#include "fault_test.moc"
