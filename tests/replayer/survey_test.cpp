#include "teatime/replayer/survey.h"

#include <condition_variable>
#include <mutex>

#include "../state/random_input.h"
#include "../test_main.h"
#include "stepped.h"
#include "teatime/replayer/density.h"
#include "teatime/replayer/external_survey.h"
#include "teatime/timegraph/reader.h"

using namespace teatime;
using namespace teatime::replayer;
using namespace teatime::test;
using namespace std::chrono_literals;

namespace {

/// Waits for news of a survey until something is so.
class News {
public:
    std::function<void()> changed() {
        return [this] {
            std::lock_guard lock(mutex_);
            ++count_;
            woken_.notify_all();
        };
    }
    template <class Done>
    bool wait(Done done) {
        auto deadline = std::chrono::steady_clock::now() + 60s;
        std::unique_lock lock(mutex_);
        for (;;) {
            auto seen = count_;
            lock.unlock();
            if (done()) return true;
            lock.lock();
            if (!woken_.wait_until(lock, deadline, [&] { return count_ != seen; })) return false;
        }
    }

private:
    std::mutex mutex_;
    std::condition_variable woken_;
    std::uint64_t count_ = 0;
};

template <class Any>
bool at_end(const Any& survey) {
    auto state = survey.progress().state;
    return state == SurveyProgress::State::waiting || state == SurveyProgress::State::failed;
}

double sum(const std::vector<double>& columns) {
    double total = 0;
    for (double column : columns) total += column;
    return total;
}

}  // namespace

/// What is counted in the background is what one counts who steps through.
class SurveyTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::mt19937_64 random_ = seeded_random();
    int files_ = 0;

    std::string new_file() {
        return folder_.filePath("s" + QString::number(++files_) + ".timegraph").toStdString();
    }
    Recorded recording(const RecordOptions& options = {}) {
        return record(folder_, "s" + std::to_string(++files_) + ".timegraph", random_, options);
    }
    static SurveyOptions survey_options(News& news, bool in_process = false) {
        SurveyOptions options;
        options.timeline.modules = {TEST_MODULES "/garden"};
        options.timeline.in_process = in_process;
        options.changed = news.changed();
        return options;
    }

private slots:
    void a_density_keeps_its_sum_and_its_size() {
        Density density(VirtualTime(1s));
        std::map<std::int64_t, std::uint64_t> truth;
        VirtualTime time(1s);
        for (int i = 0; i < 20'000; ++i) {
            time += Duration(random_() % (i % 1000 == 0 ? 1'000'000'000 : 20'000));
            density.add(time, 1 + i % 3);
            truth[time.time_since_epoch().count()] += 1 + i % 3;
        }
        double all = 0;
        for (const auto& [at, count] : truth) all += double(count);
        QCOMPARE(double(density.total()), all);
        for (std::size_t columns : {1, 7, 100, 3000}) {
            auto seen = density.columns(VirtualTime(1s), time + 1h, columns);
            QCOMPARE(seen.size(), columns);
            QVERIFY(std::abs(sum(seen) - all) < 0.5);
        }
        // A part, cut where buckets are.
        const Duration width = density.width();
        VirtualTime from = VirtualTime(1s) + width * 100, to = from + width * 64;
        auto seen = density.columns(from, to, 16);
        for (std::size_t i = 0; i < 16; ++i) {
            double expected = 0;
            auto begin =
                truth.lower_bound((from + width * 4 * std::int64_t(i)).time_since_epoch().count());
            auto end = truth.lower_bound(
                (from + width * 4 * std::int64_t(i + 1)).time_since_epoch().count());
            for (; begin != end; ++begin) expected += double(begin->second);
            QVERIFY(std::abs(seen[i] - expected) < 1e-6 * (1 + expected));
        }
        Density far;
        far.add(VirtualTime::max());
        far.add(VirtualTime::min());
        QCOMPARE(far.total(), 2u);
        QVERIFY(sum(far.columns(VirtualTime::min(), VirtualTime::max(), 10)) > 0.9);
    }

    void a_survey_counts_what_stepping_counts() {
        for (bool in_process : {true, false}) {
            Recorded live = recording();
            Stepped truth(live.path);
            std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> expected;
            std::size_t errors = 0;
            for (const ExecutedInfo& info : truth.messages) {
                auto& [count, failed] =
                    expected[info.class_name + '.' + info.selector + (info.external ? "!" : "")];
                ++count;
                if (info.error) ++failed, ++errors;
            }
            News news;
            Survey survey(live.path, survey_options(news, in_process));
            QVERIFY(news.wait([&] { return at_end(survey); }));
            SurveyProgress progress = survey.progress();
            QCOMPARE(progress.why, std::string());
            QCOMPARE(progress.executed, truth.messages.size());
            QCOMPARE(progress.errors, errors);
            QCOMPARE(survey.errors().size(), errors);
            QCOMPARE(progress.fraction(), 1.0);
            auto selectors = survey.selectors();
            QCOMPARE(selectors.size(), expected.size());
            auto density = survey.density(progress.begin.time, progress.end.time + 1s, 50);
            QCOMPARE(density.size(), selectors.size());
            for (std::size_t i = 0; i < selectors.size(); ++i) {
                const TallyEntry& entry = selectors[i];
                auto [count, failed] =
                    expected[entry.class_name + '.' + entry.selector + (entry.external ? "!" : "")];
                QCOMPARE(entry.count, count);
                QCOMPARE(entry.errors, failed);
                QVERIFY(std::abs(sum(density[i]) - double(count)) < 0.01);
            }
        }
    }

    void any_rows_are_there_at_once() {
        RecordOptions options;
        options.messages = 3000;
        Recorded live = recording(options);
        Stepped truth(live.path);
        News news;
        Survey survey(live.path, survey_options(news));
        QVERIFY(news.wait([&] { return at_end(survey); }));
        Timeline timeline = Stepped::open(live.path);
        const std::size_t all = truth.messages.size();
        QVERIFY2(all > 5000, std::to_string(all).c_str());
        for (int i = 0; i < 30; ++i) {
            std::size_t first = i == 0 ? 0 : random_() % (all + 10), count = random_() % 300;
            auto rows = survey.rows(timeline, first, count);
            VERIFY_OK(rows);
            QCOMPARE(rows->size(), std::min(count, first < all ? all - first : 0));
            for (std::size_t k = 0; k < rows->size(); ++k) {
                QVERIFY(same_message((*rows)[k], truth.messages[first + k]));
            }
            std::size_t at = random_() % all;
            auto row = survey.row_at(timeline, truth.messages[at].mark);
            VERIFY_OK(row);
            QVERIFY(*row == at);
            Mark place = survey.place_before(truth.messages[at].mark).mark;
            QVERIFY(place <= truth.messages[at].mark);
        }
        QVERIFY(!*survey.row_at(timeline, timeline.begin()));
    }

    void rows_go_on_behind_missing_messages() {
        RecordOptions options;
        options.lost_from = Seq{120};
        options.lost_to = Seq{130};
        options.keyframe_every = Duration(100'000);
        Recorded live = recording(options);
        News news;
        Survey survey(live.path, survey_options(news));
        QVERIFY(news.wait([&] { return at_end(survey); }));
        QCOMPARE(survey.progress().why, std::string());
        Timeline timeline = Stepped::open(live.path);
        auto gap = timeline.reader()->gaps()->front();
        std::vector<Mark> expected;
        Mark behind;
        for (const auto& keyframe : *timeline.reader()->keyframes()) {
            if (next(keyframe.seq) < gap.before.seq) continue;
            behind = keyframe.mark;
            break;
        }
        for (const Mark& mark : live.marks) {
            if (mark.time < gap.after.time || mark > behind) expected.push_back(mark);
        }
        auto rows = survey.rows(timeline, 0, live.marks.size());
        VERIFY_OK(rows);
        QCOMPARE(rows->size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            QCOMPARE((*rows)[i].mark, expected[i]);
            if (i % 50 != 0) continue;
            auto row = survey.row_at(timeline, expected[i]);
            VERIFY_OK(row);
            QVERIFY(*row == i);
        }
    }

    void a_crash_ends_it_with_everything_before() {
        RecordOptions options;
        options.last_call = "crash";
        Recorded live = recording(options);
        News news;
        Survey survey(live.path, survey_options(news));
        QVERIFY(news.wait([&] { return at_end(survey); }));
        SurveyProgress progress = survey.progress();
        QVERIFY(progress.state == SurveyProgress::State::failed);
        QVERIFY2(progress.why.find("garden.crash") != std::string::npos, progress.why.c_str());
        QVERIFY(progress.executed >= live.marks.size());
        Timeline timeline = Stepped::open(live.path, false);
        auto rows = survey.rows(timeline, 0, live.marks.size() + 100);
        VERIFY_OK(rows);
        QCOMPARE(rows->size(), progress.executed);
    }

    void what_cannot_be_surveyed_says_why() {
        Recorded live = recording();
        News news;
        SurveyOptions options = survey_options(news);
        std::filesystem::create_directories(TEST_MODULES "/empty");
        options.timeline.modules = {TEST_MODULES "/empty"};
        Survey survey(live.path, options);
        QVERIFY(news.wait([&] { return at_end(survey); }));
        QVERIFY(survey.progress().why.find("no module garden.so") != std::string::npos);
        News other_news;
        Survey none("/no/such/file", survey_options(other_news));
        QVERIFY(other_news.wait([&] { return at_end(none); }));
        QVERIFY(!none.progress().why.empty());
    }

    void it_follows_a_recording_that_grows() {
        timegraph::Meta meta;
        meta.kind = "native";
        meta.app = "garden";
        meta.code_id = garden().code_id();
        meta.session = "grows";
        std::string path = new_file();
        auto writer = timegraph::Writer::create(path, meta);
        VERIFY_OK(writer);
        writer->bound(VirtualTime(1ms), {});
        VERIFY_OK(writer->commit());
        News news, external_news;
        Survey survey(path, survey_options(news));
        ExternalSurvey external(path, {true, external_news.changed()});
        std::uint64_t seq = 0;
        for (int round = 1; round <= 5; ++round) {
            for (int i = 0; i < 20; ++i) {
                VirtualTime time(round * 200ms + i * 5ms);
                VERIFY_OK(writer->append({{time, Seq{++seq}}, {1}, call("garden", "sow")}));
            }
            VirtualTime bound(round * 200ms + 150ms);
            writer->bound(bound, {});
            VERIFY_OK(writer->commit());
            QVERIFY(
                news.wait([&] { return survey.progress().at.time >= bound && at_end(survey); }));
            QVERIFY(external_news.wait([&] { return external.progress().executed == seq; }));
            Stepped truth(path);
            QCOMPARE(survey.progress().executed, truth.messages.size());
        }
    }

    void it_can_be_ended_at_any_moment() {
        RecordOptions options;
        options.messages = 3000;
        Recorded live = recording(options);
        for (int i = 0; i < 5; ++i) {
            News news;
            auto survey = std::make_unique<Survey>(live.path, survey_options(news, i % 2 == 0));
            auto external = std::make_unique<ExternalSurvey>(live.path, ExternalSurveyOptions{});
            if (i > 1) news.wait([&] { return survey->progress().executed > 0; });
            auto started = std::chrono::steady_clock::now();
            external.reset();
            survey.reset();
            QVERIFY(std::chrono::steady_clock::now() - started < 20s);
        }
    }

    void external_messages_are_counted_by_sender_without_the_module() {
        timegraph::Meta meta;
        meta.kind = "croquet";  // nothing here can execute it
        std::string path = new_file();
        timegraph::WriterOptions small;
        small.block_bytes = 4096;
        auto writer = timegraph::Writer::create(path, meta, small);
        VERIFY_OK(writer);
        std::vector<timegraph::Message> truth;
        std::map<std::uint64_t, std::uint64_t> by_sender;
        VirtualTime time{};
        std::uint64_t seq = 0;
        for (int i = 0; i < 20'000; ++i) {
            time += Duration(random_() % 3000);
            seq += i % 5000 == 4999 ? 7 : 1;  // some are missing
            MemberId sender{random_() % 300};
            ++by_sender[sender.value];
            truth.push_back({{time, Seq{seq}}, sender, std::to_string(i), {}});
            VERIFY_OK(writer->append(truth.back()));
        }
        writer->bound(time, {});
        VERIFY_OK(writer->close());

        News news;
        ExternalSurvey survey(path, {true, news.changed()});
        auto reader = timegraph::Reader::open(path);
        VERIFY_OK(reader);
        bool early = true;
        QVERIFY(news.wait([&] {
            if (survey.messages() == 0) return false;  // the first answer
            if (early) {
                auto columns = survey.density(kSessionStart, time + 1s, 20);
                double all = sum(columns.unknown);
                for (const auto& lane : columns.by_sender) all += sum(lane);
                if (std::abs(all - 20'000) > 0.5) return false;
                early = false;
            }
            return at_end(survey);
        }));
        QVERIFY(!early);
        QCOMPARE(survey.progress().executed, std::uint64_t(truth.size()));
        auto senders = survey.senders();
        QVERIFY(senders.size() <= 256);
        std::uint64_t all = 0;
        for (const auto& sender : senders) {
            all += sender.count;
            if (sender.member) QCOMPARE(sender.count, by_sender[sender.member.value]);
        }
        QCOMPARE(all, std::uint64_t(truth.size()));
        QVERIFY(sum(survey.density(kSessionStart, time + 1s, 20).unknown) < 0.01);
        for (int i = 0; i < 50; ++i) {
            std::size_t first = random_() % (truth.size() + 5), count = random_() % 500;
            auto rows = survey.rows(*reader, first, count);
            VERIFY_OK(rows);
            QCOMPARE(rows->size(),
                     std::min(count, first < truth.size() ? truth.size() - first : 0));
            for (std::size_t k = 0; k < rows->size(); ++k) {
                QVERIFY((*rows)[k] == truth[first + k]);
            }
        }
    }
};

TEST_CLASS(SurveyTest)
#include "survey_test.moc"
