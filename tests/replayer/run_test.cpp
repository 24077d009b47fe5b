#include "../state/random_input.h"
#include "../test_main.h"
#include "stepped.h"
#include "teatime/replayer/local_session.h"
#include "teatime/replayer/worker_session.h"
#include "teatime/timegraph/reader.h"

using namespace teatime;
using namespace teatime::replayer;
using namespace teatime::test;
using namespace std::chrono_literals;

/// What a run tells is what one sees who stops after each message.
class RunTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::mt19937_64 random_ = seeded_random();
    int files_ = 0;

    Recorded recording(const RecordOptions& options = {}) {
        return record(folder_, "r" + std::to_string(++files_) + ".timegraph", random_, options);
    }

    /// A session that has got all messages of a recording and executed none.
    static void load(Session& session, const std::string& path) {
        auto reader = timegraph::Reader::open(path);
        if (!reader || !session.start("a session")) qFatal("no start");
        std::vector<ExternalMessage> messages;
        auto cursor = reader->messages();
        while (cursor.next()) {
            timegraph::Message message = cursor.message().copy();
            messages.push_back({message.stamp, message.sender, message.payload});
        }
        if (!session.enqueue(messages)) qFatal("not enqueued");
        if (!session.set_bound(reader->end()->bound)) qFatal("no bound");
    }
    static std::vector<std::unique_ptr<Session>> both() {
        std::vector<std::unique_ptr<Session>> all;
        all.push_back(std::make_unique<LocalSession>(garden()));
        auto worker = WorkerSession::spawn(TEST_MODULES "/garden/garden.so");
        if (!worker) qFatal("%s", worker.error().message.c_str());
        all.push_back(std::move(*worker));
        return all;
    }

private slots:
    void each_message_is_told_as_a_step_tells_it() {
        Recorded live = recording();
        Stepped truth(live.path);
        for (auto& session : both()) {
            load(*session, live.path);
            std::size_t seen = 0;
            for (;;) {
                RunLimit limit;
                limit.details = true;
                limit.messages = random_() % 50;
                auto ran = session->run(limit);
                VERIFY_OK(ran);
                QCOMPARE(ran->details.size(), ran->executed);
                for (const ExecutedInfo& info : ran->details) {
                    QVERIFY(seen < truth.messages.size());
                    QVERIFY(same_message(info, truth.messages[seen]));
                    ++seen;
                }
                if (ran->stop == RunResult::Stop::bound) break;
            }
            QCOMPARE(seen, truth.messages.size());
        }
    }

    void a_watched_path_changes_where_looking_at_every_state_shows_it() {
        for (int round = 0; round < 3; ++round) {
            RecordOptions options;
            options.messages = 200;
            Recorded live = recording(options);
            std::vector<History> truth = histories(live.path, kPaths);
            for (auto& session : both()) {
                load(*session, live.path);
                std::vector<History> seen(kPaths.size());
                for (;;) {
                    RunLimit limit;
                    limit.watch = kPaths;
                    limit.messages = 1 + random_() % 100;
                    auto ran = session->run(limit);
                    VERIFY_OK(ran);
                    for (const ValueChange& change : ran->values) {
                        History& history = seen[change.path];
                        if (change.at_start && !history.empty()) {
                            QVERIFY(history.back().second == change.value);
                        } else {
                            history.emplace_back(change.step.mark(), change.value);
                        }
                    }
                    if (ran->stop == RunResult::Stop::bound) break;
                }
                for (std::size_t i = 0; i < kPaths.size(); ++i) {
                    QCOMPARE(seen[i].size(), truth[i].size());
                    for (std::size_t k = 0; k < seen[i].size(); ++k) {
                        QCOMPARE(seen[i][k].first, truth[i][k].first);
                        QVERIFY(seen[i][k].second == truth[i][k].second);
                    }
                }
            }
        }
    }

    void watching_does_not_change_what_is_touched() {
        Recorded live = recording();
        LocalSession watching(garden()), other(garden());
        load(watching, live.path);
        load(other, live.path);
        for (;;) {
            RunLimit limit;
            limit.messages = random_() % 30;
            auto plain = other.run(limit);
            if (random_() % 3 > 0) limit.watch = kPaths;
            auto ran = watching.run(limit);
            VERIFY_OK(ran);
            QCOMPARE(watching.mark(), other.mark());
            if (random_() % 2 == 0) QVERIFY(*watching.take_touched() == *other.take_touched());
            if (random_() % 4 == 0) QCOMPARE(*watching.hash(), *other.hash());
            if (plain->stop == RunResult::Stop::bound) break;
        }
    }

    void a_path_that_can_name_no_object_is_an_error() {
        for (auto& session : both()) {
            VERIFY_OK(session->start("s"));
            for (const char* path : {"garden.nothing", "garden.ticks.more", "queue[0]", "time", "",
                                     "#", "#x.y", "garden.plants[x]", "#2.height[0]"}) {
                RunLimit limit;
                limit.watch = {path};
                auto ran = session->run(limit);
                QVERIFY2(!ran, path);
                QCOMPARE(ran.error().kind, ErrorKind::wrong_usage);
            }
            RunLimit limit;
            limit.watch = {"garden.nothing"};
            std::string sentence = session->run(limit).error().message;
            QVERIFY2(sentence.find("plants, visitors, ticks") != std::string::npos,
                     sentence.c_str());
        }
    }

    void counts_and_places_are_those_of_stepping() {
        Recorded live = recording();
        Stepped truth(live.path);
        using Key = std::tuple<std::string, std::string, bool>;
        std::map<Key, std::pair<std::uint64_t, std::uint64_t>> expected;
        std::map<std::pair<Key, std::int64_t>, std::uint64_t> in_bucket;
        const VirtualTime origin(100ms);
        const Duration width = 7ms;
        for (const ExecutedInfo& info : truth.messages) {
            Key key{info.class_name, info.selector, info.external};
            ++expected[key].first;
            if (info.error) ++expected[key].second;
            auto bucket = std::int64_t(
                std::floor(double((info.mark.time - origin).count()) / double(width.count())));
            ++in_bucket[{key, bucket}];
        }
        for (auto& session : both()) {
            load(*session, live.path);
            Tally sum;
            std::uint64_t executed = 0;
            for (;;) {
                RunLimit limit;
                limit.messages = random_() % 500;
                limit.tally = TallyRequest{origin, width, executed, 10};
                auto ran = session->run(limit);
                VERIFY_OK(ran);
                executed += ran->executed;
                add(sum, ran->tally);
                if (ran->stop == RunResult::Stop::bound) break;
            }
            QCOMPARE(executed, truth.messages.size());
            QCOMPARE(sum.entries.size(), expected.size());
            for (const TallyEntry& entry : sum.entries) {
                auto [count, errors] = expected[{entry.class_name, entry.selector, entry.external}];
                QCOMPARE(entry.count, count);
                QCOMPARE(entry.errors, errors);
                QVERIFY(entry.time > 0ns);
            }
            QCOMPARE(sum.cells.size(), in_bucket.size());
            for (const Tally::Cell& cell : sum.cells) {
                const TallyEntry& entry = sum.entries[cell.entry];
                Key key{entry.class_name, entry.selector, entry.external};
                QCOMPARE(cell.count, (in_bucket[{key, cell.bucket}]));
            }
            QCOMPARE(sum.places.size(), truth.messages.size() / 10);
            for (const Tally::Place& place : sum.places) {
                QCOMPARE(place.number % 10, 0u);
                QCOMPARE(place.mark, truth.messages[place.number - 1].mark);
            }
        }
    }

    void a_call_is_told_with_its_target_and_arguments_to_nobody_and_when_long_too() {
        const std::string text = "\"f(1) " + std::string(300, 'x') + '"';
        for (auto& session : both()) {
            VERIFY_OK(session->start("s"));
            VERIFY_OK(session->enqueue({
                {{VirtualTime(1s), Seq{1}}, {3}, call("nobody", "here", R"(1,"a) b (")")},
                {{VirtualTime(1s), Seq{2}}, {}, call("a(b", "c", "2")},
                {{VirtualTime(1s), Seq{3}}, {3}, call("garden", "rain", text)},
            }));
            VERIFY_OK(session->set_bound(VirtualTime(1s)));
            RunLimit limit;
            limit.details = true;
            auto ran = session->run(limit);
            VERIFY_OK(ran);
            std::vector<std::string> calls;
            for (const ExecutedInfo& info : ran->details) {
                if (!info.external) continue;
                QVERIFY(info.error);
                calls.push_back(info.target_name + ' ' + info.selector + ' ' + info.arguments);
            }
            const std::string begin = text.substr(0, 200 - std::string("garden.rain(").size());
            QCOMPARE(calls, (std::vector<std::string>{R"(nobody here 1, "a) b (")", "a(b c 2",
                                                      "garden rain " + begin + "..."}));
        }
    }

    void a_message_is_found_by_its_order() {
        Recorded live = recording();
        Stepped truth(live.path);
        for (auto& session : both()) {
            for (int i = 0; i < 10; ++i) {
                const ExecutedInfo& wanted = truth.messages[random_() % truth.messages.size()];
                load(*session, live.path);
                RunLimit limit;
                limit.find = ExecutedInfo::Cause{wanted.external, wanted.order};
                auto ran = session->run(limit);
                VERIFY_OK(ran);
                QCOMPARE(ran->stop, RunResult::Stop::found);
                QCOMPARE(session->mark(), wanted.mark);
                QCOMPARE(ran->details.size(), 1u);
                QVERIFY(same_message(ran->details[0], wanted));
            }
            load(*session, live.path);
            RunLimit limit;
            limit.find = ExecutedInfo::Cause{true, 1'000'000};
            QCOMPARE(session->run(limit)->stop, RunResult::Stop::bound);
        }
    }

    void who_was_sent_by_init_has_no_cause() {
        Recorded live = recording();
        Stepped truth(live.path);
        std::size_t without = 0;
        for (const ExecutedInfo& info : truth.messages) {
            if (!info.external && !info.cause) ++without;
        }
        QCOMPARE(without, 5u);  // the first four plants, and the tick() that init() itself calls
        // Nor has it when it comes from a keyframe.
        RecordOptions options;
        options.keyframe_every = Duration(10);
        const auto path = recording(options).path;
        Timeline timeline = Stepped::open(path);
        const Mark first = timeline.reader()->keyframes()->front().mark;
        VERIFY_OK(timeline.seek(first));
        std::size_t expected = 0;
        for (const ExecutedInfo& info : Stepped(path).messages) {
            if (!info.external && !info.cause && info.mark > first) ++expected;
        }
        Image image = *timeline.state();
        std::size_t pending = 0;
        for (const auto& message : image.queue) {
            if (!message.cause_external) continue;
            QVERIFY(message.cause <= image.seq.value);
            if (message.cause == 0) ++pending;
        }
        QCOMPARE(pending, expected);
        QVERIFY(pending > 0);
    }

    void a_gesture_becomes_the_payloads_that_the_world_sends() {
        for (auto& session : both()) {
            QVERIFY(session->code().can_input);
            QVERIFY(!session->input({}));  // no state yet
            VERIFY_OK(session->start("s"));
            VERIFY_OK(session->set_bound(VirtualTime(1s)));
            VERIFY_OK(session->run({}));
            Hash128 before = *session->hash();
            Input down, up, key;
            down.kind = Input::Kind::pointer_down;
            down.x = 0.5;
            up.kind = Input::Kind::pointer_up;
            key.kind = Input::Kind::key_down;
            key.key = "sow";
            auto sent = session->input(down);
            VERIFY_OK(sent);
            auto ticks = state_tree(*session->image(), "garden.ticks");
            std::string drop =
                call("garden", "rain", to_json(Value(0.5 + double(*ticks->if_int()))));
            QCOMPARE(*sent, (std::vector<std::string>{drop, drop}));
            QCOMPARE(*session->input(key), std::vector{call("garden", "sow")});
            QVERIFY(session->input(up)->empty());
            QCOMPARE(*session->hash(), before);
        }
    }

    void a_full_result_ends_the_run_and_the_next_one_goes_on() {
        LocalSession session(garden());
        VERIFY_OK(session.start("s"));
        VERIFY_OK(session.set_bound(VirtualTime(24h)));
        RunLimit limit;
        limit.details = true;
        auto ran = session.run(limit);
        VERIFY_OK(ran);
        QCOMPARE(ran->stop, RunResult::Stop::full);
        QCOMPARE(ran->details.size(), RunResult::kDetailsKept);
        limit.details = false;
        limit.watch = {"garden.ticks", "#1"};
        ran = session.run(limit);
        VERIFY_OK(ran);
        QCOMPARE(ran->stop, RunResult::Stop::full);
        QVERIFY(ran->values.size() <= RunResult::kValuesKept + 2);
    }
};

TEST_CLASS(RunTest)
#include "run_test.moc"
