#include "teatime/replayer/timeline.h"

#include "../state/random_input.h"
#include "../test_main.h"
#include "recorded.h"
#include "teatime/replayer/island_file.h"
#include "teatime/replayer/local_session.h"
#include "teatime/timegraph/reader.h"

using namespace teatime;
using namespace teatime::replayer;
using namespace teatime::test;

/// What a recording shows at a Mark is what the live replica was, on whatever way one comes there.
class TimelineTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::mt19937_64 random_ = seeded_random();
    int files_ = 0;

    Recorded recording(const RecordOptions& options = {}) {
        return record(folder_, "t" + std::to_string(++files_) + ".timegraph", random_, options);
    }
    Timeline opened(const std::string& path, TimelineOptions options = {}) {
        options.modules = {TEST_MODULES "/garden"};
        options.in_process = true;
        auto timeline = Timeline::open(path, options);
        if (!timeline) qFatal("%s", timeline.error().message.c_str());
        return std::move(*timeline);
    }

private slots:
    void every_message_leads_to_the_state_that_was_live() {
        Recorded live = recording();
        Timeline timeline = opened(live.path);
        QVERIFY(timeline.can_execute());
        QVERIFY(timeline.notes().empty());
        QCOMPARE(*timeline.hash(), live.at_start);
        for (std::size_t i = 0; i < live.marks.size(); ++i) {
            auto step = timeline.step();
            VERIFY_OK(step);
            QVERIFY(step->has_value());
            QCOMPARE(timeline.mark(), live.marks[i]);
            QCOMPARE((*step)->mark, live.marks[i]);
            QCOMPARE((*step)->external, bool(live.external[i]));
            QCOMPARE(*timeline.hash(), live.hashes[i]);
        }
        QVERIFY(!timeline.step()->has_value());
        QVERIFY(!*timeline.step_forward(StepBy::instant));
    }

    void seeking_anywhere_in_any_order_shows_the_live_state() {
        for (Duration every : {Duration(100'000), Duration(1'000'000), Duration(1'000'000'000)}) {
            RecordOptions options;
            options.keyframe_every = every;
            Recorded live = recording(options);
            Timeline timeline = opened(live.path);
            for (int i = 0; i < 300; ++i) {
                std::size_t at = random_() % live.marks.size();
                VERIFY_OK(timeline.seek(live.marks[at]));
                QCOMPARE(timeline.mark(), live.marks[at]);
                QCOMPARE(*timeline.hash(), live.hashes[at]);
            }
        }
    }

    void a_time_without_a_message_shows_what_was_executed_last() {
        Recorded live = recording();
        Timeline timeline = opened(live.path);
        for (int i = 0; i < 100; ++i) {
            VirtualTime time(Duration(random_() % timeline.end().time.time_since_epoch().count()));
            auto after = std::upper_bound(live.marks.begin(), live.marks.end(),
                                          Mark{BranchId{}, time, Mark::kWholeInstant});
            VERIFY_OK(timeline.seek(time));
            std::size_t executed = after - live.marks.begin();
            QCOMPARE(*timeline.hash(), executed ? live.hashes[executed - 1] : live.at_start);
        }
    }

    void stepping_back_visits_every_message_in_reverse() {
        RecordOptions options;
        options.keyframe_every = Duration(300'000);
        Recorded live = recording(options);
        Timeline timeline = opened(live.path);
        VERIFY_OK(timeline.seek(timeline.end()));
        for (std::size_t i = live.marks.size(); i-- > 0;) {
            QCOMPARE(*timeline.hash(), live.hashes[i]);
            auto moved = timeline.step_backward();
            VERIFY_OK(moved);
            QVERIFY(*moved);
            QCOMPARE(timeline.mark(), i > 0 ? live.marks[i - 1] : timeline.begin());
        }
        QCOMPARE(*timeline.hash(), live.at_start);
        QVERIFY(!*timeline.step_backward());
    }

    void stepping_by_instant_goes_from_end_to_end_of_an_instant() {
        Recorded live = recording();
        std::vector<Mark> ends;
        for (std::size_t i = 0; i < live.marks.size(); ++i) {
            bool last = i + 1 == live.marks.size() || live.marks[i + 1].time != live.marks[i].time;
            if (last) ends.push_back(live.marks[i]);
        }
        Timeline timeline = opened(live.path);
        for (const Mark& end : ends) {
            QVERIFY(*timeline.step_forward(StepBy::instant));
            QCOMPARE(timeline.mark(), end);
        }
        for (std::size_t i = ends.size(); i-- > 0;) {
            QVERIFY(*timeline.step_backward(StepBy::instant));
            QCOMPARE(timeline.mark(), i > 0 ? ends[i - 1] : timeline.begin());
        }
        QVERIFY(!*timeline.step_backward(StepBy::instant));
    }

    void stepping_by_external_stops_after_it_and_goes_back_before_it() {
        Recorded live = recording();
        Timeline timeline = opened(live.path);
        std::vector<std::size_t> externals;
        for (std::size_t i = 0; i < live.marks.size(); ++i) {
            if (live.external[i]) externals.push_back(i);
        }
        for (std::size_t i : externals) {
            QVERIFY(*timeline.step_forward(StepBy::external));
            QCOMPARE(timeline.mark(), live.marks[i]);
            QCOMPARE(*timeline.hash(), live.hashes[i]);
        }
        QVERIFY(*timeline.step_forward(StepBy::external));  // what is left
        QCOMPARE(timeline.mark(), live.marks.back());
        QVERIFY(!*timeline.step_forward(StepBy::external));
        for (std::size_t e = externals.size(); e-- > 0;) {
            QVERIFY(*timeline.step_backward(StepBy::external));
            std::size_t i = externals[e];
            QCOMPARE(timeline.mark(), i > 0 ? live.marks[i - 1] : timeline.begin());
        }
    }

    void checkpoints_make_no_difference() {
        Recorded live = recording();
        TimelineOptions few;
        few.checkpoint_bytes = 1;
        Timeline with = opened(live.path);
        Timeline without = opened(live.path, few);
        for (int i = 0; i < 400; ++i) {
            std::size_t at = random_() % live.marks.size();
            for (Timeline* timeline : {&with, &without}) {
                if (i % 3 == 0) VERIFY_OK(timeline->seek(live.marks[at]));
                if (i % 3 == 1) VERIFY_OK(timeline->step_backward());
                if (i % 3 == 2) VERIFY_OK(timeline->step_forward());
            }
            QCOMPARE(with.mark(), without.mark());
            QCOMPARE(*with.hash(), *without.hash());
        }
    }

    void a_state_does_not_tell_the_way_to_it() {
        RecordOptions options;
        options.keyframe_every = Duration(200'000);
        Recorded live = recording(options);
        Timeline steady = opened(live.path);
        Timeline jumping = opened(live.path);
        for (std::size_t i = 0; i < live.marks.size(); i += 1 + random_() % 20) {
            VERIFY_OK(steady.play_to(live.marks[i]));
            VERIFY_OK(jumping.seek(live.marks[random_() % live.marks.size()]));
            VERIFY_OK(jumping.seek(live.marks[i]));
            Image a = *steady.state(), b = *jumping.state();
            b.seq = a.seq;  // router messages that no model sees may or may not count
            QVERIFY(a == b);
        }
    }

    void a_snapshot_of_every_message_leads_to_the_same_end() {
        Recorded live = recording();
        Timeline timeline = opened(live.path);
        LocalSession other(garden());
        for (;;) {
            Image image = *timeline.state();
            QCOMPARE(image.mark(), timeline.mark());
            VERIFY_OK(other.restore(image));
            std::vector<ExternalMessage> rest;
            auto recorded = timeline.reader()->messages_after(image.seq);
            while (recorded.next()) {
                timegraph::Message message = recorded.message().copy();
                rest.push_back({message.stamp, message.sender, message.payload});
            }
            VERIFY_OK(other.enqueue(rest));
            VERIFY_OK(other.set_bound(timeline.end().time));
            VERIFY_OK(other.run({}));
            QCOMPARE(other.mark(), live.marks.back());
            QCOMPARE(*other.hash(), live.hashes.back());
            if (!*timeline.step_forward()) break;
        }
    }

    void a_recording_that_was_joined_begins_with_its_keyframe() {
        RecordOptions options;
        options.first = Seq{100};
        Recorded live = recording(options);
        Timeline timeline = opened(live.path);
        QVERIFY(timeline.begin() > (Mark{BranchId{}, kSessionStart, 0}));
        for (int i = 0; i < 100; ++i) {
            std::size_t at = random_() % live.marks.size();
            VERIFY_OK(timeline.seek(live.marks[at]));
            QCOMPARE(*timeline.hash(), live.hashes[at]);
        }
        auto before = timeline.seek(VirtualTime(Duration(1)));
        QVERIFY(!before);
        QVERIFY(before.error().message.find(to_string(timeline.begin())) != std::string::npos);
    }

    void a_mark_that_is_not_there_is_an_error_that_names_the_range() {
        Recorded live = recording();
        Timeline timeline = opened(live.path);
        auto beyond = timeline.seek(timeline.end().time + Duration(1));
        QVERIFY(!beyond);
        QCOMPARE(beyond.error().kind, ErrorKind::wrong_usage);
        QVERIFY(beyond.error().message.find(to_string(timeline.end())) != std::string::npos);
        Mark no_such{BranchId{}, live.marks.back().time, 1'000'000};
        auto missing = timeline.seek(no_such);
        QVERIFY(!missing);
        QVERIFY(missing.error().message.find(std::to_string(live.marks.back().n)) !=
                std::string::npos);
        QCOMPARE(timeline.mark(), live.marks.back());
    }

    /// Others are based on it, and cannot be read either.
    void a_damaged_keyframe_is_passed_over_and_told_of() {
        for (bool joined : {false, true}) {
            RecordOptions options;
            if (joined) options.first = Seq{100};
            Recorded live = recording(options);
            change_file(live.path,
                        joined ? "UPDATE keyframes SET \"check\" = \"check\" + 1 WHERE base NOTNULL"
                               : "UPDATE keyframes SET \"check\" = \"check\" + 1 WHERE id = 1");
            Timeline timeline = opened(live.path);
            for (int i = 0; i < 30; ++i) {
                std::size_t at = i == 0 ? live.marks.size() - 1 : random_() % live.marks.size();
                VERIFY_OK(timeline.seek(live.marks[at]));
                QCOMPARE(*timeline.hash(), live.hashes[at]);
                if (at > 0 && i % 4 == 0) {
                    QVERIFY(*timeline.step_backward());
                    QCOMPARE(*timeline.hash(), live.hashes[at - 1]);
                }
            }
            const std::vector<std::string> notes = timeline.notes();
            QVERIFY(!notes.empty() && notes.size() <= 3);
            for (const std::string& note : notes) QVERIFY(note.find("damaged") != note.npos);
        }
    }

    void behind_a_gap_no_earlier_state_helps() {
        RecordOptions options;
        options.lost_from = Seq{100};
        options.lost_to = Seq{120};
        Recorded live = recording(options);
        Timeline whole = opened(live.path);
        VERIFY_OK(whole.seek(live.marks.back()));
        change_file(live.path, "UPDATE keyframes SET \"check\" = \"check\" + 1 WHERE seq > 100");
        auto went = opened(live.path).seek(live.marks.back());
        QVERIFY(!went);
        QVERIFY(went.error().message.find("missing") != std::string::npos);
    }

    void without_the_module_the_nearest_keyframe_is_shown() {
        Recorded live = recording();
        TimelineOptions options;
        options.execute = false;
        Timeline timeline = opened(live.path, options);
        QVERIFY(!timeline.can_execute());
        VERIFY_OK(timeline.seek(timeline.end()));
        auto keyframe = timeline.reader()->keyframe_before(timeline.end());
        QCOMPARE(timeline.mark(), (*keyframe)->mark);
        QCOMPARE(to_string(timeline.state()->hash), (*keyframe)->hash);
        QVERIFY(!timeline.step());
    }

    void a_saved_island_is_a_timeline_of_one_point() {
        Recorded live = recording();
        Timeline timeline = opened(live.path);
        VERIFY_OK(timeline.seek(live.marks[live.marks.size() / 2]));
        Image image = *timeline.state();
        std::string path = folder_.filePath("saved.island").toStdString();
        VERIFY_OK(write_island_file(path, image));
        Timeline saved = opened(path);
        QCOMPARE(saved.begin(), saved.end());
        QCOMPARE(saved.mark(), image.mark());
        QVERIFY(*saved.state() == image);
        QCOMPARE(*saved.hash(), image.hash);
        VERIFY_OK(saved.seek(image.mark()));
        QVERIFY(!saved.seek(image.time + Duration(1)));
    }

    void errors_of_handlers_are_found_on_the_way() {
        Recorded live = recording();
        Timeline timeline = opened(live.path);
        VERIFY_OK(timeline.play_to(timeline.end()));
        auto errors = timeline.errors();
        QVERIFY(!errors.empty());
        Timeline again = opened(live.path);
        std::size_t seen = 0;
        for (;;) {
            auto step = again.step();
            VERIFY_OK(step);
            if (!*step) break;
            if (!(*step)->error) continue;
            QVERIFY(seen < errors.size());
            QCOMPARE(errors[seen].mark, (*step)->mark);
            QCOMPARE(errors[seen].type, (*step)->error->type);
            ++seen;
        }
        QCOMPARE(seen, errors.size());
    }

    void a_long_run_can_be_cancelled() {
        Recorded live = recording();
        Timeline timeline = opened(live.path);
        std::stop_source source;
        source.request_stop();
        RecordOptions options;
        options.messages = 20'000;
        Timeline longer = opened(recording(options).path);
        auto cancelled = longer.play_to(longer.end(), {{}, source.get_token()});
        QVERIFY(!cancelled);
        VERIFY_OK(longer.play_to(longer.end()));
    }
};

TEST_CLASS(TimelineTest)
#include "timeline_test.moc"
