#include "teatime/wire/chunks.h"

#include <QTest>

#include "../test_main.h"
#include "random_input.h"

using namespace teatime;
using namespace teatime::wire;

namespace {

/// What comes out of all slices; every one but the last must give nothing.
std::string together(Chunks& chunks, const std::vector<std::string>& slices) {
    for (std::size_t i = 0; i < slices.size(); ++i) {
        auto frame = chunks.add(slices[i]);
        if (!frame) return "error: " + frame.error().message;
        if (frame->has_value() != (i + 1 == slices.size())) return "wrong moment";
        if (*frame) return std::string(**frame);
    }
    return "nothing";
}

bool refused(const std::vector<std::string>& texts, std::size_t most = 100) {
    Chunks chunks(most);
    for (const std::string& text : texts) {
        if (!chunks.add(text)) return true;
    }
    return false;
}

}  // namespace

class ChunksTest : public QObject {
    Q_OBJECT

private slots:
    void short_frames_pass_as_they_are() {
        Chunks chunks(10);
        QCOMPARE(cut_into_chunks("{}", 10), std::vector<std::string>{"{}"});
        QCOMPARE(together(chunks, {std::string(100, 'x')}), std::string(100, 'x'));
    }

    void long_frames_look_as_the_reference_cuts_them() {
        std::vector<std::string> expected{"_CHUNK10abcd", "_CHUNK00efgh", "_CHUNK01i"};
        QCOMPARE(cut_into_chunks("abcdefghi", 4), expected);
    }

    void cuts_fall_between_characters_and_leave_nothing_out() {
        auto random = test::seeded_random();
        Chunks chunks(1 << 20);
        const char* characters[] = {"a", "\u00e9", "\u20ac", "\U0001f600"};
        for (int i = 0; i < 2'000; ++i) {
            std::string text;
            for (auto n = random() % 200; n > 0; --n) text += characters[random() % 4];
            std::size_t most = 4 + random() % 60;
            auto slices = cut_into_chunks(text, most);
            for (const std::string& slice : slices) {
                QVERIFY(QString::fromStdString(slice).toStdString() == slice);  // valid UTF-8
                QVERIFY(slice.size() <= most + 8);
            }
            QCOMPARE(together(chunks, slices), text);
        }
    }

    void chunks_out_of_order_are_refused() {
        QVERIFY(refused({"_CHUNK00a"}));
        QVERIFY(refused({"_CHUNK01a"}));
        QVERIFY(refused({"_CHUNK10a", "_CHUNK10b"}));
        QVERIFY(refused({"_CHUNK10a", "{}"}));
        QVERIFY(refused({"_CHUNK"}));
        QVERIFY(refused({"_CHUNK1"}));
        QVERIFY(refused({"_CHUNK2xa"}));
        QVERIFY(!refused({"_CHUNK11a", "{}", "_CHUNK10a", "_CHUNK01"}));
    }

    void a_frame_in_chunks_has_a_largest_size() {
        std::vector<std::string> many(11, "_CHUNK00" + std::string(10, 'x'));
        many[0] = "_CHUNK10" + std::string(10, 'x');
        QVERIFY(refused(many, 100));
        QVERIFY(!refused(many, 110));
    }
};

TEST_CLASS(ChunksTest)
#include "chunks_test.moc"
