#include <QFile>
#include <QTest>
#include <string>

#include "fixture.h"
#include "teatime/timegraph/verify.h"

using namespace teatime;
using namespace teatime::timegraph;

/// A recording of format version 1 that was written once and is never written again: what today's
/// reader makes of it. Who changes the format adds another file beside it.
class GoldenTest : public QObject {
    Q_OBJECT
private slots:
    void reads_what_was_written();
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

void GoldenTest::reads_what_was_written() {
    const std::string path = GOLDEN "/version_1";
    auto checked = verify(path + ".timegraph");
    VERIFY_OK(checked);
    QVERIFY(checked->problems.empty());
    QFile expected(QString::fromStdString(path + ".txt"));
    QVERIFY(expected.open(QIODevice::ReadOnly));
    QCOMPARE(QByteArray::fromStdString(listing(open(path + ".timegraph"))), expected.readAll());
}

QTEST_GUILESS_MAIN(GoldenTest)
#include "golden_test.moc"
