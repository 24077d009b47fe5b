// What the samples' pages promise, on the modules as they are loaded by tools.

#include <teatime/island/input.h>
#include <teatime/island/module.h>
#include <teatime/island/scene.h>
#include <teatime/state/inspect.h>

#include <QTest>
#include <algorithm>
#include <set>

#include "../island/replicas.h"
#include "../test_main.h"

using namespace teatime;
using namespace std::chrono_literals;

namespace {

const Module& sample(const std::string& app) {
    auto module = Module::load(MODULES "/" + app + ".so");
    if (!module) qFatal("%s", module.error().message.c_str());
    return **module;
}

/// One replica, told things at milliseconds. Heartbeats of another rhythm must change nothing.
class Replica {
public:
    explicit Replica(const std::string& app, std::int64_t heartbeat_ms = 1000)
        : app_(app), island_(make_island(sample(app))), heartbeat_ms_(heartbeat_ms) {}

    void send(std::int64_t ms, const std::string& selector, const std::string& arguments = "",
              std::uint64_t sender = 1) {
        payload(ms, call(app_, selector, arguments), sender);
    }
    void payload(std::int64_t ms, const std::string& text, std::uint64_t sender = 0) {
        run_until(ms);
        auto queued = island_->enqueue(external(++seq_, ms, text, sender));
        if (!queued) qFatal("%s", queued.error().message.c_str());
        run_until(ms);
    }
    void joined(std::int64_t ms, const std::string& member) {
        payload(ms, R"({"what":"users","joined":[)" + member + R"(],"left":[]})");
    }
    void left(std::int64_t ms, const std::string& member) {
        payload(ms, R"({"what":"users","joined":[],"left":[)" + member + "]}");
    }
    void run_until(std::int64_t ms) {
        while (reached_ms_ <= ms) {
            island_->set_bound(VirtualTime(std::chrono::milliseconds(reached_ms_)));
            while (auto executed = island_->execute_next()) {
                if (executed->error) errors.push_back(executed->error->type);
            }
            if (reached_ms_ == ms) return;
            reached_ms_ = std::min(ms, reached_ms_ + heartbeat_ms_);
        }
    }
    void restore(const Image& image) { island_ = restored(sample(app_), image); }

    std::string state(const std::string& path) {
        auto tree = state_tree(island_->image(), path);
        return tree ? to_json(*tree) : tree.error().message;
    }
    Scene scene() {
        Scene scene;
        island_->draw(scene);
        return scene;
    }
    Island& island() { return *island_; }

    std::vector<std::string> errors;

private:
    std::string app_;
    std::unique_ptr<Island> island_;
    std::int64_t heartbeat_ms_;
    std::int64_t reached_ms_ = 0;
    std::uint64_t seq_ = 0;
};

/// Collects what input() sends, as `painter.stroke_begin(50,60)`.
struct Sent : Sender {
    using Sender::send;
    void send(std::string_view target, std::string_view selector,
              std::vector<Value> arguments) override {
        std::string text;
        for (const Value& argument : arguments)
            text += (text.empty() ? "" : ",") + to_json(argument);
        calls.push_back(std::string(target) + "." + std::string(selector) + "(" + text + ")");
    }
    std::vector<std::string> calls;
};

using Calls = std::vector<std::string>;

Calls input(Replica& replica, const std::vector<Input>& inputs) {
    Sent sent;
    for (const Input& input : inputs) replica.island().input(input, sent).value();
    return sent.calls;
}

Input pointer(Input::Kind kind, double x, double y, Input::Button button = Input::Button::left) {
    return {.kind = kind, .x = x, .y = y, .button = button, .key = {}, .member = {1}};
}
Input press(double x, double y) {
    return pointer(Input::Kind::pointer_down, x, y);
}

/// Where the middle of a text is drawn: buttons are found by what they say.
Point label(const Scene& scene, const std::string& text) {
    for (const Scene::Shape& shape : scene.shapes()) {
        auto* label = std::get_if<Scene::Text>(&shape);
        if (label && label->text == text) return label->at;
    }
    qFatal("nothing says %s", text.c_str());
}

template <class Shape>
std::ptrdiff_t count(const Scene& scene) {
    return std::ranges::count_if(scene.shapes(), [](const Scene::Shape& shape) {
        return std::holds_alternative<Shape>(shape);
    });
}

void use(Replica& replica, const std::string& app) {
    if (app == "counter") {
        replica.send(700, "loop");
        replica.send(3100, "add", "5");
    } else if (app == "clicker") {
        for (int ms = 100; ms < 9000; ms += 700) replica.send(ms, "click");
    } else if (app == "painter") {
        replica.joined(10, "1,2");
        replica.send(500, "stroke_begin", "50,60");
        replica.send(520, "stroke_to", "70.25,90", 2);
        replica.send(540, "stroke_to", "70.25,90");
        replica.left(6000, "2");
    } else {
        replica.send(1000, "push", "400,300");
        replica.send(5000, "add", "20");
    }
    replica.run_until(10'000);
}

}  // namespace

class SamplesTest : public QObject {
    Q_OBJECT
private slots:
    void everySampleGivesTheSameStatesOnTwoReplicas_data();
    void everySampleGivesTheSameStatesOnTwoReplicas();
    void counterLoopsFromOneMessage();
    void counterIsUsedByItsButtons();
    void clickerDrawsTheSameRandomColorEverywhere();
    void clickerIsClickedOnItsButtonOnly();
    void painterGivesEveryMemberAPenOfItsOwn();
    void painterKeepsStrokesOfMembersWhoLeft();
    void painterHasThePenAgainInAStateBeforeItsMemberLeft();
    void painterGoesOnWhereSomebodyCleared();
    void painterRefusesWhatIsNoColor();
    void painterIsUsedByMouse();
    void bounceEndsInTheSameBitsAsEverBefore();
    void bounceKeepsItsDiscsInside();
    void bounceRefusesMoreDiscsThanItCanStep();
    void bounceIsPushedByMouse();
};

void SamplesTest::everySampleGivesTheSameStatesOnTwoReplicas_data() {
    QTest::addColumn<std::string>("app");
    for (const char* app : {"counter", "clicker", "painter", "bounce"}) {
        QTest::newRow(app) << std::string(app);
    }
}

void SamplesTest::everySampleGivesTheSameStatesOnTwoReplicas() {
    QFETCH(std::string, app);
    Replica one(app), other(app, 37);
    const Hash128 before = one.island().hash();
    use(one, app);
    use(other, app);
    QVERIFY(one.island().hash() != before);
    QCOMPARE(one.island().hash(), other.island().hash());
    QCOMPARE(one.errors, Calls());
    QVERIFY(one.scene() == other.scene());
    QVERIFY(one.scene().shapes().size() >= 5);
    QVERIFY(std::ranges::all_of(one.scene().shapes(), is_showable));
    QVERIFY(to_svg(one.scene(), app).size() > 500);

    // A snapshot goes on as if nothing had happened.
    other.restore(one.island().image());
    one.run_until(12'000);
    other.run_until(12'000);
    QCOMPARE(one.island().hash(), other.island().hash());
}

void SamplesTest::counterLoopsFromOneMessage() {
    Replica replica("counter");
    replica.send(1000, "loop");
    replica.send(2000, "loop");  // loops already
    replica.run_until(11'000);
    QCOMPARE(replica.state("counter.count"), std::string("21"));
    QCOMPARE(replica.island().seq(), Seq{2});
    QCOMPARE(replica.island().pending(), std::size_t{1});  // one step, whatever was sent
}

void SamplesTest::counterIsUsedByItsButtons() {
    Replica replica("counter");
    auto at = [&](const char* text) {
        const Point place = label(replica.scene(), text);
        return press(place.x, place.y);
    };
    QCOMPARE(input(replica, {at("+"), at("\u2212"), at("loop"), press(5, 5)}),
             (Calls{"counter.add(1)", "counter.add(-1)", "counter.loop()"}));
    const Input release = pointer(Input::Kind::pointer_up, at("+").x, at("+").y);
    QCOMPARE(input(replica, {release}), Calls());
}

void SamplesTest::clickerDrawsTheSameRandomColorEverywhere() {
    Replica one("clicker"), other("clicker");
    std::set<std::string> seen;
    for (int i = 1; i <= 20; ++i) {
        one.send(100 * i, "click");
        other.send(100 * i, "click");
        QCOMPARE(one.state("clicker.color"), other.state("clicker.color"));
        seen.insert(one.state("clicker.color"));
    }
    QVERIFY(seen.size() >= 19);
    QCOMPARE(one.state("clicker.clicks"), std::string("20"));
}

void SamplesTest::clickerIsClickedOnItsButtonOnly() {
    Replica replica("clicker");
    const Point button = label(replica.scene(), "0");
    QCOMPARE(input(replica, {press(button.x, button.y), press(5, 5)}), Calls{"clicker.click()"});
}

void SamplesTest::painterGivesEveryMemberAPenOfItsOwn() {
    Replica replica("painter");
    replica.joined(10, "1,2");
    replica.send(20, "color", "\"#ff8800\"", 1);
    for (std::uint64_t member : {1, 2, 3}) {  // of the third nobody has heard yet
        replica.send(30, "stroke_begin", std::to_string(100 * member) + ",100", member);
    }
    for (std::uint64_t member : {1, 2, 3}) {  // strokes drawn at the same time do not mix
        replica.send(40, "stroke_to", std::to_string(100 * member) + ",200", member);
        replica.send(40, "stroke_end", "", member);
        replica.send(40, "stroke_to", "0,0", member);  // lifted: only moves
    }
    replica.joined(50, "3");
    QCOMPARE(replica.errors, Calls());
    QCOMPARE(replica.island().object_count(), std::size_t{1 + 3 + 3});
    int drawn = 0;
    const Scene scene = replica.scene();
    for (const Scene::Shape& shape : scene.shapes()) {
        auto* line = std::get_if<Scene::Polyline>(&shape);
        if (!line) continue;
        ++drawn;
        const double x = 100 * drawn;
        QVERIFY((line->points == std::vector<Point>{{x, 100}, {x, 200}}));
        QCOMPARE(line->style.stroke == Color::hex(0xff8800), drawn == 1);
    }
    QCOMPARE(drawn, 3);
}

void SamplesTest::painterKeepsStrokesOfMembersWhoLeft() {
    Replica replica("painter");
    replica.joined(10, "1,2");
    replica.send(20, "stroke_begin", "50,60", 2);
    replica.left(30, "2");
    replica.left(40, "2,7");  // left already, never came
    QCOMPARE(replica.errors, Calls());
    QCOMPARE(count<Scene::Polyline>(replica.scene()), 1);
    QCOMPARE(count<Scene::Circle>(replica.scene()), 1);  // the pen of 1
    QCOMPARE(replica.island().object_count(), std::size_t{1 + 1 + 1});
}

void SamplesTest::painterHasThePenAgainInAStateBeforeItsMemberLeft() {
    Replica replica("painter");
    replica.joined(10, "1,2");
    replica.send(20, "stroke_begin", "50,60", 2);
    const Image before = replica.island().image();
    const std::string pens = replica.state("painter.pens");
    replica.left(30, "2");
    QVERIFY(replica.state("painter.pens") != pens);

    replica.restore(before);
    QCOMPARE(replica.state("painter.pens"), pens);
    QCOMPARE(replica.island().hash(), before.hash);
    replica.send(30, "stroke_to", "80,90", 2);  // in this line of events it did not leave
    QCOMPARE(replica.errors, Calls());
    QCOMPARE(count<Scene::Circle>(replica.scene()), 2);
}

void SamplesTest::painterGoesOnWhereSomebodyCleared() {
    Replica replica("painter");
    replica.send(10, "stroke_begin", "50,60", 1);
    replica.send(20, "clear", "", 2);
    replica.send(30, "stroke_to", "70,80", 1);  // its stroke is gone
    QCOMPARE(count<Scene::Polyline>(replica.scene()), 0);
    replica.send(40, "stroke_begin", "50,60", 1);
    QCOMPARE(count<Scene::Polyline>(replica.scene()), 1);
    QCOMPARE(replica.errors, Calls());
}

void SamplesTest::painterRefusesWhatIsNoColor() {
    Replica replica("painter");
    replica.send(10, "color", "\"blueish\"");
    QCOMPARE(replica.errors, Calls{"std::invalid_argument"});
}

void SamplesTest::painterIsUsedByMouse() {
    Replica replica("painter");
    using Kind = Input::Kind;
    QCOMPARE(input(replica, {press(50, 60), pointer(Kind::pointer_move, 70.5, 80),
                             pointer(Kind::pointer_up, 70.5, 80, Input::Button::left),
                             pointer(Kind::pointer_move, 90, 80, Input::Button::none)}),
             (Calls{"painter.stroke_begin(50.0,60.0)", "painter.stroke_to(70.5,80.0)",
                    "painter.stroke_end()"}));

    const Point clear = label(replica.scene(), "clear");
    QCOMPARE(input(replica, {press(clear.x, clear.y)}), Calls{"painter.clear()"});

    const Scene scene = replica.scene();
    auto swatch = std::ranges::find_if(scene.shapes(), [](const Scene::Shape& shape) {
        auto* rectangle = std::get_if<Scene::Rectangle>(&shape);
        return rectangle && rectangle->style.fill == Color::hex(0xe63946);
    });
    QVERIFY(swatch != scene.shapes().end());
    const Rect place = std::get<Scene::Rectangle>(*swatch).rect;
    QCOMPARE(input(replica, {press(place.x + 1, place.y + 1)}),
             Calls{"painter.color(\"#e63946\")"});
}

void SamplesTest::bounceEndsInTheSameBitsAsEverBefore() {
    Replica replica("bounce");
    replica.send(10'000, "push", "400,300");
    replica.send(20'000, "add", "50");
    replica.run_until(60'000);
    QCOMPARE(replica.errors, Calls());
    QCOMPARE(replica.island().executed(), std::uint64_t{2 + 3000});
    // Another compiler, CPU or flag must not change it. A change of bounce.cpp or of the engine's
    // arithmetic, random numbers or encoding does: then recordings made before part as well.
    QCOMPARE(QString::fromStdString(to_string(replica.island().hash())),
             QString("dd30838c0a95bdec36f36e61457d6a3f"));
}

void SamplesTest::bounceKeepsItsDiscsInside() {
    Replica replica("bounce");
    for (int i = 0; i < 50; ++i) {
        replica.send(100 * i, "push", std::to_string(16 * i) + "," + std::to_string(12 * i));
    }
    replica.send(5000, "push", "1e300,-1e300");
    replica.run_until(5100);
    QCOMPARE(count<Scene::Circle>(replica.scene()), 300);
    double moved = 0;
    const Scene scene = replica.scene();
    for (const Scene::Shape& shape : scene.shapes()) {
        const auto& disc = std::get<Scene::Circle>(shape);
        // A collision may press a disc over the edge until the next step.
        QVERIFY(disc.center.x > -20 && disc.center.x < 820);
        QVERIFY(disc.center.y > -20 && disc.center.y < 620);
        moved += disc.center.x;
    }
    QVERIFY(moved > 0);
    QCOMPARE(replica.errors, Calls());
}

void SamplesTest::bounceRefusesMoreDiscsThanItCanStep() {
    Replica replica("bounce");
    replica.send(10, "add", "4700");
    replica.send(20, "add", "1");
    replica.send(30, "add", "4294967295");
    QCOMPARE(replica.errors, (Calls{"std::length_error", "std::length_error"}));
    QCOMPARE(count<Scene::Circle>(replica.scene()), 5000);
}

void SamplesTest::bounceIsPushedByMouse() {
    Replica replica("bounce");
    Input plus{.kind = Input::Kind::key_down, .key = "+", .member = {1}};
    QCOMPARE(input(replica, {press(400, 300), plus}),
             (Calls{"bounce.push(400.0,300.0)", "bounce.add(10)"}));
}

TEST_CLASS(SamplesTest)
#include "samples_test.moc"
