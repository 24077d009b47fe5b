#include "state_model.h"

#include <QAbstractItemModelTester>
#include <QDeadlineTimer>
#include <QPersistentModelIndex>
#include <QTest>
#include <ctime>

#include "../test_main.h"
#include "change_model.h"
#include "queue_model.h"
#include "recordings.h"
#include "state_panel.h"
#include "teatime/replayer/timeline.h"
#include "teatime/state/inspect.h"

using namespace teatime;
using namespace teatime::inspector;
using namespace teatime::test;

/// The tree shows what state_tree() says, and stays in place while the playhead moves.
class StateModelTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::mt19937_64 random_ = seeded_random();
    Recorded live_;
    std::optional<replayer::Timeline> timeline_;

    MomentPtr moment_at(std::size_t at) {
        auto went = timeline_->seek(live_.marks[at]);
        if (!went) qFatal("%s", went.error().message.c_str());
        auto moment = std::make_shared<Moment>();
        moment->mark = moment->asked = live_.marks[at];
        moment->state = std::make_shared<const Image>(*timeline_->state());
        moment->complete = true;
        return moment;
    }
    MomentPtr changed(const MomentPtr& before, const MomentPtr& after) {
        auto moment = std::make_shared<Moment>(*after);
        moment->changes = diff(*before->state, *after->state);
        return moment;
    }
    static void expand_all(QAbstractItemModel& model, const QModelIndex& parent = {}) {
        while (model.canFetchMore(parent)) model.fetchMore(parent);
        for (int row = 0; row < model.rowCount(parent); ++row) {
            expand_all(model, model.index(row, 0, parent));
        }
    }
    /// Every fetched row says what the state says at its path.
    static QString wrong_row(StateModel& model, const Image& image,
                             const QModelIndex& parent = {}) {
        for (int row = 0; row < model.rowCount(parent); ++row) {
            QModelIndex index = model.index(row, 0, parent);
            QString path = model.path_of(index);
            QString shown = index.siblingAtColumn(StateModel::Value_).data().toString();
            bool field = path.contains('.') || path.contains('[');
            if (field && parent.isValid() && !model.path_of(parent).isEmpty()) {
                auto value = state_tree(image, path.toStdString());
                if (!value) return path + ": " + to_text(value.error().message);
                if (shown != to_text(*value)) {
                    return path + ": " + shown + " instead of " + to_text(*value);
                }
            }
            QString inside = wrong_row(model, image, index);
            if (!inside.isEmpty()) return inside;
        }
        return {};
    }
    static Image image_with_list(std::size_t size, std::int64_t first = 0) {
        Image image;
        image.app = "big";
        Schema schema;
        schema.class_name = "Big";
        Type top{Kind::structure, "Big", 0, {{"numbers", 1}, {"after", 2}}, {}};
        Type list{Kind::list, {}, 0, {{"", 2}}, {}};
        Type number{Kind::int64, {}, 0, {}, {}};
        schema.types = {top, list, number};
        image.schemas = {schema};
        std::string fields;
        ByteWriter writer(fields);
        writer.fixed(static_cast<std::uint32_t>(size));
        for (std::size_t i = 0; i < size; ++i) {
            writer.fixed(first + static_cast<std::int64_t>(i));
        }
        writer.fixed(std::int64_t{7});
        image.objects = {{ObjectId{1}, 0, fields}};
        image.names = {{"big", ObjectId{1}}};
        image.root = ObjectId{1};
        image.next_object = 2;
        return image;
    }
    static MomentPtr moment_of(Image image) {
        auto moment = std::make_shared<Moment>();
        moment->state = std::make_shared<const Image>(std::move(image));
        moment->complete = true;
        return moment;
    }

    /// A list of structures in one object, as the discs of `bounce` are.
    static Image image_with_points(std::size_t size, std::int64_t number) {
        Image image = image_with_list(0);
        Schema& schema = image.schemas.front();
        schema.types[0].members.front() = {"points", 1};
        schema.types[1].members.front().type = 3;
        schema.types.push_back({Kind::structure, "Point", 0, {{"x", 2}, {"y", 2}}, {}});
        std::string& fields = image.objects.front().fields;
        fields.clear();
        ByteWriter writer(fields);
        writer.fixed(static_cast<std::uint32_t>(size));
        for (std::size_t i = 0; i < size; ++i) {
            writer.fixed(number + static_cast<std::int64_t>(i));
            writer.fixed(number);
        }
        writer.fixed(std::int64_t{7});
        return image;
    }
    static Image image_with_objects(std::size_t count, std::int64_t number) {
        Image image;
        image.app = "many";
        Schema schema;
        schema.class_name = "Disc";
        Type top{Kind::structure, "Disc", 0, {{"x", 1}, {"y", 1}}, {}};
        schema.types = {top, {Kind::int64, {}, 0, {}, {}}};
        image.schemas = {schema};
        for (std::size_t i = 0; i < count; ++i) {
            std::string fields;
            ByteWriter writer(fields);
            writer.fixed(number + static_cast<std::int64_t>(i));
            writer.fixed(std::int64_t{7});
            image.objects.push_back({ObjectId{i + 1}, 0, fields});
        }
        image.names = {{"many", ObjectId{1}}};
        image.root = ObjectId{1};
        image.next_object = count + 1;
        return image;
    }
    static void settle(StateModel& model) {
        QTRY_VERIFY_WITH_TIMEOUT(!model.working(), kPatienceMs);
    }
    static QModelIndex opened(StateModel& model, const QString& path) {
        if (!model.index_of(path).isValid()) settle(model);
        return model.index_of(path);
    }
    /// The longest that this thread was kept busy at once, in CPU time, until all is shown.
    static double longest_ms(StateModel& model, const std::function<void()>& begin) {
        const auto cpu_ms = [] {
            timespec now{};
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
            return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6;
        };
        double longest = 0, from = cpu_ms();
        begin();
        QDeadlineTimer patience(kPatienceMs);
        for (bool more = true; more && !patience.hasExpired();) {
            longest = std::max(longest, cpu_ms() - from);
            more = model.working();
            from = cpu_ms();
            QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents, 5);
        }
        return longest;
    }

private slots:
    void initTestCase() {
        live_ = record(folder_, "state.timegraph", random_);
        auto options = garden_modules();
        options.in_process = true;
        auto opened = replayer::Timeline::open(live_.path, options);
        VERIFY_OK(opened);
        timeline_.emplace(std::move(*opened));
    }

    void every_row_says_what_the_state_says() {
        StateModel model;
        QAbstractItemModelTester tester(&model);
        QCOMPARE(model.rowCount(), 0);
        MomentPtr moment = moment_at(live_.marks.size() - 1);
        model.show(moment);
        QCOMPARE(model.rowCount(), 1 + static_cast<int>(moment->state->objects.size()));
        expand_all(model);
        QCOMPARE(wrong_row(model, *moment->state), QString());
        QCOMPARE(model.index(1, 0).data().toString(), "garden");
        QCOMPARE(model.index(1, StateModel::Type).data().toString(), "Garden");
        model.show(nullptr);
        QCOMPARE(model.rowCount(), 0);
    }

    void moving_keeps_rows_and_never_resets() {
        StateModel model;
        QAbstractItemModelTester tester(&model);
        model.show(moment_at(live_.marks.size() / 2));
        expand_all(model);
        int resets = 0;
        connect(&model, &QAbstractItemModel::modelReset, this, [&] { ++resets; });
        QPersistentModelIndex ticks = model.index_of("garden.ticks");
        QVERIFY(ticks.isValid());
        for (int i = 0; i < 60; ++i) {
            std::size_t at = random_() % live_.marks.size();
            MomentPtr moment = moment_at(at);
            model.show(moment);
            QCOMPARE(wrong_row(model, *moment->state), QString());
            QVERIFY(ticks.isValid());
            QCOMPARE(model.path_of(ticks), "garden.ticks");
            auto value = state_tree(*moment->state, "garden.ticks");
            QCOMPARE(QModelIndex(ticks).siblingAtColumn(1).data().toString(), to_text(*value));
        }
        QCOMPARE(resets, 0);
    }

    void what_a_message_changed_is_flagged_with_its_old_value() {
        StateModel model;
        QAbstractItemModelTester tester(&model);
        int flagged = 0;
        for (std::size_t at = 1; at < 60; ++at) {
            MomentPtr before = moment_at(at - 1), moment = changed(before, moment_at(at));
            model.show(moment);
            for (const Change& change : moment->changes) {
                if (change.object.empty() || change.what == Change::What::removed) continue;
                QModelIndex index = model.index_of(inspector::path_of(change));
                QVERIFY2(index.isValid(), qPrintable(inspector::path_of(change)));
                QVERIFY(index.data(ChangedRole).toBool());
                bool added = change.what == Change::What::added;
                QCOMPARE(index.data(OldValueRole).isValid(), !added);
                if (!added) QCOMPARE(index.data(OldValueRole).toString(), to_text(change.before));
                if (index.parent().isValid()) {
                    QVERIFY(index.parent().data(ChangedInsideRole).toBool());
                }
                ++flagged;
            }
        }
        QVERIFY(flagged > 20);
        model.show(moment_at(30));  // on the way nothing is flagged
        QVERIFY(!model.index_of("garden.ticks").data(ChangedRole).toBool());
    }

    void of_two_states_both_values_stand_side_by_side() {
        StateModel model(StateModel::Of::two_states);
        QAbstractItemModelTester tester(&model);
        int same = 0, different = 0, fresh = 0;
        for (std::size_t at : {20, 100, 300}) {
            const MomentPtr before = moment_at(at / 2), after = changed(before, moment_at(at));
            model.show(after);
            std::vector<QModelIndex> open;
            for (int row = 1; row < model.rowCount(); ++row) open.push_back(model.index(row, 0));
            while (!open.empty()) {
                const QModelIndex index = open.back();
                open.pop_back();
                model.fetchMore(index);
                const int inside = model.rowCount(index);
                for (int row = 0; row < inside; ++row) open.push_back(model.index(row, 0, index));
                if (inside > 0) continue;
                QModelIndex object = index;  // by its number: a name may move to another one
                while (object.parent().isValid()) object = object.parent();
                const QString path = index.data(PathRole).toString();
                const QString inside_it = path.mid(object.data(PathRole).toString().size());
                const auto id = object.data(ObjectRole).toULongLong();
                const auto old =
                    state_tree(*before->state, (QString("#%1").arg(id) + inside_it).toStdString());
                // Where elements came or went, others have moved up.
                const QString list = inside_it.left(inside_it.lastIndexOf('['));
                const auto elements =
                    state_tree(*before->state, (QString("#%1").arg(id) + list).toStdString());
                const bool moved =
                    elements && elements->if_list() && list != inside_it &&
                    static_cast<int>(elements->if_list()->size()) != model.rowCount(index.parent());
                if (moved) continue;
                const QString text = old ? to_text(*old) : QString();
                const auto column = [&](int c) {
                    return index.siblingAtColumn(c).data().toString();
                };
                const QString beside = column(StateModel::Before);
                // Of a list that is empty by now, there were elements.
                const bool emptied = beside == "…" && text != column(StateModel::Value_);
                QVERIFY2(beside == text || emptied,
                         qPrintable(path + ": " + beside + " and not " + text));
                ++(!old ? fresh : column(StateModel::Value_) == text ? same : different);
            }
        }
        QVERIFY(same > 0 && different > 0 && fresh > 0);
    }

    void paths_lead_there_and_back() {
        StateModel model;
        MomentPtr moment = moment_at(live_.marks.size() - 1);
        model.show(moment);
        for (const char* path :
             {"garden", "garden.ticks", "garden.plants[0]", "names.garden", "time", "random[2]"}) {
            QModelIndex index = model.index_of(path);
            QVERIFY2(index.isValid(), path);
            QCOMPARE(model.path_of(index), path);
            QCOMPARE(index.data(PathRole).toString(), path);
        }
        for (const char* path : {"nobody", "garden.nothing", "garden.plants[99999]",
                                 "garden.ticks.x", "#99999", "garden.", "["}) {
            QVERIFY2(!model.index_of(path).isValid(), path);
        }
        QModelIndex plant = model.index_of("garden.plants[0]");
        QVERIFY(plant.data(ObjectRole).toULongLong() > 0);
        QCOMPARE(model.index_of("garden.ticks").data(NumberRole).toDouble() > 0, true);
        QVERIFY(!model.index_of("garden.plants").data(NumberRole).isValid());
    }

    void a_long_list_comes_by_windows() {
        StateModel model;
        QAbstractItemModelTester tester(&model);
        model.show(moment_of(image_with_list(50'000)));
        QModelIndex list = opened(model, "big.numbers");
        QVERIFY(list.isValid());
        QVERIFY(model.hasChildren(list));
        model.fetchMore(list);
        QCOMPARE(model.rowCount(list), StateModel::kWindow);
        QVERIFY(model.canFetchMore(list));
        QModelIndex far = model.index_of("big.numbers[40000]");
        QCOMPARE(far.siblingAtColumn(1).data().toString(), "40000");
        // A newer state: the same rows, other values; shorter: rows go.
        model.show(moment_of(image_with_list(50'000, 5)));
        settle(model);
        QCOMPARE(model.index_of("big.numbers[40000]").siblingAtColumn(1).data().toString(),
                 "40005");
        model.show(moment_of(image_with_list(100)));
        settle(model);
        list = model.index_of("big.numbers");
        QCOMPARE(model.rowCount(list), 100);
        QVERIFY(!model.canFetchMore(list));
        model.show(moment_of(image_with_list(130)));
        QCOMPARE(model.rowCount(list), 130);
    }

    void a_large_object_is_decoded_elsewhere_and_the_newest_state_wins() {
        StateModel model;
        QAbstractItemModelTester tester(&model);
        model.show(moment_of(image_with_list(50'000)));
        QVERIFY(!model.index_of("big.numbers[3]").isValid());
        QVERIFY(model.working());
        QVERIFY(model.hasChildren(model.index_of("big")));
        QVERIFY(!model.canFetchMore(model.index_of("big")));
        QVERIFY(opened(model, "big.numbers[3]").isValid());
        const auto shown = [&] {
            return model.index_of("big.numbers[3]").siblingAtColumn(1).data().toInt();
        };
        QSignalSpy spy(&model, &StateModel::shown);
        std::vector<int> seen;
        connect(&model, &QAbstractItemModel::dataChanged, &model, [&] {
            if (seen.empty() || seen.back() != shown()) seen.push_back(shown());
        });
        for (int i = 1; i <= 50; ++i) model.show(moment_of(image_with_list(50'000, i * 10)));
        QCOMPARE(shown(), 3);  // nothing waited
        settle(model);
        QCOMPARE(shown(), 503);
        QVERIFY(seen.size() <= 2);  // one was under way, all between it and the last are left out
        QCOMPARE(spy.size(), 1);
        // A small state does not wait for large ones, nor is replaced by them.
        model.show(moment_of(image_with_list(50'000, 7)));
        model.show(moment_of(image_with_list(10, 1)));
        QCOMPARE(shown(), 4);
        QTest::qWait(50);
        QCOMPARE(shown(), 4);
        model.show(moment_of(image_with_list(50'000, 7)));
        model.show(nullptr);
        QCOMPARE(model.rowCount(), 0);
        settle(model);
        QCOMPARE(model.rowCount(), 0);
    }

    void what_is_opened_while_another_state_is_on_its_way_is_of_that_state_then() {
        StateModel model;
        QAbstractItemModelTester tester(&model);
        model.show(moment_of(image_with_list(50'000)));
        QVERIFY(opened(model, "big.numbers[3]").isValid());
        model.show(moment_of(image_with_list(50'000, 10)));
        QVERIFY(model.working());
        QVERIFY(model.index_of("seq").isValid());  // opens the Island's own parts
        settle(model);
        QCOMPARE(model.index_of("big.numbers[3]").siblingAtColumn(1).data().toInt(), 13);
        QCOMPARE(model.index_of("seq").siblingAtColumn(1).data().toInt(), 0);
    }

    void a_filter_is_for_the_inside_of_what_is_large_too() {
        StateModel model;
        QAbstractItemModelTester tester(&model);
        QSignalSpy filtered(&model, &StateModel::filtered);
        model.show(moment_of(image_with_list(20'000)));
        QVERIFY(opened(model, "big.numbers[3]").isValid());
        model.set_filter("1234");
        QTRY_COMPARE_WITH_TIMEOUT(filtered.count(), 1, kPatienceMs);
        QModelIndex list = model.index_of("big.numbers");
        QCOMPARE(model.rowCount(list), 12);  // 1234, 11234, 12340 to 12349
        QCOMPARE(model.index(1, 0, list).data().toString(), "[11234]");
        model.show(moment_of(image_with_list(20'000, 1)));
        QTRY_COMPARE_WITH_TIMEOUT(filtered.count(), 2, kPatienceMs);
        QCOMPARE(model.rowCount(list), 12);
        QCOMPARE(model.index(1, 0, list).data().toString(), "[11233]");
        model.set_filter({});
        settle(model);
        QVERIFY(model.rowCount(list) >= 12);
        QVERIFY(model.canFetchMore(list));
    }

    /// The time of this thread alone: how busy the machine is does not count.
    void a_big_world_does_not_keep_the_window_waiting() {
        const double kFrame_ms = 16;
        StatePanel panel;
        panel.resize(600, 800);
        panel.show();
        StateModel& model = panel.model();
        const auto best_of_five = [&](const std::function<MomentPtr(int)>& moment) {
            double best = 1e9;
            for (int i = 1; i <= 5; ++i) {
                const MomentPtr next = moment(i);
                best = std::min(best, longest_ms(model, [&] { panel.set_moment(next); }));
            }
            return best;
        };
        panel.set_moment(moment_of(image_with_points(100'000, 0)));
        settle(model);
        double opening = longest_ms(model, [&] { panel.reveal("big.points[3]"); });
        QCOMPARE(panel.selected_path(), "big.points[3]");
        QVERIFY2(opening <= kFrame_ms, qPrintable(QString::number(opening)));
        double list = best_of_five([](int i) { return moment_of(image_with_points(100'000, i)); });
        panel.set_moment(nullptr);
        panel.set_moment(moment_of(image_with_objects(10'000, 0)));
        double objects =
            best_of_five([](int i) { return moment_of(image_with_objects(10'000, i)); });
        qInfo("opened in %.1f ms, list of 100,000: %.1f ms, 10,000 objects: %.1f ms", opening, list,
              objects);
        QVERIFY2(list <= kFrame_ms, qPrintable(QString::number(list)));
        QVERIFY2(objects <= kFrame_ms, qPrintable(QString::number(objects)));
        QCOMPARE(model.index(1, StateModel::Value_).data().toString(), "{x: 5, y: 7}");
    }

    void a_filter_leaves_what_matches_and_what_is_around_it() {
        StateModel model;
        QAbstractItemModelTester tester(&model);
        MomentPtr moment = moment_at(live_.marks.size() - 1);
        model.show(moment);
        expand_all(model);
        QSignalSpy filtered(&model, &StateModel::filtered);
        model.set_filter("TICKS");
        QTRY_COMPARE_WITH_TIMEOUT(filtered.count(), 1, kPatienceMs);
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(model.index(0, 0).data().toString(), "garden");
        QCOMPARE(model.rowCount(model.index(0, 0)), 1);
        QVERIFY(model.index_of("garden.ticks").isValid());
        QVERIFY(!model.index_of("garden.plants").isValid());
        model.set_filter("plant");  // a class: all of its fields, and the root's list by name
        QTRY_COMPARE_WITH_TIMEOUT(filtered.count(), 2, kPatienceMs);
        QVERIFY(model.rowCount() > 1);
        expand_all(model);
        QCOMPARE(wrong_row(model, *moment->state), QString());
        // Goes on with newer Moments.
        MomentPtr earlier = moment_at(live_.marks.size() / 2);
        model.show(earlier);
        QTRY_COMPARE_WITH_TIMEOUT(filtered.count(), 3, kPatienceMs);
        QCOMPARE(wrong_row(model, *earlier->state), QString());
        model.set_filter("");
        QCOMPARE(model.rowCount(), 1 + static_cast<int>(earlier->state->objects.size()));
        model.set_filter("nothing has this in it");
        QTRY_COMPARE_WITH_TIMEOUT(filtered.count(), 5, kPatienceMs);
        QCOMPARE(model.rowCount(), 0);
    }

    void the_queue_is_shown_in_its_order() {
        QueueModel model;
        QAbstractItemModelTester tester(&model);
        int rows = 0;
        for (int i = 0; i < 30; ++i) {
            MomentPtr moment = moment_at(random_() % live_.marks.size());
            model.show(moment);
            const auto& queue = moment->state->queue;
            QCOMPARE(model.rowCount(), static_cast<int>(queue.size()));
            for (int row = 0; row < model.rowCount(); ++row, ++rows) {
                const Image::Message& message = queue[static_cast<std::size_t>(row)];
                auto text = [&](int column) { return model.index(row, column).data().toString(); };
                QCOMPARE(text(QueueModel::Time), to_text(message.time));
                if (!message.external) {
                    QCOMPARE(text(QueueModel::Selector), to_text(message.selector));
                    QCOMPARE(text(QueueModel::Target) + "." + text(QueueModel::Selector) + "(" +
                                 text(QueueModel::Arguments) + ") at " + text(QueueModel::Time),
                             to_text(describe_message(*moment->state, message)));
                }
            }
        }
        QVERIFY(rows > 0);
        model.show(nullptr);
        QCOMPARE(model.rowCount(), 0);
    }

    void changes_are_listed_with_before_and_after() {
        ChangeModel model;
        QAbstractItemModelTester tester(&model);
        MomentPtr before = moment_at(40), after = changed(before, moment_at(41));
        model.show(after);
        QCOMPARE(model.rowCount(), static_cast<int>(after->changes.size()));
        QVERIFY(model.rowCount() > 0);
        for (int row = 0; row < model.rowCount(); ++row) {
            const Change& change = after->changes[static_cast<std::size_t>(row)];
            QCOMPARE(model.index(row, ChangeModel::Path).data().toString(), to_text(change.path));
        }
        QCOMPARE(model.next(-1), 0);
        QCOMPARE(model.next(model.rowCount() - 1), 0);
        QCOMPARE(model.next(0, false), model.rowCount() - 1);
        auto on_the_way = std::make_shared<Moment>(*before);
        on_the_way->complete = false;
        int rows = model.rowCount();
        model.show(MomentPtr(on_the_way));
        QCOMPARE(model.rowCount(), rows);  // stays until the next is known
    }
};

TEST_CLASS(StateModelTest)
#include "state_model_test.moc"
