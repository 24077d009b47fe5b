#include "message_model.h"

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QLineEdit>
#include <QPersistentModelIndex>
#include <QPushButton>
#include <QTest>
#include <atomic>

#include "../test_main.h"
#include "messages_panel.h"
#include "recordings.h"
#include "rows_model.h"

using namespace teatime;
using namespace teatime::inspector;
using namespace teatime::test;

namespace {

/// Rows made from their number: every third is external, every tenth is of `rare`.
MessageRow made(std::uint64_t number) {
    MessageRow row;
    row.mark = {BranchId{}, VirtualTime(Duration(static_cast<std::int64_t>(number) * 1000)), 1};
    row.external = number % 3 == 0;
    row.order = number;
    row.sender = MemberId{number % 4};
    row.target = "garden";
    row.selector = number % 10 == 0 ? "rare" : "common";
    row.arguments = QString::number(number);
    return row;
}

struct MadeUp {
    std::atomic<std::uint64_t> known{0};
    std::atomic<int> loads{0};
};

class MadeUpRows : public MessageRows {
public:
    explicit MadeUpRows(std::shared_ptr<MadeUp> of) : of_(std::move(of)) {}
    result<std::vector<MessageRow>> rows(std::uint64_t first, std::size_t count,
                                         const std::stop_token&) override {
        ++of_->loads;
        std::vector<MessageRow> rows;
        for (std::uint64_t i = first; i < std::min<std::uint64_t>(first + count, of_->known); ++i) {
            rows.push_back(made(i));
        }
        return rows;
    }
    result<std::optional<std::uint64_t>> row_at(const Mark& mark, std::optional<Seq>,
                                                const std::stop_token&) override {
        auto ms = static_cast<std::uint64_t>(mark.time.time_since_epoch().count() / 1000);
        if (of_->known == 0) return std::optional<std::uint64_t>();
        return std::optional(std::min<std::uint64_t>(ms, of_->known - 1));
    }

private:
    std::shared_ptr<MadeUp> of_;
};

MomentPtr moment_at_row(std::uint64_t number) {
    auto moment = std::make_shared<Moment>();
    moment->mark = made(number).mark;
    return moment;
}

}  // namespace

class MessageModelTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::mt19937_64 random_ = seeded_random();

    static MessageModel::Source source_of(const std::shared_ptr<MadeUp>& of) {
        return [of] { return std::make_unique<MadeUpRows>(of); };
    }
    static QString text(const MessageModel& model, int row, int column) {
        return model.index(row, column).data().toString();
    }

private slots:
    void a_million_rows_load_where_they_are_looked_at() {
        auto of = std::make_shared<MadeUp>();
        of->known = 1'000'000;
        MessageModel model;
        model.open(source_of(of), of->known);
        QCOMPARE(model.rowCount(), 1'000'000);
        QVERIFY(model.index(700'000, 0).data(LoadingRole).toBool());
        QTRY_COMPARE_WITH_TIMEOUT(text(model, 700'000, MessageModel::Arguments), "700000",
                                  kPatienceMs);
        QVERIFY(!model.index(700'000, 0).data(LoadingRole).toBool());
        QCOMPARE(model.index(700'000, 0).data(MarkRole).value<Mark>(), made(700'000).mark);
        // Scrolling over all of it keeps some blocks only.
        for (int row = 0; row < 1'000'000; row += 20'000) {
            QTRY_VERIFY_WITH_TIMEOUT(model.message(row), kPatienceMs);
            QCOMPARE(*model.message(row), made(static_cast<std::uint64_t>(row)));
        }
        for (int row = 0; row < 30'000; row += 100) {
            QTRY_VERIFY_WITH_TIMEOUT(model.message(row), kPatienceMs);
        }
        QVERIFY(!model.message(700'000));
        int loads = of->loads;
        QTest::qWait(50);
        QVERIFY2(of->loads <= loads + 1, "nothing is asked for that is not looked at");
    }

    void growing_adds_rows_and_completes_the_last_ones() {
        auto of = std::make_shared<MadeUp>();
        of->known = 10;
        MessageModel model;
        QAbstractItemModelTester tester(&model);
        model.open(source_of(of), 10);
        QTRY_VERIFY_WITH_TIMEOUT(model.message(9), kPatienceMs);
        of->known = 200;
        model.set_count(200);
        QCOMPARE(model.rowCount(), 200);
        for (int row : {9, 10, 127, 128, 199}) {
            QTRY_VERIFY_WITH_TIMEOUT(model.message(row), kPatienceMs);
            QCOMPARE(*model.message(row), made(static_cast<std::uint64_t>(row)));
        }
    }

    void more_announced_than_there_is_does_not_ask_for_ever() {
        auto of = std::make_shared<MadeUp>();
        of->known = 10;
        MessageModel model;
        model.open(source_of(of), 100);
        QTRY_VERIFY_WITH_TIMEOUT(model.message(9), kPatienceMs);
        QVERIFY(!model.message(50));
        QTRY_COMPARE_WITH_TIMEOUT(of->loads.load(), 1, kPatienceMs);
        for (int i = 0; i < 20; ++i) {
            QVERIFY(!model.message(50));
            QTest::qWait(1);
        }
        QCOMPARE(of->loads.load(), 1);
    }

    void a_filter_finds_all_and_only_what_matches() {
        auto of = std::make_shared<MadeUp>();
        of->known = 50'000;
        MessageModel model;
        model.open(source_of(of), of->known);
        bool running = true;
        double share = 0;
        connect(&model, &MessageModel::filter_progress, this, [&](double at, int, bool more) {
            share = at;
            running = more;
        });
        model.set_filter("RARE");
        QTRY_VERIFY_WITH_TIMEOUT(!running, kPatienceMs);
        QCOMPARE(share, 1.0);
        QCOMPARE(model.rowCount(), 5'000);
        for (int row = 0; row < model.rowCount(); row += 271) {
            QTRY_VERIFY_WITH_TIMEOUT(model.message(row), kPatienceMs);
            QCOMPARE(*model.message(row), made(static_cast<std::uint64_t>(row) * 10));
            QCOMPARE(text(model, row, MessageModel::Number), QString::number(row * 10));
        }
        // Goes on with what comes.
        of->known = 50'100;
        model.set_count(50'100);
        QTRY_COMPARE_WITH_TIMEOUT(model.rowCount(), 5'010, kPatienceMs);
        model.set_filter({});
        QCOMPARE(model.rowCount(), 50'100);
        model.set_filter("nothing like this");
        QTRY_VERIFY_WITH_TIMEOUT(!running, kPatienceMs);
        QCOMPARE(model.rowCount(), 0);
    }

    void rows_found_beyond_those_kept_are_loaded_again() {
        auto of = std::make_shared<MadeUp>();
        of->known = 60'000;
        MessageModel model;
        model.open(source_of(of), of->known);
        model.set_filter("common");
        QTRY_COMPARE_WITH_TIMEOUT(model.rowCount(), 54'000, kPatienceMs);
        QVERIFY(model.rowCount() > int(MessageModel::kFoundKept));
        QTRY_VERIFY_WITH_TIMEOUT(model.message(53'999), kPatienceMs);
        QCOMPARE(*model.message(53'999), made(59'999));
    }

    void a_search_can_be_cancelled_and_keeps_what_it_found() {
        auto of = std::make_shared<MadeUp>();
        of->known = 2'000'000'000;
        MessageModel model;
        model.open(source_of(of), of->known);
        QSignalSpy progress(&model, &MessageModel::filter_progress);
        model.set_filter("rare");
        QTRY_VERIFY_WITH_TIMEOUT(model.rowCount() > 0, kPatienceMs);
        model.cancel_filter();
        int found = model.rowCount();
        QVERIFY(!progress.last()[2].toBool());
        QTest::qWait(20);
        QCOMPARE(model.rowCount(), found);
    }

    void all_messages_of_a_recording_are_listed_as_they_were_executed() {
        Recorded live = record(folder_, "all.timegraph", random_);
        replayer::SurveyOptions options;
        options.timeline = garden_modules();
        auto survey = std::make_shared<replayer::Survey>(live.path, options);
        QTRY_COMPARE_WITH_TIMEOUT(survey->progress().executed, live.marks.size(), kPatienceMs);
        MessageModel model;
        model.open(
            [path = live.path, survey]() {
                return executed_rows(path, garden_modules(),
                                     std::shared_ptr<const replayer::Survey>(survey));
            },
            survey->progress().executed);
        for (std::size_t i = 0; i < live.marks.size(); i += 1 + random_() % 40) {
            int row = static_cast<int>(i);
            QTRY_VERIFY_WITH_TIMEOUT(model.message(row), kPatienceMs);
            QCOMPARE(model.message(row)->mark, live.marks[i]);
            QCOMPARE(model.message(row)->external, bool(live.external[i]));
        }
        for (int i = 0; i < 5; ++i) {
            std::size_t at = random_() % live.marks.size();
            auto moment = std::make_shared<Moment>();
            moment->mark = live.marks[at];
            model.follow(moment);
            QTRY_COMPARE_WITH_TIMEOUT(model.playhead_row(), static_cast<int>(at), kPatienceMs);
        }
        // A cause is found by its name above: by kind and number.
        QSet<QString> names;
        int caused = 0, by_external = 0;
        for (int row = 0; row < model.rowCount(); ++row) {
            QTRY_VERIFY_WITH_TIMEOUT(model.message(row), kPatienceMs);
            const QString cause = text(model, row, MessageModel::Cause);
            const bool external = model.message(row)->external;
            names +=
                text(model, row, MessageModel::Kind) + ' ' + text(model, row, MessageModel::Number);
            if (external || cause.isEmpty() || !model.message(row)->error.isEmpty()) continue;
            QVERIFY2(names.contains(cause), qPrintable(cause));
            ++caused;
            by_external += cause.startsWith("external ");
        }
        QVERIFY(by_external > 0 && caused > by_external);
        model.set_filter("rain");
        QTRY_VERIFY_WITH_TIMEOUT(model.rowCount() > 0, kPatienceMs);
        QCOMPARE(text(model, 0, MessageModel::Selector), "rain");
    }

    void external_messages_are_listed_without_executing_anything() {
        RecordOptions lossy;
        lossy.lost_from = Seq{100}, lossy.lost_to = Seq{120};
        Recorded live = record(folder_, "external.timegraph", random_, lossy);
        auto survey = std::make_shared<replayer::ExternalSurvey>(live.path,
                                                                 replayer::ExternalSurveyOptions{});
        QTRY_COMPARE_WITH_TIMEOUT(survey->messages(), std::uint64_t{279}, kPatienceMs);
        MessageModel model;
        QAbstractItemModelTester tester(&model);
        model.open(
            [path = live.path, survey]() {
                return external_rows(path, std::shared_ptr<const replayer::ExternalSurvey>(survey));
            },
            survey->messages());
        QCOMPARE(model.rowCount(), 279);
        auto reader = timegraph::Reader::open(live.path);
        VERIFY_OK(reader);
        auto messages = reader->messages();
        VirtualTime last;
        for (int row = 0; row < model.rowCount(); ++row) {
            QVERIFY(messages.next());
            QTRY_VERIFY_WITH_TIMEOUT(model.message(row), kPatienceMs);
            QCOMPARE(model.message(row)->order, messages.message().stamp.seq.value);
            last = messages.message().stamp.time;
        }
        auto moment = std::make_shared<Moment>();
        moment->mark = {BranchId{}, last, Mark::kWholeInstant};
        model.follow(moment);
        QTRY_COMPARE_WITH_TIMEOUT(model.playhead_row(), 278, kPatienceMs);
        auto exact = std::make_shared<Moment>(*moment);
        exact->message.emplace();
        exact->message->external = true;
        exact->message->order = 150;
        model.follow(exact);
        QTRY_COMPARE_WITH_TIMEOUT(model.playhead_row(), 150 - 21 - 1, kPatienceMs);
    }

    void a_search_that_takes_long_is_cancelled_by_a_button() {
        auto of = std::make_shared<MadeUp>();
        of->known = 1'000'000;
        MessagesPanel panel;
        panel.resize(800, 300);
        panel.show();
        panel.model().open(source_of(of), of->known);
        auto& cancel = *panel.findChild<QPushButton*>("cancel-filter");
        auto& found = *panel.findChild<QLabel*>("messages-found");
        QVERIFY(!cancel.isVisible());
        panel.filter().setText("common");
        QVERIFY(cancel.isVisible());
        QTest::mouseClick(&cancel, Qt::LeftButton);
        QVERIFY(!cancel.isVisible() && panel.complete());
        QVERIFY2(found.text().endsWith("% looked through"), qPrintable(found.text()));
        QVERIFY(panel.model().rowCount() < 900'000);
        panel.filter().clear();
        QCOMPARE(found.text(), "");
        QCOMPARE(panel.model().rowCount(), 1'000'000);
    }

    void members_are_found_by_name() {
        auto of = std::make_shared<MadeUp>();
        of->known = 1'000;
        MessageModel model;
        model.set_members({{MemberId{3}, "Anna", "participant", {}, {}}});
        model.open(source_of(of), of->known);
        model.set_filter("anna");
        QTRY_COMPARE_WITH_TIMEOUT(model.rowCount(), 250, kPatienceMs);
        QCOMPARE(text(model, 0, MessageModel::Sender), "3 Anna");
    }

    void the_row_at_the_playhead_follows_with_and_without_a_filter() {
        auto of = std::make_shared<MadeUp>();
        of->known = 10'000;
        MessageModel model;
        model.open(source_of(of), of->known);
        QCOMPARE(model.playhead_row(), -1);
        model.follow(moment_at_row(1234));
        QTRY_COMPARE_WITH_TIMEOUT(model.playhead_row(), 1234, kPatienceMs);
        model.set_filter("rare");
        QTRY_COMPARE_WITH_TIMEOUT(model.playhead_row(), 123, kPatienceMs);  // the last before
        model.set_filter({});
        QTRY_COMPARE_WITH_TIMEOUT(model.playhead_row(), 1234, kPatienceMs);
        model.follow(moment_at_row(10'500));
        QTRY_COMPARE_WITH_TIMEOUT(model.playhead_row(), 9'999, kPatienceMs);
        of->known = 11'000;
        model.set_count(11'000);
        QTRY_COMPARE_WITH_TIMEOUT(model.playhead_row(), 10'500, kPatienceMs);
        model.close();
        QCOMPARE(model.playhead_row(), -1);
        QCOMPARE(model.rowCount(), 0);
    }
};

TEST_CLASS(MessageModelTest)
#include "message_model_test.moc"
