#include "film.h"

#include <QPainter>
#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <limits>
#include <map>

#include "detached.h"
#include "scene_painter.h"
#include "timeline_thread.h"

namespace teatime::inspector {

FilmFrames film_frames(const TimeScale& scale, int picture_width, VirtualTime from,
                       VirtualTime to) {
    const double least = std::max(1.0, picture_width * scale.us_per_pixel);
    const auto step = std::bit_ceil(static_cast<std::uint64_t>(std::ceil(std::min(least, 1e17))));
    FilmFrames frames;
    frames.step = Duration(static_cast<std::int64_t>(step));
    const auto slot_of = [&frames](VirtualTime time) {  // the one at or before
        const std::int64_t us = time.time_since_epoch().count(), size = frames.step.count();
        return us / size - (us % size < 0 ? 1 : 0);
    };
    // The first picture stands at the begin, whatever the grid says.
    const std::int64_t first = slot_of(std::max(from, scale.left));
    const std::int64_t last = slot_of(std::min(to, scale.right()));
    frames.first = VirtualTime(first * frames.step);
    frames.count = last < first ? 0 : static_cast<std::size_t>(last - first + 1);
    return frames;
}

namespace {

/// What both threads know.
struct UnderWay {
    static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();
    std::atomic<std::int64_t> us = kNone;    ///< the picture under way
    std::atomic<std::uint64_t> request = 0;  ///< the newest
};

struct Drawn {
    QImage image;       ///< null: it cannot be made
    double aspect = 0;  ///< of the world
};

Drawn draw(replayer::Timeline& timeline, VirtualTime time, const QSize& size,
           const std::stop_token& stop) {
    const Mark mark =
        std::clamp(Mark{BranchId{}, time, Mark::kWholeInstant}, timeline.begin(), timeline.end());
    if (!timeline.seek(mark, {.progress = {}, .stop = stop})) return {};
    auto scene = timeline.draw();
    if (!scene) return {};
    const Rect world = scene->bounds();
    const Color back = scene->background();
    Drawn drawn{QImage(size, QImage::Format_RGB32), world.width / world.height};
    drawn.image.fill(qRgb(back.red, back.green, back.blue));
    QPainter painter(&drawn.image);
    painter.setRenderHint(QPainter::Antialiasing);
    paint_scene(painter, *scene, fit_world(world, QRectF(QPointF(), size)));
    return drawn;
}

}  // namespace

class Film::Impl {
public:
    explicit Impl(Film& film) : film_(film) {}

    void want(std::vector<VirtualTime> times) {
        // What is under way is finished where it is still wanted: else fast panning would cancel
        // each picture before it is there.
        const auto now = VirtualTime(Duration(under_way_->us.load()));
        const bool cancel = std::find(times.begin(), times.end(), now) == times.end();
        std::erase(times, now);
        working = !times.empty() || !cancel;
        thread->run(
            [this, times = std::move(times), size = pixels, under_way = under_way_,
             request = ++under_way_->request](replayer::Timeline& timeline,
                                              const std::stop_token& stop, const GuiCall& post) {
                for (std::size_t i = 0; i < times.size() && request == under_way->request; ++i) {
                    const VirtualTime time = times[i];
                    under_way->us = time.time_since_epoch().count();
                    Drawn drawn = draw(timeline, time, size, stop);
                    under_way->us = UnderWay::kNone;
                    if (drawn.image.isNull() && stop.stop_requested()) return;
                    const bool last = i + 1 == times.size();
                    post([this, time, size, drawn, last] { keep(time, size, drawn, last); });
                }
            },
            cancel);
    }

    const DetachedThreads threads;
    struct Picture {
        QImage image;
        std::uint64_t used = 0;
    };
    std::map<VirtualTime, Picture> pictures;
    std::uint64_t uses = 0;
    QSize pixels;
    double aspect = 4.0 / 3;
    bool aspect_known = false;
    bool working = false;
    std::unique_ptr<TimelineThread> thread;  ///< null: nothing can be drawn

private:
    void keep(VirtualTime time, const QSize& size, const Drawn& drawn, bool last) {
        if (last) working = false;
        if (!aspect_known && drawn.aspect > 0) {
            aspect_known = true;
            if (std::abs(drawn.aspect - aspect) > 0.01) {
                aspect = std::clamp(drawn.aspect, 0.3, 4.0);
                emit film_.aspect_changed();  // asks again, in another size
                return;
            }
        }
        if (size != pixels) return;
        pictures[time] = {drawn.image, ++uses};
        while (pictures.size() > kKept) {
            auto oldest = std::min_element(
                pictures.begin(), pictures.end(),
                [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
            pictures.erase(oldest);
        }
        emit film_.picture_ready();
    }

    Film& film_;
    std::shared_ptr<UnderWay> under_way_ = std::make_shared<UnderWay>();
};

Film::Film(QObject* parent) : QObject(parent), impl_(std::make_unique<Impl>(*this)) {}
Film::~Film() {
    const DetachedThreads threads = impl_->threads;
    impl_.reset();
    threads.wait();
}

void Film::open(const FactsPtr& facts, replayer::TimelineOptions options) {
    close();
    if (!facts || !facts->can_draw) return;
    impl_->aspect_known = false;
    options.checkpoint_bytes = std::size_t{64} << 20;
    impl_->thread = std::make_unique<TimelineThread>(
        *this, impl_->threads, facts->path.toStdString(), options, TimelineThread::Priority::low);
    emit opened();
}

void Film::close() {
    impl_->thread.reset();
    impl_->pictures.clear();
    impl_->working = false;
}

bool Film::can_draw() const {
    return impl_->thread != nullptr;
}

double Film::aspect() const {
    return impl_->aspect;
}

void Film::request(const FilmFrames& frames, const QSize& pixels) {
    if (!can_draw()) return;
    if (pixels != impl_->pixels) {
        impl_->pictures.clear();
        impl_->pixels = pixels;
    }
    // Every fourth first: a coarse film of the whole view comes soon; then what is between.
    std::vector<VirtualTime> missing;
    for (const auto& [begin, by] : {std::pair<std::size_t, std::size_t>{0, 4}, {2, 4}, {1, 2}}) {
        for (std::size_t i = begin; i < frames.count; i += by) {
            if (!impl_->pictures.contains(frames.at(i))) missing.push_back(frames.at(i));
        }
    }
    if (missing.empty()) return;
    impl_->want(std::move(missing));
}

const QImage* Film::picture(VirtualTime time) const {
    auto found = impl_->pictures.find(time);
    if (found == impl_->pictures.end() || found->second.image.isNull()) return nullptr;
    found->second.used = ++impl_->uses;
    return &found->second.image;
}

const QImage* Film::picture_before(VirtualTime time) const {
    auto after = impl_->pictures.upper_bound(time);
    while (after != impl_->pictures.begin()) {
        --after;
        if (!after->second.image.isNull()) return &after->second.image;
    }
    return nullptr;
}

bool Film::working() const {
    return impl_->working;
}

}  // namespace teatime::inspector
