#include "teatime/replayer/verify.h"

#include "../state/random_input.h"
#include "../test_main.h"
#include "recorded.h"
#include "teatime/timegraph/reader.h"

using namespace teatime;
using namespace teatime::replayer;
using namespace teatime::test;
using namespace std::chrono_literals;

/// Re-execution finds where a recording and its code part, and nothing where they agree.
class VerifyTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::mt19937_64 random_ = seeded_random();
    int files_ = 0;

    Recorded recording(const RecordOptions& options = {}) {
        return record(folder_, "v" + std::to_string(++files_) + ".timegraph", random_, options);
    }
    Timeline opened(const std::string& path, const std::string& build = "garden") {
        TimelineOptions options;
        options.modules = {TEST_MODULES "/" + build};
        auto timeline = Timeline::open(path, options);
        if (!timeline) qFatal("%s", timeline.error().message.c_str());
        return std::move(*timeline);
    }

private slots:
    void a_recording_agrees_with_its_own_code() {
        Recorded live = recording();
        Timeline timeline = opened(live.path);
        auto report = verify_replay(timeline);
        VERIFY_OK(report);
        QVERIFY(report->executed);
        QVERIFY(report->agrees());
        QVERIFY(live.votes.size() > 20);
        QCOMPARE(report->votes, live.votes.size());
        QCOMPARE(report->votes_agree, live.votes.size());
        QVERIFY(live.keyframes > 3);
        QCOMPARE(report->keyframes, live.keyframes);
        QCOMPARE(report->keyframes_agree, live.keyframes);
        QCOMPARE(report->not_reached, 0u);
    }

    void the_build_that_is_named_is_the_one_that_runs() {
        Recorded live = recording();
        qputenv("TEATIME_MODULES", TEST_MODULES "/garden");  // would be found, and is the recorded
        Timeline timeline = opened(live.path, "garden_skips");
        qunsetenv("TEATIME_MODULES");
        auto report = verify_replay(timeline);
        VERIFY_OK(report);
        QVERIFY(report->executed);
        QVERIFY(!report->agrees());
    }

    void one_wrong_vote_is_found_with_its_member() {
        RecordOptions options;
        options.wrong_vote = 5;
        Recorded live = recording(options);
        Timeline timeline = opened(live.path);
        auto report = verify_replay(timeline);
        VERIFY_OK(report);
        QVERIFY(!report->agrees());
        const timegraph::Vote& wrong = live.votes[5];
        QCOMPARE(report->first_difference->mark, wrong.mark);
        QCOMPARE(report->first_difference->members, std::vector{wrong.member});
        QCOMPARE(report->first_difference->recorded, wrong.hash);
        QVERIFY(!report->first_difference->keyframe);
        QCOMPARE(report->votes_agree, live.votes.size() - 1);
    }

    void a_change_of_one_line_is_found_at_the_right_vote() {
        Recorded live = recording();
        Timeline timeline = opened(live.path, "garden_skips");
        QVERIFY(timeline.can_execute());
        QCOMPARE(timeline.notes().size(), 1u);
        QVERIFY(timeline.notes()[0].find("another build of garden") != std::string::npos);
        auto report = verify_replay(timeline);
        VERIFY_OK(report);
        QVERIFY(!report->agrees());
        using namespace std::chrono_literals;
        QCOMPARE(to_string(report->first_difference->mark),
                 to_string(Mark{{}, VirtualTime(500ms)}));
        QCOMPARE(report->votes_agree, 4u);  // at 100, 200, 300 and 400 ms
    }

    void other_fields_are_named_and_stored_states_shown() {
        Recorded live = recording();
        Timeline timeline = opened(live.path, "garden_visitor");
        QVERIFY(!timeline.can_execute());
        QVERIFY(timeline.why_not_executed().find("visitors: set<uint32>") != std::string::npos);
        VERIFY_OK(timeline.seek(timeline.end()));
        auto keyframe = timeline.reader()->keyframe_before(timeline.end());
        QCOMPARE(timeline.mark(), (*keyframe)->mark);
        VERIFY_OK(timeline.state());
        auto report = verify_replay(timeline);
        VERIFY_OK(report);
        QVERIFY(!report->executed);
        QCOMPARE(report->why_not, timeline.why_not_executed());
    }

    void without_the_module_nothing_is_executed_and_the_reason_told() {
        Recorded live = recording();
        std::filesystem::create_directories(TEST_MODULES "/empty");
        Timeline timeline = opened(live.path, "empty");
        QVERIFY(!timeline.can_execute());
        QVERIFY(timeline.why_not_executed().find("no module garden.so") != std::string::npos);
        QVERIFY(timeline.why_not_executed().find("/empty") != std::string::npos);
    }

    void behind_missing_messages_it_goes_on_at_the_next_keyframe() {
        RecordOptions options;
        options.lost_from = Seq{120};
        options.lost_to = Seq{130};
        Recorded live = recording(options);
        Timeline timeline = opened(live.path);
        QCOMPARE(timeline.notes().size(), 1u);
        auto report = verify_replay(timeline);
        VERIFY_OK(report);
        QVERIFY(report->agrees());
        QVERIFY(report->votes_agree > 10);
        QCOMPARE(report->votes + report->keyframes + report->not_reached,
                 live.votes.size() + live.keyframes);

        VERIFY_OK(timeline.seek(live.marks.back()));
        QCOMPARE(*timeline.hash(), live.hashes.back());
        std::size_t unknown = 0;
        for (std::size_t i = 0; i < live.marks.size(); ++i) {  // never a wrong state
            if (timeline.seek(live.marks[i]))
                QCOMPARE(*timeline.hash(), live.hashes[i]);
            else
                ++unknown;
        }
        QVERIFY(unknown > 0 && unknown < live.marks.size() / 2);
        VERIFY_OK(timeline.seek(timeline.begin()));
        auto played = timeline.play_to(timeline.end());
        QVERIFY(!played);
        QVERIFY(played.error().message.find("messages 120 to 130") != std::string::npos);
    }

    void what_no_later_keyframe_helps_to_is_not_reached() {
        for (int round = 0; round < 10; ++round) {
            RecordOptions options;
            options.messages = 150;
            options.spread_ms = round % 2 == 0 ? 30 : 1;  // many messages in one instant
            options.lost_from = Seq{1 + random_() % 150};
            options.lost_to = Seq{options.lost_from.value + random_() % 20};
            options.keyframe_every = round < 5 ? Duration(100h) : Duration(50'000);
            options.vote_every = Duration(10'000);
            Recorded live = recording(options);
            Timeline timeline = opened(live.path);
            auto report = verify_replay(timeline);
            VERIFY_OK(report);
            QVERIFY(report->agrees());
            if (!report->executed) continue;  // it begins with what is missing
            QCOMPARE(report->votes + report->keyframes + report->not_reached,
                     live.votes.size() + live.keyframes);
            bool ends_before = options.lost_to.value < 150 && options.lost_from.value > 1;
            if (live.keyframes == 0 && ends_before) QVERIFY(report->not_reached > 0);
        }
    }

    void losses_told_one_by_one_are_one_gap() {
        RecordOptions options;
        options.lost_from = Seq{120};
        options.lost_to = Seq{240};  // keyframes among them hold what was lost before
        options.each_loss_told = true;
        Recorded live = recording(options);
        Timeline timeline = opened(live.path);
        QCOMPARE(timeline.reader()->info()->gaps, 121u);
        auto report = verify_replay(timeline);
        VERIFY_OK(report);
        QVERIFY(report->agrees());
        QVERIFY(report->keyframes_agree > 1);
        QCOMPARE(report->votes + report->keyframes + report->not_reached,
                 live.votes.size() + live.keyframes);
    }

    void a_gap_in_which_no_message_is_missing_is_none() {
        RecordOptions options;
        options.records_lost_after = Seq{120};
        Recorded live = recording(options);
        Timeline timeline = opened(live.path);
        QCOMPARE(timeline.reader()->info()->gaps, 1u);
        auto report = verify_replay(timeline);
        VERIFY_OK(report);
        QVERIFY(report->agrees());
        QCOMPARE(report->not_reached, 0u);
    }

    void a_joined_recording_is_verified_from_its_keyframe_on() {
        RecordOptions options;
        options.first = Seq{50};
        Recorded live = recording(options);
        Timeline timeline = opened(live.path);
        auto report = verify_replay(timeline);
        VERIFY_OK(report);
        QVERIFY(report->agrees());
        QCOMPARE(report->votes, live.votes.size());
        QCOMPARE(report->from, timeline.begin());
    }
};

TEST_CLASS(VerifyTest)
#include "verify_test.moc"
