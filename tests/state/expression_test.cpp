#include "teatime/state/expression.h"

#include <QTest>
#include <cmath>
#include <functional>
#include <optional>

#include "../test_main.h"
#include "random_input.h"
#include "teatime/state/json.h"

using namespace teatime;
using namespace std::chrono_literals;

namespace {

VirtualTime at(Duration time) {
    return kSessionStart + time;
}

/// A call as it stands in a recording.
std::string call(std::string_view target, std::string_view selector, Value::List arguments = {}) {
    arguments.insert(arguments.begin(), {Value(target), Value(selector)});
    return to_json(Value(to_json(Value(arguments))));
}

Expression read_expression(std::string_view text) {
    auto expression = Expression::parse(text);
    if (!expression) qFatal("%s", expression.error().message.c_str());
    return *expression;
}

/// A random expression as text, together with what it means, said in another way: what the test
/// compares with knows nothing of the program's nodes.
struct Plain {
    std::int64_t time_ms = 0;
    std::uint64_t seq = 0, sender = 0;
    std::optional<std::string> target, selector;
    std::vector<std::variant<std::int64_t, double, std::string, bool>> args;
    std::string payload;
    MessageFacts facts() const { return {{at(1ms * time_ms), {seq}}, {sender}, payload}; }
};

class Maker {
public:
    explicit Maker(std::mt19937_64 random) : random_(random) {}
    std::uint64_t below(std::uint64_t limit) {
        return std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(random_);
    }

    Plain message() {
        Plain plain;
        plain.time_ms = static_cast<std::int64_t>(below(20));
        plain.seq = below(20) + 1;
        plain.sender = below(4);
        if (below(5) == 0) {
            plain.payload = below(2) == 0 ? R"({"what":"users","joined":[1]})" : "\"bm8=\"";
            return plain;
        }
        plain.target = target();
        plain.selector = selector();
        Value::List arguments;
        for (auto n = below(4); n > 0; --n) {
            auto small = static_cast<std::int64_t>(below(5));
            switch (below(4)) {
                case 0:
                    plain.args.emplace_back(small);
                    break;
                case 1:
                    plain.args.emplace_back(static_cast<double>(small) / 2);
                    break;
                case 2:
                    plain.args.emplace_back(selector());
                    break;
                default:
                    plain.args.emplace_back(below(2) == 0);
            }
            std::visit([&](const auto& value) { arguments.emplace_back(value); },
                       plain.args.back());
        }
        plain.payload = call(*plain.target, *plain.selector, arguments);
        return plain;
    }

    using Meaning = std::function<bool(const Plain&)>;
    struct Made {
        std::string text;
        Meaning meaning;
    };

    Made expression(int depth) {
        if (depth == 0 || below(3) == 0) return comparison();
        Made left = expression(depth - 1);
        if (below(4) == 0) {
            return {"!" + blank() + "(" + left.text + ")",
                    [left](const Plain& plain) { return !left.meaning(plain); }};
        }
        Made right = expression(depth - 1);
        bool both = below(2) == 0;
        return {"(" + left.text + ")" + blank() + (both ? "&&" : "||") + blank() + "(" +
                    right.text + ")",
                [left, right, both](const Plain& plain) {
                    bool one = left.meaning(plain), other = right.meaning(plain);
                    return both ? one && other : one || other;
                }};
    }

private:
    std::string target() { return std::vector<std::string>{"a", "b", "c\"d"}[below(3)]; }
    std::string selector() { return std::vector<std::string>{"go", "stop", "\u00e9"}[below(3)]; }
    std::string blank() { return std::string(below(3), ' '); }

    Made comparison() {
        switch (below(6)) {
            case 0: {
                auto limit = static_cast<std::int64_t>(below(20));
                std::string unit = below(2) == 0 ? "ms" : "000us";
                return numeric(
                    "time", std::to_string(limit) + unit, static_cast<double>(limit),
                    [](const Plain& plain) { return static_cast<double>(plain.time_ms); });
            }
            case 1: {
                auto limit = below(20);
                return numeric("seq", std::to_string(limit), static_cast<double>(limit),
                               [](const Plain& plain) { return static_cast<double>(plain.seq); });
            }
            case 2: {
                double limit = static_cast<double>(below(8)) / 2;
                return numeric("sender", std::to_string(limit), limit, [](const Plain& plain) {
                    return static_cast<double>(plain.sender);
                });
            }
            case 3: {
                double limit = static_cast<double>(below(9)) / 2;
                std::size_t index = below(3);
                return numeric("args[" + std::to_string(index) + "]", std::to_string(limit), limit,
                               [index](const Plain& plain) {
                                   double number = std::nan("");  // below, above and equal nothing
                                   if (index >= plain.args.size()) return number;
                                   if (auto* i = std::get_if<std::int64_t>(&plain.args[index]))
                                       number = static_cast<double>(*i);
                                   if (auto* d = std::get_if<double>(&plain.args[index]))
                                       number = *d;
                                   return number;
                               });
            }
            case 4: {
                std::size_t index = below(4);
                bool equal = below(2) == 0;
                return {"args[" + std::to_string(index) + "]" + (equal ? "==" : "!=") + "null",
                        [index, equal](const Plain& plain) {
                            return (index >= plain.args.size()) == equal;
                        }};
            }
            default:
                return textual();
        }
    }

    template <class Of>
    Made numeric(std::string field, std::string literal, double limit, Of of) {
        auto which = below(6);
        const char* names[] = {"==", "!=", "<", "<=", ">", ">="};
        const char* turned[] = {"==", "!=", ">", ">=", "<", "<="};
        Meaning meaning = [=](const Plain& plain) {
            double value = of(plain);
            const bool answers[] = {value == limit, value != limit,
                                    value<limit, value <= limit, value> limit, value >= limit};
            return answers[which];
        };
        if (below(3) == 0) return {literal + blank() + turned[which] + blank() + field, meaning};
        return {field + blank() + names[which] + blank() + literal, meaning};
    }

    Made textual() {
        bool of_target = below(2) == 0;
        std::string wanted = of_target ? target() : selector();
        std::string quoted;
        append_json_string(quoted, wanted);
        if (below(2) == 0) quoted = "'" + wanted + "'";
        auto value = [of_target](const Plain& plain) {
            return of_target ? plain.target : plain.selector;
        };
        std::string field = of_target ? "target " : "selector ";
        switch (below(4)) {
            case 0:
                return {field + "!=" + quoted, [=](const Plain& p) { return value(p) != wanted; }};
            case 1:
                return {field + "contains " + quoted, [=](const Plain& p) {
                            return value(p) && value(p)->find(wanted) != std::string::npos;
                        }};
            case 2:
                return {field + "<" + quoted,
                        [=](const Plain& p) { return value(p) && *value(p) < wanted; }};
            default:
                return {field + "==" + quoted, [=](const Plain& p) { return value(p) == wanted; }};
        }
    }

    std::mt19937_64 random_;
};

/// Some messages of which only what occurs is known, or less.
class Crowd : public MessageGroup {
public:
    Crowd(const std::vector<Plain>& messages, Stamp first, Stamp last, bool exact)
        : MessageGroup(first, last), exact_(exact) {
        for (const Plain& plain : messages) {
            MessageFacts facts = plain.facts();
            for (MessageField field : {MessageField::sender, MessageField::kind,
                                       MessageField::target, MessageField::selector}) {
                auto& values = values_[static_cast<std::size_t>(field)];
                if (std::find(values.begin(), values.end(), facts[field]) == values.end())
                    values.push_back(facts[field]);
            }
        }
    }
    const std::vector<Value>* values(MessageField field) const override {
        return exact_ ? &values_[static_cast<std::size_t>(field)] : nullptr;
    }
    bool may_have(MessageField field, const Value& value) const override {
        for (const Value& each : values_[static_cast<std::size_t>(field)]) {
            double one = 0, other = 0;
            if (each == value) return true;
            if (each.as_double(one) && value.as_double(other) && one == other) return true;
        }
        return false;
    }

private:
    bool exact_;
    std::array<std::vector<Value>, 8> values_;
};

}  // namespace

class ExpressionTest : public QObject {
    Q_OBJECT
private slots:
    void a_message_answers_data() {
        QTest::addColumn<QByteArray>("expression");
        QTest::addColumn<bool>("holds");
        auto row = [](const char* expression, bool holds) {
            QTest::newRow(expression) << QByteArray(expression) << holds;
        };
        row("selector == \"click\"", true);
        row("selector=='click'", true);
        row("selector == 'Click'", false);
        row("selector != 'click'", false);
        row("selector contains 'lic'", true);
        row("selector contains 'x'", false);
        row("selector < 'clicks'", true);
        row("target == 'board' && args[0] > 10", true);
        row("target == 'board' && args[0] > 11", false);
        row("target == 'x' || args[0] > 10", true);
        row("target == 'x' || args[0] > 10 && sender == 9", false);
        row("(target == 'board' || args[0] > 10) && sender == 3", true);
        row("!(sender == 3)", false);
        row("!!(sender == 3)", true);
        row("time == 12.5s", true);
        row("time >= 12500ms && time < 12500001us", true);
        row("time > 12.5s", false);
        row("1s < time", true);
        row("time < 1:02:03.25", true);
        row("time < 1h30min", true);
        row("seq == 7 && seq != 8", true);
        row("kind == 'call'", true);
        row("kind == 'router'", false);
        row("args[0] == 11.0", true);
        row("args[0] == '11'", false);
        row("args[0] != '11'", true);
        row("args[0] < '2'", false);
        row("args[0] >= '2'", false);
        row("args[1].x == -2.5", true);
        row("args[1]['x'] == -2.5e0", true);
        row("args[1][\"a b\"][1] == 2", true);
        row("args[1].y == null", true);
        row("args[1][0] == null", true);
        row("args[0].x == null", true);
        row("args[9] == null", true);
        row("args[9] < 5", false);
        row("args[9] != 5", true);
        row("args.x == null", true);
        row("args[2]", true);
        row("args[3]", false);
        row("!args[3]", true);
        row("!args[9]", true);
        row("!args[0]", true);
        row("args[2] == true && args[3] == false", true);
        row("args[4] == null", true);
        row("args[5] == 'say \"hi\"'", true);
        row("args[5] == \"say \\\"hi\\\"\"", true);
        row("args[5] contains '\"'", true);
        row("args[6] contains 2.0", true);
        row("args[6] contains 3", false);
        row("args[6] contains 'a'", true);
        row("args[0] contains 1", false);
        row("args contains 11", true);
        row("args[6] == args[7]", true);
        row("args[0] == seq", false);
        row("args[8] == 9007199254740993", true);
        row("args[8] == 9007199254740992.0", false);
        row("args[8] > 9007199254740992.0", true);
        row("payload contains '\"click\",11'", true);
        row("payload contains 'clack'", false);
        row("true", true);
        row("false || true && (sender) == (3)", true);
        row(" \t(\n((true)))", true);
    }
    void a_message_answers() {
        QFETCH(QByteArray, expression);
        std::string payload = call("board", "click",
                                   {11, Value::Entries{{"x", -2.5}, {"a b", Value::List{1, 2}}},
                                    true, false, Value(), "say \"hi\"", Value::List{1, 2, "a"},
                                    Value::List{1.0, 2, "a"}, std::int64_t{9007199254740993}});
        MessageFacts message({at(12500ms), {7}}, {3}, payload);
        Expression once = read_expression(expression.toStdString());
        QTEST(once.holds(message), "holds");
        QCOMPARE(read_expression(once.text()), once);
    }

    void what_is_no_call_has_no_target() {
        for (const char* payload : {R"({"what":"users","joined":[3]})", "\"QUJD\"", "[1,2]",
                                    "no JSON", "", "\"[1,2]\"", "\"[\\\"a\\\"]\""}) {
            MessageFacts message({at(0s), {1}}, {}, payload);
            QVERIFY(read_expression("target == null && selector == null && args == null")
                        .holds(message));
            QVERIFY(read_expression("target != 'a' && !(selector contains 'a')").holds(message));
            QVERIFY(!read_expression("kind == 'call'").holds(message));
            QCOMPARE(read_expression("kind == 'router'").holds(message),
                     std::string_view(payload).starts_with('{'));
        }
        MessageFacts message({at(0s), {1}}, {}, "\"QUJD\"");
        QVERIFY(read_expression("payload == 'QUJD' && kind == 'other'").holds(message));
        MessageFacts news({at(0s), {1}}, {}, R"({"what":"users","joined":[3]})");
        QVERIFY(read_expression("payload contains '\"joined\":[3]'").holds(news));
    }

    void future_messages_answer_too() {
        MessageFacts message = MessageFacts::future(at(2s), "counter", "step", {5});
        QVERIFY(
            read_expression("kind == 'future' && target == 'counter' && args[0] == 5 && time == 2s")
                .holds(message));
        QVERIFY(read_expression("seq == null && sender == null && payload == null").holds(message));
    }

    void what_is_wrong_is_told_with_its_place_data() {
        QTest::addColumn<QByteArray>("expression");
        QTest::addColumn<int>("column");
        QTest::addColumn<QByteArray>("sentence");
        auto row = [](const char* expression, int column, const char* sentence) {
            QTest::newRow(expression) << QByteArray(expression) << column << QByteArray(sentence);
        };
        row("", 1, "ends where a value is expected");
        row("selctor == 'x'", 1, "no `selctor`; is selector meant?");
        row("sender == 1 && agrs[0] == 2", 16, "no `agrs`; is args meant?");
        row("arguments[0] == 2", 1, "is args meant?");
        row("selector == click", 13, "text stands in quotes, \"click\"");
        row("selector = 'x'", 10, "write ==");
        row("sender == 1 & seq == 2", 13, "write &&");
        row("sender == 1 | seq == 2", 13, "write ||");
        row("sender == 1 and seq == 2", 13, "is && meant?");
        row("sender == 1 seq == 2", 13, "join conditions");
        row("not sender == 1", 1, "is ! meant?");
        row("(sender == 1", 1, "never closed");
        row("sender == 1)", 12, "nothing is open");
        row("sender ==", 10, "ends where a value is expected");
        row("&& sender == 1", 1, "not expected here");
        row("'\u00e9\u00e9' == selctor", 9, "is selector meant?");
        row("selector == 'x", 13, "never closed");
        row("selector == '\\q'", 13, "escape");
        row("args[", 5, "an index");
        row("args[-1] == 2", 5, "an index");
        row("args[0 == 2", 5, "never closed");
        row("args. == 2", 5, "a name is expected");
        row("target.x == 2", 7, "has no parts");
        row("time > 12", 6, "write times with a unit, 12.5s");
        row("time > 12.5sec5", 8, "neither a number nor a time");
        row("seq > 1.2.3", 7, "neither a number nor a time");
        row("sender == 'Ann'", 8, "`sender` is a number, `'Ann'` is text");
        row("args[0] > 500ms", 9, "durations in args");
        row("time == null", 6, "`time` is a time, `null` is null");
        row("sender == 1 == true", 13, "make no chain");
        row("(sender == 1) == true", 1, "is a condition");
        row("!sender == 1", 2, "no condition");
        row("!args[0] == 1", 1, "write !(a == b)");
        row("selector", 1, "is text, no condition");
        row("5 || true", 1, "is a number, no condition");
        row("args[0] < null", 9, "above or below nothing");
        row("seq contains 1", 5, "contains looks for");
        row("payload contains 5", 9, "contains looks for");
        row("sender @ 5", 8, "`@` is not expected here");
    }
    void what_is_wrong_is_told_with_its_place() {
        QFETCH(QByteArray, expression);
        QFETCH(int, column);
        QFETCH(QByteArray, sentence);
        std::size_t error_at = 0;
        auto read = Expression::parse(expression.toStdString(), &error_at);
        QVERIFY(!read);
        QVERIFY(read.error().kind == ErrorKind::wrong_usage);
        const std::string& message = read.error().message;
        QVERIFY2(message.starts_with("column " + std::to_string(column) + ": "), message.c_str());
        QVERIFY2(message.find(sentence.toStdString()) != std::string::npos, message.c_str());
        QCOMPARE(QString::fromUtf8(expression.first(static_cast<int>(error_at))).size() + 1,
                 column);
    }

    void hostile_text_is_an_error() {
        for (std::size_t size : {std::size_t{100}, std::size_t{10'000}, std::size_t{1'000'000}}) {
            for (const char* piece : {"(", "!", "!(", "args[0] == (", "(true || ", "[", "'"}) {
                std::string text;
                while (text.size() < size) text += piece;
                QVERIFY(!Expression::parse(text));
            }
        }
        std::string flat = "true";
        while (flat.size() < Expression::kMaxText - 10) flat += "||true";
        QVERIFY(read_expression(flat).holds(MessageFacts({at(0s), {1}}, {}, "1")));
        std::string deep = "true";
        for (std::size_t i = 0; i + 2 < Expression::kMaxDepth; ++i) deep = "(" + deep + ")";
        QVERIFY(Expression::parse(deep));
        Maker maker(test::seeded_random());
        for (int i = 0; i < 20'000; ++i) {
            std::string text = maker.expression(3).text;
            text.resize(maker.below(text.size() + 1));
            if (!text.empty()) text[maker.below(text.size())] = static_cast<char>(maker.below(256));
            if (auto read = Expression::parse(text)) QCOMPARE(read_expression(read->text()), *read);
        }
    }

    void random_expressions_mean_what_they_say() {
        Maker maker(test::seeded_random());
        int yes = 0;
        for (int i = 0; i < 4000; ++i) {
            Maker::Made made = maker.expression(4);
            Expression expression = read_expression(made.text);
            Expression again = read_expression(expression.text());
            QVERIFY2(again == expression, made.text.c_str());
            QCOMPARE(again.text(), expression.text());
            for (int k = 0; k < 8; ++k) {
                Plain plain = maker.message();
                MessageFacts facts = plain.facts();
                bool expected = made.meaning(plain);
                QVERIFY2(expression.holds(facts) == expected,
                         (made.text + "\n" + plain.payload).c_str());
                QCOMPARE(again.holds(facts), expected);
                yes += expected;
            }
        }
        QVERIFY(yes > 3000 && yes < 29'000);  // the test asks something
    }

    void what_is_known_of_many_never_hides_one() {
        Maker maker(test::seeded_random());
        int told = 0, none = 0;
        for (int i = 0; i < 8000; ++i) {
            Maker::Made made = maker.expression(3);
            Expression expression = read_expression(made.text);
            std::vector<Plain> messages;
            for (auto n = maker.below(3) + 1; n > 0; --n) messages.push_back(maker.message());
            Stamp first{at(20ms), {21}}, last{at(0ms), {0}};
            bool any = false;
            Expression::Reach reach = expression.reach();
            for (const Plain& plain : messages) {
                VirtualTime time = at(1ms * plain.time_ms);
                first = {std::min(first.time, time), {std::min(first.seq.value, plain.seq)}};
                last = {std::max(last.time, time), {std::max(last.seq.value, plain.seq)}};
                if (!made.meaning(plain)) continue;
                any = true;
                QVERIFY2(time >= reach.from && time <= reach.to, made.text.c_str());
                QVERIFY2(plain.seq >= reach.first.value && plain.seq <= reach.last.value,
                         made.text.c_str());
            }
            for (bool exact : {true, false}) {
                bool may = expression.may_hold(Crowd(messages, first, last, exact));
                QVERIFY2(may || !any, made.text.c_str());
                told += !may;
                none += !any;
            }
        }
        // Often what cannot be is told, else nothing would ever be skipped.
        QVERIFY2(told * 3 > none, qPrintable(QString("%1 of %2").arg(told).arg(none)));
    }

    void comparisons_of_time_and_seq_are_a_range() {
        using Reach = Expression::Reach;
        auto reach = [](std::string_view text) { return read_expression(text).reach(); };
        QCOMPARE(reach("time >= 1s && time < 2s"), (Reach{.from = at(1s), .to = at(2s)}));
        QCOMPARE(reach("time == 1s || time == 3s"), (Reach{.from = at(1s), .to = at(3s)}));
        QCOMPARE(reach("!(time < 1s || 2s < time)"), (Reach{.from = at(1s), .to = at(2s)}));
        QCOMPARE(reach("time > 1s || sender == 3"), Reach{});
        QCOMPARE(reach("seq > 5 && sender == 3 && seq <= 9"), (Reach{.first = {5}, .last = {9}}));
        QCOMPARE(reach("seq != 5 && time != 1s"), Reach{});
        QCOMPARE(reach("!(seq != 5)"), (Reach{.first = {5}, .last = {5}}));
    }
};

TEST_CLASS(ExpressionTest)
#include "expression_test.moc"
