#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "teatime/island/export.h"
#include "teatime/state/result.h"

namespace teatime {

/// Red, green, blue and opacity, 8 bits each. Colours, points and rectangles can be fields of
/// Objects.
struct Color {
    std::uint8_t red = 0, green = 0, blue = 0, alpha = 255;

    /// From 0xrrggbb.
    static constexpr Color hex(std::uint32_t rgb, std::uint8_t alpha = 255) {
        return {static_cast<std::uint8_t>(rgb >> 16), static_cast<std::uint8_t>(rgb >> 8),
                static_cast<std::uint8_t>(rgb), alpha};
    }
    /// Hue in degrees, any number of turns; saturation and lightness in [0, 1] (clamped).
    TEATIME_ISLAND_API static Color hsl(double hue, double saturation, double lightness);
    /// `#rgb`, `#rrggbb` or `#rrggbbaa`; nothing for other text.
    TEATIME_ISLAND_API static std::optional<Color> parse(std::string_view text);

    constexpr bool operator==(const Color&) const = default;
    BOOST_DESCRIBE_CLASS(Color, (), (red, green, blue, alpha), (), ())
};
inline constexpr Color kTransparent{0, 0, 0, 0};

/// `#rrggbb`, or `#rrggbbaa` where it is not opaque.
TEATIME_ISLAND_API std::string to_string(Color color);

/// In world units; y grows downwards.
struct Point {
    double x = 0, y = 0;
    bool operator==(const Point&) const = default;
    BOOST_DESCRIBE_CLASS(Point, (), (x, y), (), ())
};

struct Rect {
    double x = 0, y = 0, width = 0, height = 0;
    /// Its left and upper edge belong to it, the others do not.
    constexpr bool contains(Point p) const {
        return p.x >= x && p.x < x + width && p.y >= y && p.y < y + height;
    }
    bool operator==(const Rect&) const = default;
    BOOST_DESCRIBE_CLASS(Rect, (), (x, y, width, height), (), ())
};

/// How a shape is painted: its inside, then its outline, `width` world units wide.
struct Style {
    Color fill = kTransparent;
    Color stroke = kTransparent;
    double width = 1;
    bool operator==(const Style&) const = default;
    BOOST_DESCRIBE_CLASS(Style, (), (fill, stroke, width), (), ())
};
inline Style filled(Color color) {
    return {.fill = color, .stroke = kTransparent, .width = 1};
}
inline Style stroked(Color color, double width = 1) {
    return {.fill = kTransparent, .stroke = color, .width = width};
}

/// What a world looks like at one moment: a display list in world units, painted in its order. The
/// root's `draw(teatime::Scene&) const` fills it; tools show it without knowing the world. A plain
/// value that points into nothing.
///
///     scene.world({0, 0, 800, 600});
///     for (const Disc& disc : discs) scene.circle(disc.at, disc.radius, filled(disc.color));
///
/// Coordinates may be anything; shapes with one that is not finite or beyond 10^15 are not shown.
class TEATIME_ISLAND_API Scene {
public:
    enum class Anchor : std::uint8_t { start, middle, end };

    struct Line {
        Point from, to;
        Style style;
        bool operator==(const Line&) const = default;
        BOOST_DESCRIBE_CLASS(Line, (), (from, to, style), (), ())
    };
    struct Polyline {
        std::vector<Point> points;
        Style style;
        bool operator==(const Polyline&) const = default;
        BOOST_DESCRIBE_CLASS(Polyline, (), (points, style), (), ())
    };
    struct Circle {
        Point center;
        double radius = 0;
        Style style;
        bool operator==(const Circle&) const = default;
        BOOST_DESCRIBE_CLASS(Circle, (), (center, radius, style), (), ())
    };
    struct Rectangle {
        Rect rect;
        Style style;
        bool operator==(const Rectangle&) const = default;
        BOOST_DESCRIBE_CLASS(Rectangle, (), (rect, style), (), ())
    };
    struct Polygon {
        std::vector<Point> points;
        Style style;
        bool operator==(const Polygon&) const = default;
        BOOST_DESCRIBE_CLASS(Polygon, (), (points, style), (), ())
    };
    struct Text {
        Point at;  ///< on the base line
        std::string text;
        double size = 0;
        Style style;
        Anchor anchor = Anchor::start;
        bool operator==(const Text&) const = default;
        BOOST_DESCRIBE_CLASS(Text, (), (at, text, size, style, anchor), (), ())
    };
    using Shape = std::variant<Line, Polyline, Circle, Rectangle, Polygon, Text>;

    /// The part of the world to show; without it, all that was drawn.
    void world(Rect rect) { world_ = rect; }
    void background(Color color) { background_ = color; }

    void line(Point from, Point to, Style style) { shapes_.push_back(Line{from, to, style}); }
    void polyline(std::vector<Point> points, Style style) {
        shapes_.push_back(Polyline{std::move(points), style});
    }
    void circle(Point center, double radius, Style style) {
        shapes_.push_back(Circle{center, radius, style});
    }
    void rectangle(Rect rect, Style style) { shapes_.push_back(Rectangle{rect, style}); }
    void polygon(std::vector<Point> points, Style style) {
        shapes_.push_back(Polygon{std::move(points), style});
    }
    void text(Point at, std::string text, double size, Color color = {},
              Anchor anchor = Anchor::start) {
        shapes_.push_back(Text{at, std::move(text), size, filled(color), anchor});
    }

    const std::vector<Shape>& shapes() const { return shapes_; }
    Color background() const { return background_; }
    /// The rectangle to show: of world(), else around what was drawn; never empty or infinite.
    Rect bounds() const;
    /// Where draw() threw: `draw() of Counter threw std::out_of_range: ...; the picture is
    /// incomplete`. Empty: all is here.
    const std::string& problem() const { return problem_; }

    /// For another process. decode() is safe on any bytes and allocates at most a few times their
    /// size.
    std::string encode() const;
    static result<Scene> decode(std::string_view bytes);

    bool operator==(const Scene&) const = default;

private:
    friend class Island;
    std::optional<Rect> world_;
    Color background_{255, 255, 255, 255};
    std::vector<Shape> shapes_;
    std::string problem_;
};
BOOST_DESCRIBE_ENUM(Scene::Anchor, start, middle, end)

/// Whether tools show this shape: see Scene.
TEATIME_ISLAND_API bool is_showable(const Scene::Shape& shape);

/// An SVG document of the scene's bounds, `pixels` wide, with that title. The same text for the
/// same scene everywhere; texts are escaped, numbers have up to 7 significant digits.
TEATIME_ISLAND_API std::string to_svg(const Scene& scene, std::string_view title = {},
                                      int pixels = 800);

}  // namespace teatime
