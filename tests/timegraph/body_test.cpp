#include "body.h"

#include <QTest>
#include <algorithm>
#include <bit>
#include <charconv>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "../state/random_input.h"
#include "../test_main.h"
#include "body_decoder.h"
#include "form.h"
#include "number_column.h"
#include "teatime/state/hash.h"
#include "teatime/state/inspect.h"

using namespace teatime;
using namespace teatime::timegraph;

namespace {

using Random = std::mt19937_64;

std::uint64_t below(Random& random, std::uint64_t n) {
    return random() % n;
}

std::string digits(Random& random, std::uint64_t most) {
    std::string text;
    for (std::uint64_t n = 1 + below(random, most); n > 0; --n) {
        text += static_cast<char>('0' + below(random, 10));
    }
    return text;
}

/// Like a number; often one that JSON does not allow.
std::string some_number(Random& random) {
    std::string text = below(random, 4) == 0 ? "-" : "";
    text += below(random, 3) == 0 ? "0" : digits(random, 20);
    if (below(random, 2) == 0) text += "." + digits(random, below(random, 4) == 0 ? 20 : 3);
    if (below(random, 12) == 0) text += "e-7";
    return text;
}

std::string bytes(Random& random, std::uint64_t most) {
    std::string text;
    for (std::uint64_t n = below(random, most); n > 0; --n) {
        text += static_cast<char>(random());
    }
    return text;
}

std::string base64(Random& random, std::size_t size) {
    std::vector<std::uint8_t> raw(size);
    for (auto& each : raw) each = static_cast<std::uint8_t>(random());
    return to_base64(raw);
}

std::string some_payload(Random& random) {
    switch (below(random, 8)) {
        case 0:
            return bytes(random, 200);
        case 1: {
            std::string text = "[";
            for (auto n = below(random, 40); n > 0; --n) text += some_number(random) + ",";
            return text + "0]";
        }
        case 2:  // as Croquet encrypts: pieces with padding
            return '"' + base64(random, 16) + base64(random, 32) +
                   base64(random, below(random, 100)) + '"';
        case 3: {  // not quite base64
            std::string text = '"' + base64(random, 16) + base64(random, 32) + '"';
            text[below(random, text.size())] = "=A+*\""[below(random, 5)];
            return text;
        }
        case 4: {
            std::string text = "[" + some_number(random) + ",7]";
            text[below(random, text.size())] = "\x01,[]\n"[below(random, 5)];
            return text;
        }
        default: {
            std::string text =
                "\"[\\\"disc-" + std::to_string(below(random, 5)) + "\\\",\\\"push\\\"";
            for (auto n = below(random, 4); n > 0; --n) text += "," + some_number(random);
            return text + "]\"";
        }
    }
}

std::vector<Message> some_messages(Random& random, std::size_t n) {
    std::vector<Message> messages;
    Stamp stamp{VirtualTime(Duration(static_cast<std::int64_t>(below(random, 1000)))), Seq{3}};
    bool jumps = below(random, 2) == 0;
    for (std::size_t i = 0; i < n; ++i) {
        stamp.time += Duration(static_cast<std::int64_t>(below(random, 100'000)));
        stamp.seq.value += 1 + (jumps && below(random, 10) == 0 ? below(random, 1000) : 0);
        std::string extra;
        if (below(random, 2) == 0) extra = "," + some_number(random);
        messages.push_back({stamp, {below(random, 4)}, some_payload(random), extra});
    }
    return messages;
}

void compare(std::string_view body, const Message* first, std::size_t n) {
    BodyDecoder decoder;
    auto opened = decoder.open(body, n);
    QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
    MessageView message;
    for (std::size_t i = 0; i < n; ++i) {
        QVERIFY(decoder.next(message));
        if (message != MessageView(first[i])) {
            qInfo() << "message" << i << message.payload.data() << first[i].payload.c_str();
        }
        QVERIFY(message == MessageView(first[i]));
    }
    QVERIFY(!decoder.next(message));
    QVERIFY(decoder.ok());
}

}  // namespace

class BodyTest : public QObject {
    Q_OBJECT
private slots:
    void numbers_are_spelled_as_they_were_data();
    void numbers_are_spelled_as_they_were();
    void numbers_are_read_as_the_nearest_double();
    void every_message_comes_back_byte_for_byte();
    void any_run_can_be_taken_out();
    void any_part_can_be_asked_for();
    void fields_are_what_the_text_says();
    void what_is_copied_column_by_column_stays_the_same();
    void what_is_alike_takes_little();
    void damaged_bodies_are_refused_or_read();
};

void BodyTest::numbers_are_spelled_as_they_were_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("is");
    auto row = [](const char* text, bool is) { QTest::newRow(text) << QByteArray(text) << is; };
    for (const char* text : {"0", "7", "-7", "0.5", "-0.5", "0.05", "1.50", "0.0", "0.00", "2.0",
                             "123456789012345678", "-123456789012345678", "0.123456789012345678",
                             "12345678.9012345678", "0.000000000000000001"}) {
        row(text, true);
    }
    for (const char* text : {"", "-", "-0", "-0.0", "01", "1.", ".5", "1234567890123456789",
                             "0.1234567890123456789", "1.123456789012345678", "x"}) {
        row(text, false);
    }
}

void BodyTest::numbers_are_spelled_as_they_were() {
    QFETCH(QByteArray, text);
    QFETCH(bool, is);
    Decimal number;
    std::size_t size = 0;
    bool read = read_decimal(text.toStdString(), number, size) &&
                size == static_cast<std::size_t>(text.size());
    QCOMPARE(read, is);
    if (!read) return;
    char again[kMaxDecimalText];
    QCOMPARE(QByteArray(again, write_decimal(again, number) - again), text);
}

/// Those, too, of more bits than a double has, and those that stand in the middle between two.
void BodyTest::numbers_are_read_as_the_nearest_double() {
    Random random = test::seeded_random();
    for (int i = 0; i < 200'000; ++i) {
        std::uint64_t limit = below(random, 2) == 0 ? kPowersOfTen[18] : std::uint64_t{1} << 54;
        auto mantissa = static_cast<std::int64_t>(below(random, limit));
        if (below(random, 2) == 0) mantissa = -mantissa;
        Decimal number{mantissa, static_cast<std::uint8_t>(below(random, kMaxScale + 1))};
        if (below(random, 4) == 0) number.scale = 0;
        char text[kMaxDecimalText];
        char* end = write_decimal(text, number);
        double nearest = 0;
        std::from_chars(text, end, nearest);
        QVERIFY2(
            std::bit_cast<std::uint64_t>(to_real(number)) == std::bit_cast<std::uint64_t>(nearest),
            std::string(text, static_cast<std::size_t>(end - text)).c_str());
    }
}

void BodyTest::every_message_comes_back_byte_for_byte() {
    Random random = test::seeded_random();
    for (int round = 0; round < 300; ++round) {
        auto messages = some_messages(random, 1 + below(random, 300));
        BodyEncoder encoder;
        encoder.start({});
        for (const Message& message : messages) encoder.add(message);
        compare(encoder.body(encoder.begin(), encoder.end()), messages.data(), messages.size());
        if (QTest::currentTestFailed()) return;
    }
}

void BodyTest::any_run_can_be_taken_out() {
    Random random = test::seeded_random();
    BodyEncoder encoder;  // used again and again, as a writer does
    for (int round = 0; round < 100; ++round) {
        auto messages = some_messages(random, 200);
        encoder.start({VirtualTime(), Seq{2}});
        std::vector<BodyEncoder::Position> positions{encoder.begin()};
        for (const Message& message : messages) {
            encoder.add(message);
            positions.push_back(encoder.end());
        }
        for (int run = 0; run < 10; ++run) {
            std::size_t from = below(random, messages.size());
            std::size_t to = from + 1 + below(random, messages.size() - from);
            QVERIFY(encoder.first_after(positions[from]) == messages[from].stamp);
            compare(encoder.body(positions[from], positions[to]), &messages[from], to - from);
            if (QTest::currentTestFailed()) return;
        }
    }
}

/// Numbers are decoded for those messages only that are asked for.
void BodyTest::any_part_can_be_asked_for() {
    Random random = test::seeded_random();
    for (int round = 0; round < 100; ++round) {
        auto messages = some_messages(random, 200);
        BodyEncoder encoder;
        encoder.start({});
        for (const Message& message : messages) encoder.add(message);
        std::string_view body = encoder.body(encoder.begin(), encoder.end());
        BodyDecoder decoder;
        QVERIFY(decoder.open(body, messages.size()));
        for (int walk = 0; walk < 4; ++walk, decoder.rewind()) {
            std::uint64_t rarely = 1 + below(random, 100);
            std::size_t at = 0;
            MessageView message;
            for (bool more = true; more; ++at) {
                VirtualTime from;
                if (below(random, 3) == 0 && at < messages.size()) {
                    from = messages[at + below(random, messages.size() - at)].stamp.time;
                    while (messages[at].stamp.time < from) ++at;
                }
                more = decoder.next_stamp(message.stamp, from, Seq{});
                QCOMPARE(more, at < messages.size());
                if (!more) break;
                QVERIFY(message.stamp == messages[at].stamp);
                QVERIFY(decoder.sender() == messages[at].sender);
                if (below(random, rarely) != 0) continue;
                QVERIFY(decoder.load());
                decoder.text(message);
                QVERIFY(message == MessageView(messages[at]));
            }
            QVERIFY(decoder.ok());
        }
    }
}

/// Calls with numbers wherever they may stand, some of them where they mean something else, and
/// what is hardly a call.
std::string some_call(Random& random) {
    static constexpr const char* kNames[] = {"disc",     "a\\\\nb", "x,1,y", "[2]",      "",
                                             "\xc3\xa9", "\xff",    "73625", "\\\\\\\"", "{\x01}"};
    auto name = [&] {
        return "\\\"" + std::string(kNames[below(random, std::size(kNames))]) + "\\\"";
    };
    std::string text = "\"[" + name() + "," + name();
    for (auto n = below(random, 5); n > 0; --n) {
        text += below(random, 9) == 0 ? ", " : ",";
        switch (below(random, 8)) {
            case 0:
                text += name();
                break;
            case 1:
                text += "[" + some_number(random) + ",true," + some_number(random) + "]";
                break;
            case 2:
                text += "{" + name() + ":" + some_number(random) + "}";
                break;
            case 3:
                text += "null";
                break;
            case 4:
                text += std::to_string(7362500000 + below(random, 4));
                break;
            default:
                text += some_number(random);
        }
    }
    return text + (below(random, 20) == 0 ? "" : "]") + "\"";
}

void BodyTest::fields_are_what_the_text_says() {
    Random random = test::seeded_random();
    std::uint64_t calls = 0;
    for (int round = 0; round < 200; ++round) {
        auto messages = some_messages(random, 200);
        std::vector<std::string> calls_again;
        for (Message& message : messages) {
            if (below(random, 2) == 0) calls_again.push_back(message.payload = some_call(random));
            if (below(random, 3) == 0 && !calls_again.empty()) {
                message.payload = calls_again[below(random, calls_again.size())];
            }
        }
        BodyEncoder encoder;
        encoder.start({});
        for (const Message& message : messages) encoder.add(message);
        BodyDecoder decoder;
        QVERIFY(decoder.open(encoder.body(encoder.begin(), encoder.end()), messages.size()));
        FieldsMaker maker(decoder);
        MessageView message;
        for (const Message& source : messages) {
            QVERIFY(decoder.next(message) && message == MessageView(source));
            QCOMPARE(decoder.text_size(), source.payload.size() + source.extra.size());
            auto call = decode_call_text(source.payload);
            Fields fields = maker.fields([&] { return message.payload; });
            QCOMPARE(fields.is_call(), call.has_value());
            if (!call) continue;
            ++calls;
            QVERIFY(fields.target() == call->target && fields.selector() == call->selector);
            QCOMPARE(fields.arguments(), call->arguments.size());
            for (std::size_t i = 0; i < fields.arguments(); ++i) {
                QVERIFY2(fields.argument(i) == call->arguments[i], source.payload.c_str());
                double number = 0, expected = 0;
                QCOMPARE(fields.number(i, number), call->arguments[i].as_double(expected));
                QVERIFY(std::bit_cast<std::uint64_t>(number) ==
                        std::bit_cast<std::uint64_t>(expected));
            }
        }
    }
    QVERIFY(calls > 2000);
}

/// Some of the messages of one recording, with others between them, in blocks of any size.
void BodyTest::what_is_copied_column_by_column_stays_the_same() {
    Random random = test::seeded_random();
    BodyEncoder copy;
    for (int round = 0; round < 100; ++round) {
        auto messages = some_messages(random, 300);
        BodyEncoder source;
        source.start({});
        for (const Message& message : messages) source.add(message);
        std::string body(source.body(source.begin(), source.end()));
        BodyDecoder decoder;
        QVERIFY(decoder.open(body, messages.size()));
        Stamp base;
        copy.start(base);
        std::vector<Message> expected;
        for (Message& message : messages) {
            Stamp stamp;
            QVERIFY(decoder.next_stamp(stamp));
            if (below(random, 5) == 0) continue;
            if (below(random, 5) == 0) {
                message.payload = some_payload(random);
                copy.add(MessageView(message));
            } else {
                QVERIFY(decoder.load());
                QCOMPARE(copy.add(decoder), message.payload.size() + message.extra.size());
            }
            expected.push_back(message);
            if (below(random, 100) != 0) continue;
            compare(copy.body(copy.begin(), copy.end()), expected.data(), expected.size());
            if (QTest::currentTestFailed()) return;
            copy.start(base = stamp);
            expected.clear();
            if (below(random, 2) == 0) {
                decoder = BodyDecoder();
                QVERIFY(decoder.open(body, messages.size()));
                for (Stamp again; decoder.next_stamp(again) && again != stamp;) {
                }
            }
        }
        std::string copied(copy.body(copy.begin(), copy.end()));
        compare(copied, expected.data(), expected.size());
        if (QTest::currentTestFailed()) return;
        BodyEncoder plain;
        plain.start(base);
        for (const Message& message : expected) plain.add(message);
        QVERIFY(copied == plain.body(plain.begin(), plain.end()));
    }
}

/// Three pens that draw lines: what is left are small differences.
void BodyTest::what_is_alike_takes_little() {
    BodyEncoder encoder;
    encoder.start({});
    std::size_t source = 0;
    const std::uint64_t n = 3000;
    for (std::uint64_t i = 0; i < n; ++i) {
        std::string payload = "\"[\\\"painter\\\",\\\"stroke\\\"," + std::to_string(100 + i % 50) +
                              "." + std::to_string(i % 10) + "," + std::to_string(i) + "]\"";
        source += payload.size();
        encoder.add({{VirtualTime(Duration(static_cast<std::int64_t>(1000 * i))), Seq{i + 1}},
                     {i % 3},
                     payload,
                     {}});
    }
    std::string_view body = encoder.body(encoder.begin(), encoder.end());
    QVERIFY2(body.size() < 6 * n, std::to_string(body.size()).c_str());
    QVERIFY(source > 30 * n);
}

/// Whatever the bytes say: no crash, no hang, no text that was not paid for.
void BodyTest::damaged_bodies_are_refused_or_read() {
    Random random = test::seeded_random();
    for (int round = 0; round < 100; ++round) {
        auto messages = some_messages(random, 20);
        BodyEncoder encoder;
        encoder.start({});
        for (const Message& message : messages) encoder.add(message);
        const std::string body(encoder.body(encoder.begin(), encoder.end()));
        for (int flip = 0; flip < 200; ++flip) {
            std::string damaged = body;
            damaged[below(random, damaged.size())] ^= static_cast<char>(1 << below(random, 8));
            if (flip % 5 == 0) damaged.resize(below(random, damaged.size()));
            BodyDecoder decoder;
            if (!decoder.open(damaged, messages.size())) continue;
            MessageView message;
            std::size_t read = 0;
            while (decoder.next(message)) ++read;
            QVERIFY(read <= messages.size());
        }
    }
}

TEST_CLASS(BodyTest)
#include "body_test.moc"
