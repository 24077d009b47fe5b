#include "tag_layout.h"

#include <QTest>

#include "../state/random_input.h"
#include "../test_main.h"

using namespace teatime;
using namespace teatime::inspector;

/// Names of people on a line, none of which may hide another.
class TagLayoutTest : public QObject {
    Q_OBJECT

private slots:
    void each_begins_where_it_belongs_if_there_is_room() {
        const auto places = lay_out_tags({{10, 40}, {60, 30}, {200, 30}}, 0, 300, 20);
        QCOMPARE(places.size(), std::size_t{3});
        QCOMPARE(places[0].left, 10.0);
        QCOMPARE(places[1].left, 60.0);
        QCOMPARE(places[2].left, 200.0);
        QCOMPARE(places[2].wide, 30.0);
    }

    void those_at_one_place_stand_side_by_side() {
        const auto places = lay_out_tags({{100, 40}, {100, 40}, {100, 40}}, 0, 300, 20);
        QCOMPARE(places[0].left, 100.0);
        QCOMPARE(places[1].left, 142.0);
        QCOMPARE(places[2].left, 184.0);
    }

    void at_the_right_edge_they_move_to_the_left() {
        const auto places = lay_out_tags({{290, 40}, {295, 40}, {1e5, 40}}, 0, 300, 20);
        QCOMPARE(places[2].left, 260.0);
        QCOMPARE(places[1].left, 218.0);
        QCOMPARE(places[0].left, 176.0);
    }

    void too_many_for_the_line_are_counted_in_the_last() {
        const auto places = lay_out_tags(std::vector<TagWish>(100, {50, 60}), 0, 300, 20);
        QVERIFY(places.size() < 100);
        QCOMPARE(places.back().first + places.back().count, std::size_t{100});
        for (std::size_t i = 0; i + 1 < places.size(); ++i) QCOMPARE(places[i].count, 1u);
        QVERIFY(lay_out_tags({}, 0, 300, 20).empty());
    }

    void none_ever_covers_another_or_leaves_the_line() {
        auto random = test::seeded_random();
        for (int round = 0; round < 2000; ++round) {
            const double left = double(random() % 200), right = left + 30 + double(random() % 800);
            std::vector<TagWish> wishes(random() % 40);
            for (TagWish& wish : wishes) {
                wish = {double(random() % 2000) - 500, 5 + double(random() % 150)};
            }
            std::sort(wishes.begin(), wishes.end(),
                      [](const auto& a, const auto& b) { return a.x < b.x; });
            const auto places = lay_out_tags(wishes, left, right, 25);
            double free_from = left;
            std::size_t told = 0;
            for (const TagPlace& place : places) {
                QVERIFY(place.wide > 0);
                QVERIFY(place.left >= free_from - 1e-6);
                free_from = place.left + place.wide;
                QVERIFY(free_from <= right + 1e-6);
                QCOMPARE(place.first, told);
                told += place.count;
            }
            QCOMPARE(told, wishes.size());
        }
    }
};

TEST_CLASS(TagLayoutTest)
#include "tag_layout_test.moc"
