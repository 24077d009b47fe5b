#include <teatime/island/object.h>

using namespace std::chrono_literals;
using teatime::Color, teatime::Input, teatime::Point, teatime::Rect, teatime::Scene;

class Counter : public teatime::Object {
public:
    void loop() {
        if (!looping) {
            looping = true;
            step();
        }
    }
    void add(std::int64_t n) { count += n; }

    void draw(Scene& scene) const {
        scene.world({0, 0, 320, 200});
        scene.background(Color::hex(0xfaf7f2));
        scene.text({160, 110}, std::to_string(count), 80, kInk, Scene::Anchor::middle);
        draw_button(scene, kMinus, "\u2212", false);
        draw_button(scene, kPlus, "+", false);
        draw_button(scene, kLoop, looping ? "looping" : "loop", looping);
    }

    void input(const Input& input, teatime::Sender& sender) const {
        if (input.kind != Input::Kind::pointer_down) return;
        const Point at{input.x, input.y};
        if (kMinus.contains(at)) sender.send("counter", "add", -1);
        if (kPlus.contains(at)) sender.send("counter", "add", 1);
        if (kLoop.contains(at)) sender.send("counter", "loop");
    }

private:
    std::int64_t count = 0;
    bool looping = false;

    void step() {
        ++count;
        future(500ms, &Counter::step);  // temporal tail recursion: a loop without a loop
    }

    static constexpr Rect kMinus{40, 145, 60, 36}, kPlus{110, 145, 60, 36},
        kLoop{180, 145, 100, 36};
    static constexpr Color kInk = Color::hex(0x2d3142), kAccent = Color::hex(0xef8354);

    static void draw_button(Scene& scene, Rect at, const char* label, bool active) {
        scene.rectangle(at, {.fill = active ? kAccent : Color::hex(0xffffff), .stroke = kInk});
        scene.text({at.x + at.width / 2, at.y + 25}, label, 20, kInk, Scene::Anchor::middle);
    }

    BOOST_DESCRIBE_CLASS(Counter, (teatime::Object), (loop, add), (), (count, looping, step))
};

TEATIME_MODULE("counter", Counter)
