#include <teatime/island/object.h>

#include <algorithm>
#include <stdexcept>

using teatime::Color, teatime::Input, teatime::MemberId, teatime::Point, teatime::Rect;
using teatime::Ref, teatime::Scene;

/// What was drawn without lifting the pen. Stays when its painter leaves.
class Stroke : public teatime::Object {
public:
    void init(Color with, Point from) {
        color = with;
        points.push_back(from);
    }

    Color color;
    std::vector<Point> points;

    BOOST_DESCRIBE_CLASS(Stroke, (teatime::Object), (color, points), (), ())
};

/// One member's. Goes when the member leaves.
class Pen : public teatime::Object {
public:
    void init(Color first) { color = first; }

    Color color;
    Point at{-100, -100};  ///< not on the paper yet
    Ref<Stroke> stroke;    ///< being drawn; empty while the pen is lifted

    BOOST_DESCRIBE_CLASS(Pen, (teatime::Object), (color, at, stroke), (), ())
};

class Painter : public teatime::Object {
public:
    // Messages. Who sent one decides whose pen it moves; nobody can draw with another's.
    void stroke_begin(double x, double y) {
        Pen& pen = pen_of(sender());
        pen.at = {x, y};
        pen.stroke = create<Stroke>(pen.color, pen.at);
        strokes.push_back(pen.stroke);
    }
    void stroke_to(double x, double y) {
        Pen& pen = pen_of(sender());
        pen.at = {x, y};
        // Somebody may have cleared the paper meanwhile: the stroke is gone, the Ref is still here.
        if (pen.stroke.exists()) pen.stroke.write().points.push_back(pen.at);
    }
    void stroke_end() { pen_of(sender()).stroke = {}; }

    void color(std::string text) {
        std::optional<Color> color = Color::parse(text);
        if (!color) throw std::invalid_argument("a colour is written #rrggbb, not " + text);
        pen_of(sender()).color = *color;
    }

    void clear() {
        for (Ref<Stroke> stroke : strokes) destroy(stroke);
        strokes.clear();
    }

    void member_joined(MemberId member) { pen_of(member); }
    void member_left(MemberId member) {
        auto pen = pens.find(member);
        if (pen == pens.end()) return;
        destroy(pen->second);
        pens.erase(pen);
    }

    void draw(Scene& scene) const {
        scene.world({0, 0, kWidth, kHeight});
        scene.background(Color::hex(0xfdfcf8));
        for (Ref<Stroke> stroke : strokes) {
            scene.polyline(stroke->points, teatime::stroked(stroke->color, 4));
        }
        draw_tools(scene);
        for (const auto& [member, pen] : pens) {
            scene.circle(pen->at, 5, {.fill = pen->color, .stroke = kInk});
            scene.text({pen->at.x + 9, pen->at.y + 4}, std::to_string(member.value), 12, kInk);
        }
    }

    void input(const Input& input, teatime::Sender& sender) const {
        const Point at{input.x, input.y};
        const bool on_paper = at.y >= kToolsHeight;
        if (input.kind == Input::Kind::pointer_down && on_paper) {
            sender.send("painter", "stroke_begin", at.x, at.y);
        } else if (input.kind == Input::Kind::pointer_down && kClear.contains(at)) {
            sender.send("painter", "clear");
        } else if (input.kind == Input::Kind::pointer_down) {
            for (std::size_t i = 0; i < kColors.size(); ++i) {
                if (swatch(i).contains(at)) sender.send("painter", "color", to_string(kColors[i]));
            }
        } else if (input.kind == Input::Kind::pointer_move && on_paper &&
                   input.button == Input::Button::left) {
            sender.send("painter", "stroke_to", at.x, at.y);
        } else if (input.kind == Input::Kind::pointer_up) {
            sender.send("painter", "stroke_end");
        }
    }

private:
    std::map<MemberId, Ref<Pen>> pens;
    std::vector<Ref<Stroke>> strokes;  ///< oldest first

    /// A member's first message may come before the news that it joined.
    Pen& pen_of(MemberId member) {
        Ref<Pen>& pen = pens[member];
        if (!pen) pen = create<Pen>(kColors[member.value % kColors.size()]);
        return pen.write();
    }

    static constexpr double kWidth = 480, kHeight = 360, kToolsHeight = 40;
    static constexpr Color kInk = Color::hex(0x2b2d42);
    static constexpr std::array kColors{
        Color::hex(0x2b2d42), Color::hex(0xe63946), Color::hex(0xf4a261), Color::hex(0xe9c46a),
        Color::hex(0x2a9d8f), Color::hex(0x457b9d), Color::hex(0x9b5de5)};
    static constexpr Rect kClear{kWidth - 76, 8, 68, 24};

    static constexpr Rect swatch(std::size_t i) {
        return {8 + 32 * static_cast<double>(i), 8, 24, 24};
    }
    static void draw_tools(Scene& scene) {
        scene.rectangle({0, 0, kWidth, kToolsHeight}, teatime::filled(Color::hex(0xedede9)));
        for (std::size_t i = 0; i < kColors.size(); ++i) {
            scene.rectangle(swatch(i), teatime::filled(kColors[i]));
        }
        scene.rectangle(kClear, {.fill = Color::hex(0xffffff), .stroke = kInk});
        scene.text({kClear.x + kClear.width / 2, 25}, "clear", 14, kInk, Scene::Anchor::middle);
    }

    BOOST_DESCRIBE_CLASS(Painter, (teatime::Object),
                         (stroke_begin, stroke_to, stroke_end, color, clear), (), (pens, strokes))
};

TEATIME_MODULE("painter", Painter, Pen, Stroke)
