#include "film.h"

#include <QPainter>
#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>
#include <set>

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
    std::mutex mutex;                  // guards what follows
    std::optional<VirtualTime> time;   ///< of the picture under way
    std::uint64_t request = 0;         ///< which it is made for
    std::uint64_t newest = 0;

    /// False: something else was asked for meanwhile.
    bool begin(VirtualTime next, std::uint64_t its_request) {
        std::lock_guard lock(mutex);
        if (its_request != newest) return false;
        time = next;
        request = its_request;
        return true;
    }
    void end() {
        std::lock_guard lock(mutex);
        time.reset();
    }
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
        wanted = {times.begin(), times.end()};
        std::uint64_t request = 0;
        bool finishes = false;
        {
            // What is under way is finished where it is still wanted: else fast panning would
            // cancel each picture before it is there.
            std::lock_guard lock(under_way_->mutex);
            request = ++under_way_->newest;
            finishes = under_way_->time && wanted.contains(*under_way_->time) &&
                       under_way_->request > useless_;
            if (finishes) std::erase(times, *under_way_->time);
        }
        if (!finishes) useless_ = request - 1;
        thread->run(
            [this, times = std::move(times), size = pixels, under_way = under_way_, request](
                replayer::Timeline& timeline, const std::stop_token& stop, const GuiCall& post) {
                for (VirtualTime time : times) {
                    if (!under_way->begin(time, request)) return;
                    Drawn drawn = draw(timeline, time, size, stop);
                    under_way->end();
                    if (drawn.image.isNull() && stop.stop_requested()) return;
                    post([this, time, size, drawn] { keep(time, size, drawn); });
                }
            },
            !finishes);
    }

    void resize(const QSize& size) {
        pictures.clear();
        wanted.clear();
        pixels = size;
        useless_ = under_way_->newest;
    }

    void forget() {
        thread.reset();
        pictures.clear();
        wanted.clear();
        under_way_ = std::make_shared<UnderWay>();  // the old thread may still be at work
        useless_ = 0;
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
    std::set<VirtualTime> wanted;            ///< of the newest request, and not there yet
    std::unique_ptr<TimelineThread> thread;  ///< null: nothing can be drawn

private:
    void keep(VirtualTime time, const QSize& size, const Drawn& drawn) {
        if (size == pixels) wanted.erase(time);
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
    std::uint64_t useless_ = 0;  ///< requests up to here are cancelled, or of another size
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
    impl_->forget();
}

bool Film::can_draw() const {
    return impl_->thread != nullptr;
}

double Film::aspect() const {
    return impl_->aspect;
}

void Film::request(const FilmFrames& frames, const QSize& pixels) {
    if (!can_draw()) return;
    if (pixels != impl_->pixels) impl_->resize(pixels);
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
    return !impl_->wanted.empty();
}

}  // namespace teatime::inspector
