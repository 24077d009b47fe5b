#include "teatime/island/input.h"

#include <QTest>

#include "../test_main.h"

using namespace teatime;

namespace {

class Recorder : public Sender {
public:
    using Sender::send;
    void send(std::string_view target, std::string_view selector,
              std::vector<Value> arguments) override {
        last = std::string(target) + "." + std::string(selector);
        values = std::move(arguments);
    }
    std::string last;
    std::vector<Value> values;
};

}  // namespace

class InputTest : public QObject {
    Q_OBJECT

private slots:
    void arguments_arrive_as_the_values_they_are() {
        Recorder sender;
        Input input{.kind = Input::Kind::pointer_down, .x = 1.5, .y = -2, .key = {}, .member = {}};
        std::string text = "pen";
        sender.send("painter", "stroke", input.x, input.y, 3, 4u, -5LL, true, "red", text, 0.5f);
        QCOMPARE(sender.last, std::string("painter.stroke"));
        std::vector<Value> expected{1.5, -2.0, 3, 4, -5, true, "red", "pen", 0.5};
        QVERIFY(sender.values == expected);
        sender.send("painter", "big", std::uint64_t{1} << 63);
        QVERIFY(sender.values.at(0) == Value(std::uint64_t{1} << 63));
        sender.send("painter", "clear");
        QVERIFY(sender.values.empty());
    }

    void a_list_of_values_is_all_arguments() {
        Recorder sender;
        std::vector<Value> values{1, "two"};
        sender.send("counter", "add", values);
        QVERIFY(sender.values == values);
        static_cast<Sender&>(sender).send("counter", "add", std::vector<Value>{3});
        QCOMPARE(sender.values.size(), 1u);
    }

    void pointers_and_keys_are_told_apart() {
        Input input;
        QVERIFY(input.is_pointer());
        input.kind = Input::Kind::pointer_up;
        QVERIFY(input.is_pointer());
        input.kind = Input::Kind::key_down;
        QVERIFY(!input.is_pointer());
    }
};

TEST_CLASS(InputTest)
#include "input_test.moc"
