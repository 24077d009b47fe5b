#include "teatime/wire/json_scanner.h"

#include <QTest>

#include "../test_main.h"
#include "random_input.h"
#include "teatime/state/json.h"

using namespace teatime;
using namespace teatime::wire;

namespace {

bool accepts(std::string_view text) {
    JsonScanner scanner(text);
    scanner.value();
    return scanner.at_end();
}

const char* const kRight[] = {"0",
                              "-0",
                              "-1.5e+300",
                              "1E9",
                              "0.0e-0",
                              "true",
                              "false",
                              "null",
                              "\"\"",
                              "\"\\u00e9\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
                              "[]",
                              "{}",
                              " [ 1 , [ ] , { } ] ",
                              "{\"a\":{\"b\":[1,{\"c\":null}]},\"\":0}",
                              "\n\t\r {\"x\" : \"y\"} "};

const char* const kWrong[] = {"",           " ",         "01",          "-",
                              "+1",         "1.",        ".5",          "1e",
                              "1e+",        "0x1",       "NaN",         "tru",
                              "truex",      "nul",       "\"",          "\"\\\"",
                              "\"\\x\"",    "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"",
                              "'a'",        "[",         "]",           "[1",
                              "[1,",        "[1,]",      "[,1]",        "[1 2]",
                              "{",          "}",         "{\"a\"}",     "{\"a\":}",
                              "{\"a\":1,}", "{a:1}",     "{\"a\" 1}",   "{1:2}",
                              "[1}",        "{\"a\":1]", "1 2",         "[] []",
                              "{\"a\":1}}", "\"a\"b",    "[1],",        "/**/1",
                              "[1,/**/2]",  "\x01",      "\"\x1f\"",    "{\"a\":1 \"b\":2}"};

}  // namespace

class JsonScannerTest : public QObject {
    Q_OBJECT

private slots:
    void right_json_is_taken_whole() {
        for (std::string_view text : kRight) {
            JsonScanner scanner(text);
            std::string_view value = scanner.value();
            QVERIFY2(scanner.at_end(), text.data());
            std::size_t begin = text.find_first_not_of(" \n\t\r");
            std::size_t end = text.find_last_not_of(" \n\t\r") + 1;
            QCOMPARE(value, text.substr(begin, end - begin));
        }
    }

    void wrong_json_is_refused() {
        for (std::string_view text : kWrong) QVERIFY2(!accepts(text), text.data());
        QVERIFY(!accepts(std::string_view("\"a\0b\"", 5)));
        QVERIFY(!accepts(std::string_view("1\0", 2)));
    }

    void every_cut_of_a_list_is_refused() {
        std::string text = R"([{"a":"b\u0041c","d":[1.5e3,true,null]},"e"])";
        QVERIFY(accepts(text));
        for (std::size_t size = 0; size < text.size(); ++size) {
            // On the heap and exactly so long, so that the address sanitizer sees a step too far.
            std::string cut = text.substr(0, size);
            cut.shrink_to_fit();
            QVERIFY2(!accepts(cut), cut.c_str());
        }
    }

    void long_strings_end_at_their_quote_wherever_it_is() {
        for (std::size_t size = 0; size < 40; ++size) {
            std::string text = "\"" + std::string(size, '\x7f') + "\"";
            QVERIFY(accepts(text));
            QVERIFY(!accepts(text + "\""));
            std::string high = "\"" + std::string(size, '\xc3') + "\"";
            QVERIFY(accepts(high));
            for (std::size_t at = 1; at <= size; ++at) {
                std::string control = text;
                control[at] = '\x1f';
                QVERIFY(!accepts(control));
            }
        }
    }

    void depth_is_limited_and_costs_nothing() {
        auto nested = [](std::size_t depth, const char* open, const char* close) {
            std::string text;
            for (std::size_t i = 0; i < depth; ++i) text += open;
            text += "1";
            for (std::size_t i = 0; i < depth; ++i) text += close;
            return text;
        };
        QVERIFY(accepts(nested(32, "[", "]")));
        QVERIFY(!accepts(nested(33, "[", "]")));
        QVERIFY(accepts(nested(32, "{\"a\":", "}")));
        QVERIFY(!accepts(nested(33, "{\"a\":", "}")));
        QVERIFY(!accepts(nested(1'000'000, "[", "]")));
        QVERIFY(!accepts(std::string(1'000'000, '[')));
        QVERIFY(!accepts(std::string(1'000'000, '{')));
    }

    /// The scanner and the parser that makes values agree on what is JSON, mutations included.
    void it_agrees_with_the_parser() {
        auto random = test::seeded_random();
        const std::string_view pieces = "{}[]\",:\\eE+-.0123456789 tfnrualse\n\x01";
        int taken = 0;
        for (int i = 0; i < 200'000; ++i) {
            std::string text = kRight[random() % std::size(kRight)];
            for (auto n = random() % 3; n > 0; --n) {
                std::size_t at = random() % (text.size() + 1);
                char piece = pieces[random() % pieces.size()];
                if (random() % 2 == 0 || at == text.size())
                    text.insert(at, 1, piece);
                else if (random() % 2 == 0)
                    text[at] = piece;
                else
                    text.erase(at, 1);
            }
            bool ours = accepts(text);
            auto theirs = parse_json(text);
            taken += ours;
            if (ours == theirs.has_value()) continue;
            // The parser also refuses what only values show: keys that come twice, numbers beyond
            // a double, halves of surrogate pairs.
            std::string why = theirs ? "" : theirs.error().message;
            bool by_value =
                ours && (why.find("twice") != why.npos || why.find("large") != why.npos ||
                         why.find("surrogate") != why.npos || why.find("exponent") != why.npos);
            QVERIFY2(by_value, (text + " | " + why).c_str());
        }
        QVERIFY(taken > 20'000);
    }

    void fields_of_an_object_are_found_in_any_order() {
        std::string_view b, a, c, missing;
        const char* text = R"( {"a" : [1, 2] ,"b":"x","z":{"a":3}} )";
        QVERIFY(read_object(text, {{"b", b}, {"a", a}, {"missing", missing}}));
        QCOMPARE(a, "[1, 2]");
        QCOMPARE(b, "\"x\"");
        QVERIFY(missing.empty());
        for (const char* wrong : {"[]", "1", "{\"a\":1,\"a\":2}", "{\"a\":1}x", "{\"a\":}", ""}) {
            std::string_view field;
            QVERIFY2(!read_object(wrong, {{"a", field}}), wrong);
        }
        QVERIFY(read_object("{}", {{"a", c}}));
    }

    void the_rest_of_a_list_comes_verbatim() {
        std::string_view first[2], rest;
        QVERIFY(read_list("[1, 2 , 3,[4 ] ]", first, rest));
        QCOMPARE(first[0], "1");
        QCOMPARE(first[1], "2");
        QCOMPARE(rest, ", 3,[4 ]");
        QVERIFY(read_list("[[],{}]", first, rest));
        QCOMPARE(rest, "");
        for (const char* wrong : {"[1]", "[]", "{}", "[1,2", "[1,2,]", "[1,2]]", "[[,2]"}) {
            QVERIFY2(!read_list(wrong, first, rest), wrong);
        }
    }

    void texts_are_unescaped() {
        QCOMPARE(to_text("\"a\\\"\\u00e9\"").value(), "a\"\u00e9");
        QVERIFY(!to_text("1") && !to_text(""));
        QVERIFY(!to_text("\"\\ud800\""));  // no text, though JavaScript has such strings
    }
};

TEST_CLASS(JsonScannerTest)
#include "json_scanner_test.moc"
