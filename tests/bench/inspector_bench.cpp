// How fast the inspector's timeline is, without a display, on the machine it runs on.
//
//     inspector_bench [--messages N] [--bytes N] [--check] [--keep FILE] MODULE
//
// MODULE is the clicker sample. Records N (default 1,000,000) clicks of eight members, about a
// thousand a second of virtual time, with a keyframe every 5,000, into a temporary folder
// (10,000,000: some 15 MB); --bytes adds so many to each that do not compress well (2,000 to each
// of 600,000: 1 GB); --keep FILE uses that recording, or makes it. Then measures what a
// person waits for. --check exits 1 where a goal is missed: paint p99 8 ms, picture of the newest
// position 100 ms after a drag, GUI thread busy at most 16 ms at a time, the list of messages
// scrolled within 8 ms, memory 1 GiB.

#include <fmt/format.h>
#include <time.h>

#include <QApplication>
#include <QPixmap>
#include <QScrollBar>
#include <QTemporaryDir>
#include <QTimer>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string_view>

#include "film.h"
#include "history.h"
#include "message_rows.h"
#include "messages_panel.h"
#include "must.h"
#include "player.h"
#include "row_view.h"
#include "state_panel.h"
#include "teatime/replayer/local_session.h"
#include "teatime/timegraph/writer.h"
#include "timeline_widget.h"

using namespace teatime;
using namespace teatime::inspector;
using namespace std::chrono_literals;

namespace {

double ms_of(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}
double now_ms() {
    return ms_of(CLOCK_MONOTONIC);
}
double used_ms() {
    return ms_of(CLOCK_THREAD_CPUTIME_ID);
}

struct Quantiles {
    explicit Quantiles(std::vector<double> all) {
        if (all.empty()) return;
        std::sort(all.begin(), all.end());
        p50 = all[all.size() / 2];
        p99 = all[all.size() * 99 / 100];
        most = all.back();
    }
    double p50 = 0, p99 = 0, most = 0;
};

/// A further element of the tuple, which no model sees.
std::string ballast(std::mt19937_64& random, std::size_t bytes) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if (bytes == 0) return {};
    std::string text = ",\"";
    while (text.size() < bytes) {
        for (std::uint64_t ten = random(), i = 0; i < 10; ++i, ten >>= 6) text += kDigits[ten & 63];
    }
    return text + '"';
}

void record(const std::string& path, const std::string& module, std::uint64_t messages,
            std::size_t bytes) {
    constexpr std::uint64_t kPerKeyframe = 5'000, kMembers = 8;
    auto session = must(replayer::LocalSession::load(module));
    timegraph::Meta meta;
    meta.kind = "native";
    meta.app = session->code().app;
    meta.code_id = session->code().code_id;
    meta.session = "bench";
    timegraph::WriterOptions quick;
    quick.durable = false;
    auto writer = must(timegraph::Writer::create(path, meta, quick));
    must(session->start("bench"));
    const timegraph::WallTime start{1'700'000'000s};
    must(writer.clock({{VirtualTime{}, Seq{}}, start, 1}));
    for (std::uint64_t member = 1; member <= kMembers; ++member) {
        must(writer.member_joined({member}, fmt::format("member {}", member), "user", {}));
    }
    std::mt19937_64 random(1);
    const std::string click = R"(["clicker","click"])";
    std::vector<ExternalMessage> batch;
    VirtualTime time{};
    for (std::uint64_t seq = 1; seq <= messages; ++seq) {
        // Bursts and lulls, so that a picture of them has a shape.
        time += Duration(random() % 16 == 0 ? random() % 16 * 1000 : random() % 2 * 1000);
        const MemberId member{1 + (random() % kMembers) * (random() % 2)};
        must(writer.append({{time, Seq{seq}}, member, click, ballast(random, bytes)}));
        batch.push_back({{time, Seq{seq}}, member, click});
        if (seq % kPerKeyframe != 0 && seq != messages) continue;
        must(session->enqueue(std::move(batch)));
        batch.clear();
        must(session->set_bound(time));
        must(session->run({}));
        // A keyframe's Mark is where the session stands: the next message may be at the same time.
        must(writer.keyframe(must(session->image()), must(session->take_touched())));
    }
    writer.bound(time, start + time.time_since_epoch());
    must(writer.close());
}

/// Runs the event loop until it is so.
bool wait_until(const std::function<bool()>& so, double most_ms) {
    const double end = now_ms() + most_ms;
    while (!so() && now_ms() < end) {
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents | QEventLoop::AllEvents, 5);
    }
    return so();
}

/// Times each event: while one is worked on, the window does nothing else.
class Application : public QApplication {
public:
    using QApplication::QApplication;

    bool notify(QObject* receiver, QEvent* event) override {
        if (depth_ > 0) return QApplication::notify(receiver, event);
        ++depth_;
        const double before = now_ms(), used_before = used_ms();
        const bool taken = QApplication::notify(receiver, event);
        stalls.push_back(now_ms() - before);
        used.push_back(used_ms() - used_before);
        --depth_;
        return taken;
    }
    std::vector<double> stalls, used;

private:
    int depth_ = 0;
};

std::size_t number_in(const char* file, std::string_view name) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(name)) return std::stoull(line.substr(name.size()));
    }
    return 0;
}
std::size_t peak_bytes() {
    return number_in("/proc/self/status", "VmHWM:") * 1024;
}
/// By this process, from files, cached or not. Its workers read the same again.
std::size_t read_bytes() {
    return number_in("/proc/self/io", "rchar:");
}

struct Window {
    Player player;
    History history;
    Film film;
    TimelineWidget timeline;
    MessagesPanel messages;
    StatePanel state;

    explicit Window(const std::string& path, const replayer::TimelineOptions& options) {
        timeline.resize(1600, 480);
        timeline.set_source(&history);
        timeline.set_film(&film);
        QObject::connect(&player, &Player::opened, &timeline, [this, options] {
            timeline.set_facts(player.facts());
            history.open(player.facts(), options);
            film.open(player.facts(), options);
        });
        QObject::connect(&player, &Player::facts_changed, &timeline, [this] {
            timeline.set_facts(player.facts());
            history.set_facts(player.facts());
        });
        QObject::connect(&player, &Player::playhead_moved, &timeline,
                         &TimelineWidget::set_playhead);
        QObject::connect(&timeline, &TimelineWidget::mark_requested, &player,
                         [this](const Mark& mark) { player.seek(mark); });
        QObject::connect(&player, &Player::failed, [](const QString& sentence) {
            fmt::print(stderr, "{}\n", sentence.toStdString());
            std::exit(1);
        });
        QObject::connect(&player, &Player::moment_changed, &timeline, [this](const MomentPtr& at) {
            state.set_moment(at);
            messages.model().follow(at);
        });
        timeline.show();
        messages.resize(620, 400);
        messages.show();
        state.resize(620, 600);
        state.show();
        player.open(QString::fromStdString(path), options);
    }
    /// Once everything was executed.
    void list_messages(const std::string& path, const replayer::TimelineOptions& options) {
        auto survey = history.survey();
        messages.model().open([=] { return executed_rows(path, options, survey); },
                              survey->progress().executed);
    }
    bool shows_something() {
        const auto totals = history.totals(timeline.axis().scale());
        return std::any_of(totals.external.begin(), totals.external.end(),
                           [](float count) { return count > 0; });
    }
};

/// Every paint is of another place, so that nothing is taken from before.
Quantiles paint(Window& window, std::vector<double>& all) {
    std::vector<double> used;
    QPixmap picture(window.timeline.size());
    for (int i = 0; i < 60; ++i) {
        window.timeline.axis().pan(i % 2 ? 37 : -31);
        const double before = used_ms();
        window.timeline.render(&picture);
        used.push_back(used_ms() - before);
        all.push_back(used.back());
        QCoreApplication::processEvents();
    }
    return Quantiles(used);
}

/// By the wheel, by pages and by dragging the bar: rows that are on the way are shown so.
Quantiles scroll(Window& window) {
    auto* list = window.messages.findChild<RowView*>();
    QScrollBar* bar = list->verticalScrollBar();
    std::mt19937 random(1);
    std::vector<double> used;
    QPixmap picture(list->viewport()->size());
    for (int i = 0; i < 300; ++i) {
        const int to = i % 3 == 0   ? bar->value() + 3
                       : i % 3 == 1 ? bar->value() + bar->pageStep()
                                    : static_cast<int>(random() % (bar->maximum() + 1U));
        const double before = used_ms();
        bar->setValue(to);
        list->viewport()->render(&picture);
        used.push_back(used_ms() - before);
        QCoreApplication::processEvents();
    }
    return Quantiles(used);
}

struct Drag {
    double newest_ms = 0;  ///< from the last position to its picture
    Quantiles ages{{}};    ///< of the pictures on the way
    std::size_t positions = 0, pictures = 0;
};

Drag drag(Window& window) {
    constexpr int kPositions = 300, kRate = 60;
    Drag done;
    std::vector<std::pair<Mark, double>> asked;
    std::vector<double> ages;
    QObject context;
    QObject::connect(&window.player, &Player::moment_changed, &context,
                     [&](const MomentPtr& moment) {
                         for (auto it = asked.rbegin(); it != asked.rend(); ++it) {
                             if (it->first != moment->asked) continue;
                             ages.push_back(now_ms() - it->second);
                             break;
                         }
                     });
    const TimeAxis::Range all = window.timeline.axis().range();
    QTimer timer;
    timer.setTimerType(Qt::PreciseTimer);
    QObject::connect(&timer, &QTimer::timeout, &context, [&] {
        const auto n = static_cast<std::int64_t>(asked.size());
        const Mark mark{BranchId{}, all.from + (all.to - all.from) / kPositions * n,
                        Mark::kWholeInstant};
        asked.emplace_back(mark, now_ms());
        window.timeline.axis().request(mark);
        if (asked.size() == kPositions) timer.stop();
    });
    timer.start(1000 / kRate);
    wait_until([&] { return asked.size() == kPositions; }, 60'000);
    wait_until(
        [&] {
            return window.player.moment() && window.player.moment()->asked == asked.back().first;
        },
        60'000);
    done.newest_ms = now_ms() - asked.back().second;
    done.ages = Quantiles(ages);
    done.positions = asked.size();
    done.pictures = ages.size();
    return done;
}

}  // namespace

int main(int count, char** arguments) {
    qputenv("QT_QPA_PLATFORM", "offscreen");
    Application busy(count, arguments);
    std::uint64_t messages = 1'000'000;
    std::size_t bytes = 0;
    bool check = false;
    std::string module, keep;
    const QStringList words = busy.arguments();
    for (int i = 1; i < words.size(); ++i) {
        if (words[i] == "--messages" && i + 1 < words.size()) {
            messages = words[++i].toULongLong();
        } else if (words[i] == "--bytes" && i + 1 < words.size()) {
            bytes = words[++i].toULongLong();
        } else if (words[i] == "--keep" && i + 1 < words.size()) {
            keep = words[++i].toStdString();
        } else if (words[i] == "--check") {
            check = true;
        } else {
            module = words[i].toStdString();
        }
    }
    if (module.empty() || messages == 0 || messages > 100'000'000) {
        fmt::print(stderr,
                   "usage: inspector_bench [--messages N] [--bytes N] [--check] [--keep FILE] "
                   "CLICKER_MODULE\n");
        return 2;
    }
    QTemporaryDir folder;
    const std::string path = keep.empty() ? folder.filePath("bench.timegraph").toStdString() : keep;
    double start = now_ms();
    if (!std::filesystem::exists(path)) record(path, module, messages, bytes);
    fmt::print("recorded in {:.1f} s, file {:.1f} MB\n", (now_ms() - start) / 1000,
               static_cast<double>(std::filesystem::file_size(path)) / 1e6);

    replayer::TimelineOptions options;
    options.modules = {module};
    busy.stalls.clear();
    const std::size_t read_before = read_bytes();
    start = now_ms();
    Window window(path, options);
    wait_until([&] { return window.player.is_open(); }, 60'000);
    fmt::print("open              {:8.1f} ms\n", now_ms() - start);
    wait_until([&] { return window.shows_something(); }, 60'000);
    fmt::print("first picture     {:8.1f} ms\n", now_ms() - start);
    wait_until([&] { return window.history.survey()->progress().executed > 0; }, 60'000);
    window.list_messages(path, options);
    wait_until([&] { return window.messages.model().message(0).has_value(); }, 60'000);
    fmt::print("first rows        {:8.1f} ms, {:.1f} MB of the file read by then\n",
               now_ms() - start, static_cast<double>(read_bytes() - read_before) / 1e6);
    const Quantiles opening(busy.stalls), opening_used(busy.used);
    wait_until(
        [&] {
            return window.history.progress().share >= 1 && !window.history.progress().executing;
        },
        3'600'000);
    fmt::print("full index        {:8.1f} ms\n", now_ms() - start);
    std::fflush(stdout);
    window.list_messages(path, options);
    wait_until([] { return false; }, 300);
    busy.stalls.clear();
    busy.used.clear();
    const Drag late = drag(window);
    const Quantiles late_stalls(busy.stalls), late_used(busy.used);
    fmt::print(
        "drag: {} positions, {} pictures, age p50 {:.1f} p99 {:.1f} ms, "
        "newest {:.1f} ms, GUI busy at most {:.1f} ms ({:.1f} of CPU)\n",
        late.positions, late.pictures, late.ages.p50, late.ages.p99, late.newest_ms,
        late_stalls.most, late_used.most);

    std::fflush(stdout);
    fmt::print("paint (CPU time)\n");
    std::vector<double> all;
    window.timeline.fit();
    const double whole = window.timeline.axis().scale().us_per_pixel;
    for (int level = 0; level < 12; ++level) {
        TimeScale scale = window.timeline.axis().scale();
        const double finer = whole * std::pow(1.0 / whole, level / 11.0);  // to 1 us a pixel
        scale.zoom(scale.width / 2.0, finer / scale.us_per_pixel);
        window.timeline.axis().set_scale(scale);
        wait_until([] { return false; }, 300);  // what it asks for may come
        const Quantiles level_paint = paint(window, all);
        fmt::print("  {:12.1f} us/pixel   p50 {:6.2f} ms   p99 {:6.2f} ms\n", finer,
                   level_paint.p50, level_paint.p99);
    }
    const Quantiles paints(all);
    fmt::print("  all                     p50 {:6.2f} ms   p99 {:6.2f} ms   most {:6.2f} ms\n",
               paints.p50, paints.p99, paints.most);
    const Quantiles scrolls = scroll(window);
    fmt::print("scroll the list of messages   p50 {:6.2f} ms   p99 {:6.2f} ms   most {:6.2f} ms\n",
               scrolls.p50, scrolls.p99, scrolls.most);
    const double peak = static_cast<double>(peak_bytes());
    fmt::print(
        "opening: GUI busy at most {:.1f} ms ({:.1f} of CPU); memory {:.0f} MiB at its highest\n",
        opening.most, opening_used.most, peak / (1 << 20));
    const bool good = paints.p99 <= 8 && late.newest_ms <= 100 && late_stalls.most <= 16 &&
                      scrolls.p99 <= 8 && peak <= (1 << 30);
    return check && !good ? 1 : 0;
}
