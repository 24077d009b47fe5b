#include "player.h"

#include <QFile>
#include <QTest>
#include <algorithm>

#include "../test_main.h"
#include "recordings.h"
#include "teatime/replayer/island_file.h"
#include "teatime/replayer/timeline.h"
#include "transport.h"

using namespace teatime;
using namespace teatime::inspector;
using namespace teatime::test;

namespace {

/// A recording that goes on: each call of grow() commits one more message.
class Growing {
public:
    explicit Growing(const QString& path) : path_(path.toStdString()) {
        timegraph::Meta meta;
        meta.kind = "native";
        meta.app = "garden";
        meta.code_id = garden().code_id();
        meta.session = "a session";
        auto writer = timegraph::Writer::create(path_, meta);
        if (!writer) qFatal("%s", writer.error().message.c_str());
        writer_.emplace(std::move(*writer));
    }
    void grow() {
        time_ += std::chrono::milliseconds(50);
        std::string payload = call("garden", "sow");
        auto added = writer_->append({{time_, Seq{++seq_}}, MemberId{1}, payload});
        writer_->bound(time_, timegraph::WallTime(std::chrono::seconds(1'000)));
        auto committed = writer_->commit();
        if (!added || !committed) qFatal("cannot write");
    }
    void close() { (void)writer_->close(); }
    VirtualTime time() const { return time_; }
    const std::string& path() const { return path_; }

private:
    std::string path_;
    std::optional<timegraph::Writer> writer_;
    VirtualTime time_{};
    std::uint64_t seq_ = 0;
};

Hash128 hash_at(const std::string& path, const Mark& mark) {
    auto options = garden_modules();
    options.in_process = true;
    auto timeline = replayer::Timeline::open(path, options);
    if (!timeline) qFatal("%s", timeline.error().message.c_str());
    auto went = timeline->seek(mark);
    if (!went) qFatal("%s", went.error().message.c_str());
    return *timeline->hash();
}

}  // namespace

class PlayerTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::mt19937_64 random_ = seeded_random();
    int files_ = 0;

    QString new_path(const char* suffix = ".timegraph") {
        return folder_.filePath("p" + QString::number(++files_) + suffix);
    }
    Recorded recording(const RecordOptions& options = {}) {
        return record(folder_, "r" + std::to_string(++files_) + ".timegraph", random_, options);
    }

private slots:
    void a_recording_opens_at_its_begin_with_all_facts() {
        Recorded live = recording();
        Player player;
        player.open(QString::fromStdString(live.path), garden_modules());
        WAIT_OPEN(player);
        WAIT_COMPLETE(player);
        QCOMPARE(*player.moment()->hash, live.at_start);
        QVERIFY(player.moment()->state);
        QVERIFY(!player.moment()->message);
        FactsPtr facts = player.facts();
        QVERIFY(facts->can_execute);
        QVERIFY(facts->has_lists);
        QVERIFY(!facts->being_written);
        QCOMPARE(facts->votes, live.votes);
        QCOMPARE(facts->keyframes.size(), live.keyframes);
        QCOMPARE(facts->info.end.messages, 300u);
        QCOMPARE(player.playhead(), facts->begin);
    }

    void every_mark_shows_the_state_that_was_live_and_what_the_message_changed() {
        Recorded live = recording();
        Player player;
        player.open(QString::fromStdString(live.path), garden_modules());
        WAIT_OPEN(player);
        auto options = garden_modules();
        options.in_process = true;
        auto timeline = replayer::Timeline::open(live.path, options);
        VERIFY_OK(timeline);
        for (int i = 0; i < 40; ++i) {
            std::size_t at = 1 + random_() % (live.marks.size() - 1);
            player.seek(live.marks[at]);
            QCOMPARE(player.playhead(), live.marks[at]);
            WAIT_COMPLETE(player);
            MomentPtr moment = player.moment();
            QVERIFY2(moment->problem.empty(), moment->problem.c_str());
            QCOMPARE(moment->mark, live.marks[at]);
            QCOMPARE(*moment->hash, live.hashes[at]);
            QCOMPARE(moment->state->hash, live.hashes[at]);
            QVERIFY(moment->message);
            QCOMPARE(moment->message->mark, live.marks[at]);
            QCOMPARE(moment->message->external, bool(live.external[at]));
            VERIFY_OK(timeline->seek(live.marks[at - 1]));
            Image before = *timeline->state();
            auto step = timeline->step();
            VERIFY_OK(step);
            QCOMPARE(moment->message->text, (*step)->text);
            Image after = *timeline->state();
            before.seq = after.seq;  // of the way to here
            QCOMPARE(moment->changes.size(), diff(before, after).size());
        }
    }

    void dragging_ends_at_the_newest_position_and_shows_some_on_the_way() {
        RecordOptions much;
        much.messages = 2000;
        Recorded live = recording(much);
        Player player;
        player.open(QString::fromStdString(live.path), garden_modules());
        WAIT_OPEN(player);
        int shown = 0;
        connect(&player, &Player::moment_changed, this, [&] { ++shown; });
        std::size_t at = 0;
        for (int i = 0; i < 200; ++i) {
            at = random_() % live.marks.size();
            player.seek(live.marks[at]);
            if (i % 10 == 0) QTest::qWait(1);
        }
        WAIT_COMPLETE(player);
        QCOMPARE(player.moment()->mark, live.marks[at]);
        QCOMPARE(*player.moment()->hash, live.hashes[at]);
        QVERIFY(shown > 0);
        QVERIFY2(shown < 200, "the newest wins: not all are carried out");
    }

    void steps_in_a_row_are_added_up_and_none_is_lost() {
        Recorded live = recording();
        Player player;
        player.open(QString::fromStdString(live.path), garden_modules());
        WAIT_OPEN(player);
        player.seek(live.marks[100]);
        for (int i = 0; i < 30; ++i) player.step(replayer::StepBy::message, true);
        for (int i = 0; i < 12; ++i) player.step(replayer::StepBy::message, false);
        WAIT_COMPLETE(player);
        QCOMPARE(player.moment()->mark, live.marks[118]);
        QCOMPARE(*player.moment()->hash, live.hashes[118]);
        QCOMPARE(player.playhead(), live.marks[118]);
        // After a Moment was completed, which moves the Timeline to and fro.
        player.step(replayer::StepBy::message, false);
        WAIT_COMPLETE(player);
        QCOMPARE(*player.moment()->hash, live.hashes[117]);
        std::size_t external = 118;
        while (!live.external[external]) ++external;
        player.step(replayer::StepBy::external, true);
        WAIT_COMPLETE(player);
        QCOMPARE(player.moment()->mark, live.marks[external]);
        QVERIFY(player.moment()->message->external);
    }

    void steps_beyond_the_ends_stay_there() {
        Recorded live = recording();
        Player player;
        player.open(QString::fromStdString(live.path), garden_modules());
        WAIT_OPEN(player);
        for (int i = 0; i < 3; ++i) player.step(replayer::StepBy::message, false);
        WAIT_COMPLETE(player);
        QCOMPARE(*player.moment()->hash, live.at_start);
        player.seek(VirtualTime::max());
        QCOMPARE(player.playhead(), player.facts()->end);
        player.step(replayer::StepBy::instant, true);
        WAIT_COMPLETE(player);
        QCOMPARE(*player.moment()->hash, live.hashes.back());
    }

    void a_mark_that_is_not_there_shows_the_one_before_and_tells() {
        Recorded live = recording();
        Player player;
        player.open(QString::fromStdString(live.path), garden_modules());
        WAIT_OPEN(player);
        player.seek(Mark{BranchId{}, live.marks[50].time, 1'000'000});
        WAIT_COMPLETE(player);
        QCOMPARE(player.moment()->mark.time, live.marks[50].time);
        QVERIFY(player.moment()->state);
        QVERIFY(!player.moment()->problem.empty());
    }

    void a_module_that_crashes_takes_nothing_with_it() {
        RecordOptions options;
        options.last_call = "crash";
        Recorded live = recording(options);
        Player player;
        player.open(QString::fromStdString(live.path), garden_modules());
        WAIT_OPEN(player);
        for (int i = 0; i < 2; ++i) {
            player.seek(VirtualTime::max());
            WAIT_COMPLETE(player);
            MomentPtr moment = player.moment();
            QVERIFY2(moment->problem.find("crashed") != std::string::npos, moment->problem.c_str());
            QVERIFY(moment->stored);
            QVERIFY(moment->state);
            player.seek(live.marks[20]);
            WAIT_COMPLETE(player);
            QCOMPARE(*player.moment()->hash, live.hashes[20]);
        }
        player.step(replayer::StepBy::message, true);
        WAIT_COMPLETE(player);
        QCOMPARE(*player.moment()->hash, live.hashes[21]);
    }

    void a_module_that_hangs_does_not_keep_anybody_waiting() {
        RecordOptions options;
        options.last_call = "hang";
        Recorded live = recording(options);
        Player player;
        player.open(QString::fromStdString(live.path), garden_modules());
        WAIT_OPEN(player);
        QSignalSpy busy(&player, &Player::busy_changed);
        player.seek(VirtualTime::max());
        QTRY_VERIFY_WITH_TIMEOUT(!busy.isEmpty() && busy.last()[0].toBool(), kPatienceMs);
        QElapsedTimer timer;
        timer.start();
        player.open(QString::fromStdString(live.path), garden_modules());
        player.seek(live.marks[20]);
        QVERIFY2(timer.elapsed() < 5000,
                 "opening waited for the module");  // which is let hang 10 s
        WAIT_OPEN(player);
        WAIT_COMPLETE(player);
        QCOMPARE(*player.moment()->hash, live.hashes[20]);
    }

    void without_the_module_stored_states_are_shown() {
        Recorded live = recording();
        Player player;
        replayer::TimelineOptions options;
        options.execute = false;
        player.open(QString::fromStdString(live.path), options);
        WAIT_OPEN(player);
        QVERIFY(!player.facts()->can_execute);
        QVERIFY(!player.facts()->why_not_executed.isEmpty());
        const auto& keyframes = player.facts()->keyframes;
        player.seek(keyframes[1].mark);
        WAIT_COMPLETE(player);
        QVERIFY(player.moment()->stored);
        QCOMPARE(player.moment()->mark, keyframes[1].mark);
        QCOMPARE(to_string(player.moment()->state->hash), keyframes[1].hash);
        player.step(replayer::StepBy::message, true);
        WAIT_COMPLETE(player);
        QCOMPARE(player.moment()->mark, keyframes[1].mark);
    }

    void a_saved_island_is_one_moment() {
        Recorded live = recording();
        auto options = garden_modules();
        options.in_process = true;
        auto timeline = replayer::Timeline::open(live.path, options);
        VERIFY_OK(timeline->seek(live.marks[70]));
        QString path = new_path(".island");
        VERIFY_OK(replayer::write_island_file(path.toStdString(), *timeline->state()));
        Player player;
        player.open(path, garden_modules());
        WAIT_OPEN(player);
        WAIT_COMPLETE(player);
        QVERIFY(!player.facts()->is_recording);
        QVERIFY(!player.moment()->stored);
        QCOMPARE(*player.moment()->hash, live.hashes[70]);
        QCOMPARE(player.facts()->begin, player.facts()->end);
    }

    void what_cannot_be_opened_is_a_sentence() {
        Player player;
        QSignalSpy failed(&player, &Player::failed);
        player.open(folder_.filePath("nowhere.timegraph"));
        QTRY_COMPARE_WITH_TIMEOUT(failed.count(), 1, kPatienceMs);
        QVERIFY(failed[0][0].toString().contains("nowhere.timegraph"));
        QVERIFY(!player.is_open());
        player.seek(VirtualTime{});  // must do nothing
        Recorded live = recording();
        player.open(QString::fromStdString(live.path), garden_modules());
        WAIT_OPEN(player);
    }

    void a_growing_recording_is_followed_and_facts_change_only_then() {
        Growing growing(new_path());
        for (int i = 0; i < 10; ++i) growing.grow();
        Player player;
        player.open(QString::fromStdString(growing.path()), garden_modules());
        WAIT_OPEN(player);
        QVERIFY(player.facts()->being_written);
        QSignalSpy news(&player, &Player::facts_changed);
        Transport transport(player);
        transport.set_rate(session::Rate::of(8, 1));
        transport.follow();
        QCOMPARE(transport.rate(), session::Rate());  // the recorder's, not ours
        WAIT_COMPLETE(player);
        QCOMPARE(news.count(), 0);
        for (int i = 0; i < 10; ++i) {
            growing.grow();
            QTRY_VERIFY_WITH_TIMEOUT(player.facts()->end.time == growing.time(), kPatienceMs);
            QTRY_VERIFY_WITH_TIMEOUT(player.moment()->asked.time == growing.time(), kPatienceMs);
            QCOMPARE(transport.state(), Transport::State::following);
        }
        QVERIFY(news.count() <= 10);
        WAIT_COMPLETE(player);
        QCOMPARE(*player.moment()->hash, hash_at(growing.path(), player.facts()->end));
        // Looking back ends following, not the recording.
        player.seek(VirtualTime(Duration(100'000)));
        QCOMPARE(transport.state(), Transport::State::paused);
        growing.grow();
        QTRY_VERIFY_WITH_TIMEOUT(player.facts()->end.time == growing.time(), kPatienceMs);
        WAIT_COMPLETE(player);
        QCOMPARE(*player.moment()->hash,
                 hash_at(growing.path(), Mark{BranchId{}, VirtualTime(Duration(100'000))}));
        growing.close();
    }

    void a_file_that_is_deleted_stays_readable_and_a_note_tells() {
        Recorded live = recording();
        Player player;
        player.open(QString::fromStdString(live.path), garden_modules());
        WAIT_OPEN(player);
        QVERIFY(QFile::remove(QString::fromStdString(live.path)));
        QTRY_VERIFY_WITH_TIMEOUT(player.facts()->notes.join('\n').contains("deleted"), kPatienceMs);
        player.seek(live.marks[150]);
        WAIT_COMPLETE(player);
        QCOMPARE(*player.moment()->hash, live.hashes[150]);
    }

    void cancel_leaves_the_playhead_where_it_has_come_to() {
        RecordOptions much;
        much.messages = 4000;
        much.keyframe_every = Duration(1'000'000'000'000);
        Recorded live = recording(much);
        Player player;
        player.open(QString::fromStdString(live.path), garden_modules());
        WAIT_OPEN(player);
        player.seek(VirtualTime::max());
        player.cancel();
        WAIT_SERVED(player);
        QTRY_COMPARE_WITH_TIMEOUT(player.playhead(), player.moment()->mark, kPatienceMs);
        auto here = std::find(live.marks.begin(), live.marks.end(), player.moment()->mark);
        Hash128 expected =
            here == live.marks.end() ? live.at_start : live.hashes[here - live.marks.begin()];
        QCOMPARE(*player.moment()->hash, expected);
    }

    void playing_moves_with_the_clock_at_its_rate_and_stops_at_the_end() {
        Recorded live = recording();
        Player player;
        player.open(QString::fromStdString(live.path), garden_modules());
        WAIT_OPEN(player);
        WAIT_COMPLETE(player);
        std::int64_t now = 1'000'000;
        Transport transport(player, nullptr, [&] { return now; });
        transport.set_rate(session::Rate::of(2, 1));
        transport.play();
        now += 300'000'000;
        transport.tick();
        QCOMPARE(player.playhead().time, VirtualTime(Duration(600'000)));
        WAIT_SERVED(player);
        now += 100'000'000;
        transport.tick();
        QCOMPARE(player.playhead().time, VirtualTime(Duration(800'000)));
        transport.shuttle(-1);
        QCOMPARE(transport.state(), Transport::State::backward);
        WAIT_SERVED(player);
        now += 500'000'000;
        transport.tick();
        QCOMPARE(player.playhead().time, VirtualTime(Duration(300'000)));
        transport.shuttle(1);
        WAIT_SERVED(player);
        now += 3'600'000'000'000;
        transport.tick();
        QCOMPARE(player.playhead(), player.facts()->end);
        QCOMPARE(transport.state(), Transport::State::paused);
    }

    void a_loop_begins_again() {
        Recorded live = recording();
        Player player;
        player.open(QString::fromStdString(live.path), garden_modules());
        WAIT_OPEN(player);
        std::int64_t now = 0;
        Transport transport(player, nullptr, [&] { return now; });
        VirtualTime from(Duration(200'000)), to(Duration(700'000));
        transport.set_loop(Transport::Loop{to, from});  // either way round
        transport.play();
        QCOMPARE(player.playhead().time, from);
        for (int i = 0; i < 20; ++i) {
            WAIT_SERVED(player);
            now += 90'000'000;
            transport.tick();
            QVERIFY(player.playhead().time >= from && player.playhead().time <= to);
        }
        QCOMPARE(transport.state(), Transport::State::forward);
    }
};

TEST_CLASS(PlayerTest)
#include "player_test.moc"
