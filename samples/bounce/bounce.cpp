#include <teatime/island/object.h>

#include <algorithm>
#include <stdexcept>

using namespace std::chrono_literals;
namespace math = teatime::math;
using teatime::Color, teatime::Input, teatime::Point, teatime::Scene;

/// A field of Bounce, not an Object: all discs change in every step, together.
struct Disc {
    Point at;
    Point velocity;  ///< units per second
    double radius = 0;
    Color color;
    BOOST_DESCRIBE_CLASS(Disc, (), (at, velocity, radius, color), (), ())
};

class Bounce : public teatime::Object {
public:
    void init() {
        add(300);
        step();
    }

    void add(std::uint32_t n) {
        if (n > kMost - discs.size()) {
            throw std::length_error("there is room for " + std::to_string(kMost) + " discs");
        }
        for (std::uint32_t i = 0; i < n; ++i) discs.push_back(random_disc());
    }

    /// Away from a point, the nearer the faster.
    void push(double x, double y) {
        for (Disc& disc : discs) {
            const double dx = disc.at.x - x, dy = disc.at.y - y;
            const double distance = math::hypot(dx, dy);
            if (distance == 0 || !(distance < kReach)) continue;
            const double speed = 600 * (1 - distance / kReach);
            disc.velocity.x += dx / distance * speed;
            disc.velocity.y += dy / distance * speed;
        }
    }

    void draw(Scene& scene) const {
        scene.world({0, 0, kWidth, kHeight});
        scene.background(Color::hex(0x0d1b2a));
        for (const Disc& disc : discs) {
            scene.circle(disc.at, disc.radius, teatime::filled(disc.color));
        }
    }

    void input(const Input& input, teatime::Sender& sender) const {
        if (input.kind == Input::Kind::pointer_down) {
            sender.send("bounce", "push", input.x, input.y);
        } else if (input.kind == Input::Kind::key_down && input.key == "+") {
            sender.send("bounce", "add", 10);
        }
    }

private:
    std::vector<Disc> discs;

    static constexpr double kWidth = 800, kHeight = 600;
    static constexpr double kLargest = 14, kReach = 150, kFastest = 500;
    static constexpr std::size_t kMost = 5000;
    static constexpr auto kStep = 20ms;
    static constexpr double kSeconds = std::chrono::duration<double>(kStep).count();

    void step() {
        // A wind that turns once in 20 s. now() is the time of this message on every replica.
        const double turns = static_cast<double>(now().time_since_epoch() / 1ms) / 20'000;
        const Point wind{60 * math::cos(math::kTau * turns), 60 * math::sin(math::kTau * turns)};
        for (Disc& disc : discs) move(disc, wind);
        collide();
        future(kStep, &Bounce::step);
    }

    Disc random_disc() {
        const double direction = random().uniform(0, math::kTau);
        const double speed = random().exponential(80);
        const double radius = random().uniform(5, kLargest);
        // A line for each: the order in which arguments of one call are evaluated is not defined.
        const double x = random().uniform(radius, kWidth - radius);
        const double y = random().uniform(radius, kHeight - radius);
        return {.at = {x, y},
                .velocity = {speed * math::cos(direction), speed * math::sin(direction)},
                .radius = radius,
                .color = Color::hsl(190 + 140 * x / kWidth, 0.75, 0.45 + 0.25 * y / kHeight)};
    }

    static void move(Disc& disc, Point wind) {
        disc.velocity.x += wind.x * kSeconds;
        disc.velocity.y += wind.y * kSeconds;
        const double speed = math::hypot(disc.velocity.x, disc.velocity.y);
        if (speed > kFastest) {
            disc.velocity.x *= kFastest / speed;
            disc.velocity.y *= kFastest / speed;
        }
        disc.at.x += disc.velocity.x * kSeconds;
        disc.at.y += disc.velocity.y * kSeconds;
        keep_inside(disc.at.x, disc.velocity.x, disc.radius, kWidth - disc.radius);
        keep_inside(disc.at.y, disc.velocity.y, disc.radius, kHeight - disc.radius);
    }

    static void keep_inside(double& at, double& velocity, double low, double high) {
        if (at < low) velocity = math::abs(velocity);
        if (at > high) velocity = -math::abs(velocity);
        at = std::clamp(at, low, high);
    }

    /// Sorting by x makes neighbours of those that can touch, and has collisions happen in one
    /// order everywhere: equal places are told apart by index, so no two sorts can differ.
    void collide() {
        std::vector<std::pair<double, std::size_t>> by_x;
        for (std::size_t i = 0; i < discs.size(); ++i) by_x.emplace_back(discs[i].at.x, i);
        std::sort(by_x.begin(), by_x.end());
        for (std::size_t i = 0; i < by_x.size(); ++i) {
            for (std::size_t j = i + 1; j < by_x.size(); ++j) {
                if (by_x[j].first - by_x[i].first > 2 * kLargest) break;
                bounce_off(discs[by_x[i].second], discs[by_x[j].second]);
            }
        }
    }

    /// An elastic collision; a disc weighs as much as its area.
    static void bounce_off(Disc& a, Disc& b) {
        const double dx = b.at.x - a.at.x, dy = b.at.y - a.at.y;
        const double reach = a.radius + b.radius;
        const double square = dx * dx + dy * dy;
        if (square >= reach * reach || square == 0) return;
        const double distance = math::sqrt(square);
        const double nx = dx / distance, ny = dy / distance;
        const double mass_a = a.radius * a.radius, mass_b = b.radius * b.radius;
        const double share_a = mass_b / (mass_a + mass_b), share_b = mass_a / (mass_a + mass_b);

        const double overlap = reach - distance;
        a.at = {a.at.x - nx * overlap * share_a, a.at.y - ny * overlap * share_a};
        b.at = {b.at.x + nx * overlap * share_b, b.at.y + ny * overlap * share_b};

        const double closing =
            (a.velocity.x - b.velocity.x) * nx + (a.velocity.y - b.velocity.y) * ny;
        if (closing <= 0) return;  // they part already
        a.velocity.x -= 2 * closing * share_a * nx;
        a.velocity.y -= 2 * closing * share_a * ny;
        b.velocity.x += 2 * closing * share_b * nx;
        b.velocity.y += 2 * closing * share_b * ny;
    }

    BOOST_DESCRIBE_CLASS(Bounce, (teatime::Object), (add, push), (), (discs, step))
};

TEATIME_MODULE("bounce", Bounce)
