#include "picker.h"

#include <algorithm>
#include <cmath>

#include "rows_model.h"
#include "state_filter.h"
#include "teatime/state/inspect.h"

namespace teatime::inspector {
namespace {

double distance(Point a, Point b) {
    return std::hypot(a.x - b.x, a.y - b.y);
}

double distance_to_line(Point p, Point from, Point to) {
    const double length = distance(from, to);
    if (length == 0) return distance(p, from);
    const double along =
        ((p.x - from.x) * (to.x - from.x) + (p.y - from.y) * (to.y - from.y)) / (length * length);
    const double part = std::clamp(along, 0.0, 1.0);
    return distance(p, {from.x + part * (to.x - from.x), from.y + part * (to.y - from.y)});
}

std::vector<Point> nearest_first(std::vector<Point> points, Point at) {
    std::stable_sort(points.begin(), points.end(),
                     [at](Point a, Point b) { return distance(a, at) < distance(b, at); });
    return points;
}

/// What a shape tells of where it stands, if it is there.
struct Anchors {
    Point at;
    double reach = 0;

    using Points = std::vector<Point>;
    Points along(const Points& points, double width, bool closed) const {
        if (points.empty()) return {};
        double least = closed ? distance_to_line(at, points.back(), points.front()) : 1e300;
        for (std::size_t i = 1; i < points.size(); ++i) {
            least = std::min(least, distance_to_line(at, points[i - 1], points[i]));
        }
        const bool there = least <= std::max(width / 2, reach) || (closed && inside(points));
        return there ? nearest_first(points, at) : Points();
    }
    bool inside(const Points& points) const {
        bool in = false;
        for (std::size_t i = 0, j = points.size() - 1; i < points.size(); j = i++) {
            const Point &a = points[i], &b = points[j];
            const bool between = (a.y > at.y) != (b.y > at.y);
            if (between && at.x < (b.x - a.x) * (at.y - a.y) / (b.y - a.y) + a.x) in = !in;
        }
        return in;
    }

    Points operator()(const Scene::Line& line) const {
        return along({line.from, line.to}, line.style.width, false);
    }
    Points operator()(const Scene::Polyline& line) const {
        return along(line.points, line.style.width, false);
    }
    Points operator()(const Scene::Polygon& polygon) const {
        return along(polygon.points, polygon.style.width, true);
    }
    Points operator()(const Scene::Circle& circle) const {
        const bool there = distance(at, circle.center) <= std::max(circle.radius, reach);
        return there ? Points{circle.center} : Points();
    }
    Points operator()(const Scene::Rectangle& rectangle) const {
        const Rect& rect = rectangle.rect;
        if (!rect.contains(at)) return {};
        return {{rect.x, rect.y}, {rect.x + rect.width / 2, rect.y + rect.height / 2}};
    }
    Points operator()(const Scene::Text& text) const {
        return distance(at, text.at) <= std::max(text.size, reach) ? Points{text.at} : Points();
    }
};

/// Whether a shape stands at one of these points, as Anchors tells.
struct StandsAt {
    const std::vector<Point>& points;  ///< in the order of before()

    static bool before(Point a, Point b) { return a.x != b.x ? a.x < b.x : a.y < b.y; }
    bool is(Point at) const { return std::binary_search(points.begin(), points.end(), at, before); }
    bool any(const std::vector<Point>& of) const {
        return std::any_of(of.begin(), of.end(), [this](Point at) { return is(at); });
    }
    bool operator()(const Scene::Line& line) const { return is(line.from) || is(line.to); }
    bool operator()(const Scene::Polyline& line) const { return any(line.points); }
    bool operator()(const Scene::Polygon& polygon) const { return any(polygon.points); }
    bool operator()(const Scene::Circle& circle) const { return is(circle.center); }
    bool operator()(const Scene::Rectangle& rectangle) const {
        const Rect& rect = rectangle.rect;
        return is({rect.x, rect.y}) || is({rect.x + rect.width / 2, rect.y + rect.height / 2});
    }
    bool operator()(const Scene::Text& text) const { return is(text.at); }
};

struct DrawAgain {
    Scene& scene;
    void operator()(const Scene::Line& it) { scene.line(it.from, it.to, it.style); }
    void operator()(const Scene::Polyline& it) { scene.polyline(it.points, it.style); }
    void operator()(const Scene::Polygon& it) { scene.polygon(it.points, it.style); }
    void operator()(const Scene::Circle& it) { scene.circle(it.center, it.radius, it.style); }
    void operator()(const Scene::Rectangle& it) { scene.rectangle(it.rect, it.style); }
    void operator()(const Scene::Text& it) {
        scene.text(it.at, it.text, it.size, it.style.fill, it.anchor);
    }
};

/// All points in a value, as far as they are not too many.
void collect_points(const Value& value, std::vector<Point>& points) {
    constexpr std::size_t kMost = 10'000;
    if (points.size() >= kMost) return;
    if (const auto* list = value.if_list()) {
        for (const Value& each : *list) collect_points(each, points);
    } else if (const auto* entries = value.if_entries()) {
        const Value *x = value.find("x"), *y = value.find("y");
        Point point;
        if (x && y && x->as_double(point.x) && y->as_double(point.y)) points.push_back(point);
        for (const auto& [key, inner] : *entries) collect_points(inner, points);
    }
}

/// Without its last part; empty: it has but one, or is an element of a list.
std::string path_above(const std::string& path) {
    const std::size_t end = path.find_last_of(".[");
    return end == std::string::npos || path[end] == '[' ? std::string() : path.substr(0, end);
}

/// The object that a path refers to, else the path itself.
std::string referred(const Image& image, const std::string& path) {
    const auto value = state_tree(image, path);
    const auto* entries = value ? value->if_entries() : nullptr;
    if (!entries || entries->size() != 1 || entries->front().first != "ref") return path;
    const std::int64_t* id = entries->front().second.if_int();
    return id && *id > 0 ? "#" + std::to_string(*id) : path;
}

/// Paths of the points in a value, as far as they are anchors.
class PointSearch {
public:
    explicit PointSearch(const std::vector<Point>& anchors)
        : anchors_(anchors), best_(anchors.size()) {}

    void look(const std::string& path, const Value& value) {
        if (best_ == 0) return;
        if (const auto* list = value.if_list()) {
            for (std::size_t i = 0; i < list->size(); ++i) {
                if (may_hold((*list)[i])) look(path_inside(path, i), (*list)[i]);
            }
        } else if (const auto* entries = value.if_entries()) {
            consider(path, value);
            for (const auto& [key, inner] : *entries) {
                if (may_hold(inner)) look(path_inside(path, key), inner);
            }
        }
    }
    const std::string& found() const { return found_; }
    bool done() const { return best_ == 0; }

private:
    static bool may_hold(const Value& value) { return value.if_list() || value.if_entries(); }
    void consider(const std::string& path, const Value& value) {
        const Value *x = value.find("x"), *y = value.find("y");
        Point point;
        if (!x || !y || !x->as_double(point.x) || !y->as_double(point.y)) return;
        const auto anchor = std::find(anchors_.begin(), anchors_.end(), point);
        const auto place = static_cast<std::size_t>(anchor - anchors_.begin());
        if (place >= best_) return;
        best_ = place;
        found_ = path;
    }

    const std::vector<Point>& anchors_;
    std::size_t best_;
    std::string found_;
};

}  // namespace

std::vector<Point> anchors_at(const Scene& scene, Point at, double reach) {
    const Anchors anchors{at, reach};
    const auto& shapes = scene.shapes();
    for (auto shape = shapes.rbegin(); shape != shapes.rend(); ++shape) {  // the last lies on top
        std::vector<Point> found = std::visit(anchors, *shape);
        if (!found.empty()) return found;
    }
    return {};
}

std::string field_at(const Image& image, const std::vector<Point>& anchors,
                     const std::stop_token& stop) {
    if (anchors.empty()) return {};
    const auto names = object_names(image);
    PointSearch search(anchors);
    for (const Image::Object& object : image.objects) {
        if (stop.stop_requested() || search.done()) break;
        const auto named = names.find(object.id);
        const auto fields = decode_object(image, object);
        if (!fields) continue;
        search.look(named != names.end() ? *named->second : "#" + std::to_string(object.id.value),
                    *fields);
    }
    return search.found();
}

std::vector<Rect> places_of(const Moment& moment, const std::string& path,
                            const std::stop_token& stop) {
    constexpr std::size_t kMostPlaces = 50;  // more would point at nothing
    for (std::string at = path; !at.empty() && !stop.stop_requested(); at = path_above(at)) {
        const auto value = state_tree(*moment.state, referred(*moment.state, at));
        std::vector<Point> points;
        if (value) collect_points(*value, points);
        if (points.empty()) continue;
        std::sort(points.begin(), points.end(), StandsAt::before);
        std::vector<Rect> places;
        for (const Scene::Shape& shape : moment.picture->shapes()) {
            if (!is_showable(shape) || !std::visit(StandsAt{points}, shape)) continue;
            if (places.size() == kMostPlaces) return {};
            Scene alone;
            std::visit(DrawAgain{alone}, shape);
            places.push_back(alone.bounds());
        }
        if (!places.empty()) return places;
    }
    return {};
}

/// Where it is in this state, however its member writes it.
static Pointed pointed_at(const Moment& moment, const Pointer& by, const std::stop_token& stop) {
    Pointed found{by, {}, {}};
    if (stop.stop_requested()) return found;
    const auto path = direct_path(*moment.state, by.path.toStdString());
    if (!path) return found;
    found.path = to_text(*path);
    if (moment.picture) found.places = places_of(moment, *path, stop);
    return found;
}

void Picker::place(const MomentPtr& moment, const QString& path, std::vector<Pointer> pointers) {
    const std::uint64_t run = ++place_run_;
    if ((path.isEmpty() && pointers.empty()) || !moment || !moment->state) {
        placing_.cancel();
        return void(emit placed({}, {}));
    }
    placing_.run(
        [this, moment, path, pointers = std::move(pointers), run](const std::stop_token& stop) {
            std::vector<Rect> places;
            if (moment->picture) places = places_of(*moment, path.toStdString(), stop);
            std::vector<Pointed> pointed;
            for (const Pointer& each : pointers) pointed.push_back(pointed_at(*moment, each, stop));
            if (stop.stop_requested()) return;
            QMetaObject::invokeMethod(
                this,
                [this, places = std::move(places), pointed = std::move(pointed), run] {
                    if (run == place_run_) emit placed(places, pointed);
                },
                Qt::QueuedConnection);
        });
}

void Picker::pick(const MomentPtr& moment, Point at, double reach) {
    if (!moment || !moment->picture || !moment->state) return;
    background_.run([this, moment, at, reach, run = ++run_](const std::stop_token& stop) {
        const auto anchors = anchors_at(*moment->picture, at, reach);
        const QString path = to_text(field_at(*moment->state, anchors, stop));
        if (stop.stop_requested()) return;
        QMetaObject::invokeMethod(
            this,
            [this, path, run] {
                if (run == run_) emit picked(path);
            },
            Qt::QueuedConnection);
    });
}

}  // namespace teatime::inspector
