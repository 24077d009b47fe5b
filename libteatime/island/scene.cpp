#include "teatime/island/scene.h"

#include <algorithm>
#include <bit>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <type_traits>

#include "teatime/island/math.h"
#include "teatime/state/bytes.h"

// The encoding, little endian:
//   scene     = version:u8 = 2, has_world:u8, rect if it has one, background:color,
//               count:u32, shape..., problem:text
//   shape     = index in Scene::Shape:u8, its described members in order
//   a member  = double: its 64 bits | u8 and enums: u8 | text: size:u32, bytes
//               | points: count:u32, point... | nested struct: its members

namespace teatime {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr double kLimit = 1e15;
constexpr std::size_t kSmallestShape = 1 + 4 + 16;  // a polyline without points

template <class T>
using MembersOf = boost::describe::describe_members<T, boost::describe::mod_public>;

bool is_showable(double x) {
    return math::abs(x) <= kLimit;
}

template <class T>
void put(ByteWriter& out, const T& value) {
    if constexpr (std::is_same_v<T, double>) {
        out.fixed(std::bit_cast<std::uint64_t>(math::canonical(value)));
    } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
        out.fixed(static_cast<std::uint8_t>(value));
    } else if constexpr (std::is_same_v<T, std::string>) {
        out.sized(value);
    } else if constexpr (std::is_same_v<T, std::vector<Point>>) {
        out.fixed(static_cast<std::uint32_t>(value.size()));
        for (const Point& point : value) put(out, point);
    } else {
        boost::mp11::mp_for_each<MembersOf<T>>(
            [&](auto member) { put(out, value.*member.pointer); });
    }
}

template <class T>
void get(ByteReader& in, T& value) {
    if constexpr (std::is_same_v<T, double>) {
        value = math::canonical(std::bit_cast<double>(in.fixed<std::uint64_t>()));
    } else if constexpr (std::is_same_v<T, Scene::Anchor>) {
        auto number = in.fixed<std::uint8_t>();
        if (number > static_cast<std::uint8_t>(Scene::Anchor::end)) in.fail();
        value = in.ok() ? static_cast<Scene::Anchor>(number) : Scene::Anchor::start;
    } else if constexpr (std::is_integral_v<T>) {
        value = in.fixed<T>();
    } else if constexpr (std::is_same_v<T, std::string>) {
        value = in.sized();
    } else if constexpr (std::is_same_v<T, std::vector<Point>>) {
        value.resize(in.count(2 * sizeof(double)));
        for (Point& point : value) get(in, point);
    } else {
        boost::mp11::mp_for_each<MembersOf<T>>(
            [&](auto member) { get(in, value.*member.pointer); });
    }
}

Scene::Shape get_shape(ByteReader& in) {
    Scene::Shape shape;
    auto index = in.fixed<std::uint8_t>();
    constexpr std::size_t kKinds = std::variant_size_v<Scene::Shape>;
    if (index >= kKinds) {
        in.fail();
        return shape;
    }
    boost::mp11::mp_with_index<kKinds>(
        index, [&](auto kind) { get(in, shape.emplace<static_cast<std::size_t>(kind)>()); });
    return shape;
}

/// Grows to hold what it is given.
class Box {
public:
    void add(Point point, double around = 0) {
        left_ = std::min(left_, point.x - around);
        top_ = std::min(top_, point.y - around);
        right_ = std::max(right_, point.x + around);
        bottom_ = std::max(bottom_, point.y + around);
    }
    void add(const Rect& rect) {
        add(Point{rect.x, rect.y});
        add(Point{rect.x + rect.width, rect.y + rect.height});
    }
    /// Never without width or height, so that a picture can be scaled to it.
    Rect rect() const {
        if (left_ > right_) return {0, 0, 1, 1};
        Rect rect{left_, top_, right_ - left_, bottom_ - top_};
        if (rect.width < kSmallest) rect = {rect.x - 0.5, rect.y, 1, rect.height};
        if (rect.height < kSmallest) rect = {rect.x, rect.y - 0.5, rect.width, 1};
        return rect;
    }

private:
    static constexpr double kSmallest = 1e-12;
    double left_ = math::kInfinity, top_ = math::kInfinity;
    double right_ = -math::kInfinity, bottom_ = -math::kInfinity;
};

struct AddTo {
    Box& box;

    static double around(const Style& style) {
        return style.stroke.alpha == 0 ? 0 : math::abs(style.width) / 2;
    }
    void operator()(const Scene::Line& line) {
        box.add(line.from, around(line.style));
        box.add(line.to, around(line.style));
    }
    void operator()(const Scene::Circle& circle) {
        box.add(circle.center, math::abs(circle.radius) + around(circle.style));
    }
    void operator()(const Scene::Rectangle& rectangle) {
        const Rect& rect = rectangle.rect;
        box.add({rect.x, rect.y}, around(rectangle.style));
        box.add({rect.x + rect.width, rect.y + rect.height}, around(rectangle.style));
    }
    void operator()(const Scene::Text& text) {  // glyphs are about 0.6 as wide as high
        double width = 0.6 * text.size * static_cast<double>(text.text.size());
        double left = text.anchor == Scene::Anchor::start    ? 0.0
                      : text.anchor == Scene::Anchor::middle ? -width / 2
                                                             : -width;
        box.add(Rect{text.at.x + left, text.at.y - text.size, width, 1.25 * text.size});
    }
    template <class Points>
    void operator()(const Points& shape) {
        for (Point point : shape.points) box.add(point, around(shape.style));
    }
};

/// Whether all numbers in a described struct are showable.
template <class T>
bool all_showable(const T& value) {
    if constexpr (std::is_same_v<T, double>) {
        return is_showable(value);
    } else if constexpr (std::is_same_v<T, std::vector<Point>>) {
        return std::ranges::all_of(value, all_showable<Point>);
    } else if constexpr (boost::describe::has_describe_members<T>::value) {
        bool all = true;
        boost::mp11::mp_for_each<MembersOf<T>>(
            [&](auto member) { all = all && all_showable(value.*member.pointer); });
        return all;
    } else {
        return true;
    }
}

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return std::nullopt;
}

}  // namespace

Color Color::hsl(double hue, double saturation, double lightness) {
    auto clamped = [](double x) { return x > 0 ? std::min(x, 1.0) : 0.0; };  // NaN: 0
    double s = clamped(saturation);
    double l = clamped(lightness);
    double turn = math::canonical(math::fmod(hue, 360.0)) / 30.0;
    if (turn != turn) turn = 0;
    double spread = s * std::min(l, 1.0 - l);
    auto channel = [&](double offset) {  // CSS Color Module Level 4, section 7
        double k = math::fmod(offset + turn + 12.0, 12.0);
        double value = l - spread * std::max(-1.0, std::min({k - 3.0, 9.0 - k, 1.0}));
        return static_cast<std::uint8_t>(value * 255.0 + 0.5);
    };
    return {channel(0), channel(8), channel(4), 255};
}

std::optional<Color> Color::parse(std::string_view text) {
    if (!text.starts_with('#')) return std::nullopt;
    text.remove_prefix(1);
    if (text.size() != 3 && text.size() != 6 && text.size() != 8) return std::nullopt;
    std::uint32_t rgba = 0;
    for (char c : text) {
        auto digit = hex_digit(c);
        if (!digit) return std::nullopt;
        rgba = rgba << 4 | *digit;
        if (text.size() == 3) rgba = rgba << 4 | *digit;
    }
    if (text.size() != 8) return hex(rgba);
    return hex(rgba >> 8, static_cast<std::uint8_t>(rgba));
}

std::string to_string(Color color) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text = "#";
    for (std::uint8_t channel : {color.red, color.green, color.blue, color.alpha}) {
        text += kDigits[channel >> 4];
        text += kDigits[channel & 15];
    }
    if (color.alpha == 255) text.resize(7);
    return text;
}

bool is_showable(const Scene::Shape& shape) {
    return std::visit([](const auto& it) { return all_showable(it); }, shape);
}

Rect Scene::bounds() const {
    Box box;
    if (world_ && all_showable(*world_)) {
        box.add(*world_);
        return box.rect();
    }
    for (const Shape& shape : shapes_) {
        if (is_showable(shape)) std::visit(AddTo{box}, shape);
    }
    return box.rect();
}

std::string Scene::encode() const {
    std::string bytes;
    ByteWriter out(bytes);
    out.fixed(kVersion);
    out.fixed(static_cast<std::uint8_t>(world_.has_value()));
    if (world_) put(out, *world_);
    put(out, background_);
    out.fixed(static_cast<std::uint32_t>(shapes_.size()));
    for (const Shape& shape : shapes_) {
        out.fixed(static_cast<std::uint8_t>(shape.index()));
        std::visit([&](const auto& it) { put(out, it); }, shape);
    }
    out.sized(problem_);
    return bytes;
}

result<Scene> Scene::decode(std::string_view bytes) {
    ByteReader in(bytes);
    Scene scene;
    if (in.fixed<std::uint8_t>() != kVersion) in.fail();
    auto has_world = in.fixed<std::uint8_t>();
    if (has_world > 1) in.fail();
    if (has_world == 1) get(in, scene.world_.emplace());
    get(in, scene.background_);
    std::uint32_t count = in.count(kSmallestShape);
    scene.shapes_.reserve(count);
    for (std::uint32_t i = 0; i < count && in.ok(); ++i) scene.shapes_.push_back(get_shape(in));
    scene.problem_ = in.sized();
    if (!in.done()) {
        return unreadable(
            "the display list of a world is damaged, or from another version of Teatime: "
            "use tools and worker of one build");
    }
    return scene;
}

}  // namespace teatime
