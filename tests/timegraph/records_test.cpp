#include <QTest>

#include "../state/random_world.h"
#include "../test_main.h"
#include "fixture.h"
#include "teatime/timegraph/verify.h"

using namespace teatime;
using namespace teatime::timegraph;
using namespace std::chrono_literals;

namespace {

constexpr WallTime kWall{std::chrono::microseconds(1'795'000'000'000'000)};

VirtualTime at(Duration time) {
    return kSessionStart + time;
}

Mark mark(Duration time, std::uint64_t n = Mark::kWholeInstant) {
    return {BranchId{}, at(time), n};
}

}  // namespace

class RecordsTest : public QObject {
    Q_OBJECT

    Folder folder_;
    int files_ = 0;
    std::string fresh() { return folder_.file(std::to_string(++files_) + ".timegraph"); }

private slots:
    void what_the_recording_is_of_can_be_told() {
        std::string path = fresh();
        Meta meta{"native",           "painter", std::string(64, 'a'),
                  "session id",       "demo",    "here 1.0",
                  "teatime recorder", 50ms,      {{"quota", "1 GB"}}};
        Writer writer = create(path, {}, meta);
        VERIFY_OK(writer.meta("app", "painter 2"));
        VERIFY_OK(writer.append({{at(1s), {41}}, {3}, "12345", ",6"}));
        writer.bound(at(9s), kWall);
        VERIFY_OK(writer.commit());
        auto info = open(path).info();
        VERIFY_OK(info);
        meta.app = "painter 2";  // the later word counts
        QCOMPARE(info->meta, meta);
        QCOMPARE(info->first, std::optional(Stamp{at(1s), {41}}));
        QCOMPARE(info->end.last, (Stamp{at(1s), {41}}));
        QCOMPARE(info->end.bound, at(9s));
        QCOMPARE(info->end.messages, 1u);
        QCOMPARE(info->end.source_bytes, 7u);
        VERIFY_OK(writer.close());
        auto closed = open(path).info();
        VERIFY_OK(closed);
        QCOMPARE(closed->first, info->first);
        QCOMPARE(closed->end, info->end);
    }

    void small_records_come_back() {
        std::string path = fresh();
        Writer writer = create(path);
        std::vector<Vote> votes = {{mark(1s, 0), {1}, "a"},
                                   {mark(1s, 3), {2}, "b"},
                                   {mark(1s), {1}, "c"},
                                   {mark(1s), {2}, "c"},
                                   {mark(2s, 1), {1}, ""}};
        for (const Vote& vote : votes) VERIFY_OK(writer.vote(vote));
        Bookmark bookmark{mark(2s, 5), kWall, "ann", "here\nit <b>broke</b>"};
        VERIFY_OK(writer.bookmark(bookmark));
        HandlerError error{mark(3s, 1), {17}, "std::out_of_range", "vector::at"};
        VERIFY_OK(writer.error(error));
        ForeignFile file{{at(4s), {18}}, "snapshots/x.snap", std::string(100'000, '\0') + "end"};
        VERIFY_OK(writer.file(file));
        VERIFY_OK(writer.close());

        Reader reader = open(path);
        QCOMPARE(reader.votes().value(), votes);
        QCOMPARE(reader.votes(mark(1s, 3), mark(1s)).value(),
                 std::vector<Vote>(votes.begin() + 1, votes.begin() + 4));
        QCOMPARE(reader.bookmarks().value(), std::vector{bookmark});
        QCOMPARE(reader.errors().value(), std::vector{error});
        QCOMPARE(reader.files().value(), std::vector{file});
    }

    void branches_come_back_with_their_edits_and_cannot_leave_from_nowhere() {
        std::string path = fresh();
        Writer writer = create(path);
        Branch first{{1}, mark(2s, 5), kWall, "what if she stayed", {}};
        first.edits = {{"drop", {7}, {}, 0, {}, {}, {}, {}},
                       {"insert", {8}, at(3s), 0, {2}, {}, "\"[1]\"", ",0"},
                       {"set", {}, at(2s), 5, {}, "counter.count", "7", {}}};
        Branch second{{2}, {{1}, at(4s), 0}, kWall, "", {}};
        QCOMPARE(writer.branch(first).value(), first.id);
        QCOMPARE(writer.branch(second).value(), second.id);
        QVERIFY(!writer.branch({{}, {{3}, at(4s), 0}, kWall, "of itself", {}}));
        VERIFY_OK(writer.close());
        Reader reader = open(path);
        QCOMPARE(reader.branches().value(), (std::vector{first, second}));
        QCOMPARE(reader.info()->branches, 2u);
        QCOMPARE(reader.info()->edits, 3u);
        VERIFY_OK(verify(path));
    }

    void members_come_and_go_and_come_again() {
        std::string path = fresh();
        Writer writer = create(path);
        VERIFY_OK(writer.member_joined({1}, "ann", "writer", {at(1s), {1}}));
        VERIFY_OK(writer.member_joined({2}, "bob", "viewer", {at(2s), {2}}));
        VERIFY_OK(writer.member_left({1}, {at(3s), {3}}));
        VERIFY_OK(writer.member_joined({1}, "ann", "viewer", {at(4s), {4}}));
        VERIFY_OK(writer.close());
        std::vector<Member> expected = {{{1}, "ann", "writer", {at(1s), {1}}, Stamp{at(3s), {3}}},
                                        {{2}, "bob", "viewer", {at(2s), {2}}, std::nullopt},
                                        {{1}, "ann", "viewer", {at(4s), {4}}, std::nullopt}};
        QCOMPARE(open(path).members().value(), expected);
    }

    /// 10 s at rate 1, a pause of a minute, 10 s of virtual time at rate 4.
    void virtual_and_wall_time_convert_both_ways() {
        std::string path = fresh();
        Writer writer = create(path);
        VERIFY_OK(writer.clock({{at(0s), {}}, kWall, 1}));
        VERIFY_OK(writer.clock({{at(10s), {5}}, kWall + 10s, 0}));
        VERIFY_OK(writer.clock({{at(10s), {6}}, kWall + 70s, 4}));
        writer.bound(at(20s), kWall + 72'500ms);
        VERIFY_OK(writer.close());
        Reader reader = open(path);
        std::vector<std::pair<VirtualTime, WallTime>> same = {{at(0s), kWall},
                                                              {at(1234567us), kWall + 1234567us},
                                                              {at(12s), kWall + 70'500ms},
                                                              {at(20s), kWall + 72'500ms}};
        for (auto [time, wall] : same) {
            QCOMPARE(reader.wall_at(time).value(), wall);
            QCOMPARE(reader.time_at(wall).value(), time);
        }
        QCOMPARE(reader.time_at(kWall + 30s).value(), at(10s));
        QCOMPARE(reader.time_at(kWall + 10s).value(), at(10s));
        QVERIFY(!reader.wall_at(at(21s)));
        QVERIFY(!reader.time_at(kWall - 1us));
        QVERIFY(!reader.time_at(kWall + 80s));
    }

    void each_block_notes_the_clock() {
        std::string path = fresh();
        Writer writer = create(path, {.block_bytes = 1});
        writer.bound(at(1s), kWall);
        VERIFY_OK(writer.append({{at(1s), {1}}, {}, "1"}));
        VERIFY_OK(writer.close());
        auto clock = open(path).clock();
        VERIFY_OK(clock);
        QCOMPARE(clock->size(), std::size_t{1});
        QCOMPARE(clock->front().wall, kWall);
    }

    void keyframes_give_back_the_state_and_are_found_by_mark() {
        auto random = test::seeded_random();
        std::string path = fresh();
        Writer writer = create(path);
        std::vector<Image> images;
        std::vector<std::vector<ObjectId>> touched;
        Image image = test::random_image(random, 30);
        for (int i = 0; i < 30; ++i) {
            images.push_back(image);
            touched.emplace_back();
            for (const Image::Object& object : image.objects) {
                if (random() % 3 == 0) touched.back().push_back(object.id);
            }
            VERIFY_OK(writer.keyframe(image, touched.back()));
            if (random() % 4 == 0) VERIFY_OK(writer.commit());
            Image following = image;
            test::disturb(following, random, 5);
            following.time = image.time;
            following.executed_at_time = image.executed_at_time + 1;
            image = following;
        }
        VERIFY_OK(writer.close());
        auto verification = verify(path);
        VERIFY_OK(verification);
        QCOMPARE(verification->keyframes, images.size());
        for (auto& problem : verification->problems) qWarning("%s", to_string(problem).c_str());
        QVERIFY(verification->problems.empty());

        Reader reader = open(path);
        auto keyframes = reader.keyframes();
        VERIFY_OK(keyframes);
        QCOMPARE(keyframes->size(), images.size());
        std::size_t full = 0;
        for (std::size_t i = 0; i < images.size(); ++i) {
            const KeyframeInfo& keyframe = keyframes->at(i);
            full += keyframe.kind == KeyframeInfo::Kind::full;
            QCOMPARE(keyframe.mark, images[i].mark());
            QCOMPARE(keyframe.seq, images[i].seq);
            QVERIFY(reader.touched(keyframe).value() == touched[i]);
            QCOMPARE(keyframe.hash, to_string(images[i].hash));
            auto state = reader.image(keyframe);
            VERIFY_OK(state);
            QVERIFY(*state == images[i]);
            QCOMPARE(reader.keyframe_before(images[i].mark()).value(), std::optional(keyframe));
        }
        QCOMPARE(full, std::size_t{4});  // 30 = 4 full ones, each with up to 8 deltas
        Mark early{BranchId{}, images.front().time - 1us, Mark::kWholeInstant};
        QVERIFY(!reader.keyframe_before(early).value());
        Mark late{BranchId{}, images.front().time, Mark::kWholeInstant};
        QCOMPARE(reader.keyframe_before(late).value(), std::optional(keyframes->back()));
        QVERIFY(!reader.schemas().value().empty());
    }

    void a_foreign_state_comes_back_but_is_no_image() {
        std::string path = fresh();
        Writer writer = create(path);
        VERIFY_OK(writer.foreign_keyframe(mark(1s), {9}, "its hash", "bytes \x01 of it"));
        VERIFY_OK(writer.close());
        Reader reader = open(path);
        auto keyframe = reader.keyframe_before(mark(5s)).value();
        QVERIFY(keyframe);
        QCOMPARE(keyframe->seq.value, 9u);
        QCOMPARE(keyframe->mark, mark(1s));
        QCOMPARE(reader.foreign_state(*keyframe).value(), std::string("bytes \x01 of it"));
        QVERIFY(!reader.image(*keyframe));
    }

    void a_reopened_recording_begins_with_a_full_keyframe() {
        auto random = test::seeded_random();
        std::string path = fresh();
        Image image = test::random_image(random, 5);
        Writer writer = create(path);
        VERIFY_OK(writer.keyframe(image, {}));
        VERIFY_OK(writer.close());
        auto again = Writer::open(path);
        VERIFY_OK(again);
        ++image.executed_at_time;
        VERIFY_OK(again->keyframe(image, {}));
        VERIFY_OK(again->close());
        auto keyframes = open(path).keyframes();
        VERIFY_OK(keyframes);
        QCOMPARE(keyframes->back().kind, KeyframeInfo::Kind::full);
    }
};

TEST_CLASS(RecordsTest)
#include "records_test.moc"
