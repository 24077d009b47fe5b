#include "teatime/island/island.h"

#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <fstream>

#include "../state/random_input.h"
#include "../test_main.h"
#include "replicas.h"
#include "teatime/island/object.h"
#include "teatime/state/inspect.h"

using namespace teatime;
using namespace std::chrono_literals;

namespace {

class Probe;

/// Writes down what was executed, in order.
class Probe : public Object {
public:
    void note(std::int64_t what) { order.push_back(what); }
    void later(std::int64_t microseconds, std::int64_t what) {
        future(Duration(microseconds), &Probe::note, what);
    }
    void back() { future(-1us, &Probe::note, 0); }
    void ping() { future(0us, &Probe::pong); }
    void pong() { future(0us, &Probe::ping); }
    void far() { future(Duration::max(), &Probe::note, 1); }
    void secret_send() { future(1us, &Probe::not_listed); }
    void use_empty() { note(other->order.size()); }
    void make() { other = create<Probe>(); }
    void unmake() { destroy(other); }
    void unmake_twice() {
        destroy(other);
        destroy(other);
    }
    void call_other() { other.future(5us, &Probe::note, 7); }
    void use_other() { other.write().note(1); }
    void fail() {
        note(1);
        throw std::out_of_range("too far");
    }
    void fail_oddly() { throw 42; }
    void small(std::int8_t number) { note(number); }
    void real(double number) { note(static_cast<std::int64_t>(number)); }
    void time_stands_still() {
        VirtualTime before = now();
        for (int i = 0; i < 1000; ++i) random().bits();
        note(before == now() ? (now() - kSessionStart) / 1us : -1);
    }
    void who() { note(static_cast<std::int64_t>(sender().value)); }
    void who_later() { future(1us, &Probe::who); }
    void not_listed() {}
    void member_joined(MemberId member) { note(1000 + static_cast<std::int64_t>(member.value)); }
    void member_left(MemberId member) { note(2000 + static_cast<std::int64_t>(member.value)); }

    std::vector<std::int64_t> order;
    Ref<Probe> other;

private:
    void hidden() {}
    BOOST_DESCRIBE_CLASS(Probe, (Object),
                         (note, later, back, ping, pong, far, secret_send, use_empty, make, unmake,
                          unmake_twice, call_other, use_other, fail, fail_oddly, small, real,
                          time_stands_still, who, who_later, order, other),
                         (), (hidden))
};

class Watch : public Object {
public:
    void init() { last = now() + patience; }

private:
    std::chrono::milliseconds patience{1500};
    VirtualTime last{};
    BOOST_DESCRIBE_CLASS(Watch, (Object), (), (), (patience, last))
};

class Portrait : public Object {
public:
    void draw(Scene& scene) const {
        scene.circle({1, 2}, 3, filled({}));
        throw std::out_of_range("no such face");
    }
    void input(const Input& input, Sender& sender) const {
        sender.send("root", "look");
        if (input.kind == Input::Kind::key_down) throw 7;
    }

private:
    BOOST_DESCRIBE_CLASS(Portrait, (Object), (), (), ())
};

class Leaky : public Object {
    std::int64_t listed = 0;
    std::int64_t forgotten = 0;
    BOOST_DESCRIBE_CLASS(Leaky, (Object), (), (), (listed))
};

const Module& probe() {
    static constexpr ModuleDescriptor kProbe = detail::describe_module<Probe>("probe", "tests");
    return **Module::from(kProbe);
}

/// Sends the calls at their milliseconds, runs everything due until the last + 1 s.
struct Run {
    std::unique_ptr<Island> island = make_island(probe());
    std::vector<HandlerError> errors;
    std::uint64_t seq = 0;

    Run& send(std::int64_t ms, const std::string& selector, const std::string& arguments = "",
              std::uint64_t sender = 1) {
        return payload(ms, call("probe", selector, arguments), sender);
    }
    Run& payload(std::int64_t ms, const std::string& text, std::uint64_t sender = 1) {
        auto queued = island->enqueue(external(++seq, ms, text, sender));
        if (!queued) qFatal("%s", queued.error().message.c_str());
        island->set_bound(VirtualTime(std::chrono::milliseconds(ms)) + 1s);
        return *this;
    }
    Run& all() {
        while (auto executed = island->execute_next()) {
            if (executed->error) errors.push_back(*executed->error);
        }
        return *this;
    }
    std::vector<std::int64_t> order() {
        Image image = island->image();
        ByteReader fields(image.objects[0].fields);
        std::vector<std::int64_t> order;
        Codec<std::vector<std::int64_t>>::decode(fields, order);
        return order;
    }
    std::string error() { return errors.size() == 1 ? errors[0].type : "not one error"; }
};

using Order = std::vector<std::int64_t>;

}  // namespace

class IslandTest : public QObject {
    Q_OBJECT
private slots:
    void executesByTimeThenInternalBeforeExternalThenNumber();
    void equalsAStableSortOfRandomMessages();
    void neverRunsPastTheBound();
    void aFutureCountsFromItsOwnMessage();
    void timeStandsStillDuringAMessage();
    void theSenderIsTheOneWhoseMessageLedHere();
    void membersComeAndGoOnTheRoot();
    void refusesTheStampedPast();
    void anErrorIsHistoryAndTheIslandLivesOn();
    void misuseIsAnErrorWithAName_data();
    void misuseIsAnErrorWithAName();
    void namesTheCycleOfAnEndlessChain();
    void numbersConvertOnlyWhereExact();
    void messagesToADestroyedObjectAreDropped();
    void momentsAndDurationsAreState();
    void refusesAClassWithForgottenBytes();
    void aViewThatWritesIsStopped();
    void aPictureTellsWhyItIsIncomplete();
    void aGestureThatFailsTellsWhy();
    void anUnknownMessageNamesThoseThereAre();
    void whoNamesAFolderOfModulesMeansIt();
    void aNamedFolderThatIsNotThereIsAnError();
};

void IslandTest::executesByTimeThenInternalBeforeExternalThenNumber() {
    Run run;
    run.send(1, "later", "9000,1").send(1, "later", "9000,2").send(10, "note", "3");
    run.send(10, "note", "4").send(5, "note", "0");       // stamps of a router never decrease...
    QCOMPARE(run.all().order(), (Order{0, 1, 2, 3, 4}));  // ...but a queue sorts all the same
}

void IslandTest::equalsAStableSortOfRandomMessages() {
    std::mt19937_64 random = test::seeded_random();
    struct Expected {
        std::int64_t time;
        bool external;
        std::int64_t what;
    };
    std::vector<Expected> expected;
    Run run;
    std::int64_t ms = 1;
    for (std::int64_t what = 0; what < 5'000; ++what) {
        ms += static_cast<std::int64_t>(random() % 2);
        if (random() % 2) {
            run.send(ms, "note", std::to_string(what));
            expected.push_back({ms * 1000, true, what});
        } else {
            std::int64_t offset = 1 + static_cast<std::int64_t>(random() % 6) * 500;
            run.send(ms, "later", std::to_string(offset) + "," + std::to_string(what));
            expected.push_back({ms * 1000 + offset, false, what});
        }
    }
    std::stable_sort(expected.begin(), expected.end(), [](const Expected& a, const Expected& b) {
        return a.time != b.time ? a.time < b.time : !a.external && b.external;
    });
    Order order;
    for (const Expected& each : expected) order.push_back(each.what);
    // Internal messages get their numbers when they are sent, which is in the order of sending here
    // too.
    QCOMPARE(run.all().order(), order);
}

void IslandTest::neverRunsPastTheBound() {
    auto island = make_island(probe());
    QVERIFY(island->enqueue(external(1, 10, call("probe", "later", "1000,5"))));
    QVERIFY(!island->execute_next());  // announced, but the bound is still at the start
    island->set_bound(VirtualTime(10ms));
    QVERIFY(island->execute_next());
    island->set_bound(VirtualTime(10ms + 999us));
    QVERIFY(!island->execute_next());
    QCOMPARE(*island->next_time(), VirtualTime(11ms));
    island->set_bound(VirtualTime(5ms));  // a lower bound takes nothing back
    QCOMPARE(island->bound(), VirtualTime(10ms + 999us));
    island->set_bound(VirtualTime(11ms));
    std::optional<Executed> executed = island->execute_next();
    QVERIFY(executed);
    QCOMPARE(executed->time, VirtualTime(11ms));
    QCOMPARE(executed->n, std::uint64_t{1});
    QVERIFY(!executed->external && executed->cause_external);
    QCOMPARE(executed->cause, std::uint64_t{1});
}

void IslandTest::aFutureCountsFromItsOwnMessage() {
    Run run;
    run.send(1, "later", "500,1").send(900, "note", "2");  // the bound is far ahead
    std::optional<Executed> executed;
    run.island->execute_next();
    executed = run.island->execute_next();
    QCOMPARE(executed->time, VirtualTime(1ms + 500us));
}

void IslandTest::timeStandsStillDuringAMessage() {
    Run run;
    QCOMPARE(run.send(3, "time_stands_still").all().order(), (Order{3000}));
}

void IslandTest::theSenderIsTheOneWhoseMessageLedHere() {
    Run run;
    run.send(1, "who", "", 7).send(1, "who_later", "", 8).send(1, "who", "", 9);
    QCOMPARE(run.all().order(), (Order{7, 9, 8}));
}

void IslandTest::membersComeAndGoOnTheRoot() {
    Run run;
    run.payload(1, "{\"what\":\"users\",\"active\":2,\"total\":2,\"joined\":[3,4]}", 0);
    run.payload(2, "{\"what\":\"users\",\"joined\":[5],\"left\":[3]}", 0);
    run.payload(3, "{\"what\":\"tally\"}", 0);
    QCOMPARE(run.all().order(), (Order{1003, 1004, 2003, 1005}));
    QCOMPARE(run.island->seq(), Seq{3});
    QCOMPARE(run.island->executed(), std::uint64_t{2});  // the tally is for controllers
}

void IslandTest::refusesTheStampedPast() {
    Run run;
    run.send(10, "note", "1").all();
    auto late = run.island->enqueue(external(2, 9, call("probe", "note", "1")));
    QVERIFY(!late);
    QVERIFY(late.error().message.find("0.009s") != std::string::npos);
    QVERIFY(late.error().message.find("0.01s") != std::string::npos);
    auto repeated = run.island->enqueue(external(1, 10, call("probe", "note", "1")));
    QVERIFY(!repeated);
}

void IslandTest::anErrorIsHistoryAndTheIslandLivesOn() {
    Run run;
    run.send(1, "fail").send(2, "fail_oddly").send(3, "note", "2").all();
    QCOMPARE(run.order(), (Order{1, 2}));  // what it did before it failed stays
    QCOMPARE(run.errors.size(), std::size_t{2});
    QCOMPARE(run.errors[0].type, std::string("std::out_of_range"));
    QCOMPARE(run.errors[0].sentence, std::string("too far"));
    QCOMPARE(to_string(run.errors[0].mark), std::string("0.001s#1"));
    QCOMPARE(run.errors[1].type, std::string("int"));
}

void IslandTest::misuseIsAnErrorWithAName_data() {
    QTest::addColumn<QString>("payload");
    QTest::addColumn<QString>("name");
    auto row = [](const char* tag, const std::string& payload, const char* name) {
        QTest::newRow(tag) << QString::fromStdString(payload) << name;
    };
    row("target", call("nobody", "note", "1"), "unknown target");
    row("object id", call("#99", "note", "1"), "unknown target");
    row("selector", call("probe", "nothing"), "unknown selector");
    row("private", call("probe", "hidden"), "private selector");
    row("missing argument", call("probe", "note"), "wrong arguments");
    row("kind of argument", call("probe", "note", "true"), "wrong arguments");
    row("no JSON", "[}", "bad payload");
    row("no call", "\"7\"", "bad payload");
    row("a number", "7", "bad payload");
    row("past", call("probe", "back"), "negative offset");
    row("end of time", call("probe", "far"), "time overflow");
    row("chain", call("probe", "ping"), "zero-offset chain");
    row("not listed", call("probe", "secret_send"), "not described");
    row("empty ref", call("probe", "use_empty"), "empty reference");
}

void IslandTest::misuseIsAnErrorWithAName() {
    QFETCH(QString, payload);
    QFETCH(QString, name);
    Run run;
    run.payload(1, payload.toStdString()).send(2, "note", "5").all();
    QCOMPARE(QString::fromStdString(run.error()), name);
    QCOMPARE(run.order().back(), std::int64_t{5});
}

void IslandTest::namesTheCycleOfAnEndlessChain() {
    Run run;
    run.send(1, "ping").all();
    const std::string& sentence = run.errors.at(0).sentence;
    QVERIFY2(sentence.find("Probe.p") != std::string::npos, sentence.c_str());
    QVERIFY2(
        sentence.find("ping") != std::string::npos && sentence.find("pong") != std::string::npos,
        sentence.c_str());
    QCOMPARE(run.errors[0].mark.n, std::uint64_t{10'001});
}

void IslandTest::numbersConvertOnlyWhereExact() {
    Run run;
    run.send(1, "small", "-128").send(1, "small", "4.0").send(1, "small", "1e1");
    run.send(1, "real", "1152921504606846976");  // 2^60
    QCOMPARE(run.all().order(), (Order{-128, 4, 10, std::int64_t{1} << 60}));
    QCOMPARE(run.errors.size(), std::size_t{0});
    run.send(2, "small", "128").send(2, "small", "0.5").send(2, "real", "9007199254740993");
    run.send(2, "small", "1e300").send(2, "real", "\"1\"").all();
    QCOMPARE(run.errors.size(), std::size_t{5});
    for (const HandlerError& error : run.errors)
        QCOMPARE(error.type, std::string("wrong arguments"));
}

void IslandTest::messagesToADestroyedObjectAreDropped() {
    Run run;
    run.send(1, "make").send(1, "call_other").send(1, "unmake").all();
    QCOMPARE(run.errors.size(), std::size_t{0});
    QCOMPARE(run.island->object_count(), std::size_t{1});
    QCOMPARE(run.island->executed(), std::uint64_t{4});
    run.send(2, "use_other").all();
    QCOMPARE(run.error(), std::string("dead reference"));
    run.send(3, "make").send(3, "unmake_twice").all();
    QCOMPARE(run.errors.at(1).type, std::string("dead reference"));
}

void IslandTest::momentsAndDurationsAreState() {
    static constexpr ModuleDescriptor kWatch = detail::describe_module<Watch>("watch", "tests");
    Image image = make_island(**Module::from(kWatch))->image();
    QCOMPARE(*state_tree(image, "#1.patience").value().if_string(), "1.5s");
    QCOMPARE(*state_tree(image, "#1.last").value().if_string(), "1.5s");
}

void IslandTest::refusesAClassWithForgottenBytes() {
    static constexpr ModuleDescriptor kLeaky = detail::describe_module<Leaky>("leaky", "tests");
    auto module = Module::from(kLeaky);
    QVERIFY(!module);
    QVERIFY2(module.error().message.find("Leaky: 8 bytes at offset 16") == 0,
             module.error().message.c_str());
}

void IslandTest::aViewThatWritesIsStopped() {
    QVERIFY_THROWS_EXCEPTION(Misuse, runtime::now());
    QVERIFY_THROWS_EXCEPTION(Misuse, *Ref<Probe>(ObjectId{1}));
}

void IslandTest::aPictureTellsWhyItIsIncomplete() {
    static constexpr ModuleDescriptor kPortrait =
        detail::describe_module<Portrait>("portrait", "tests");
    Scene scene;
    make_island(**Module::from(kPortrait))->draw(scene);
    QCOMPARE(scene.shapes().size(), std::size_t{1});
    QCOMPARE(scene.problem(), std::string("draw() of Portrait threw std::out_of_range: no such "
                                          "face; the picture is incomplete"));
    QVERIFY(Scene::decode(scene.encode()).value() == scene);
    QVERIFY(!(scene == Scene()));
}

void IslandTest::aGestureThatFailsTellsWhy() {
    static constexpr ModuleDescriptor kPortrait =
        detail::describe_module<Portrait>("portrait", "tests");
    auto island = make_island(**Module::from(kPortrait));
    struct : Sender {
        void send(std::string_view, std::string_view, std::vector<Value>) override { ++sent; }
        int sent = 0;
    } sender;
    QVERIFY(island->input({.kind = Input::Kind::pointer_down, .key = {}, .member = {}}, sender));
    auto failed = island->input({.kind = Input::Kind::key_down, .key = {}, .member = {}}, sender);
    QCOMPARE(sender.sent, 2);
    QCOMPARE(failed.error().message, std::string("input() of Portrait threw int"));
}

void IslandTest::anUnknownMessageNamesThoseThereAre() {
    Run run;
    run.send(1, "nothing").all();
    QVERIFY2(run.errors.at(0).sentence.starts_with(
                 "Probe has no message \"nothing\"; it has note, later, back, "),
             run.errors.at(0).sentence.c_str());
    QVERIFY(run.errors.at(0).sentence.find("hidden") == std::string::npos);
}

void IslandTest::whoNamesAFolderOfModulesMeansIt() {
    QTemporaryDir folder;
    const std::filesystem::path at = folder.path().toStdString();
    auto build = [&](const char* name, const char* code_id) {
        std::filesystem::create_directory(at / name);
        std::ofstream(at / name / "world.so") << code_id;  // looked at, never loaded
        return at / name;
    };
    const auto recorded = build("recorded", "0123"), other = build("other", "4567");
    ModulePaths paths;
    auto found = [&] { return find_module("world", paths, "0123").value().parent_path(); };
    paths.others = {other, recorded};
    QVERIFY(found() == recorded);
    paths.variable = {at, other};
    QVERIFY(found() == other);
    paths.named = {recorded};
    QVERIFY(found() == recorded);
    paths.named = {other, recorded};
    QVERIFY(found() == recorded);
    paths.named = {at};  // has none: the next list counts
    QVERIFY(found() == other);
}

void IslandTest::aNamedFolderThatIsNotThereIsAnError() {
    QTemporaryDir folder;
    qputenv("XDG_CACHE_HOME", folder.path().toUtf8());
    const std::filesystem::path there = folder.path().toStdString(), nowhere = there / "nowhere";
    auto found = find_module("world", ModulePaths::standard({there, nowhere}));
    QVERIFY(!found && found.error().kind == ErrorKind::wrong_usage);
    QCOMPARE(found.error().message, "--modules " + nowhere.string() + ": there is no such folder");
    ModulePaths::remember({nowhere, there});
    QVERIFY(std::ranges::count(ModulePaths::standard().others, there) == 1);
    QVERIFY(std::ranges::count(ModulePaths::standard().others, nowhere) == 0);
}

TEST_CLASS(IslandTest)
#include "island_test.moc"
