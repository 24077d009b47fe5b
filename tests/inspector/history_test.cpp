#include "history.h"

#include <QTest>
#include <map>
#include <numeric>

#include "../test_main.h"
#include "film.h"
#include "plot.h"
#include "recordings.h"
#include "teatime/state/inspect.h"

using namespace teatime;
using namespace teatime::inspector;
using namespace teatime::test;

/// What is found out about a recording in the background, against executing it message by message.
class HistoryTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::mt19937_64 random_ = seeded_random();
    Recorded live_;
    FactsPtr facts_;
    std::map<QString, std::uint64_t> futures_;
    std::vector<replayer::ExecutedInfo> messages_;

    TimeScale whole() const {
        TimeScale scale;
        scale.width = 800;
        scale.fit(facts_->begin.time, facts_->end.time);
        return scale;
    }
    void wait_for_all(History& history) {
        QTRY_VERIFY_WITH_TIMEOUT(history.progress().share >= 1 && !history.progress().executing,
                                 kPatienceMs);
    }

private slots:
    void initTestCase() {
        live_ = record(folder_, "history.timegraph", random_);
        auto options = garden_modules();
        options.in_process = true;
        auto timeline = replayer::Timeline::open(live_.path, options);
        VERIFY_OK(timeline);
        auto facts = std::make_shared<RecordingFacts>(read_facts(*timeline));
        read_lists(*timeline->reader(), *facts, nullptr);
        facts_ = facts;
        for (;;) {
            auto step = timeline->step();
            VERIFY_OK(step);
            if (!*step) break;
            messages_.push_back(**step);
            if (!(*step)->external) {
                const std::string& of = (*step)->class_name;  // none where its target is gone
                const std::string name =
                    of.empty() ? (*step)->selector : of + '.' + (*step)->selector;
                ++futures_[QString::fromStdString(name)];
            }
        }
        QVERIFY(messages_.size() > 500);
    }

    void each_selector_and_each_sender_has_a_lane_with_all_its_messages() {
        History history;
        history.open(facts_, garden_modules());
        wait_for_all(history);
        std::uint64_t external = 0;
        std::map<QString, std::uint64_t> found;
        for (const Lane& lane : history.lanes()) {
            if (lane.kind == Lane::Kind::external) {
                external += lane.total;
            } else {
                found[lane.name] = lane.total;
            }
        }
        QCOMPARE(found, futures_);
        QCOMPARE(external, facts_->info.end.messages);
    }

    void members_of_one_name_are_told_apart() {
        History history;
        history.open(facts_, garden_modules());
        wait_for_all(history);
        const auto sender = std::ranges::find_if(
            history.lanes(), [](const Lane& lane) { return static_cast<bool>(lane.member); });
        QVERIFY(sender != history.lanes().end());
        const MemberId id = sender->member;
        const auto has_lane = [&](const QString& name) {
            return std::ranges::any_of(history.lanes(),
                                       [&](const Lane& lane) { return lane.name == name; });
        };
        QVERIFY(has_lane(QString("member %1").arg(id.value)));
        history.add_names({{id, "Zoe"}});
        QVERIFY(has_lane("Zoe"));
        RecordingFacts facts = *facts_;
        facts.members = {{id, "Ann", {}, {}, {}}, {MemberId{9999}, "Ann", {}, {}, {}}};
        history.set_facts(std::make_shared<RecordingFacts>(facts));
        QVERIFY(has_lane(QString("Ann (%1)").arg(id.value)));
    }

    void densities_over_the_whole_recording_add_up() {
        History history;
        history.open(facts_, garden_modules());
        wait_for_all(history);
        const auto totals = history.totals(whole());
        const double inside = std::accumulate(totals.future.begin(), totals.future.end(), 0.0);
        const double outside = std::accumulate(totals.external.begin(), totals.external.end(), 0.0);
        const double expected =
            static_cast<double>(messages_.size()) - static_cast<double>(facts_->info.end.messages);
        QVERIFY2(std::abs(inside - expected) < expected / 20 + 5,
                 qPrintable(QString::number(inside)));
        QVERIFY(std::abs(outside - static_cast<double>(facts_->info.end.messages)) < 5);
    }

    void near_there_is_each_message_with_its_mark_and_cause() {
        History history;
        history.open(facts_, garden_modules());
        wait_for_all(history);
        const VirtualTime middle = messages_[messages_.size() / 2].mark.time;
        TimeScale scale = whole();
        scale.fit(middle - Duration(50'000), middle + Duration(50'000));
        const auto singles = [&] {
            std::vector<Single> all;
            for (std::size_t lane = 0; lane < history.lanes().size(); ++lane) {
                const LaneSlice slice = history.slice(lane, scale);
                all.insert(all.end(), slice.singles.begin(), slice.singles.end());
            }
            std::sort(all.begin(), all.end(),
                      [](const Single& a, const Single& b) { return a.mark < b.mark; });
            return all;
        };
        QTRY_VERIFY_WITH_TIMEOUT(!singles().empty(), kPatienceMs);
        std::vector<const replayer::ExecutedInfo*> expected;
        for (const auto& message : messages_) {
            if (message.mark.time >= scale.left && message.mark.time < scale.right()) {
                expected.push_back(&message);
            }
        }
        const auto found = singles();
        QCOMPARE(found.size(), expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            QCOMPARE(found[i].mark, expected[i]->mark);
            QCOMPARE(found[i].id.order, expected[i]->order);
            QCOMPARE(found[i].id.external, expected[i]->external);
            QCOMPARE(found[i].error, expected[i]->error.has_value());
            QCOMPARE(found[i].cause, expected[i]->cause);
            const auto place = history.place_of(found[i].id);
            QVERIFY(place && place->mark == found[i].mark);
        }
    }

    void without_the_module_external_messages_are_there_all_the_same() {
        auto facts = std::make_shared<RecordingFacts>(*facts_);
        facts->can_execute = false;
        replayer::TimelineOptions options;
        options.execute = false;
        History history;
        history.open(facts, options);
        wait_for_all(history);
        QVERIFY(!history.lanes().empty());
        for (const Lane& lane : history.lanes()) QVERIFY(lane.kind == Lane::Kind::external);
        TimeScale scale = whole();
        scale.fit(facts->begin.time, facts->begin.time + Duration(200'000));
        QTRY_VERIFY_WITH_TIMEOUT(history.slice(0, scale).exact, kPatienceMs);
    }

    void a_history_can_be_closed_and_opened_at_any_moment() {
        for (int i = 0; i < 10; ++i) {
            History history;
            history.open(facts_, garden_modules());
            if (i % 2 == 0) QTest::qWait(i * 5);
            history.slice(0, whole());
            history.close();
            QVERIFY(history.lanes().empty());
            history.open(facts_, garden_modules());
        }
    }

    void a_plot_is_what_the_state_was() {
        PlotModel model;
        model.open(facts_, garden_modules());
        model.add("garden.ticks");
        QTRY_VERIFY_WITH_TIMEOUT(model.track(0, whole()).complete, kPatienceMs);
        const PlotTrack& track = model.track(0, whole());
        QVERIFY2(track.problem.isEmpty(), qPrintable(track.problem));
        QCOMPARE(track.columns.front().first, 1.0);
        for (std::size_t i = 1; i < track.columns.size(); ++i) {
            if (track.columns[i].defined) QVERIFY(track.columns[i].min >= track.columns[i - 1].min);
        }
        // Near, each change is a point at the message that made it.
        TimeScale scale = whole();
        const VirtualTime middle = facts_->begin.time + (facts_->end.time - facts_->begin.time) / 2;
        scale.fit(middle, middle + Duration(200'000));
        const auto near = [&]() -> const PlotTrack& {
            model.look_at(scale);
            return model.track(0, scale);
        };
        QTRY_VERIFY_WITH_TIMEOUT(near().has_points, kPatienceMs);
        std::size_t changes = 0;
        for (const PlotTrack::Point& point : near().points) {
            if (point.mark <= Mark{BranchId{}, near().from, 0}) continue;  // as it was before
            const auto message =
                std::find_if(messages_.begin(), messages_.end(),
                             [&](const auto& info) { return info.mark == point.mark; });
            QVERIFY(message != messages_.end());
            QCOMPARE(message->selector, std::string("tick"));
            ++changes;
        }
        QVERIFY(changes >= 8);
    }

    void a_path_that_is_not_there_has_no_numbers() {
        PlotModel model;
        model.open(facts_, garden_modules());
        model.add("garden.no_such_field");
        model.add("garden.ticks");
        QTRY_VERIFY_WITH_TIMEOUT(!model.working(), kPatienceMs);
        QVERIFY(!model.track(0, whole()).extent(whole()) ||
                !model.track(0, whole()).problem.isEmpty());
    }

    void of_a_structure_its_numbers_are_plotted() {
        auto timeline = replayer::Timeline::open(facts_->path.toStdString(), garden_modules());
        QVERIFY(timeline && timeline->seek(facts_->end));
        auto moment = std::make_shared<Moment>();
        const auto state = timeline->state();
        QVERIFY(state);
        moment->state = std::make_shared<const Image>(*state);
        QCOMPARE(numbers_at(*moment->state, "garden.ticks", 8), QStringList{"garden.ticks"});
        const QStringList all = numbers_at(*moment->state, "garden", 1000);
        QVERIFY2(all.contains("garden.ticks"), qPrintable(all.join(' ')));
        for (const QString& each : all) {
            const auto value = state_tree(*moment->state, each.toStdString());
            QVERIFY2(value && replayer::number_of(*value), qPrintable(each));
        }
        QCOMPARE(numbers_at(*moment->state, "garden", 2), all.mid(0, 2));
        QCOMPARE(numbers_at(*moment->state, "garden.gone", 8), QStringList{"garden.gone"});

        PlotModel model;
        QSignalSpy pinned(&model, &PlotModel::pinned);
        model.pin("garden", moment);
        QVERIFY(pinned.wait(kPatienceMs));
        QCOMPARE(model.paths(), all.mid(0, PlotModel::kMostPinned));
    }

    void tracks_are_added_moved_and_removed() {
        PlotModel model;
        model.add("a.x");
        model.add("b.x");
        model.add("a.x");
        model.add("c.x");
        QCOMPARE(model.paths(), (QStringList{"a.x", "b.x", "c.x"}));
        model.move(2, 0);
        model.move(0, 7);
        QCOMPARE(model.paths(), (QStringList{"c.x", "a.x", "b.x"}));
        model.remove("a.x");
        QCOMPARE(model.paths(), (QStringList{"c.x", "b.x"}));
    }

    void a_track_is_exported_with_every_change() {
        PlotModel model;
        model.open(facts_, garden_modules());
        const QString name = folder_.filePath("ticks.csv");
        QSignalSpy spy(&model, &PlotModel::exported);
        model.export_csv("garden.ticks", name);
        QVERIFY(spy.wait(kPatienceMs));
        QCOMPARE(spy[0][1].toString(), QString());
        QFile file(name);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto lines = file.readAll().split('\n');
        QCOMPARE(lines.front(), QByteArray("time_s,n,value"));
        const auto ticks = futures_["Garden.tick"];
        QCOMPARE(static_cast<std::uint64_t>(lines.size()),
                 ticks + 3);  // header, begin, end of file
        QCOMPARE(lines[2].split(',')[0], QByteArray("0.025"));
    }

    /// Of two that take as long, the one that was given up says nothing more.
    void an_export_is_told_at_once_and_can_be_cancelled() {
        RecordOptions hanging;
        hanging.last_call = "hang";
        const Recorded live = record(folder_, "hang.timegraph", random_, hanging);
        auto options = garden_modules();
        options.hang = std::chrono::seconds(1);
        auto timeline = replayer::Timeline::open(live.path, options);
        VERIFY_OK(timeline);
        const auto facts = std::make_shared<RecordingFacts>(read_facts(*timeline));
        PlotModel cancelled, other;
        QSignalSpy exporting(&cancelled, &PlotModel::exporting);
        QSignalSpy never(&cancelled, &PlotModel::exported), told(&other, &PlotModel::exported);
        cancelled.open(facts, options);
        other.open(facts, options);
        cancelled.export_csv("garden.ticks", folder_.filePath("cancelled.csv"));
        QCOMPARE(exporting.count(), 1);
        other.export_csv("garden.ticks", folder_.filePath("other.csv"));
        cancelled.cancel_export();
        QVERIFY(told.wait(kPatienceMs));
        QVERIFY(!told[0][1].toString().isEmpty());  // the module hangs
        QVERIFY(never.isEmpty());
        QVERIFY(!QFile::exists(folder_.filePath("cancelled.csv")));
    }
};

TEST_CLASS(HistoryTest)
#include "history_test.moc"
