#include <QFile>
#include <QTest>
#include <string>

#include "../test_main.h"
#include "fixture.h"
#include "teatime/timegraph/verify.h"

using namespace teatime;
using namespace teatime::timegraph;

/// Recordings of format version 1 that were written once and are never written again: what today's
/// reader makes of them. Who changes the format adds another file beside them. The first has no
/// summaries of its blocks; the second is the same session without its keyframes and votes.
class GoldenTest : public QObject {
    Q_OBJECT
private slots:
    void reads_what_was_written_data();
    void reads_what_was_written();
    void skips_by_the_summaries_that_were_written();
};

namespace {

/// The content, a line each.
std::string listing(const Reader& reader) {
    std::string text;
    auto line = [&](auto... parts) {
        ((text += std::string(parts) + " "), ...);
        text.back() = '\n';
    };
    auto info = reader.info();
    line("app", info->meta.app, "session", info->meta.session, "end", to_string(info->end.bound));
    auto cursor = reader.messages();
    while (cursor.next()) {
        const MessageView& message = cursor.message();
        line("message", to_string(message.stamp.time), std::to_string(message.stamp.seq.value),
             std::to_string(message.sender.value), std::string(message.payload),
             std::string(message.extra));
    }
    for (const KeyframeInfo& keyframe : *reader.keyframes()) {
        auto image = reader.image(keyframe);
        line("keyframe", to_string(keyframe.mark), keyframe.hash,
             std::to_string(image ? encode_image(*image).size() : 0));
    }
    for (const Vote& vote : *reader.votes()) {
        line("vote", to_string(vote.mark), std::to_string(vote.member.value), vote.hash);
    }
    return text;
}

}  // namespace

void GoldenTest::reads_what_was_written_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"version_1", "version_1_summaries"}) QTest::newRow(name) << name;
}

void GoldenTest::reads_what_was_written() {
    QFETCH(QString, name);
    const std::string path = GOLDEN "/" + name.toStdString();
    auto checked = verify(path + ".timegraph");
    VERIFY_OK(checked);
    QVERIFY(checked->problems.empty());
    QFile expected(QString::fromStdString(path + ".txt"));
    QVERIFY(expected.open(QIODevice::ReadOnly));
    QCOMPARE(QByteArray::fromStdString(listing(open(path + ".timegraph"))), expected.readAll());
}

void GoldenTest::skips_by_the_summaries_that_were_written() {
    struct Search {
        const char* where;
        std::uint64_t found, read;
    };
    for (const Search& search :
         {Search{"selector == 'color'", 2, 1}, Search{"selector != 'stroke_to'", 9, 2},
          Search{"kind == 'router'", 3, 2},
          Search{"sender == 2 && selector == 'stroke_end'", 1, 1}}) {
        auto where = Expression::parse(search.where);
        VERIFY_OK(where);
        for (bool summaries : {false, true}) {
            Reader reader = open(summaries ? GOLDEN "/version_1_summaries.timegraph"
                                           : GOLDEN "/version_1.timegraph");
            auto cursor = reader.search({.where = *where});
            QCOMPARE(drain(cursor).size(), search.found);
            VERIFY_OK(cursor.status());
            std::uint64_t blocks = reader.info()->blocks;
            QCOMPARE(cursor.effort().read, summaries ? search.read : blocks);
            QCOMPARE(cursor.effort().skipped, summaries ? blocks - search.read : 0);
        }
    }
}

TEST_CLASS(GoldenTest)
#include "golden_test.moc"
