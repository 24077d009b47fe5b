#include "teatime/island/scene.h"

#include <QTest>
#include <QXmlStreamReader>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "../test_main.h"
#include "teatime/island/random.h"

using namespace teatime;

namespace {

Scene one_of_each() {
    Scene scene;
    scene.world({-10, -5, 20, 10});
    scene.background(Color::hex(0x102030));
    scene.line({0, 0}, {1, 2}, stroked(Color::hex(0xff0000), 0.5));
    scene.polyline({{0, 0}, {1, 1}, {2, 0}}, stroked(Color::hex(0x00ff00, 128)));
    scene.circle({1.5, -2}, 3, filled(Color::hsl(210, 0.5, 0.5)));
    scene.rectangle({1, 1, 2, 2}, {.fill = Color::hex(0xffffff), .stroke = {}, .width = 0.1});
    scene.polygon({{0, 0}, {4, 0}, {2, 3}}, filled(Color::hex(0xabcdef)));
    scene.text({0, 0}, "a < b & \"c\"", 2, {}, Scene::Anchor::middle);
    return scene;
}

constexpr const char* kSvg =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"800\" height=\"400\" viewBox=\"0 0 40 20\" "
    "font-family=\"sans-serif\">\n"
    "<title>Bounce &amp; co</title>\n"
    "<rect x=\"0\" y=\"0\" width=\"40\" height=\"20\" fill=\"#ffffff\"/>\n"
    "<line x1=\"0.3\" y1=\"0\" x2=\"10\" y2=\"0.3333333\" fill=\"none\" stroke=\"#ff0000\" "
    "stroke-width=\"0.5\" stroke-linecap=\"round\"/>\n"
    "<circle cx=\"20\" cy=\"10\" r=\"5\" fill=\"#336699\" fill-opacity=\"0.2\"/>\n"
    "<polygon points=\"0,0 4,0 2,3\" fill=\"#000001\" stroke=\"#000002\" stroke-width=\"1\"/>\n"
    "<rect x=\"6\" y=\"10\" width=\"4\" height=\"2\" fill=\"none\"/>\n"
    "<text x=\"1\" y=\"2\" font-size=\"3\" text-anchor=\"end\" fill=\"#112233\">hi</text>\n"
    "</svg>\n";

/// The text of the elements; empty where the document is not well-formed.
QString text_of(const std::string& svg) {
    QXmlStreamReader reader(QByteArray::fromStdString(svg));
    QString text;
    while (!reader.atEnd()) {
        if (reader.readNext() == QXmlStreamReader::Characters) text += reader.text();
    }
    return reader.hasError() ? QString() : text;
}

}  // namespace

class SceneTest : public QObject {
    Q_OBJECT

private slots:
    void colors_are_made_from_hex_text_and_hsl() {
        QCOMPARE(Color::hex(0x123456), (Color{0x12, 0x34, 0x56, 255}));
        QCOMPARE(Color::parse("#123456"), Color::hex(0x123456));
        QCOMPARE(Color::parse("#12345678"), Color::hex(0x123456, 0x78));
        QCOMPARE(Color::parse("#aBc"), Color::hex(0xaabbcc));
        for (const char* wrong : {"", "#", "#12", "#12345", "123456", "#12345g", "#123456789"})
            QVERIFY2(!Color::parse(wrong), wrong);
        QCOMPARE(to_string(Color::hex(0x00ff7f)), std::string("#00ff7f"));
        QCOMPARE(to_string(Color::hex(0x00ff7f, 1)), std::string("#00ff7f01"));
        QCOMPARE(Color::hsl(0, 1, 0.5), Color::hex(0xff0000));
        QCOMPARE(Color::hsl(120, 1, 0.5), Color::hex(0x00ff00));
        QCOMPARE(Color::hsl(-120, 1, 0.5), Color::hex(0x0000ff));
        QCOMPARE(Color::hsl(60 + 3600, 1, 0.25), Color::hex(0x808000));
        QCOMPARE(Color::hsl(77, 0, 1), Color::hex(0xffffff));
        QCOMPARE(Color::hsl(210, 0.5, 0.4), Color::hex(0x336699));
        double nan = std::numeric_limits<double>::quiet_NaN();
        QCOMPARE(Color::hsl(nan, nan, nan), Color::hex(0));
        QCOMPARE(Color::hsl(1e300, 9, 9), Color::hex(0xffffff));
    }

    void a_scene_crosses_a_process_boundary_unchanged() {
        for (const Scene& scene : {one_of_each(), Scene()}) {
            auto copy = Scene::decode(scene.encode());
            QVERIFY(copy.has_value());
            QVERIFY(*copy == scene);
        }
    }

    void every_cut_and_every_extra_byte_is_an_error() {
        std::string bytes = one_of_each().encode();
        for (std::size_t size = 0; size < bytes.size(); ++size)
            QVERIFY(!Scene::decode(bytes.substr(0, size)).has_value());
        QVERIFY(!Scene::decode(bytes + '\0').has_value());
    }

    void a_count_without_its_elements_allocates_nothing() {
        std::string bytes = Scene().encode();
        bytes.replace(bytes.size() - 4, 4, "\xff\xff\xff\xff");
        QVERIFY(!Scene::decode(bytes).has_value());
    }

    void damaged_scenes_are_refused_or_drawn_as_well_formed_svg() {
        const char* chosen = std::getenv("TEATIME_SEED");
        std::string seed = chosen != nullptr ? chosen : "scene";
        std::printf("TEATIME_SEED=%s\n", seed.c_str());
        Random random = Random::from_seed(seed);
        const std::string bytes = one_of_each().encode();
        int decoded = 0;
        for (int i = 0; i < 20'000; ++i) {
            std::string damaged = bytes;
            for (std::uint64_t n = 0; n <= random.below(3); ++n)
                damaged[random.below(damaged.size())] = static_cast<char>(random.bits());
            auto scene = Scene::decode(damaged);
            if (!scene) continue;
            ++decoded;
            std::string svg = to_svg(*scene);
            QVERIFY2(!text_of(svg).isEmpty(), svg.c_str());
            QVERIFY2(svg.find("nan") == svg.npos && svg.find("inf") == svg.npos, svg.c_str());
        }
        QVERIFY(decoded > 1000);
    }

    void bounds_are_the_world_or_what_was_drawn() {
        QCOMPARE(one_of_each().bounds(), (Rect{-10, -5, 20, 10}));
        Scene scene;
        QCOMPARE(scene.bounds(), (Rect{0, 0, 1, 1}));
        scene.circle({10, 20}, 4, stroked({}, 2));
        QCOMPARE(scene.bounds(), (Rect{5, 15, 10, 10}));
        scene.line({std::numeric_limits<double>::infinity(), 0}, {0, 0}, stroked({}));
        scene.circle({1e16, 0}, 1, stroked({}));
        QCOMPARE(scene.bounds(), (Rect{5, 15, 10, 10}));
        Scene dot;
        dot.line({3, 3}, {3, 3}, filled({}));
        QCOMPARE(dot.bounds(), (Rect{2.5, 2.5, 1, 1}));
    }

    void svg_is_what_a_person_would_write() {
        Scene scene;
        scene.world({0, 0, 40, 20});
        scene.line({0.1 + 0.2, -0.0}, {10, 1.0 / 3}, stroked(Color::hex(0xff0000), 0.5));
        scene.circle({20, 10}, 5, filled(Color::hex(0x336699, 51)));
        scene.polygon({{0, 0}, {4, 0}, {2, 3}}, {.fill = Color::hex(1), .stroke = Color::hex(2)});
        scene.rectangle({10, 10, -4, 2}, filled(kTransparent));
        scene.text({1, 2}, "hi", 3, Color::hex(0x112233), Scene::Anchor::end);
        QCOMPARE(QString::fromStdString(to_svg(scene, "Bounce & co")), QString(kSvg));
    }

    void any_text_is_shown_without_breaking_the_document() {
        auto shown = [](std::string text) {
            Scene scene;
            scene.text({0, 0}, std::move(text), 1);
            return text_of(to_svg(scene)).trimmed();
        };
        QCOMPARE(shown("</text><script>alert(1)</script>&amp;"),
                 QString("</text><script>alert(1)</script>&amp;"));
        QCOMPARE(shown("Grüße, 世界 🌍"), QString("Grüße, 世界 🌍"));
        const QChar bad(0xfffd);
        QCOMPARE(shown(std::string("a\0b", 3)), QString("a") + bad + "b");
        QCOMPARE(shown("a\xff\xc3"), QString("a") + bad + bad);  // not UTF-8, cut short
        QCOMPARE(shown("\xed\xa0\x80|\xef\xbf\xbf|\xc0\x80"),    // surrogate, U+FFFF, overlong
                 QString(3, bad) + "|" + QString(3, bad) + "|" + QString(2, bad));
        QVERIFY(to_svg(Scene(), "</title>").find("&lt;/title&gt;") != std::string::npos);
    }
};

TEST_CLASS(SceneTest)
#include "scene_test.moc"
