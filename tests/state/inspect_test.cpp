#include "teatime/state/inspect.h"

#include <QTest>
#include <cmath>

#include "../test_main.h"
#include "random_world.h"
#include "teatime/state/json.h"
#include "teatime/state/state_hash.h"
#include "types.h"

using namespace teatime;

namespace {

/// A painter with two strokes and scores, as object 1; a disc as object 17.
struct World {
    struct Stroke {
        int color;
        std::vector<double> xs;
        bool operator==(const Stroke&) const = default;
    };
    std::int64_t count = 3;
    std::vector<Stroke> strokes{{0, {1, 2}}, {1, {}}};
    std::vector<std::pair<std::string, std::int32_t>> scores{{"bob", 5}, {"two words", 6}};
    std::uint64_t partner = 17;
    std::int64_t age = 500;
    double disc_x = 0.1;

    Image image() const {
        Image image;
        image.app = "painter";
        image.session_id = "s";
        image.code_id = "c";
        image.time = VirtualTime(Duration(12'500'000));
        image.executed_at_time = 3;
        image.seq = {5};
        image.next_object = 18;
        image.next_internal = 9;
        image.root = {1};
        image.names = {{"painter", {1}}, {"root", {1}}};
        image.subscriptions = {{"all", "tick", {17}, "step"}};
        Schema painter{"Painter", {}, {{"add", true, {1, 5}}, {"step", false, {}}}};
        painter.types = {
            type(Kind::structure, "Painter",
                 {{"count", 1}, {"strokes", 2}, {"scores", 6}, {"partner", 8}, {"age", 9}}),
            type(Kind::int64),
            type(Kind::list, "", {{"", 3}}),
            type(Kind::structure, "Stroke", {{"color", 4}, {"xs", 10}}),
            type(Kind::enumeration, "Color"),
            type(Kind::string),
            type(Kind::map, "", {{"", 5}, {"", 7}}),
            type(Kind::int32),
            type(Kind::ref, "Disc"),
            type(Kind::duration, "ms"),
            type(Kind::list, "", {{"", 11}}),
            type(Kind::float64)};
        painter.types[4].enumerators = {{"red", 0}, {"blue", 1}};
        Schema disc{"Disc", {}, {{"step", false, {}}}};
        disc.types = {type(Kind::structure, "Disc", {{"position", 1}}),
                      type(Kind::structure, "Point", {{"x", 2}}), type(Kind::float64)};
        image.schemas = {painter, disc};

        std::string fields, disc_fields;
        ByteWriter writer(fields), disc_writer(disc_fields);
        writer.fixed(count);
        writer.fixed(static_cast<std::uint32_t>(strokes.size()));
        for (const Stroke& stroke : strokes) {
            writer.fixed(std::int64_t{stroke.color});
            writer.fixed(static_cast<std::uint32_t>(stroke.xs.size()));
            for (double x : stroke.xs) writer.fixed(std::bit_cast<std::uint64_t>(x));
        }
        writer.fixed(static_cast<std::uint32_t>(scores.size()));
        for (const auto& [name, score] : scores) {
            writer.sized(name);
            writer.fixed(score);
        }
        writer.fixed(partner);
        writer.fixed(age);
        disc_writer.fixed(std::bit_cast<std::uint64_t>(disc_x));
        image.objects = {{{1}, 0, fields}, {{17}, 1, disc_fields}};
        return image;
    }
};

Image::Message internal(std::uint64_t target, std::string selector, std::uint64_t order) {
    return {
        VirtualTime(Duration(13'000'000)), false, order, {target}, std::move(selector), {}, {}, 0};
}

std::string line(const Change& change) {
    static constexpr const char* kWhat[] = {"changed", "added", "removed"};
    return std::string(kWhat[static_cast<int>(change.what)]) + " " + change.object + ":" +
           change.path + " " + to_json(change.before) + " -> " + to_json(change.after);
}
std::vector<std::string> lines(const Image& before, const Image& after) {
    std::vector<std::string> all;
    for (const Change& change : diff(before, after)) all.push_back(line(change));
    return all;
}
using Lines = std::vector<std::string>;

/// What changed, by a function that changes the world.
template <class Do>
Lines changes(Do change) {
    World world;
    Image before = world.image();
    change(world);
    Lines all = lines(before, world.image());
    for (const std::string& one : all) qInfo("%s", one.c_str());
    return all;
}

std::string at(std::string_view path) {
    auto value = state_tree(World{}.image(), path);
    return value ? to_json(*value) : value.error().message;
}

}  // namespace

class InspectTest : public QObject {
    Q_OBJECT
private slots:
    void objects_are_shown_as_people_read_them() {
        QVERIFY(check_image(World{}.image()));
        QCOMPARE(at("painter.strokes"),
                 std::string(R"([{"color":"red","xs":[1.0,2.0]},{"color":"blue","xs":[]}])"));
        QCOMPARE(at("painter.scores"), std::string(R"({"bob":5,"two words":6})"));
        QCOMPARE(at("painter.partner"), std::string(R"({"ref":17})"));
        QCOMPARE(at("painter.partner.ref"), std::string("17"));
        QCOMPARE(at("painter.partner.position.x"), std::string("0.1"));
        QCOMPARE(at("painter.age"), std::string(R"("0.5s")"));
        QCOMPARE(at("#17"),
                 std::string(R"({"class":"Disc","id":17,"fields":{"position":{"x":0.1}}})"));
        World odd;
        odd.strokes[0].color = 7;  // a combination of flags, say
        QCOMPARE(to_json(state_tree(odd.image(), "strokes[0].color").value()), std::string("7"));
    }
    void a_path_names_a_part() {
        QCOMPARE(at("painter.count"), std::string("3"));
        QCOMPARE(at("root.count"), std::string("3"));
        QCOMPARE(at("#1.strokes[1].color"), std::string("\"blue\""));
        QCOMPARE(at("strokes[1].color"), std::string("\"blue\""));
        QCOMPARE(at("#17.position.x"), std::string("0.1"));
        QCOMPARE(at("painter.scores.bob"), std::string("5"));
        QCOMPARE(at("painter.scores[\"two words\"]"), std::string("6"));
        QCOMPARE(at("time"), std::string("\"12.5s\""));
        QCOMPARE(at("mark"), std::string("\"12.5s#3\""));
        QCOMPARE(at("objects.painter.fields.count"), std::string("3"));
        QCOMPARE(at("names.root"), std::string("{\"ref\":1}"));
        QCOMPARE(at("subscriptions[0]"), std::string("\"#17.step on all/tick\""));
    }
    void however_a_place_is_written_its_own_path_is_one() {
        const auto direct = [](std::string_view path) {
            auto found = direct_path(World{}.image(), path);
            return found ? *found : "error: " + found.error().message;
        };
        for (const char* path : {"root.strokes[1].color", "#1.strokes[1].color", "strokes[1].color",
                                 "painter[\"strokes\"][1].color"}) {
            QCOMPARE(direct(path), std::string("painter.strokes[1].color"));
        }
        QCOMPARE(direct("#1"), std::string("painter"));
        QCOMPARE(direct("partner"), std::string("painter.partner"));
        QCOMPARE(direct("painter.partner.position.x"), std::string("#17.position.x"));
        QCOMPARE(direct("names.root.scores[\"two words\"]"),
                 std::string("painter.scores[\"two words\"]"));
        QCOMPARE(direct("queue"), std::string("queue"));
        QCOMPARE(direct(""), std::string());
        QCOMPARE(direct("strokes[2]"), "error: " + at("strokes[2]"));
    }
    void an_unknown_part_is_an_error_that_names_what_is_there() {
        QVERIFY(at("door").find("there are the objects painter, #17 and app,") !=
                std::string::npos);
        QVERIFY(at("#3.x").find("painter, #17") != std::string::npos);
        QCOMPARE(
            at("painter.cont"),
            std::string("`painter` has no `cont`; it has count, strokes, scores, partner, age"));
        QCOMPARE(at("strokes[2]"), std::string("`painter.strokes` has no element 2; it has 2"));
        QCOMPARE(at("painter.count.x"), std::string("`painter.count` is 3: it has no `x` inside"));
        for (const char* path : {"painter..count", "painter[", "painter.strokes[0", "painter.",
                                 "painter.scores[\"bob", "#", "#x", "[0]", ".", "painter[]"}) {
            QVERIFY2(!state_tree(World{}.image(), path), path);
        }
    }
    void the_whole_tree_has_everything() {
        auto tree = state_tree(World{}.image()).value();
        for (const char* part : {"mark", "time", "hash", "objects", "names", "subscriptions",
                                 "queue", "random", "app", "seq"}) {
            QVERIFY2(tree.find(part), part);
        }
        QVERIFY(tree.find("objects")->find("#17")->find("fields")->find("position"));
    }
    void messages_are_described_as_calls() {
        Image image = World{}.image();
        QCOMPARE(describe_message(image, internal(1, "step", 1)),
                 std::string("painter.step() at 13s"));
        Image::Message add = internal(1, "add", 1);
        ByteWriter writer(add.arguments);
        writer.fixed(std::int64_t{2});
        writer.sized("hi");
        QCOMPARE(describe_message(image, add), std::string("painter.add(2, \"hi\") at 13s"));
        add.arguments.pop_back();
        QCOMPARE(describe_message(image, add), std::string("painter.add(...) at 13s"));
        QCOMPARE(describe_message(image, internal(5, "step", 1)), std::string("#5.step() at 13s"));
        Image::Message external{VirtualTime(Duration(1)), true, 4, {}, {}, {}, {2}, 0};
        external.arguments = "\"[\\\"painter\\\",\\\"add\\\",2,2.0]\"";
        QCOMPARE(describe_message(image, external),
                 std::string("painter.add(2, 2.0) from member 2 at 0.000001s"));
        QCOMPARE(describe_payload(external.arguments), std::string("painter.add(2, 2.0)"));
        QCOMPARE(describe_payload(R"({"what":"users","joined":[3],"active":1,"_size":9})"),
                 std::string("router: users joined=[3] active=1"));
        QCOMPARE(describe_payload("\x01 encrypted"), std::string());
        external.arguments = "\x01 encrypted";
        QCOMPARE(describe_message(image, external),
                 std::string("external message 4 from member 2 at 0.000001s"));
        external.arguments = to_json("[\"painter\",\"say\",\"" + std::string(1000, 'x') + "\"]");
        QVERIFY(describe_message(image, external).size() < 300);
    }
    void equal_states_have_no_differences() {
        QVERIFY(diff(World{}.image(), World{}.image()).empty());
        QVERIFY(changes([](World&) {}).empty());
    }
    void each_changed_field_is_one_change_with_its_path() {
        QCOMPARE(changes([](World& w) { w.count = 4; }), Lines{"changed painter:count 3 -> 4"});
        QCOMPARE(changes([](World& w) { w.strokes[1].color = 0; }),
                 Lines{R"(changed painter:strokes[1].color "blue" -> "red")"});
        QCOMPARE(changes([](World& w) { w.strokes[0].xs[1] = -0.0; }),
                 Lines{"changed painter:strokes[0].xs[1] 2.0 -> -0.0"});
        QCOMPARE(changes([](World& w) { w.disc_x = 0.2; }),
                 Lines{"changed #17 (Disc):position.x 0.1 -> 0.2"});
        QCOMPARE(changes([](World& w) { w.partner = 0; }),
                 Lines{R"(changed painter:partner {"ref":17} -> {"ref":0})"});
        QCOMPARE(changes([](World& w) { w.age = 1500; }),
                 Lines{R"(changed painter:age "0.5s" -> "1.5s")"});
    }
    void growing_and_shrinking_lists_are_added_and_removed_elements() {
        QCOMPARE(changes([](World& w) {
                     w.strokes.push_back({0, {}});
                 }),
                 Lines{R"(added painter:strokes[2] null -> {"color":"red","xs":[]})"});
        QCOMPARE(changes([](World& w) { w.strokes.erase(w.strokes.begin()); }),
                 Lines{R"(removed painter:strokes[0] {"color":"red","xs":[1.0,2.0]} -> null)"});
        QCOMPARE(changes([](World& w) {
                     w.strokes[0].xs = {1, 1.5, 2};
                 }),
                 Lines{"added painter:strokes[0].xs[1] null -> 1.5"});
    }
    void map_entries_are_compared_by_key() {
        QCOMPARE(changes([](World& w) {
                     w.scores = {{"anna", 1}, {"two words", 7}};
                 }),
                 (Lines{"removed painter:scores.bob 5 -> null",
                        R"(changed painter:scores["two words"] 6 -> 7)",
                        "added painter:scores.anna null -> 1"}));
    }
    void objects_that_came_or_went_are_one_change_each() {
        Image before = World{}.image(), after = before;
        after.objects.pop_back();
        QCOMPARE(lines(before, after),
                 Lines{R"(removed #17 (Disc): {"position":{"x":0.1}} -> null)"});
        QCOMPARE(lines(after, before),
                 Lines{R"(added #17 (Disc): null -> {"position":{"x":0.1}})"});
    }
    void the_same_classes_in_another_order_are_no_difference() {
        Image before = World{}.image(), after = before;
        std::swap(after.schemas[0], after.schemas[1]);
        after.objects[0].schema = 1;
        after.objects[1].schema = 0;
        QCOMPARE(lines(before, after), Lines{});
    }
    void a_field_that_another_build_has_is_added() {
        Image before = World{}.image(), after = before;
        after.schemas[1].types[0].members.push_back({"mass", 2});
        after.objects[1].fields += std::string(8, '\0');
        QCOMPARE(lines(before, after), Lines{"added #17 (Disc):mass null -> 0.0"});
    }
    /// The hash of such a state is another one.
    void a_class_that_another_build_changed_is_a_difference_though_no_field_is() {
        Image before = World{}.image(), pushing = before, greener = before;
        Schema::Function push{"push", true, {1, 2}};
        pushing.schemas[1].functions.push_back(push);
        greener.schemas[0].types[4].enumerators.emplace_back("green", 2);
        QVERIFY(state_hash(before) != state_hash(pushing));
        QVERIFY(state_hash(before) != state_hash(greener));
        Lines pushes = lines(before, pushing), green = lines(before, greener);
        QCOMPARE(pushes.size(), std::size_t{1});
        const char* added = "added :classes.Disc.functions[1] null -> \"push(Point, double)\"";
        QVERIFY2(pushes[0] == added, pushes[0].c_str());
        QCOMPARE(green.size(), std::size_t{1});
        QVERIFY(green[0].starts_with("changed :classes.Painter "));
    }
    void equal_states_of_two_builds_have_no_differences() {
        Image before = World{}.image(), after = before;
        QCOMPARE(built_differently(before, after), std::string());
        before.code_id = std::string(64, 'a');
        QVERIFY(diff(before, after).empty());
        QCOMPARE(built_differently(before, after),
                 std::string("built differently: code id aaaaaaaaaaaa and c"));
    }
    void the_island_itself_is_compared_too() {
        Image before = World{}.image(), after = before;
        before.queue = {internal(1, "step", 1), internal(17, "step", 2)};
        after.queue = {internal(17, "step", 2), internal(17, "step", 3)};
        after.names.emplace_back("z", ObjectId{17});
        after.random[3] = 1;
        after.time += Duration(1);
        after.subscriptions.clear();
        Lines all = lines(before, after);
        QCOMPARE(all[0], std::string("added :names.z null -> {\"ref\":17}"));
        QCOMPARE(all[1], std::string("removed :subscriptions[0] \"#17.step on all/tick\" -> null"));
        QCOMPARE(all[2], std::string("removed :queue \"painter.step() at 13s\" -> null"));
        QCOMPARE(all[3], std::string("added :queue null -> \"z.step() at 13s\""));
        QVERIFY(all[4].starts_with("changed :random "));
        QCOMPARE(all[5], std::string("changed :time \"12.5s#3\" -> \"12.500001s#3\""));
        QCOMPARE(all.size(), std::size_t{6});
    }
    void every_path_that_a_diff_reports_can_be_looked_up() {
        auto random = test::seeded_random();
        int looked_up = 0;
        for (int i = 0; i < 100; ++i) {
            Image before = test::random_image(random, 10), after = before;
            test::disturb(after, random, 2);
            before.names = after.names = {};  // else a label may name another object before
            for (const Change& change : diff(before, after)) {
                if (change.object.empty() || change.path.empty()) continue;
                bool removed = change.what == Change::What::removed;
                const Image& image = removed ? before : after;
                std::string object = change.object.substr(0, change.object.find(" ("));
                std::string path = object + (change.path[0] == '[' ? "" : ".") + change.path;
                if (!removed && !state_tree(after, object)) QFAIL(path.c_str());
                auto found = state_tree(image, path);
                QVERIFY2(found, found ? "" : (path + ": " + found.error().message).c_str());
                QVERIFY2(*found == (removed ? change.before : change.after), path.c_str());
                ++looked_up;
            }
        }
        QVERIFY(looked_up > 1000);
    }
    void a_diff_is_empty_only_for_equal_states() {
        auto random = test::seeded_random();
        for (int i = 0; i < 200; ++i) {
            Image before = test::random_image(random, 5), after = before;
            QVERIFY(diff(before, after).empty());
            Image::Object& object = after.objects[random() % after.objects.size()];
            std::string fields = test::random_fields(after.schemas[0], random);
            bool same = object.fields == fields;
            object.fields = fields;
            QCOMPARE(diff(before, after).empty(), same);
        }
    }
    void bytes_that_are_no_such_value_are_an_error() {
        Image image = World{}.image();
        QVERIFY(decode_value(image.schemas[0], 1, std::string(8, '\0')).value() == Value(0));
        QVERIFY(!decode_value(image.schemas[0], 1, std::string(7, '\0')));
        QVERIFY(!decode_value(image.schemas[0], 1, std::string(9, '\0')));
        QVERIFY(!decode_value(image.schemas[0], 99, ""));
        image.objects[0].schema = 7;
        QVERIFY(!decode_object(image, image.objects[0]));
    }
    void comparing_large_states_reads_only_what_differs() {
        auto random = test::seeded_random();
        Image before = test::random_image(random, 100);
        std::uint64_t id = before.next_object;
        for (int i = 0; i < 200'000; ++i) {
            before.objects.push_back(
                {{id++}, 0, before.objects[i % 100 % before.objects.size()].fields});
        }
        before.next_object = id;
        Image after = before;
        for (std::size_t i = 0; i < 10; ++i)
            after.objects[i * 20'000].fields = before.objects[i + 1].fields;
        QBENCHMARK {
            QVERIFY(!diff(before, after).empty());
        }
    }
};

TEST_CLASS(InspectTest)
#include "inspect_test.moc"
