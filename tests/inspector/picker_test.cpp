#include "picker.h"

#include <QSignalSpy>
#include <QTest>
#include <bit>

#include "../test_main.h"
#include "patience.h"
#include "teatime/state/bytes.h"

using namespace teatime;
using namespace teatime::inspector;
using namespace teatime::test;

namespace {

/// Two objects with a list of points each: `#1.points`, `named.points`.
Image image_of(const std::vector<std::vector<Point>>& objects) {
    Image image;
    Schema schema;
    schema.class_name = "Line";
    schema.types = {Type{Kind::structure, "Line", 0, {{"points", 1}}, {}},
                    Type{Kind::list, {}, 0, {{"", 2}}, {}},
                    Type{Kind::structure, "Point", 0, {{"x", 3}, {"y", 3}}, {}},
                    Type{Kind::float64, {}, 0, {}, {}}};
    image.schemas = {schema};
    for (const auto& points : objects) {
        std::string fields;
        ByteWriter writer(fields);
        writer.fixed(static_cast<std::uint32_t>(points.size()));
        for (const Point& point : points) {
            writer.fixed(std::bit_cast<std::uint64_t>(point.x));
            writer.fixed(std::bit_cast<std::uint64_t>(point.y));
        }
        image.objects.push_back({ObjectId{image.objects.size() + 1}, 0, fields});
    }
    image.names = {{"named", ObjectId{2}}};
    return image;
}

}  // namespace

/// From a place of the picture to the field that tells it.
class PickerTest : public QObject {
    Q_OBJECT

private slots:
    void what_lies_on_top_is_meant() {
        Scene scene;
        scene.circle({10, 10}, 5, filled({}));
        scene.circle({12, 10}, 5, filled({}));
        scene.rectangle({100, 100, 20, 10}, filled({}));
        QCOMPARE(anchors_at(scene, {10, 10}, 0), (std::vector<Point>{{12, 10}}));
        QCOMPARE(anchors_at(scene, {6, 10}, 0), (std::vector<Point>{{10, 10}}));
        QCOMPARE(anchors_at(scene, {119, 101}, 0), (std::vector<Point>{{100, 100}, {110, 105}}));
        QVERIFY(anchors_at(scene, {50, 50}, 4).empty());
    }

    void thin_lines_can_be_hit_and_tell_their_nearest_point_first() {
        Scene scene;
        scene.polyline({{0, 0}, {10, 0}, {10, 10}}, stroked({}, 1));
        QVERIFY(anchors_at(scene, {8, 2}, 1).empty());
        QCOMPARE(anchors_at(scene, {8, 2}, 3).front(), (Point{10, 0}));
        QCOMPARE(anchors_at(scene, {10, 8}, 1).front(), (Point{10, 10}));
        scene.polygon({{20, 20}, {30, 20}, {30, 30}}, filled({}));
        QCOMPARE(anchors_at(scene, {29, 22}, 0).front(), (Point{30, 20}));
        QVERIFY(anchors_at(scene, {21, 29}, 0).empty());
    }

    void the_field_is_found_wherever_it_is() {
        const Image image = image_of({{{1, 2}, {3, 4}}, {{5, 6}, {3, 5}}});
        QCOMPARE(field_at(image, {{3, 4}}, {}), "#1.points[1]");
        QCOMPARE(field_at(image, {{3, 5}, {1, 2}}, {}), "named.points[1]");  // the nearest one
        QCOMPARE(field_at(image, {{9, 9}, {1, 2}}, {}), "#1.points[0]");
        QCOMPARE(field_at(image, {{9, 9}}, {}), "");
        QCOMPARE(field_at(image, {}, {}), "");
    }

    void the_newest_click_counts() {
        auto moment = std::make_shared<Moment>();
        moment->state = std::make_shared<const Image>(image_of({{{1, 2}}, {{5, 6}}}));
        Scene scene;
        scene.circle({1, 2}, 1, filled({}));
        scene.circle({5, 6}, 1, filled({}));
        moment->picture = std::make_shared<const Scene>(scene);
        Picker picker;
        QSignalSpy picked(&picker, &Picker::picked);
        picker.pick(moment, {1, 2}, 0);
        picker.pick(moment, {5, 6}, 0);
        QTRY_VERIFY_WITH_TIMEOUT(
            !picked.isEmpty() && picked.last()[0].toString() == "named.points[0]", kPatienceMs);
        QCOMPARE(picked.size(), 1);
        picker.pick(nullptr, {1, 2}, 0);
        picker.pick(moment, {100, 100}, 0);
        QTRY_COMPARE_WITH_TIMEOUT(picked.size(), 2, kPatienceMs);
        QCOMPARE(picked.last()[0].toString(), "");
    }
};

TEST_CLASS(PickerTest)
#include "picker_test.moc"
