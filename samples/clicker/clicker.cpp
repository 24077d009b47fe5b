#include <teatime/island/object.h>

using teatime::Color, teatime::Input, teatime::Point, teatime::Scene;

class Clicker : public teatime::Object {
public:
    /// The same new colour on every replica: random() is part of the Island's state.
    void click() {
        ++clicks;
        color = Color::hsl(random().uniform(0, 360), 0.7, 0.6);
        past.push_back(color);
        if (past.size() > kShown) past.erase(past.begin());
    }

    void draw(Scene& scene) const {
        scene.world({0, 0, 320, 240});
        scene.background(Color::hex(0x22223b));
        scene.circle(kButton, kRadius, {.fill = color, .stroke = Color::hex(0xf2e9e4), .width = 3});
        scene.text({kButton.x, kButton.y + 13}, std::to_string(clicks), 40, Color::hex(0x22223b),
                   Scene::Anchor::middle);
        for (std::size_t i = 0; i < past.size(); ++i) {
            scene.circle({34.0 + 28.0 * static_cast<double>(i), 215}, 10, teatime::filled(past[i]));
        }
    }

    void input(const Input& input, teatime::Sender& sender) const {
        const double distance = teatime::math::hypot(input.x - kButton.x, input.y - kButton.y);
        if (input.kind == Input::Kind::pointer_down && distance < kRadius) {
            sender.send("clicker", "click");
        }
    }

private:
    std::int64_t clicks = 0;
    Color color = Color::hex(0x9a8c98);
    std::vector<Color> past;  ///< oldest first

    static constexpr std::size_t kShown = 10;
    static constexpr Point kButton{160, 105};
    static constexpr double kRadius = 75;

    BOOST_DESCRIBE_CLASS(Clicker, (teatime::Object), (click), (), (clicks, color, past))
};

TEATIME_MODULE("clicker", Clicker)
