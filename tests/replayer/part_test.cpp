#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "../state/random_input.h"
#include "../test_main.h"
#include "recorded.h"
#include "teatime/replayer/query.h"
#include "teatime/replayer/trace.h"
#include "teatime/replayer/verify.h"
#include "teatime/timegraph/merge.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/recover.h"
#include "teatime/timegraph/trim.h"
#include "teatime/timegraph/verify.h"

using namespace teatime;
using namespace teatime::replayer;
using namespace teatime::test;
using namespace std::chrono_literals;

/// What is made of a recording replays as that does: parts, what was saved of a damaged one,
/// traces.
class PartTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::mt19937_64 random_ = seeded_random();
    int files_ = 0;

    std::string file(const std::string& name) {
        return folder_.filePath(QString::fromStdString(name)).toStdString();
    }
    Recorded recording(const RecordOptions& options = {}) {
        return record(folder_, "p" + std::to_string(++files_) + ".timegraph", random_, options);
    }
    Timeline opened(const std::string& path, bool execute = true) {
        TimelineOptions options;
        options.modules = {TEST_MODULES "/garden"};
        options.in_process = true;
        options.execute = execute;
        auto timeline = Timeline::open(path, options);
        if (!timeline) qFatal("%s", timeline.error().message.c_str());
        return std::move(*timeline);
    }
    void is_whole(const std::string& path) {
        auto file = timegraph::verify(path);
        VERIFY_OK(file);
        for (auto& problem : file->problems) qWarning("%s", to_string(problem).c_str());
        QVERIFY(file->problems.empty());
    }
    void agrees(const std::string& path, ReplayReport& report) {
        is_whole(path);
        Timeline timeline = opened(path);
        auto verified = verify_replay(timeline);
        VERIFY_OK(verified);
        QVERIFY(verified->executed);
        QVERIFY(verified->agrees());
        report = *verified;
    }
    /// All states inside are those of the live replica.
    void states_agree(const Recorded& live, const std::string& path, const Mark& from,
                      const Mark& to) {
        Timeline timeline = opened(path);
        for (int i = 0; i < 20; ++i) {
            std::size_t at = random_() % live.marks.size();
            if (live.marks[at] < from || live.marks[at] > to) continue;
            VERIFY_OK(timeline.seek(live.marks[at]));
            QCOMPARE(*timeline.hash(), live.hashes[at]);
        }
    }

private slots:
    void a_part_begins_with_the_state_before_it_and_replays_the_same() {
        Recorded live = recording();
        for (int round = 0; round < 10; ++round) {
            Timeline timeline = opened(live.path);
            auto length = (timeline.end().time - kSessionStart).count();
            VirtualTime from = kSessionStart + Duration(random_() % length);
            VirtualTime to = from + Duration(random_() % (length / 2));
            std::string path = file("part" + std::to_string(round));
            VERIFY_OK(timeline.seek(std::max(Mark{BranchId{}, from, 0}, timeline.begin())));
            auto part = timegraph::trim(*timeline.reader(), from, to, *timeline.state(), path);
            VERIFY_OK(part);
            QVERIFY(part->begin && part->begin->time <= from);
            QCOMPARE(part->end.bound, std::min(to, timeline.end().time));
            Timeline trimmed = opened(path);
            QCOMPARE(trimmed.begin(), *part->begin);
            ReplayReport report;
            agrees(path, report);
            auto votes = std::count_if(live.votes.begin(), live.votes.end(), [&](const auto& vote) {
                return vote.mark >= *part->begin && vote.mark.time <= to;
            });
            QCOMPARE(report.votes, static_cast<std::uint64_t>(votes));
            QCOMPARE(report.not_reached, 0u);
            states_agree(live, path, *part->begin, {BranchId{}, to, Mark::kWholeInstant});
        }
    }

    void without_the_module_it_begins_with_a_stored_state() {
        Recorded live = recording();
        Timeline timeline = opened(live.path, false);
        VirtualTime middle = kSessionStart + (timeline.end().time - kSessionStart) / 2;
        auto keyframe = *timeline.reader()->keyframe_before({BranchId{}, middle, 0});
        QVERIFY(keyframe);
        std::string path = file("stored");
        auto part = timegraph::trim(*timeline.reader(), middle, timeline.end().time, {}, path);
        VERIFY_OK(part);
        QCOMPARE(*part->begin, keyframe->mark);
        ReplayReport report;
        agrees(path, report);
        QVERIFY(report.votes > 5);
    }

    void the_first_part_begins_as_the_recording_does() {
        Recorded live = recording();
        Timeline timeline = opened(live.path);
        std::string path = file("first");
        auto part =
            timegraph::trim(*timeline.reader(), kSessionStart, kSessionStart + 1s, {}, path);
        VERIFY_OK(part);
        QVERIFY(!part->begin);
        ReplayReport report;
        agrees(path, report);
        QCOMPARE(opened(path).begin(), timeline.begin());
        std::string again = file("compact");
        VERIFY_OK(timegraph::compact(*timeline.reader(), again));
        agrees(again, report);
        QCOMPARE(report.votes, live.votes.size());
        QCOMPARE(report.keyframes, live.keyframes);
        QVERIFY(!timegraph::compact(*timeline.reader(), again));  // never overwritten
    }

    void a_part_that_is_ended_early_leaves_no_file() {
        Recorded live = recording();
        Timeline timeline = opened(live.path, false);
        std::stop_source stop;
        stop.request_stop();
        auto part = timegraph::trim(*timeline.reader(), kSessionStart, timeline.end().time, {},
                                    file("never"), {{}, stop.get_token()});
        QVERIFY(!part);
        QVERIFY(!std::filesystem::exists(file("never")));
        QVERIFY(!std::filesystem::exists(file("never.part")));
    }

    /// Zeros over a third of the file: what comes out agrees wherever it can be executed.
    void what_was_saved_of_a_damaged_recording_replays() {
        RecordOptions options;
        options.messages = 3000;
        Recorded live = recording(options);
        std::uint64_t votes = 0;
        for (int round = 0; round < 6; ++round) {
            std::string damaged = file("damaged"), path = file("saved" + std::to_string(round));
            std::filesystem::copy_file(live.path, damaged,
                                       std::filesystem::copy_options::overwrite_existing);
            std::size_t size = std::filesystem::file_size(damaged);
            std::fstream bytes(damaged, std::ios::binary | std::ios::in | std::ios::out);
            std::size_t at = 8192 + random_() % (size - 8192), length = random_() % (size / 3);
            bytes.seekp(static_cast<std::streamoff>(at));
            bytes << std::string(std::min(length, size - at), 0);
            bytes.close();
            auto saved = timegraph::recover(damaged, path);
            VERIFY_OK(saved);
            if (saved->rows == 0) continue;
            is_whole(path);
            Timeline timeline = opened(path);
            if (!timeline.can_execute()) continue;  // its meta is lost
            auto report = verify_replay(timeline);
            VERIFY_OK(report);
            QVERIFY(report->agrees());
            votes += report->votes;
        }
        QVERIFY(votes > 0);
    }

    void what_one_recording_lacks_another_has() {
        std::mt19937_64 same = random_, again = random_;
        RecordOptions options;
        Recorded live = record(folder_, "whole.timegraph", random_, options);
        options.lost_from = {100}, options.lost_to = {150};
        Recorded a = record(folder_, "a.timegraph", same, options);
        options.lost_from = {130}, options.lost_to = {170};
        options.first = {20};
        Recorded b = record(folder_, "b.timegraph", again, options);
        std::string path = file("merged");
        auto merged = timegraph::merge({b.path, a.path}, path);
        VERIFY_OK(merged);
        QCOMPARE(merged->conflict_count, 0u);
        QCOMPARE(merged->end.messages, 300u - 21u);
        ReplayReport report;
        agrees(path, report);
        QVERIFY(report.keyframes > 3 && report.votes > 10);
        states_agree(live, path, Mark{}, a.marks[50]);
        auto reader = timegraph::Reader::open(path);
        auto gaps = *reader->gaps();
        QCOMPARE(gaps.size(), std::size_t{1});
        QCOMPARE(gaps[0].after.seq.value, 129u);
        QCOMPARE(gaps[0].before.seq.value, 151u);

        std::string all = file("all");
        VERIFY_OK(timegraph::merge({path, live.path}, all));
        agrees(all, report);
        QCOMPARE(report.not_reached, 0u);
        QCOMPARE(report.votes, live.votes.size());
        QVERIFY(timegraph::Reader::open(all)->gaps()->empty());
        states_agree(live, all, Mark{}, live.marks.back());
    }

    /// Who wrote a field last: stretches are skipped by what was touched in them.
    void a_merged_recording_knows_what_was_touched() {
        Recorded live = record(folder_, "early.timegraph", random_, {});
        Timeline timeline = opened(live.path);
        VirtualTime middle = kSessionStart + (timeline.end().time - kSessionStart) / 2;
        std::string early = file("half1"), late = file("half2"), path = file("halves");
        VERIFY_OK(timeline.seek({BranchId{}, middle, 0}));
        const timegraph::Reader& reader = *timeline.reader();
        VERIFY_OK(timegraph::trim(reader, kSessionStart, middle - Duration(1), {}, early));
        VERIFY_OK(timegraph::trim(reader, middle, timeline.end().time, *timeline.state(), late));
        VERIFY_OK(timegraph::merge({late, early}, path));
        ReplayReport report;
        agrees(path, report);
        QCOMPARE(report.votes, live.votes.size());
        Timeline merged = opened(path);
        QCOMPARE(merged.begin(), timeline.begin());
        // Just behind where the second begins: what was written last is before that.
        Mark at{BranchId{}, middle, 0};
        VERIFY_OK(merged.seek(at));
        Image image = *merged.state();
        std::size_t found = 0;
        for (const Image::Object& object : image.objects) {
            if (image.schemas[object.schema].class_name != "Plant") continue;
            std::string field = "#" + std::to_string(object.id.value) + ".height";
            auto before = who_wrote(timeline, field, at);
            auto after = who_wrote(merged, field, at);
            VERIFY_OK(before);
            VERIFY_OK(after);
            QCOMPARE(after->since, before->since);
            ++found;
        }
        QVERIFY(found > 5);
    }

    void another_session_and_other_messages_are_told() {
        std::mt19937_64 same = random_;
        Recorded a = recording();
        RecordOptions options;
        options.session = "another";
        Recorded b = recording(options);
        auto refused = timegraph::merge({a.path, b.path}, file("never"));
        QVERIFY(!refused && refused.error().message.find("session another") != std::string::npos);
        QVERIFY(!timegraph::merge({a.path}, file("never")));
        options.session = "a session";
        options.last_call = "quarrel";
        Recorded c = record(folder_, "c.timegraph", same, options);
        auto merged = timegraph::merge({a.path, c.path}, file("conflict"));
        VERIFY_OK(merged);
        QVERIFY(merged->conflict_count > 0);
        QVERIFY(merged->conflicts[0].find("message 300 at") == 0);
        QVERIFY(!std::filesystem::exists(file("never")));
    }

    void another_run_of_a_session_is_refused() {
        Recorded a = recording(), b = recording();
        auto of_run = [&](const std::string& path, const char* timeline, const std::string& copy) {
            std::filesystem::copy_file(path, copy);
            auto writer = timegraph::Writer::open(copy);
            VERIFY_OK(writer);
            VERIFY_OK(writer->meta("timeline", timeline));
            VERIFY_OK(writer->close());
        };
        of_run(a.path, "one", file("run one"));
        of_run(b.path, "two", file("run two"));
        auto refused = timegraph::merge({file("run one"), file("run two")}, file("no run"));
        QVERIFY(!refused);
        QVERIFY(refused.error().message.find("run two is of another run of session") !=
                std::string::npos);
        VERIFY_OK(timegraph::merge({file("run one"), a.path}, file("one run")));
    }

    /// Votes, and messages that cannot stand behind each other.
    void what_cannot_be_true_of_one_session_is_a_conflict() {
        using namespace timegraph;
        auto recorded = [&](const std::string& path, std::initializer_list<Stamp> stamps,
                            const char* hash) {
            Meta meta;
            meta.session = "a session";
            auto writer = Writer::create(path, meta);
            VERIFY_OK(writer);
            for (Stamp stamp : stamps)
                VERIFY_OK(writer->append({stamp, {1}, path == file("x") ? "x" : "y", ""}));
            VERIFY_OK(writer->vote({Mark{{}, kSessionStart + 1s, 0}, {1}, hash}));
            VERIFY_OK(writer->vote({Mark{{}, kSessionStart + 2s, 0}, {1}, "same"}));
            VERIFY_OK(writer->close());
        };
        auto at = [](int seconds, std::uint64_t seq) {
            return Stamp{kSessionStart + std::chrono::seconds(seconds), {seq}};
        };
        recorded(file("x"), {at(1, 1), at(2, 2), at(9, 4), at(10, 5)}, "one");
        recorded(file("y"), {at(1, 2), at(3, 3), at(4, 5), at(5, 6), at(11, 7)}, "another");
        auto merged = timegraph::merge({file("x"), file("y")}, file("xy"));
        VERIFY_OK(merged);
        auto told = [&](const std::string& part) {
            return std::count_if(merged->conflicts.begin(), merged->conflicts.end(),
                                 [&](auto& one) { return one.find(part) != std::string::npos; });
        };
        // 2 and 5 are others; 6 is too early; a vote.
        QCOMPARE(merged->conflict_count, 4u);
        QCOMPARE(told("message 6 at 5s of " + file("y") + " is before message 5 at 10s"), 1);
        QCOMPARE(told("the vote of #1 at 1s#0 is another one in " + file("y")), 1);
        auto reader = Reader::open(file("xy"));
        VERIFY_OK(reader);
        QCOMPARE(reader->end()->messages, 6u);
        QCOMPARE(reader->votes()->size(), std::size_t{2});
        QCOMPARE(reader->votes()->front().hash, std::string("one"));
        QCOMPARE(reader->gaps()->size(), std::size_t{1});
        QCOMPARE(reader->gaps()->front().why,
                 std::string("the recordings differ in these messages"));
        auto verification = verify(file("xy"));
        VERIFY_OK(verification);
        QVERIFY(verification->problems.empty());
    }

    void a_trace_has_a_slice_for_each_message_and_arrows_between_them() {
        Recorded live = recording();
        Timeline timeline = opened(live.path);
        Value trace = traced(timeline);
        const Value::List* events = trace.find("traceEvents")->if_list();
        QVERIFY(events);
        std::set<std::pair<std::int64_t, std::int64_t>> slices;  // track, time
        std::map<std::int64_t, const Value*> starts, ends;
        std::set<std::int64_t> named;
        auto number = [](const Value& event, const char* name) {
            return *event.find(name)->if_int();
        };
        for (const Value& event : *events) {
            std::string phase = *event.find("ph")->if_string();
            QVERIFY(event.find("ts") && event.find("pid") && event.find("name"));
            if (phase == "M") named.insert(number(event, "tid"));
            if (phase == "X") {
                QVERIFY(named.contains(number(event, "tid")));
                QVERIFY(slices.insert({number(event, "tid"), number(event, "ts")}).second);
            }
            if (phase == "s") QVERIFY(starts.emplace(number(event, "id"), &event).second);
            if (phase == "f") QVERIFY(ends.emplace(number(event, "id"), &event).second);
        }
        QCOMPARE(slices.size(), live.marks.size());
        QCOMPARE(starts.size(), ends.size());
        QVERIFY(starts.size() > 20);
        for (const auto& [id, start] : starts) {
            QVERIFY(ends.contains(id));
            const Value& end = *ends[id];
            QVERIFY(slices.contains({number(*start, "tid"), number(*start, "ts")}));
            QVERIFY(slices.contains({number(end, "tid"), number(end, "ts")}));
            QVERIFY(number(*start, "ts") < number(end, "ts"));
        }
    }

    /// By the rules of Perfetto's importer (src/trace_processor/importers/json of google/perfetto):
    /// sorted by time, else in the order of the file; an arrow begins and ends at the innermost
    /// slice that is open on its track, and is told by id, category and name.
    void a_trace_is_one_that_perfetto_takes_whole() {
        Recorded live = recording();
        Timeline timeline = opened(live.path);
        std::string text;
        Value trace = traced(timeline, &text);
        QCOMPARE(trace.if_entries()->size(), std::size_t{1});
        struct Slice {
            std::int64_t begin, end;
        };
        std::map<std::int64_t, std::vector<Slice>> open;  // by track
        std::map<std::string, int> arrows;                // begun and not ended
        std::size_t begun = 0;
        std::vector<const Value*> events;
        for (const Value& event : *trace.find("traceEvents")->if_list()) events.push_back(&event);
        auto number = [](const Value& event, const char* name) {
            const Value* value = event.find(name);
            if (!value || !value->if_int() || *value->if_int() < 0) qFatal("no number %s", name);
            return *value->if_int();
        };
        std::stable_sort(events.begin(), events.end(), [&](const Value* a, const Value* b) {
            return number(*a, "ts") < number(*b, "ts");
        });
        for (const Value* event : events) {
            std::string phase = *event->find("ph")->if_string();
            std::int64_t at = number(*event, "ts");
            QCOMPARE(number(*event, "pid"), std::int64_t{1});
            auto& track = open[number(*event, "tid")];
            QVERIFY(event->find("name") && event->find("name")->if_string());
            if (phase == "M") {
                QVERIFY(event->find("args")->find("name")->if_string());
                continue;
            }
            std::erase_if(track, [&](const Slice& slice) { return slice.end <= at; });
            if (phase == "X") {
                Slice slice{at, at + number(*event, "dur")};
                QVERIFY(track.empty() ||
                        slice.end <= track.back().end);  // inside the one around it
                QVERIFY(event->find("args")->if_entries());
                track.push_back(slice);
                continue;
            }
            QVERIFY(phase == "s" || phase == "f");
            QVERIFY(!track.empty());
            QCOMPARE(track.back().begin, at);
            std::string arrow = std::to_string(number(*event, "id")) +
                                *event->find("cat")->if_string() +
                                *event->find("name")->if_string();
            if (phase == "s") {
                QCOMPARE(arrows[arrow]++, 0);
                ++begun;
            } else {
                QCOMPARE(*event->find("bp")->if_string(), std::string("e"));
                QCOMPARE(arrows[arrow]--, 1);
            }
        }
        QVERIFY(begun > 20);
        for (const auto& [arrow, left] : arrows) QCOMPARE(left, 0);
        // Its tokenizer looks for these two before it reads any text.
        std::size_t slices = 0;
        for (std::size_t at = 0; (at = text.find("{\"ph\":\"X\"", at)) != text.npos;
             ++at, ++slices) {
            QVERIFY(text.find("\"ts\":", at) < text.find("\"name\":", at));
            QVERIFY(text.find("\"dur\":", at) < text.find("\"name\":", at));
        }
        QCOMPARE(slices, live.marks.size());
    }

    void without_the_module_a_trace_has_the_external_messages() {
        Recorded live = recording();
        Timeline timeline = opened(live.path, false);
        Value trace = traced(timeline);
        std::size_t slices = 0;
        for (const Value& event : *trace.find("traceEvents")->if_list()) {
            slices += *event.find("ph")->if_string() == "X";
        }
        QCOMPARE(slices, std::size_t{300});
    }

private:
    Value traced(Timeline& timeline, std::string* raw = nullptr) {
        std::string text;
        auto sink = [&](std::string_view piece) -> result<void> {
            text += piece;
            return {};
        };
        auto done = write_trace(timeline, timeline.begin(), timeline.end(), sink);
        if (!done) qFatal("%s", done.error().message.c_str());
        auto trace = parse_json(text);
        if (!trace) qFatal("%s", trace.error().message.c_str());
        if (raw) *raw = std::move(text);
        return *trace;
    }
};

TEST_CLASS(PartTest)
#include "part_test.moc"
