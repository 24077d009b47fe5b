#include "teatime/replayer/query.h"

#include <QFile>

#include "../state/random_input.h"
#include "../test_main.h"
#include "stepped.h"
#include "teatime/timegraph/reader.h"

using namespace teatime;
using namespace teatime::replayer;
using namespace teatime::test;
using namespace std::chrono_literals;

/// Answers about the past are those of looking at every state in turn.
class QueryTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::mt19937_64 random_ = seeded_random();
    int files_ = 0;

    Recorded recording(const RecordOptions& options = {}) {
        return record(folder_, "q" + std::to_string(++files_) + ".timegraph", random_, options);
    }
    /// Keyframes near and far.
    RecordOptions some() {
        RecordOptions options;
        options.messages = 200;
        options.keyframe_every = std::chrono::milliseconds(20 << random_() % 8);
        return options;
    }
    static std::vector<History> history_by_query(Timeline& timeline, const Mark& from,
                                                 const Mark& to) {
        std::vector<History> all(kPaths.size());
        auto told = values(timeline, kPaths, from, to, [&](const ValueChange& change) {
            all[change.path].emplace_back(change.step.mark(), change.value);
        });
        if (!told) qFatal("%s", told.error().message.c_str());
        return all;
    }

private slots:
    void values_are_those_of_every_state() {
        for (int round = 0; round < 4; ++round) {
            Recorded live = recording(some());
            std::vector<History> truth = histories(live.path, kPaths);
            Timeline timeline = Stepped::open(live.path, round % 2 == 0);
            std::vector<History> seen =
                history_by_query(timeline, timeline.begin(), timeline.end());
            for (std::size_t i = 0; i < kPaths.size(); ++i) {
                QVERIFY2(seen[i] == truth[i], kPaths[i].c_str());
            }
        }
    }

    void values_of_a_part_begin_with_what_was_before() {
        Recorded live = recording(some());
        std::vector<History> truth = histories(live.path, kPaths);
        Timeline timeline = Stepped::open(live.path);
        for (int round = 0; round < 10; ++round) {
            std::size_t a = random_() % live.marks.size(), b = random_() % live.marks.size();
            Mark from = live.marks[std::min(a, b)], to = live.marks[std::max(a, b)];
            std::vector<History> seen = history_by_query(timeline, from, to);
            for (std::size_t i = 0; i < kPaths.size(); ++i) {
                History expected;
                for (const auto& [mark, value] : truth[i]) {
                    if (mark > to) break;
                    if (mark <= from) expected.clear();
                    expected.emplace_back(std::max(mark, from), value);
                }
                QVERIFY2(seen[i] == expected, kPaths[i].c_str());
            }
        }
    }

    void an_object_that_is_not_touched_costs_no_execution() {
        RecordOptions options;
        options.keyframe_every = Duration(50'000);
        Recorded live = recording(options);
        Timeline timeline = Stepped::open(live.path);
        VERIFY_OK(timeline.seek(timeline.end()));
        // An id that is not given yet is touched by nobody: nothing but the last part is executed.
        Mark last_keyframe = (*timeline.reader()->keyframe_before(timeline.end()))->mark;
        Mark earliest = timeline.end();
        Watch watch;
        watch.progress = [&](const Mark& at) { earliest = std::min(earliest, at); };
        auto told = values(
            timeline, {"#4000.height"}, live.marks[live.marks.size() - 2], timeline.end(),
            [](const ValueChange&) {}, watch);
        VERIFY_OK(told);
        QVERIFY(earliest >= last_keyframe);
    }

    void a_track_has_the_least_and_the_most_of_each_part() {
        Recorded live = recording(some());
        const std::vector<std::string> paths{"garden.ticks", "#2.height", "garden.plants"};
        std::vector<History> truth = histories(live.path, paths);
        Timeline timeline = Stepped::open(live.path);
        const Mark from = timeline.begin(), to = timeline.end();
        const std::size_t columns = 37;
        auto tracks = value_tracks(timeline, paths, from, to, columns);
        VERIFY_OK(tracks);
        const double width = double((to.time - from.time).count()) / double(columns);
        for (std::size_t p = 0; p < paths.size(); ++p) {
            std::vector<ValueTrack::Column> expected(columns);
            for (std::size_t c = 0; c < columns; ++c) {
                ValueTrack::Column& column = expected[c];
                auto include = [&](const std::optional<Value>& value) {
                    double number = 0;
                    if (!value || !value->as_double(number)) return;
                    if (!column.defined) column.first = column.min = column.max = number;
                    column.defined = true;
                    column.last = number;
                    column.min = std::min(column.min, number);
                    column.max = std::max(column.max, number);
                };
                std::optional<Value> value;
                bool included = false;
                for (const auto& [mark, now] : truth[p]) {
                    auto at = std::min(
                        columns - 1, std::size_t(double((mark.time - from.time).count()) / width));
                    if (at > c) break;
                    if (at == c) {
                        if (!included) include(value);
                        included = true;
                        include(now);
                        if (mark != from) ++column.changes;
                    }
                    value = now;
                }
                if (!included) include(value);
            }
            for (std::size_t c = 0; c < columns; ++c) {
                const auto &seen = (*tracks)[p].columns[c], &wanted = expected[c];
                QCOMPARE(seen.defined, wanted.defined);
                QCOMPARE(seen.changes, wanted.changes);
                QCOMPARE(seen.first, wanted.first);
                QCOMPARE(seen.last, wanted.last);
                QCOMPARE(seen.min, wanted.min);
                QCOMPARE(seen.max, wanted.max);
            }
        }
    }

    void who_wrote_is_the_last_change_before() {
        for (int round = 0; round < 4; ++round) {
            Recorded live = recording(some());
            std::vector<History> truth = histories(live.path, kPaths);
            Stepped stepped(live.path);
            Timeline timeline = Stepped::open(live.path, round % 2 == 0);
            for (int i = 0; i < 40; ++i) {
                std::size_t p = random_() % kPaths.size();
                const Mark at = live.marks[random_() % live.marks.size()];
                auto write = who_wrote(timeline, kPaths[p], at);
                VERIFY_OK(write);
                std::size_t last = truth[p].size() - 1;
                while (truth[p][last].first > at) --last;
                QVERIFY(write->new_value == truth[p][last].second);
                QCOMPARE(write->message.has_value(), last > 0);
                QCOMPARE(write->since, truth[p][last].first);
                if (last == 0) continue;
                QCOMPARE(write->message->mark, truth[p][last].first);
                QVERIFY(write->old_value == truth[p][last - 1].second);
                auto same = std::find_if(
                    stepped.messages.begin(), stepped.messages.end(),
                    [&](const auto& each) { return each.mark == write->message->mark; });
                QVERIFY(same_message(*same, *write->message));
            }
        }
    }

    void a_chain_leads_to_the_external_message_that_began_it() {
        for (int round = 0; round < 4; ++round) {
            Recorded live = recording(some());
            Stepped truth(live.path);
            std::map<std::pair<bool, std::uint64_t>, const ExecutedInfo*> by_order;
            for (const ExecutedInfo& info : truth.messages) {
                by_order[{info.external, info.order}] = &info;
            }
            Timeline timeline = Stepped::open(live.path, round % 2 == 0);
            for (int i = 0; i < 25; ++i) {
                const ExecutedInfo* info = &truth.messages[random_() % truth.messages.size()];
                auto chain = cause_chain(timeline, info->mark, 1000);
                VERIFY_OK(chain);
                QVERIFY2(chain->complete, chain->end.c_str());
                for (const ExecutedInfo& link : chain->links) {
                    QVERIFY(info && same_message(link, *info));
                    info = info->cause ? by_order[{info->cause->external, info->cause->order}]
                                       : nullptr;
                }
                QVERIFY(!info);
            }
        }
    }

    void a_chain_of_a_joined_recording_ends_where_that_begins() {
        RecordOptions options = some();
        options.first = Seq{100};
        Recorded live = recording(options);
        Timeline timeline = Stepped::open(live.path);
        std::size_t cut = 0;
        for (std::size_t i = 0; i < 30; ++i) {
            auto chain = cause_chain(timeline, live.marks[i]);
            VERIFY_OK(chain);
            if (chain->complete) continue;
            ++cut;
            QVERIFY(chain->end.find("before the recording begins") != std::string::npos);
        }
        QVERIFY(cut > 0);
        auto one = cause_chain(timeline, live.marks.back(), 1);
        VERIFY_OK(one);
        QCOMPARE(one->links.size(), 1u);
        QVERIFY(!cause_chain(timeline, {BranchId{}, live.marks.back().time, 100'000}));
    }

    /// Some cannot be read, some cannot even be found where they were: what was touched is not
    /// known.
    void damaged_keyframes_change_no_answer() {
        for (const char* damage :
             {"UPDATE keyframes SET \"check\" = \"check\" + 1 WHERE id % 3 = 1",
              "UPDATE keyframes SET time = time + 9000 WHERE id % 2 = 0"}) {
            RecordOptions options = some();
            options.keyframe_every = Duration(50'000);
            Recorded live = recording(options);
            const std::string damaged = live.path + ".damaged";
            QVERIFY(
                QFile::copy(QString::fromStdString(live.path), QString::fromStdString(damaged)));
            change_file(damaged, damage);
            Timeline whole = Stepped::open(live.path), timeline = Stepped::open(damaged);
            QVERIFY(history_by_query(timeline, timeline.begin(), timeline.end()) ==
                    history_by_query(whole, whole.begin(), whole.end()));
            for (int i = 0; i < 40; ++i) {
                const std::string& path = kPaths[random_() % kPaths.size()];
                const Mark at = live.marks[random_() % live.marks.size()];
                auto known = who_wrote(whole, path, at), found = who_wrote(timeline, path, at);
                VERIFY_OK(known);
                VERIFY_OK(found);
                QCOMPARE(found->since, known->since);
                QVERIFY(found->old_value == known->old_value);
                QVERIFY(found->new_value == known->new_value);
                auto caused = cause_chain(whole, at, 1000), chain = cause_chain(timeline, at, 1000);
                VERIFY_OK(chain);
                QVERIFY2(chain->complete, chain->end.c_str());
                QVERIFY(std::equal(chain->links.begin(), chain->links.end(), caused->links.begin(),
                                   caused->links.end(), same_message));
            }
        }
    }

    void a_tally_of_a_part_has_what_was_executed_in_it() {
        Recorded live = recording(some());
        Stepped truth(live.path);
        Timeline timeline = Stepped::open(live.path);
        const VirtualTime from(300ms), to(1100ms);
        auto counted = tally(timeline, from, to, 10);
        VERIFY_OK(counted);
        std::map<std::pair<std::int64_t, std::string>, std::uint64_t> expected, seen;
        for (const ExecutedInfo& info : truth.messages) {
            if (info.mark.time < from || info.mark.time >= to) continue;
            ++expected[{(info.mark.time - from) / 80ms, info.selector}];
        }
        for (const Tally::Cell& cell : counted->cells) {
            seen[{cell.bucket, counted->entries[cell.entry].selector}] += cell.count;
        }
        QVERIFY(seen == expected);
    }

    void behind_missing_messages_values_go_on_at_the_next_keyframe() {
        RecordOptions options;
        options.lost_from = Seq{120};
        options.lost_to = Seq{130};
        options.keyframe_every = Duration(100'000);
        Recorded live = recording(options);
        Timeline timeline = Stepped::open(live.path);
        std::vector<Mark> seen;
        auto told = values(timeline, {"garden.ticks"}, timeline.begin(), timeline.end(),
                           [&](const ValueChange& change) { seen.push_back(change.step.mark()); });
        VERIFY_OK(told);
        auto gap = timeline.reader()->gaps()->front();
        QVERIFY(seen.front() < (Mark{{}, gap.after.time, 0}));
        QVERIFY(seen.back() > (Mark{{}, gap.before.time, 0}));
        auto write = who_wrote(timeline, "garden.ticks", live.marks.back());
        VERIFY_OK(write);
        QCOMPARE(write->message->selector, std::string("tick"));
    }

    void each_can_be_cancelled() {
        RecordOptions options;
        options.messages = 20'000;
        options.keyframe_every = Duration(1h);
        Recorded live = recording(options);
        Timeline timeline = Stepped::open(live.path);
        std::stop_source source;
        source.request_stop();
        Watch watch{{}, source.get_token()};
        QVERIFY(!values(
            timeline, {"garden.ticks"}, timeline.begin(), timeline.end(), [](const ValueChange&) {},
            watch));
        QVERIFY(!who_wrote(timeline, "#4000", timeline.end(), watch));
        QVERIFY(!cause_chain(timeline, live.marks.back(), 100, watch));
        VERIFY_OK(who_wrote(timeline, "garden.ticks", live.marks.back()));
    }

    void before_a_crash_everything_is_told() {
        RecordOptions options;
        options.last_call = "crash";
        Recorded live = recording(options);
        Timeline timeline = Stepped::open(live.path, false);
        std::vector<Mark> seen;
        RunLimit what;
        what.steps = true;
        auto tell = [&](const RunResult& part) {
            for (const Step& step : part.steps) seen.push_back(step.mark());
            return true;
        };
        auto crashed = timeline.observe(timeline.end(), what, tell);
        QVERIFY(!crashed);
        QVERIFY(crashed.error().message.find("garden.crash") != std::string::npos);
        QVERIFY(seen.size() >= live.marks.size());  // tick() of that instant comes before
        QVERIFY(std::equal(live.marks.begin(), live.marks.end(), seen.begin()));
        VERIFY_OK(timeline.seek(live.marks[10]));
    }
};

TEST_CLASS(QueryTest)
#include "query_test.moc"
