#include "list_models.h"

#include <QAbstractItemModelTester>
#include <QTest>

#include "../test_main.h"
#include "call_text.h"
#include "comparison.h"
#include "mark_model.h"
#include "recent.h"
#include "recordings.h"
#include "statistics_model.h"

using namespace teatime;
using namespace teatime::inspector;
using namespace teatime::test;

class ListModelsTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::mt19937_64 random_ = seeded_random();
    int files_ = 0;

    Recorded recording(const RecordOptions& options = {}) {
        return record(folder_, "l" + std::to_string(++files_) + ".timegraph", random_, options);
    }
    static QString fact(const FactsModel& model, const QString& label) {
        for (const Fact& fact : model.rows()) {
            if (fact.label == label) return fact.value;
        }
        return {};
    }

private slots:
    void members_that_are_known_by_number_get_their_names() {
        auto facts = std::make_shared<RecordingFacts>();
        facts->members.push_back({{1}, "", "", {}, {}});
        facts->members.push_back({{2}, "Ben", "", {}, {}});
        MemberModel model;
        QAbstractItemModelTester tester(&model);
        auto name = [&](int row) { return model.index(row, MemberModel::Name).data().toString(); };
        model.show(facts);
        QCOMPARE(name(0), QString());
        model.add_names({{{1}, "Ann"}, {{2}, "Benjamin"}});
        QCOMPARE(name(0), QString("Ann"));
        QCOMPARE(name(1), QString("Ben"));
        model.show(nullptr);
        model.show(facts);  // of another recording
        QCOMPARE(name(0), QString());
    }

    void facts_say_what_the_file_is() {
        Recorded live = recording();
        Player player;
        player.open(QString::fromStdString(live.path), garden_modules());
        WAIT_OPEN(player);
        FactsModel model;
        QAbstractItemModelTester tester(&model);
        model.show(player.facts());
        QCOMPARE(fact(model, "App"), "garden");
        QCOMPARE(fact(model, "File"), QString::fromStdString(live.path));
        QCOMPARE(fact(model, "External messages"), "300");
        QCOMPARE(fact(model, "Keyframes"), QString::number(live.keyframes));
        QVERIFY(fact(model, "Module").endsWith("garden.so"));
        model.show(nullptr);
        QCOMPARE(model.rowCount(), 0);
    }

    void a_mark_goes_into_the_file_and_comes_back_in_order() {
        Recorded live = recording();
        Player player;
        player.open(QString::fromStdString(live.path), garden_modules());
        WAIT_OPEN(player);
        MarkModel model;
        QAbstractItemModelTester tester(&model);
        connect(&player, &Player::facts_changed, this, [&] { model.show(player.facts()); });
        model.show(player.facts());
        QSignalSpy failed(&model, &MarkModel::failed);
        // In a row, faster than they are written: none may be lost or written twice.
        for (std::size_t at : {200u, 50u, 120u}) {
            model.add(live.marks[at], QString("look at %1").arg(at), "somebody");
        }
        QTRY_COMPARE_WITH_TIMEOUT(model.rowCount(), 3, kPatienceMs);
        QCOMPARE(failed.count(), 0);
        QCOMPARE(model.index(0, MarkModel::Comment).data().toString(), "look at 50");
        QCOMPARE(model.index(2, MarkModel::Where).data(MarkRole).value<Mark>(), live.marks[200]);
        QCOMPARE(model.next(live.marks[50], true), 1);
        QCOMPARE(model.next(live.marks[120], false), 0);
        QCOMPARE(model.next(live.marks[200], true), -1);
        // What is seen is what the file says.
        auto reader = timegraph::Reader::open(live.path);
        VERIFY_OK(reader);
        QCOMPARE(reader->bookmarks()->size(), std::size_t{3});
        player.seek(live.marks[120]);
        WAIT_COMPLETE(player);
        QCOMPARE(*player.moment()->hash, live.hashes[120]);
    }

    void marks_that_wait_are_written_before_the_end() {
        Recorded live = recording();
        Player player;
        player.open(QString::fromStdString(live.path), garden_modules());
        WAIT_OPEN(player);
        {
            MarkModel model;
            model.show(player.facts());
            for (int i = 0; i < 20; ++i) model.add(live.marks[10], QString::number(i), "somebody");
        }
        auto reader = timegraph::Reader::open(live.path);
        VERIFY_OK(reader);
        QCOMPARE(reader->bookmarks()->size(), std::size_t{20});
    }

    void errors_are_listed_once_in_their_order() {
        Recorded live = recording();
        Player player;
        player.open(QString::fromStdString(live.path), garden_modules());
        WAIT_OPEN(player);
        ErrorModel model;
        QAbstractItemModelTester tester(&model);
        model.show(player.facts());
        QCOMPARE(model.rowCount(), 0);  // this recorder noted none
        auto options = garden_modules();
        options.in_process = true;
        auto timeline = replayer::Timeline::open(live.path, options);
        VERIFY_OK(timeline->play_to(timeline->end()));
        auto errors = timeline->errors();
        QVERIFY(errors.size() > 1);
        model.add({errors.begin() + 1, errors.end()});
        model.add(errors);
        QCOMPARE(model.rowCount(), static_cast<int>(errors.size()));
        for (int row = 0; row < model.rowCount(); ++row) {
            const HandlerError& error = errors[static_cast<std::size_t>(row)];
            QCOMPARE(model.index(row, 0).data(MarkRole).value<Mark>(), error.mark);
            QCOMPARE(model.index(row, ErrorModel::Sentence).data().toString(),
                     QString::fromStdString(error.sentence));
        }
    }

    void statistics_add_up_by_class_and_sort_by_number() {
        using std::chrono::nanoseconds;
        StatisticsModel model;
        QAbstractItemModelTester tester(&model);
        model.show({{"Disc", "step", false, 1000, 0, nanoseconds(2'000'000)},
                    {"Disc", "push", true, 10, 1, nanoseconds(1'000)},
                    {"Table", "tick", false, 50, 0, nanoseconds(1'999'000)}},
                   std::chrono::seconds(10));
        QCOMPARE(model.rowCount(), 3);
        auto text = [&](int row, int column) { return model.index(row, column).data().toString(); };
        QCOMPARE(text(0, StatisticsModel::Rate), "100");
        QCOMPARE(text(0, StatisticsModel::Mean), "2 us");
        QCOMPARE(text(0, StatisticsModel::Share), "50.0 %");
        QCOMPARE(model.index(0, StatisticsModel::Count).data(SortRole).toDouble(), 1000.0);
        QVERIFY(model.index(1, 0).data(ErrorRole).toBool());
        model.set_by_class(true);
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(text(0, StatisticsModel::Class), "Disc");
        QCOMPARE(text(0, StatisticsModel::Count), "1010");
    }

    void calls_are_told_in_parts() {
        CallText call = call_text(teatime::test::call("garden", "rain", "0.25"));
        QCOMPARE(call.target, "garden");
        QCOMPARE(call.selector, "rain");
        QCOMPARE(call.arguments, "0.25");
        call = call_text(teatime::test::call("#17", "say", R"("a) at (b", [1, 2])"));
        QCOMPARE(call.target, "#17");
        QCOMPARE(call.arguments, R"("a) at (b", [1,2])");
        call = call_text(R"({"what":"users","joined":[1],"left":[]})");
        QCOMPARE(call.selector, "users");
        QVERIFY(call.target.isEmpty());
        call = call_text("not json at all");
        QCOMPARE(call.arguments, "not json at all");
    }

    void two_players_move_as_one_and_are_compared() {
        Recorded live = recording();
        Player left, right;
        left.open(QString::fromStdString(live.path), garden_modules());
        right.open(QString::fromStdString(live.path), garden_modules());
        WAIT_OPEN(left);
        WAIT_OPEN(right);
        Comparison comparison(left, right);
        left.seek(live.marks[100]);
        QCOMPARE(right.playhead(), live.marks[100]);
        auto compared_at = [&](const Mark& a, const Mark& b) {
            return comparison.left_moment() && comparison.left_moment()->mark == a &&
                   comparison.right_moment()->mark == b;
        };
        QTRY_VERIFY_WITH_TIMEOUT(compared_at(live.marks[100], live.marks[100]), kPatienceMs);
        QVERIFY(comparison.same_hash());
        QVERIFY(comparison.differences()->empty());
        right.seek(live.marks[150]);
        QCOMPARE(left.playhead(), live.marks[150]);
        // On its own, then linked again: the distance stays.
        comparison.set_linked(false);
        left.seek(live.marks[100].time);
        QCOMPARE(right.playhead(), live.marks[150]);
        right.seek(live.marks[160].time);
        comparison.set_linked(true);
        QCOMPARE(comparison.offset(), live.marks[160].time - live.marks[100].time);
        left.seek(live.marks[120].time);
        QCOMPARE(right.playhead().time, live.marks[120].time + comparison.offset());
        WAIT_COMPLETE(left);
        WAIT_COMPLETE(right);
        Mark a = left.moment()->mark, b = right.moment()->mark;
        QTRY_VERIFY_WITH_TIMEOUT(compared_at(a, b), kPatienceMs);
        auto options = garden_modules();
        options.in_process = true;
        auto timeline = replayer::Timeline::open(live.path, options);
        VERIFY_OK(timeline->seek(a));
        Image first = *timeline->state();
        VERIFY_OK(timeline->seek(b));
        QCOMPARE(comparison.differences()->size(), diff(first, *timeline->state()).size());
        QVERIFY(!comparison.same_hash());
        comparison.set_offset(Duration::max());  // as far as it goes
        WAIT_SERVED(right);
    }

    void recent_files_come_back_as_they_were_left() {
        Recorded live = recording();
        QString settings = folder_.filePath("settings.ini");
        QString path = QString::fromStdString(live.path);
        {
            Recent recent(settings);
            QVERIFY(recent.entries().isEmpty());
            recent.remember({path, live.marks[3], 12'345, 0.5, "window", {"counter.count"}});
            recent.remember({"ws://127.0.0.1:1/a", {}, 0, 0, {}, {}});
            recent.remember({folder_.filePath("gone.timegraph"), {}, 0, 0, {}, {}});
        }
        Recent recent(settings);
        auto entries = recent.entries();
        QCOMPARE(entries.size(), 2);  // one is gone
        QVERIFY(entries[0].is_session());
        auto found = recent.find(path);
        QVERIFY(found);
        QCOMPARE(*found->mark, live.marks[3]);
        QCOMPARE(found->left_us, 12'345);
        QCOMPARE(found->us_per_pixel, 0.5);
        QCOMPARE(found->window, "window");
        QCOMPARE(found->pins, QStringList{"counter.count"});
        for (int i = 0; i < 30; ++i)
            recent.remember({QString("ws://host/%1").arg(i), {}, 0, 0, {}, {}});
        QCOMPARE(recent.entries().size(), Recent::kMost);
        QCOMPARE(recent.entries().front().path, "ws://host/29");
        recent.forget("ws://host/29");
        QCOMPARE(recent.entries().front().path, "ws://host/28");
    }
};

TEST_CLASS(ListModelsTest)
#include "list_models_test.moc"
