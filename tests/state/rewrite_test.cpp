#include "teatime/state/rewrite.h"

#include <QTest>
#include <functional>

#include "../test_main.h"
#include "random_world.h"
#include "teatime/state/inspect.h"

using namespace teatime;

namespace {

struct EachLeaf : LeafVisitor {
    std::function<void(const Type&, Value&)> change = [](const Type&, Value&) {};
    std::string path;  ///< .position.x
    void enter(std::string_view member) override { path.append(".").append(member); }
    void leave() override { path.resize(path.rfind('.')); }
    void leaf(const Type& type, Value& value) override { change(type, value); }
};

/// Text in another order than it was.
void reverse_letters(const Type& type, Value& value) {
    if (type.kind != Kind::string) return;
    std::string text = *value.if_string();
    for (char& c : text) c = static_cast<char>('a' + 'z' - c);
    value = std::move(text);
}

}  // namespace

class RewriteTest : public QObject {
    Q_OBJECT

    test::Random random_ = test::seeded_random();
    Schema schema_ = test::rich_schema();

private slots:
    void a_visitor_that_changes_nothing_gives_the_same_bytes() {
        EachLeaf nothing;
        for (int i = 0; i < 300; ++i) {
            std::string fields = test::random_fields(schema_, random_);
            auto rewritten = rewrite_value(schema_, 0, fields, nothing);
            QVERIFY(rewritten);
            QCOMPARE(*rewritten, fields);
            QVERIFY(nothing.path.empty());
        }
    }

    void changed_keys_are_put_in_order_again() {
        EachLeaf reverse;
        reverse.change = reverse_letters;
        bool changed = false;
        for (int i = 0; i < 300; ++i) {
            std::string fields = test::random_fields(schema_, random_);
            auto once = rewrite_value(schema_, 0, fields, reverse);
            QVERIFY(once);  // is checked, also the order of keys
            changed |= *once != fields;
            QCOMPARE(*rewrite_value(schema_, 0, *once, reverse), fields);
        }
        QVERIFY(changed);
    }

    void a_field_is_told_of_by_its_name() {
        EachLeaf one;
        one.change = [&](const Type&, Value& value) {
            if (one.path == ".position.x") value = 4.5;
        };
        auto rewritten = rewrite_value(schema_, 0, test::random_fields(schema_, random_), one);
        QVERIFY(rewritten);
        auto fields = decode_value(schema_, 0, *rewritten);
        QVERIFY(fields);
        QVERIFY(*fields->find("position")->find("x") == Value(4.5));
    }

    void what_does_not_fit_is_an_error() {
        std::string fields = test::random_fields(schema_, random_);
        EachLeaf large, same;
        large.change = [](const Type& type, Value& value) {
            if (type.kind == Kind::int16) value = 40'000;
        };
        QVERIFY(!rewrite_value(schema_, 0, fields, large));
        QVERIFY(!rewrite_value(schema_, 0, fields.substr(1), same));
        QVERIFY(!rewrite_value(schema_, 0, fields + "x", same));
    }
};

TEST_CLASS(RewriteTest)
#include "rewrite_test.moc"
