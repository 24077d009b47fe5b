#include "teatime/state/json.h"

#include <QTest>
#include <bit>
#include <cmath>
#include <limits>

#include "../test_main.h"
#include "random_input.h"

using namespace teatime;

namespace {

using Random = std::mt19937_64;

Value parsed(std::string_view text) {
    auto value = parse_json(text);
    if (!value) qFatal("%s", value.error().message.c_str());
    return *value;
}
std::string error_of(std::string_view text, JsonLimits limits = {}) {
    auto value = parse_json(text, limits);
    return value ? "no error" : value.error().message;
}

std::string random_text(Random& random) {
    static const char* kPieces[] = {"a",    "Z",      "\"",     "\\",         "\n", "\x01", "\x1f",
                                    "\x7f", "\u00e9", "\u20ac", "\U0001f600", "/",  " ",    "\t"};
    std::string text;
    for (auto i = random() % 9; i > 0; --i) text += kPieces[random() % std::size(kPieces)];
    if (random() % 8 == 0) text += '\0';
    return text;
}

Value random_value(Random& random, int depth) {
    switch (random() % (depth > 0 ? 8 : 6)) {
        case 0:
            return {};
        case 1:
            return random() % 2 == 0;
        case 2:
            return static_cast<std::int64_t>(random() >> random() % 64);
        case 3:
            return -static_cast<std::int64_t>(random() >> (1 + random() % 63));
        case 4: {
            auto number = std::bit_cast<double>(random());
            return std::isfinite(number) ? Value(number) : Value(random());
        }
        case 5:
            return random_text(random);
        case 6: {
            Value::List list;
            for (auto i = random() % 5; i > 0; --i) list.push_back(random_value(random, depth - 1));
            return list;
        }
        default: {
            Value::Entries entries;
            for (auto i = random() % 5; i > 0; --i) {
                entries.emplace_back(std::to_string(i) + random_text(random),
                                     random_value(random, depth - 1));
            }
            return entries;
        }
    }
}

}  // namespace

class JsonTest : public QObject {
    Q_OBJECT
private slots:
    void a_million_random_doubles_survive_bit_for_bit() {
        auto random = test::seeded_random();
        std::string text;
        for (int i = 0; i < 1'000'000; ++i) {
            auto number = std::bit_cast<double>(random());
            text.clear();
            append_json_double(text, number);
            Value back = parsed(text);
            if (!std::isfinite(number)) {
                QVERIFY(back.is_null());
            } else {
                QVERIFY2(back.if_double(), text.c_str());
                QCOMPARE(std::bit_cast<std::uint64_t>(*back.if_double()),
                         std::bit_cast<std::uint64_t>(number));
            }
        }
    }
    void random_values_survive_their_text() {
        auto random = test::seeded_random();
        for (int i = 0; i < 20'000; ++i) {
            Value value = random_value(random, 5);
            std::string text = to_json(value);
            QVERIFY2(parsed(text) == value, text.c_str());
            QVERIFY2(text.find('\n') == text.npos, text.c_str());
            QVERIFY2(parsed(to_pretty_json(value)) == value, text.c_str());
        }
    }
    void numbers_keep_their_kind() {
        QCOMPARE(*parsed("-9223372036854775808").if_int(),
                 std::numeric_limits<std::int64_t>::min());
        QCOMPARE(*parsed("9223372036854775807").if_int(), std::numeric_limits<std::int64_t>::max());
        QCOMPARE(*parsed("9223372036854775808").if_uint(), std::uint64_t{1} << 63);
        QCOMPARE(*parsed("18446744073709551615").if_uint(), UINT64_MAX);
        QCOMPARE(*parsed("18446744073709551616").if_double(), 18446744073709551616.0);
        QCOMPARE(*parsed("-9223372036854775809").if_double(), -9223372036854775808.0);
        QVERIFY(parsed("2.0") == Value(2.0));
        QVERIFY(parsed("2") == Value(2));
        QVERIFY(!(parsed("2.0") == parsed("2")));
        QVERIFY(parsed("2e0").if_double());
        QVERIFY(parsed("-0") == Value(-0.0));
        QVERIFY(!(Value(-0.0) == Value(0.0)));
        QVERIFY(Value(std::nan("")) == Value(std::nan("")));
        QVERIFY(Value(std::uint64_t{7}) == Value(7));
        // Hard cases: 17 digits, halfway, far too many digits.
        QCOMPARE(*parsed("0.1").if_double(), 0.1);
        QCOMPARE(*parsed("2.2250738585072011e-308").if_double(), 2.2250738585072011e-308);
        QCOMPARE(*parsed("9007199254740993.0").if_double(), 9007199254740992.0);
        QCOMPARE(*parsed("0." + std::string(400, '3')).if_double(), 1.0 / 3);
    }
    void doubles_are_short_and_stay_doubles() {
        QCOMPARE(to_json(2.0), std::string("2.0"));
        QCOMPARE(to_json(0.1), std::string("0.1"));
        QCOMPARE(to_json(-0.0), std::string("-0.0"));
        QCOMPARE(to_json(1e300), std::string("1e+300"));
        QCOMPARE(to_json(std::numeric_limits<double>::infinity()), std::string("null"));
    }
    void too_large_is_an_error_too_small_is_zero() {
        for (const char* text :
             {"1e309", "-1e309", "1e999999", "1000e306", "0.001e312", "1.7976931348623159e308"}) {
            QVERIFY2(error_of(text).find("too large") != std::string::npos, text);
        }
        QVERIFY(!parse_json(std::string(400, '9')));
        QVERIFY(parsed("1e-999") == Value(0.0));
        QVERIFY(parsed("-1e-999") == Value(-0.0));
        QVERIFY(parsed("0." + std::string(500, '0') + "1") == Value(0.0));
        QVERIFY(parsed("0e99") == Value(0.0));
    }
    void malformed_text_is_refused() {
        using namespace std::string_view_literals;
        for (std::string_view text : {""sv,
                                      " "sv,
                                      "{"sv,
                                      "["sv,
                                      "[1,]"sv,
                                      "[1 2]"sv,
                                      "{\"a\":1,}"sv,
                                      "{a:1}"sv,
                                      "{\"a\" 1}"sv,
                                      "{\"a\":}"sv,
                                      "'a'"sv,
                                      "\"a"sv,
                                      "\"\\x\""sv,
                                      "\"\\u12\""sv,
                                      "\"\\ud800\""sv,
                                      "\"\\ud800\\u0041\""sv,
                                      "\"\\udc00\""sv,
                                      "\"\t\""sv,
                                      "\"\n\""sv,
                                      "\"\0\""sv,
                                      "nul"sv,
                                      "nulll"sv,
                                      "True"sv,
                                      "NaN"sv,
                                      "Infinity"sv,
                                      "-"sv,
                                      "+1"sv,
                                      "01"sv,
                                      "1."sv,
                                      ".5"sv,
                                      "1e"sv,
                                      "1e+"sv,
                                      "0x10"sv,
                                      "1 2"sv,
                                      "[] []"sv,
                                      "1/**/"sv,
                                      "// x\n1"sv,
                                      "\xef\xbb\xbf"
                                      "1"sv,
                                      "\"\xff\""sv,
                                      "\"\xc0\xaf\""sv,
                                      "\"\xed\xa0\x80\""sv,
                                      "\"\xf4\x90\x80\x80\""sv,
                                      "\"\xe2\x82\""sv,
                                      "{\"\xff\":1}"sv,
                                      "1\0"sv,
                                      "]"sv,
                                      "[}"sv}) {
            QVERIFY2(!parse_json(text), std::string(text).c_str());
        }
    }
    void every_truncation_of_a_text_is_refused() {
        std::string text = R"({"a":[1,-2.5e3,"\u20ac\ud83d\ude00"],"b":{"c":null,"d":true}})";
        QVERIFY(parse_json(text));
        for (std::size_t size = 0; size < text.size(); ++size) {
            QVERIFY(!parse_json(std::string_view(text).substr(0, size)));
        }
    }
    void the_error_names_the_place() {
        QVERIFY2(error_of("{\n  \"a\": tru }").starts_with("line 2, column 8: "),
                 error_of("{\n  \"a\": tru }").c_str());
        QVERIFY(error_of("[1] x").starts_with("line 1, column 5: "));
        QVERIFY(error_of("[1, 2").find("ends early") != std::string::npos);
    }
    void a_key_must_not_come_twice() {
        QVERIFY(error_of(R"({"a":1,"b":2,"a":3})").find("`a` twice") != std::string::npos);
        QVERIFY(error_of(R"([{"a":{"x":1,"\u0078":2}}])").find("`x` twice") != std::string::npos);
        QVERIFY(parse_json(R"({"a":{"a":1},"b":{"a":1}})"));
    }
    void nesting_and_size_are_limited() {
        std::string deep = std::string(32, '[') + std::string(32, ']');
        QVERIFY(parse_json(deep));
        QVERIFY(error_of("[" + deep + "]").find("limit of 32") != std::string::npos);
        QVERIFY(!parse_json(std::string(1'000'000, '[')));
        QVERIFY(error_of("[1,2,3]", {32, 6}).find("the limit is 6") != std::string::npos);
    }
    void text_that_is_not_utf8_is_still_written_as_json() {
        QVERIFY(parsed(to_json("a\xff\xed\xa0\x80z")).if_string()->starts_with("a\ufffd"));
        QCOMPARE(to_json("\xe2\x82\xac"), std::string("\"\xe2\x82\xac\""));
    }
    void bytes_become_base64_text() {
        QCOMPARE(to_json(Value::Bytes{"\xff\xfe"}), std::string("\"//4=\""));
    }
    void pretty_text_has_a_line_for_each_entry() {
        QCOMPARE(to_pretty_json(parsed(R"({"a":[1,2],"b":{},"c":[]})")),
                 std::string("{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": []\n}"));
    }
};

TEST_CLASS(JsonTest)
#include "json_test.moc"
